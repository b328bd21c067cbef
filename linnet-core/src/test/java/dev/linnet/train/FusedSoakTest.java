package dev.linnet.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.loss.CrossEntropy;
import dev.linnet.models.Classifier;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.optim.Decay;
import dev.linnet.optim.Optimizer;
import dev.linnet.optim.ParameterGroups;
import dev.linnet.optim.Sgd;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.Fusion;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.LiveObjects;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class FusedSoakTest {
  private static final int STEPS = 2000;
  private static final int WARM = 400;

  /** What allocators and the heap may move without a leak. */
  private static final long SLACK = 60_000_000;

  /** Native objects that come and go. */
  private static final int FEW = 100;

  private long objects;
  private long bytes;

  /** Trains in bf16 on random pictures; the weights' digest at the end. */
  private String train() {
    ZooModel found = Zoo.find("resnet20");
    String[] digest = new String[1];
    try (Classifier model = found.create(found.options(), Device.CPU, RandomState.of(0))) {
      model.train();
      CrossEntropy loss = new CrossEntropy(0.1);
      try (Optimizer optimizer =
          new Sgd.Config(0.9, true).over(ParameterGroups.of(model, 1e-4, Decay.ALL))) {
        for (int i = 0; i < STEPS; i++) {
          RandomState random = RandomState.of(i);
          Scope.run("step", () -> step(model, loss, optimizer, random));
          if (i == WARM) {
            objects = LiveObjects.settled();
            bytes = Engine.physicalBytes();
          }
        }
      }
      assertThat(LiveObjects.settled()).isLessThanOrEqualTo(objects + FEW);
      assertThat(Engine.physicalBytes()).isLessThan(bytes + SLACK);
      Scope.run("digest", () -> digest[0] = digest(model));
    }
    return digest[0];
  }

  private static void step(
      Classifier model, CrossEntropy loss, Optimizer optimizer, RandomState random) {
    Tensor x = Tensor.normal(0, 1, random, DType.FLOAT32, 4, 3, 32, 32).channelsLast();
    Tensor y =
        Tensor.of(
            new long[] {
              random.nextInt(10), random.nextInt(10), random.nextInt(10), random.nextInt(10)
            });
    Tensor value =
        Scope.keeping(
            "forward",
            () ->
                Autocast.run(Device.CPU, DType.BFLOAT16, () -> loss.forward(model.forward(x), y)));
    optimizer.clearGradients();
    value.backward();
    optimizer.step(0.01);
    assertThat(value.item()).isFinite();
  }

  private static String digest(Classifier model) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      model.parameters().values().forEach(p -> sha.update(p.value().detach().toBytes()));
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void two_thousand_fused_steps_leave_native_memory_flat_and_repeat_to_the_byte() {
    Assumptions.assumeTrue(
        Fusion.provider().isPresent(), "skipped: no fused kernels here, " + Fusion.reason());
    List<String> digests = new ArrayList<>();
    digests.add(train());
    digests.add(train());
    assertThat(digests.get(1)).isEqualTo(digests.get(0));
  }
}
