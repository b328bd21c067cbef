package dev.linnet.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Against timm's {@code drop_block_2d}. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class DropBlockTest {
  private static final JsonNode GOLDEN = Golden.json("semantics.json").get("tricks");

  private final Scope scope = Scope.open("drop block test");

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void gamma_is_timms() {
    for (JsonNode row : GOLDEN.get("drop_block_gamma")) {
      DropBlock drop =
          new DropBlock(
              row.get("drop").asDouble(),
              row.get("block").asInt(),
              row.get("gamma_scale").asDouble());
      assertThat(drop.gamma(row.get("height").asInt(), row.get("width").asInt()))
          .isCloseTo(row.get("gamma").asDouble(), offset(1e-12));
    }
  }

  @Test
  void blocks_around_given_seeds_and_the_scale_are_timms() {
    JsonNode golden = GOLDEN.get("drop_block_mask");
    float[] seeds = new float[64];
    for (JsonNode seed : golden.get("seeds_yx")) {
      seeds[8 * seed.get(0).asInt() + seed.get(1).asInt()] = 1;
    }
    for (JsonNode row : golden.get("rows")) {
      DropBlock drop = new DropBlock(0.1, row.get("block").asInt(), 1);
      float[] mask = drop.mask(Tensor.of(seeds, 1, 1, 8, 8)).toFloats();
      StringBuilder kept = new StringBuilder();
      for (float factor : mask) {
        assertThat((double) factor)
            .isCloseTo(factor == 0 ? 0 : row.get("scale").asDouble(), offset(1e-6));
        kept.append(factor > 0 ? '1' : '0');
      }
      StringBuilder expected = new StringBuilder();
      row.get("kept").forEach(line -> expected.append(line.asText()));
      assertThat(kept.toString()).as("block %s", row.get("block")).isEqualTo(expected.toString());
    }
  }

  @Test
  void all_channels_lose_the_same_places_and_about_the_rate_is_dropped() {
    DropBlock drop = new DropBlock(0.2, 3, 1);
    drop.train();
    drop.reseed(RandomState.of(3));
    Tensor y = drop.forward(Tensor.ones(DType.FLOAT32, Device.CPU, 64, 3, 20, 20));
    assertThat(y.mean().item()).isCloseTo(1, offset(1e-5));
    assertThat(y.narrow(1, 0, 1).sub(y.narrow(1, 2, 1)).norm().item()).isZero();
    double dropped = 1 - y.gt(0).to(DType.FLOAT32).mean().item();
    assertThat(dropped).isBetween(0.15, 0.22); // blocks may overlap
  }

  @Test
  void blocks_are_no_larger_than_the_map() {
    DropBlock drop = new DropBlock(0.3, 7, 1);
    drop.train();
    drop.reseed(RandomState.of(3));
    assertThat(drop.forward(Tensor.ones(DType.FLOAT32, Device.CPU, 8, 2, 1, 4)).isFinite())
        .satisfies(finite -> assertThat(finite.to(DType.FLOAT32).mean().item()).isEqualTo(1));
  }

  @Test
  void evaluation_and_a_rate_of_0_change_nothing() {
    Tensor x = Tensor.ones(DType.FLOAT32, Device.CPU, 2, 2, 4, 4);
    DropBlock drop = new DropBlock(0.5, 3, 1);
    assertThat(drop.forward(x)).isSameAs(x);
    DropBlock never = new DropBlock(0, 3, 1);
    never.train();
    assertThat(never.forward(x)).isSameAs(x);
  }

  @Test
  void it_stands_between_the_norm_and_the_activation() {
    try (NormAct norm = NormAct.of(2, Nonlinearity.SIGMOID).build()) {
      norm.materialize(Device.CPU, RandomState.of(1));
      Tensor x = Tensor.normal(0, 1, RandomState.of(2), DType.FLOAT32, 8, 2, 6, 6);
      DropBlock drop = new DropBlock(0.3, 3, 1);
      assertThat(norm.forward(x, drop).equalBits(norm.forward(x))).isTrue();
      norm.train();
      drop.train();
      drop.reseed(RandomState.of(4));
      assertThat(halves(norm.forward(x))).isZero();
      assertThat(halves(norm.forward(x, drop))).isBetween(0.3, 0.6); // sigmoid(0)
    }
  }

  private static double halves(Tensor x) {
    return x.eq(Tensor.scalar(0.5)).to(DType.FLOAT32).mean().item();
  }

  @Test
  void without_a_stream_it_is_misuse() {
    DropBlock drop = new DropBlock(0.5, 3, 1);
    drop.train();
    Tensor x = Tensor.ones(DType.FLOAT32, Device.CPU, 2, 2, 4, 4);
    assertThatIllegalStateException()
        .isThrownBy(() -> drop.forward(x))
        .withMessage(
            "a layer that drops at random has no stream yet; call reseed on the model first");
  }

  @Test
  void impossible_numbers_are_refused() {
    assertThatThrownBy(() -> new DropBlock(1, 3, 1))
        .hasMessage("drop_block_rate: got 1.0; must be in [0, 1)");
    assertThatThrownBy(() -> new DropBlock(0.1, 0, 1))
        .hasMessage("block: got 0; must be at least 1");
    assertThatThrownBy(() -> new DropBlock(0.1, 3, 0))
        .hasMessage("gamma_scale: got 0.0; must be above 0");
  }
}
