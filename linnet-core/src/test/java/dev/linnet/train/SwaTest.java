package dev.linnet.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.data.Normalization;
import dev.linnet.nn.Net;
import dev.linnet.optim.ConstantAfter;
import dev.linnet.optim.WeightAverage;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.tricks.TinyNet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SwaTest {
  private static final JsonNode GOLDEN = Golden.json("loop_tricks.json").get("swa");

  private static final Normalization AS_THEY_ARE =
      new Normalization(List.of(0.0), List.of(1 / 255.0));

  private final Scope scope = Scope.open("swa test");

  @AfterEach
  void close() {
    scope.close();
  }

  /** The batches of tools/golden/loop_tricks.py. */
  private static final class Batches implements Loader {
    @Override
    public int batches() {
      return GOLDEN.get("batches").intValue();
    }

    @Override
    public int images() {
      return 4 * batches();
    }

    @Override
    public int classes() {
      return 4;
    }

    @Override
    public Pass pass(int epoch, int firstBatch) {
      return new Pass() {
        private int next = firstBatch;

        @Override
        public boolean hasNext() {
          return next < batches();
        }

        @Override
        public Batch next() {
          Tensor pictures = TinyNet.pictures(next);
          return Batch.of(pictures, TinyNet.targets(next++), 4, AS_THEY_ARE);
        }

        @Override
        public double waitedSeconds() {
          return 0;
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public void close() {}
  }

  @Test
  void averaged_weights_and_estimated_statistics_are_the_recorded_ones() {
    try (TinyNet net = TinyNet.create();
        WeightAverage average = new WeightAverage(net, WeightAverage.EQUAL)) {
      for (int k = 0; k < GOLDEN.get("averagings").intValue(); k++) {
        net.change(k);
        average.update(k + 1);
      }
      average.swapIn();
      new BatchNormEstimate(Device.CPU, DType.FLOAT32)
          .run(net, new Batches(), 0, RandomState.of(1));
      net.assertState(GOLDEN.get("state"), 1e-6);
      assertThat(net.isTraining()).isFalse();
      average.swapOut();
    }
  }

  @Test
  void weights_are_taken_in_from_the_first_update_on_every_so_often() {
    Net net = Net.of(Map.of("weight", Tensor.of(new float[] {0}, 1)));
    try (WeightAverage average = new WeightAverage(net, WeightAverage.EQUAL)) {
      Averaging averaging = new Averaging(average, 4, 3, Averaging.Statistics.ESTIMATED);
      List<Float> averages = new ArrayList<>();
      for (long update = 1; update <= 10; update++) {
        net.tensor(0).detach().fill((double) update);
        averaging.updated(update);
        assertThat(averaging.hasBegun(update)).isEqualTo(update >= 4);
        averages.add(average.state().values().iterator().next().toFloats()[0]);
      }
      assertThat(averages).containsExactly(0f, 0f, 0f, 4f, 4f, 4f, 5.5f, 5.5f, 5.5f, 7f);
    }
    net.close();
  }

  @Test
  void the_rate_is_constant_from_the_first_averaging_on() {
    ConstantAfter schedule = new ConstantAfter(update -> 1.0 / (1 + update), 3, 0.05);
    assertThat(List.of(schedule.lr(0), schedule.lr(2), schedule.lr(3), schedule.lr(99)))
        .containsExactly(1.0, 1.0 / 3, 0.05, 0.05);
  }
}
