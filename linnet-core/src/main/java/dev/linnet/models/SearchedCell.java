package dev.linnet.models;

import dev.linnet.nn.Activation;
import dev.linnet.nn.AvgPool2d;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Identity;
import dev.linnet.nn.MaxPool2d;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Padding;
import dev.linnet.nn.TwoInputs;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A cell as an architecture search finds it: two inputs, the outputs of cells before it, and steps,
 * each of which adds two branches of what is there; the steps' sums are joined.
 *
 * <p>Zoph et al., CVPR 2018, arXiv:1707.07012 (§3, Fig. 4) and Liu et al., ECCV 2018,
 * arXiv:1712.00559 (Fig. 1). Names are those that {@code nasnet.py} and {@code pnasnet.py} of timm
 * share.
 */
final class SearchedCell extends TwoInputs {
  /** The adapted input from further back, as the source of a branch. */
  static final int PREVIOUS = -2;

  /** The adapted input from the cell before, as the source of a branch. */
  static final int CURRENT = -1;

  private static final double EPS = 1e-3;

  /** What a branch does. */
  enum Op {
    SEPARABLE_3,
    SEPARABLE_5,
    SEPARABLE_7,
    MEAN_3,
    MAX_3,
    /** Nothing; where the cell halves the resolution, a 1×1 with stride 2. */
    IDENTITY
  }

  /**
   * Half of a step.
   *
   * @param op what it does
   * @param from {@link #PREVIOUS}, {@link #CURRENT} or the number of an earlier step
   */
  record Branch(Op op, int from) {}

  /** Two branches whose sum is taken. */
  record Step(Branch left, Branch right) {
    static Step of(Op left, int fromLeft, Op right, int fromRight) {
      return new Step(new Branch(left, fromLeft), new Branch(right, fromRight));
    }
  }

  /**
   * What was searched.
   *
   * @param steps in order
   * @param joined what is joined: numbers of steps, or {@link #PREVIOUS}
   */
  record Graph(List<Step> steps, List<Integer> joined) {
    Graph {
      steps = List.copyOf(steps);
      joined = List.copyOf(joined);
    }
  }

  /** How the input from further back gets the cell's resolution and channels. */
  enum Adapter {
    /** Not at all. */
    NONE,
    /** By a 1×1. */
    POINT,
    /** Twice the resolution: by two 1×1 with stride 2, one of them shifted by a pixel. */
    FACTORIZED,
    /** The same, whose parts belong to the cell, after the other input's. */
    FACTORIZED_INSIDE
  }

  /**
   * Where in the network a cell stands.
   *
   * @param graph its steps
   * @param adapter of the input from further back
   * @param inPrevious channels of that input
   * @param in channels of the input from the cell before
   * @param out channels of each step
   * @param stride 2 if it halves the resolution, else 1
   * @param dropPath of its branches
   * @param padding border of convolutions and pools with a stride
   * @param activation before each convolution
   */
  record Place(
      Graph graph,
      Adapter adapter,
      int inPrevious,
      int in,
      int out,
      int stride,
      DropPath dropPath,
      Padding padding,
      Nonlinearity activation) {

    int outChannels() {
      return graph.joined().size() * out;
    }
  }

  private final Graph graph;
  private final DropPath dropPath;
  private final Module adaptPrevious;
  private final Module adapt;
  private final List<Module> lefts = new ArrayList<>();
  private final List<Module> rights = new ArrayList<>();

  SearchedCell(Place place) {
    graph = place.graph();
    dropPath = child("drop_path", place.dropPath());
    adaptPrevious =
        switch (place.adapter()) {
          case NONE -> new Identity();
          case POINT -> child("conv_prev_1x1", point(place.inPrevious(), 1, place));
          case FACTORIZED -> child("conv_prev_1x1", new Factorized(place));
          case FACTORIZED_INSIDE -> new Factorized(place);
        };
    adapt = child("conv_1x1", point(place.in(), 1, place));
    if (place.adapter() == Adapter.FACTORIZED_INSIDE) {
      adaptPrevious.children().forEach(this::child);
    }
    for (int i = 0; i < graph.steps().size(); i++) {
      Step step = graph.steps().get(i);
      lefts.add(child("comb_iter_" + i + "_left", branch(step.left(), place)));
      rights.add(child("comb_iter_" + i + "_right", branch(step.right(), place)));
    }
  }

  @Override
  protected Tensor compute(Tensor x, Tensor previous) {
    Tensor current = adapt.forward(x);
    Tensor before = adaptPrevious.forward(previous);
    List<Tensor> sums = new ArrayList<>();
    for (int i = 0; i < graph.steps().size(); i++) {
      Step step = graph.steps().get(i);
      Tensor left = run(lefts.get(i), source(step.left().from(), before, current, sums));
      Tensor right = run(rights.get(i), source(step.right().from(), before, current, sums));
      sums.add(left.add(right));
    }
    List<Tensor> joined = new ArrayList<>();
    for (int from : graph.joined()) {
      joined.add(source(from, before, current, sums));
    }
    return Tensor.cat(joined, 1);
  }

  private Tensor run(Module branch, Tensor x) {
    return branch instanceof Identity ? branch.forward(x) : dropPath.forward(branch.forward(x));
  }

