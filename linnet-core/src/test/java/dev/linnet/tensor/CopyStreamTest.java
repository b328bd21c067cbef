package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.linnet.base.RandomState;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class CopyStreamTest {
  private final Scope scope = Scope.open("copy stream test");

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void a_device_without_queues_has_none() {
    assertThat(CopyStream.to(Device.CPU)).isEmpty();
    assertThat(CopyStream.to(Device.CPU)).as("the second time").isEmpty();
  }

  @Test
  void what_is_sent_to_where_it_is_stays() {
    Tensor x = Tensor.of(new float[] {1, 2}, 2);
    assertThat(x.sendTo(Device.CPU)).isSameAs(x);
  }

  /** Large enough that a copy that nobody waited for would show. */
  @Test
  void what_is_computed_on_a_card_waits_for_what_was_sent() {
    assumeThat(torch.cuda_is_available()).as("skipped: no card here").isTrue();
    Device card = new Device(Device.Kind.CUDA, 0);
    for (int i = 0; i < 20; i++) {
      Scope step = Scope.open("step");
      Tensor x = Tensor.normal(0, 1, RandomState.of(i), DType.FLOAT32, 64, 3, 224, 224);
      Tensor there = x.sendTo(card);
      Tensor back = there.mul(2).to(Device.CPU);
      assertThat(back.equalBits(x.mul(2))).as("batch %d", i).isTrue();
      step.close();
    }
  }
}
