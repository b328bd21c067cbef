package dev.linnet.models;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.nn.Padding;
import dev.linnet.tensor.Nonlinearity;
import java.util.List;
import java.util.stream.Stream;

/**
 * What {@link MobileNetwork} builds: a stem, stages of blocks and a head, with the numbers of
 * channels and blocks that they will have.
 *
 * @param stem channels after the first 3×3
 * @param stages the blocks
 * @param neck where the last 1×1 stands
 * @param features channels of the last 1×1; without one those of the last stage
 * @param activation the function after most norms
 * @param squeeze how blocks weigh their channels, where they do
 * @param origin whose convolutions and norms
 */
record MobilePlan(
    int stem,
    List<Stage> stages,
    Neck neck,
    int features,
    Nonlinearity activation,
    Squeeze squeeze,
    Origin origin) {

  MobilePlan {
    stages = List.copyOf(stages);
    Check.that(stem >= 1, "stem", stem, "at least 1");
    Check.that(!stages.isEmpty(), "stages", stages, "at least one");
    Check.that(features >= 1, "features", features, "at least 1");
  }

  /** No 1×1 after the blocks, ReLU, EfficientNet's squeeze-and-excitation, PyTorch's borders. */
  static MobilePlan of(int stem, List<Stage> stages) {
    int last = stages.get(stages.size() - 1).channels();
    return new MobilePlan(
        stem, stages, Neck.NONE, last, Nonlinearity.RELU, Squeeze.OF_INPUT, Origin.TORCH);
  }

  /** A last 1×1. */
  MobilePlan neck(Neck place, int channels) {
    return new MobilePlan(stem, stages, place, channels, activation, squeeze, origin);
  }

  MobilePlan activation(Nonlinearity value) {
    return new MobilePlan(stem, stages, neck, features, value, squeeze, origin);
  }

  MobilePlan squeeze(Squeeze value) {
    return new MobilePlan(stem, stages, neck, features, activation, value, origin);
  }

  MobilePlan origin(Origin value) {
    return new MobilePlan(stem, stages, neck, features, activation, squeeze, value);
  }

  /** The number of blocks. */
  int blocks() {
    return stages.stream().flatMap(stage -> stage.rows().stream()).mapToInt(Row::repeats).sum();
  }

  /** Where the last 1×1 stands. */
  enum Neck {
    /** There is none. */
    NONE,
    /** Before the pooling, with a norm. */
    BEFORE_POOLING,
    /** After the pooling, on one pixel, with a bias in place of the norm (MobileNet v3, Fig. 5). */
    AFTER_POOLING
  }

  /** How blocks weigh their channels; a quarter of some channels stands between the two maps. */
  enum Squeeze {
    /** A quarter of the block's input; the block's activation; a sigmoid (EfficientNet). */
    OF_INPUT,
    /** A quarter of the expanded channels, as a multiple of 8; ReLU; h-sigmoid (MobileNet v3). */
    OF_EXPANDED
  }

  /** Whose convolutions and norms: published weights go with one of the two. */
  enum Origin {
    TORCH,
    /** timm's names with {@code tf_}: weights that were trained with TensorFlow. */
    TENSORFLOW;

    /** The border of the convolutions. */
    Padding padding() {
      return switch (this) {
        case TORCH -> Padding.SYMMETRIC;
        case TENSORFLOW -> Padding.SAME;
      };
    }

    /** What norms add to the variance. */
    double eps() {
      return switch (this) {
        case TORCH -> 1e-5;
        case TENSORFLOW -> 1e-3;
      };
    }
  }

  /** Rows of a table whose maps have one size; the first row's first block may halve it. */
  record Stage(List<Row> rows) {
    Stage {
      rows = List.copyOf(rows);
      Check.that(!rows.isEmpty(), "rows", rows, "at least one");
    }

    static Stage of(Row... rows) {
      return new Stage(List.of(rows));
    }

    /** Channels of its last maps. */
    int channels() {
      return rows.get(rows.size() - 1).channels();
    }

    /** Stride of its first block. */
    int stride() {
      return rows.get(0).stride();
    }
  }

  /** The kinds of block. */
  enum Kind {
    /** A convolution, {@link ConvBnAct}. */
    CONV,
    /** Depthwise, then 1×1, an activation after each (MobileNet v1). */
    SEPARABLE,
    /** 1×1 expands, depthwise, 1×1 projects; without the first where the expansion is 1. */
    INVERTED,
    /** A full convolution expands, 1×1 projects. */
    FUSED
  }

  /**
   * A row of such a network's table.
   *
   * @param kind of the blocks
   * @param kernel side of their largest convolution in pixels
   * @param expansion ratio of the middle channels to the input's, at least 1
   * @param channels that the blocks put out
   * @param repeats number of blocks
   * @param stride of the first block
   * @param squeezeExcite whether the blocks weigh their channels
   * @param shortcut whether x is added where its shape stays
   * @param activation where it is not the network's
   */
  record Row(
      Kind kind,
      int kernel,
      double expansion,
      int channels,
      int repeats,
      int stride,
      boolean squeezeExcite,
      boolean shortcut,
      OrAuto<Nonlinearity> activation) {
    Row {
      Check.that(kernel >= 1 && kernel % 2 == 1, "kernel", kernel, "odd");
      Check.that(expansion >= 1, "expansion", expansion, "at least 1");
      Check.that(channels >= 1, "channels", channels, "at least 1");
      Check.that(repeats >= 1, "repeats", repeats, "at least 1");
      Check.that(stride == 1 || stride == 2, "stride", stride, "1 or 2");
    }

    private static Row of(Kind kind, double expansion, int kernel, int channels) {
      return new Row(kind, kernel, expansion, channels, 1, 1, false, true, OrAuto.auto());
    }

    /** One convolution. */
    static Row conv(int kernel, int channels) {
      return of(Kind.CONV, 1, kernel, channels);
    }

    /** One depthwise separable convolution as in MobileNet v1, without a shortcut. */
    static Row separable(int kernel, int channels) {
      return of(Kind.SEPARABLE, 1, kernel, channels).noShortcut();
    }

    /** One inverted residual: MobileNet v2's bottleneck, EfficientNet's MBConv. */
    static Row inverted(double expansion, int kernel, int channels) {
      return of(Kind.INVERTED, expansion, kernel, channels);
    }

    /** One fused inverted residual: EfficientNet v2's Fused-MBConv. */
    static Row fused(double expansion, int kernel, int channels) {
      return of(Kind.FUSED, expansion, kernel, channels);
    }

    Row times(int value) {
      return sized(channels, value);
    }

    Row stride(int value) {
      return new Row(
          kind, kernel, expansion, channels, repeats, value, squeezeExcite, shortcut, activation);
    }

    Row se() {
      return squeezed(true);
    }

    Row noSe() {
      return squeezed(false);
    }

    Row noShortcut() {
      return new Row(
          kind, kernel, expansion, channels, repeats, stride, squeezeExcite, false, activation);
    }

    Row relu() {
      return new Row(
          kind,
          kernel,
          expansion,
          channels,
          repeats,
          stride,
          squeezeExcite,
          shortcut,
          OrAuto.of(Nonlinearity.RELU));
    }

    private Row squeezed(boolean value) {
      return new Row(
          kind, kernel, expansion, channels, repeats, stride, value, shortcut, activation);
    }

    private Row sized(int channels, int repeats) {
      return new Row(
          kind, kernel, expansion, channels, repeats, stride, squeezeExcite, shortcut, activation);
    }
  }

  /**
   * How one table becomes wider and deeper networks (Tan and Le, arXiv:1905.11946, §3.3): channels
   * are rounded to multiples of 8, numbers of blocks up.
   *
   * @param width factor on the channels, above 0
   * @param depth factor on the blocks of each stage, above 0
   * @param limit share of the number below which channels are rounded up; 0: never
   */
  record Scaling(double width, double depth, double limit) {
    Scaling {
      Check.that(width > 0, "width", width, "above 0");
      Check.that(depth > 0, "depth", depth, "above 0");
    }

    static Scaling of(double width, double depth) {
      return new Scaling(width, depth, 0.9);
    }

    int channels(int published) {
      return Channels.round(published * width, 8, limit);
    }

    int blocks(int published) {
      return (int) Math.ceil(published * depth);
    }

    Stage stage(Stage published) {
      return new Stage(
          published.rows().stream()
              .map(row -> row.sized(channels(row.channels()), blocks(row.repeats())))
              .toList());
    }

    /** All stages. */
    List<Stage> stages(List<Stage> published) {
      return published.stream().map(this::stage).toList();
    }

    /** All stages, of which the first and the last become wider only. */
    List<Stage> innerStages(List<Stage> published) {
      Scaling wider = new Scaling(width, 1, limit);
      int last = published.size() - 1;
      return Stream.of(
              Stream.of(wider.stage(published.get(0))),
              stages(published.subList(1, last)).stream(),
              Stream.of(wider.stage(published.get(last))))
          .flatMap(stages -> stages)
          .toList();
    }
  }
}