  private static Tensor source(int from, Tensor before, Tensor current, List<Tensor> sums) {
    if (from == PREVIOUS) {
      return before;
    }
    return from == CURRENT ? current : sums.get(from);
  }

  private static Module branch(Branch branch, Place place) {
    boolean raw = branch.from() == PREVIOUS && place.adapter() == Adapter.NONE;
    int in = raw ? place.inPrevious() : place.out();
    int stride = branch.from() < 0 ? place.stride() : 1;
    return switch (branch.op()) {
      case SEPARABLE_3 -> new Separable(in, 3, stride, place);
      case SEPARABLE_5 -> new Separable(in, 5, stride, place);
      case SEPARABLE_7 -> new Separable(in, 7, stride, place);
      case MEAN_3 -> mean(stride, place.padding());
      case MAX_3 -> in == place.out() ? max(stride, place) : new MaxPoint(in, stride, place);
      case IDENTITY -> stride == 1 ? new Identity() : point(in, stride, place);
    };
  }

  /** At stride 1 the border does not count in the mean; SAME's does, as in timm. */
  private static Module mean(int stride, Padding padding) {
    return AvgPool2d.of(3, stride).withPadding(stride == 1 ? Padding.SYMMETRIC : padding).build();
  }

  private static MaxPool2d max(int stride, Place place) {
    return MaxPool2d.of(3, stride).withPadding(place.padding()).build();
  }

  private static Module point(int in, int stride, Place place) {
    return new Point(in, stride, place);
  }

  /** Without bias; starts as PyTorch's. */
  static Conv2d.Spec conv(int in, int out, int kernel) {
    return Conv2d.of(in, out, kernel).withoutBias().withTorchStart();
  }

  static NormAct.Spec norm(int channels, Nonlinearity activation) {
    return NormAct.of(channels, activation).withEps(EPS);
  }

  private static NormAct.Spec norm(int channels) {
    return norm(channels, Nonlinearity.IDENTITY);
  }

  /** Activation, 1×1, norm. */
  private static final class Point extends Module {
    private final Activation act;
    private final Conv2d conv;
    private final NormAct bn;

    Point(int in, int stride, Place place) {
      act = child("act", new Activation(place.activation()));
      conv = child("conv", conv(in, place.out(), 1).withStride(stride));
      bn = child("bn", norm(place.out()));
    }

    @Override
    protected Tensor compute(Tensor x) {
      return bn.forward(conv.forward(act.forward(x)));
    }
  }

  /** Largest values, 1×1, norm: a pool whose channels change. */
  private static final class MaxPoint extends Module {
    private final MaxPool2d maxPool;
    private final Conv2d conv;
    private final NormAct bn;

    MaxPoint(int in, int stride, Place place) {
      maxPool = child("max_pool", max(stride, place));
      conv = child("conv", conv(in, place.out(), 1));
      bn = child("bn", norm(place.out()));
    }

    @Override
    protected Tensor compute(Tensor x) {
      return bn.forward(conv.forward(maxPool.forward(x)));
    }
  }

  /** Twice: activation, a convolution in each channel, a 1×1 across them, norm. */
  private static final class Separable extends Module {
    private final Activation act1;
    private final Conv2d depthwise1;
    private final Conv2d pointwise1;
    private final NormAct bn1;
    private final Conv2d depthwise2;
    private final Conv2d pointwise2;
    private final NormAct bn2;

    Separable(int in, int kernel, int stride, Place place) {
      int out = place.out();
      act1 = child("act_1", new Activation(place.activation()));
      depthwise1 =
          child("separable_1.depthwise_conv2d", depthwise(in, kernel, place).withStride(stride));
      pointwise1 = child("separable_1.pointwise_conv2d", conv(in, out, 1));
      bn1 = child("bn_sep_1", norm(out, place.activation()));
      depthwise2 = child("separable_2.depthwise_conv2d", depthwise(out, kernel, place));
      pointwise2 = child("separable_2.pointwise_conv2d", conv(out, out, 1));
      bn2 = child("bn_sep_2", norm(out));
    }

    private static Conv2d.Spec depthwise(int channels, int kernel, Place place) {
      return conv(channels, channels, kernel).withGroups(channels).withPadding(place.padding());
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor y = bn1.forward(pointwise1.forward(depthwise1.forward(act1.forward(x))));
      return bn2.forward(pointwise2.forward(depthwise2.forward(y)));
    }
  }

  /** Half the resolution without losing every second pixel: the other path is shifted by one. */
  private static final class Factorized extends Module {
    private final Activation act;
    private final Conv2d conv1;
    private final Conv2d conv2;
    private final NormAct bn;

    Factorized(Place place) {
      act = child("act", new Activation(place.activation()));
      conv1 = child("path_1.conv", half(place));
      conv2 = child("path_2.conv", half(place));
      bn = child("final_path_bn", norm(place.out()));
    }

    private static Conv2d.Spec half(Place place) {
      return conv(place.inPrevious(), place.out() / 2, 1).withStride(2);
    }

    @Override
    protected Tensor compute(Tensor x) {
      Tensor y = act.forward(x);
      Tensor shifted = y.pad(-1, 1, -1, 1);
      return bn.forward(Tensor.cat(List.of(conv1.forward(y), conv2.forward(shifted)), 1));
    }
  }
}
