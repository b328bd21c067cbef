package dev.linnet.models;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.nn.Padding;
import dev.linnet.tensor.Nonlinearity;
import java.util.List;

/**
 * Exchangeable parts of a network; {@code auto} is as published. A family says which of them it
 * takes ({@link Part}); others are refused.
 *
 * @param activation the function after most norms
 * @param padding border of the convolutions
 * @param squeezeExcite whether blocks weigh their channels (Hu et al., arXiv:1709.01507)
 * @param width factor on the channels, in (0, 8]
 * @param outputStride how often the last map divides the picture's side: 8, 16 or 32; below 32
 *     strides become dilations
 * @param auxiliary whether the network has heads in the middle, whose losses help in training only
 *     (Szegedy et al., arXiv:1409.4842, §5); auto is without
 * @param shakeDrop whether branches are shaken ({@link dev.linnet.nn.ShakeDrop}) where the network
 *     would leave them out; auto is no
 * @param dropBlockRate share of the maps that {@link dev.linnet.nn.DropBlock} drops in training, in
 *     [0, 1); auto is none
 */
public record Parts(
    OrAuto<Nonlinearity> activation,
    OrAuto<Border> padding,
    OrAuto<Boolean> squeezeExcite,
    OrAuto<Double> width,
    OrAuto<Integer> outputStride,
    OrAuto<Boolean> auxiliary,
    OrAuto<Boolean> shakeDrop,
    OrAuto<Double> dropBlockRate) {
  /** The largest {@link #width}. */
  public static final int MAX_WIDTH = 8;

  /** What {@link #outputStride} may be. */
  public static final List<Integer> OUTPUT_STRIDES = List.of(8, 16, 32);

  /** All as published. */
  public static final Parts PUBLISHED =
      new Parts(
          OrAuto.auto(),
          OrAuto.auto(),
          OrAuto.auto(),
          OrAuto.auto(),
          OrAuto.auto(),
          OrAuto.auto(),
          OrAuto.auto(),
          OrAuto.auto());

  public Parts {
    Check.that(
        width.isAutoOr(w -> w > 0 && w <= MAX_WIDTH),
        "width",
        width,
        "in (0, " + MAX_WIDTH + "], or auto");
    Check.that(
        outputStride.isAutoOr(OUTPUT_STRIDES::contains),
        "output_stride",
        outputStride,
        "8, 16, 32 or auto");
    Check.that(
        dropBlockRate.isAutoOr(rate -> rate >= 0 && rate < 1),
        "drop_block_rate",
        dropBlockRate,
        "in [0, 1), or auto");
  }

  /** Another activation function. */
  public Parts withActivation(Nonlinearity value) {
    return new Parts(
        OrAuto.of(value),
        padding,
        squeezeExcite,
        width,
        outputStride,
        auxiliary,
        shakeDrop,
        dropBlockRate);
  }

  /** Another border of the convolutions. */
  public Parts withPadding(Border value) {
    return new Parts(
        activation,
        OrAuto.of(value),
        squeezeExcite,
        width,
        outputStride,
        auxiliary,
        shakeDrop,
        dropBlockRate);
  }

  /** Blocks that weigh their channels, or not. */
  public Parts withSqueezeExcite(Presence value) {
    return new Parts(
        activation,
        padding,
        value.given(),
        width,
        outputStride,
        auxiliary,
        shakeDrop,
        dropBlockRate);
  }

  /** Other channels. */
  public Parts withWidth(double value) {
    return new Parts(
        activation,
        padding,
        squeezeExcite,
        OrAuto.of(value),
        outputStride,
        auxiliary,
        shakeDrop,
        dropBlockRate);
  }

  /** Another resolution of the last map. */
  public Parts withOutputStride(int value) {
    return new Parts(
        activation,
        padding,
        squeezeExcite,
        width,
        OrAuto.of(value),
        auxiliary,
        shakeDrop,
        dropBlockRate);
  }

  /** With or without heads in the middle. */
  public Parts withAuxiliary(Presence value) {
    return new Parts(
        activation,
        padding,
        squeezeExcite,
        width,
        outputStride,
        value.given(),
        shakeDrop,
        dropBlockRate);
  }

  /** Branches that are shaken, or left out. */
  public Parts withShakeDrop(Presence value) {
    return new Parts(
        activation,
        padding,
        squeezeExcite,
        width,
        outputStride,
        auxiliary,
        value.given(),
        dropBlockRate);
  }

  /** Parts of the maps dropped in training. */
  public Parts withDropBlockRate(double value) {
    return new Parts(
        activation,
        padding,
        squeezeExcite,
        width,
        outputStride,
        auxiliary,
        shakeDrop,
        OrAuto.of(value));
  }

  /** How the border of a convolution is found. */
  public enum Border {
    /** {@link Padding#SYMMETRIC}. */
    SYMMETRIC,
    /** {@link Padding#SAME}. */
    SAME;

    Padding padding() {
      return this == SAME ? Padding.SAME : Padding.SYMMETRIC;
    }
  }

  /** Whether something is there. */
  public enum Presence {
    WITH,
    WITHOUT;

    private OrAuto<Boolean> given() {
      return OrAuto.of(this == WITH);
    }
  }

  /** The names of the parts, as a recipe writes them. */
  public enum Part {
    ACTIVATION("activation"),
    PADDING("padding"),
    SQUEEZE_EXCITE("squeeze_excite"),
    WIDTH("width"),
    OUTPUT_STRIDE("output_stride"),
    AUXILIARY("auxiliary"),
    SHAKE_DROP("shake_drop"),
    DROP_BLOCK_RATE("drop_block_rate");

    private final String key;

    Part(String key) {
      this.key = key;
    }

    /** Such as {@code output_stride}. */
    @Override
    public String toString() {
      return key;
    }
  }

  /** The parts that are not as published. */
  public List<Part> changed() {
    return List.of(Part.values()).stream().filter(part -> !value(part).isAuto()).toList();
  }

  /** A part as it was asked for. */
  public OrAuto<?> value(Part part) {
    return switch (part) {
      case ACTIVATION -> activation;
      case PADDING -> padding;
      case SQUEEZE_EXCITE -> squeezeExcite;
      case WIDTH -> width;
      case OUTPUT_STRIDE -> outputStride;
      case AUXILIARY -> auxiliary;
      case SHAKE_DROP -> shakeDrop;
      case DROP_BLOCK_RATE -> dropBlockRate;
    };
  }
}
