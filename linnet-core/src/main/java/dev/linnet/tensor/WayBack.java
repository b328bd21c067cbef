package dev.linnet.tensor;

import dev.linnet.tensor.Profiler.Operator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Edge;
import org.bytedeco.pytorch.FunctionPostHook;
import org.bytedeco.pytorch.FunctionPreHook;
import org.bytedeco.pytorch.TensorVector;
import org.jspecify.annotations.Nullable;

/**
 * The way back of what a {@link Profiler} watches: a hook before and one behind each node of
 * libtorch's graph, and what lies between two nodes. One thread's.
 */
final class WayBack {
  private static final String BACK = ", back";
  private static final String VIEW = "view";

  /** Nodes of views that libtorch makes inside operators. */
  private static final Set<String> VIEW_NODES =
      Set.of(
          "TBackward0",
          "ViewBackward0",
          "UnsafeViewBackward0",
          "ReshapeAliasBackward0",
          "TransposeBackward0",
          "PermuteBackward0",
          "AsStridedBackward0");

  private final Profiler profiler;
  private final List<Pointer> hooks = new ArrayList<>();
  private final Gap gap = new Gap();
  private long started; // when the node that runs was entered

  WayBack(Profiler profiler) {
    this.profiler = profiler;
  }

  /** Whether a node is that of a product, and which of its inputs are the factors. */
  private enum Product {
    NONE,
    /** The first two. */
    PLAIN,
    /** The second and the third, whose product is added to the first. */
    ADDED;

    private static final List<String> NODES =
        List.of("Convolution", "Mkldnn", "Mm", "Bmm", "Linear", "Scaled");

    static Product of(String node) {
      if (node.startsWith("Addmm") || node.startsWith("Baddbmm")) {
        return ADDED;
      }
      return NODES.stream().anyMatch(node::startsWith) ? PLAIN : NONE;
    }
  }

  /** A node of the graph: what the way back calls. */
  static final class Node {
    final Operator operator;
    final String name;
    final Product product;
    final Node[] next;
    final int[] slot;

    /** Gradients that have come, by input. */
    final int[] come;

    /** Adds to the gradient of a leaf. */
    final boolean leaf;

    private Node(
        Operator operator, String name, Product product, int outputs, int inputs, boolean leaf) {
      this.operator = operator;
      this.name = name;
      this.product = product;
      this.next = new Node[outputs];
      this.slot = new int[outputs];
      this.come = new int[Math.max(1, inputs)];
      this.leaf = leaf;
    }

    /** Multiply-adds: as many as ahead for each of the factors that needs a gradient. */
    long macs() {
      if (product == Product.NONE) {
        return 0;
      }
      int first = product == Product.ADDED ? 1 : 0;
      int factors = 0;
      for (int i = first; i < Math.min(next.length, first + 2); i++) {
        factors += next[i] == null ? 0 : 1;
      }
      return operator.macs / Math.max(1, operator.products) * factors;
    }
  }

  /** What lies between two nodes. */
  private static final class Gap {
    long start = -1;
    long summed;
    @Nullable Node of;
    @Nullable Node adds;
    DType dtype = DType.FLOAT32;

    void open(long now) {
      start = now;
      summed = 0;
      of = null;
      adds = null;
    }
  }

  /** Runs a way back from a tensor, with hooks on its graph. */
  <T> T watched(org.bytedeco.pytorch.Tensor from, Supplier<T> work) {
    long begin = System.nanoTime();
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      org.bytedeco.pytorch.Node root = from.grad_fn();
      if (root != null && !root.isNull()) {
        walk(root);
      }
    } finally {
      scope.close();
    }
    gap.start = -1;
    profiler.settle(begin);
    try {
      return Scope.back(work);
    } finally {
      long end = System.nanoTime();
      closeGap(end);
      hooks.forEach(Pointer::releaseReference);
      hooks.clear();
      profiler.settle(end);
    }
  }

  /** Puts a hook before and behind each node of a graph. */
  private void walk(org.bytedeco.pytorch.Node root) {
    Map<Long, Node> known = new HashMap<>();
    Deque<org.bytedeco.pytorch.Node> open = new ArrayDeque<>();
    known.put(root.address(), way(root, null));
    open.push(root);
    while (!open.isEmpty()) {
      org.bytedeco.pytorch.Node node = open.pop();
      Node way = known.get(node.address());
      if (way == null || way.leaf) {
        continue;
      }
      for (int i = 0; i < way.next.length; i++) {
        Edge edge = node.next_edge(i);
        if (edge.is_valid()) {
          org.bytedeco.pytorch.Node next = edge.function();
          Node to = known.get(next.address());
          if (to == null) {
            to = way(next, way);
            known.put(next.address(), to);
            open.push(next);
          }
          way.next[i] = to;
          way.slot[i] = edge.input_nr();
        }
      }
      if (way.operator.way != way) { // a function times itself
        Enter enter = new Enter();
        Leave leave = new Leave(way);
        enter.retainReference(); // libtorch's hold on them is weak
        leave.retainReference();
        hooks.add(enter);
        hooks.add(leave);
        node.add_pre_hook(enter);
        node.add_post_hook(leave);
      }
    }
  }

  /**
   * What there is to know of a node.
   *
   * @param before a node that hands a gradient to it
   */
  private Node way(org.bytedeco.pytorch.Node node, @Nullable Node before) {
    String name = node.name().getString();
    int outputs = node.num_outputs();
    int inputs = node.num_inputs();
    if (name.endsWith("AccumulateGrad")) {
      Operator user =
          before == null ? new Operator("leaf", profiler.part(), 0, 0, false) : before.operator;
      return new Node(user, "accumulate gradient", Product.NONE, 0, inputs, true);
    }
    Operator operator = profiler.operatorOf(node.sequence_nr());
    Product product =
        operator.macs == 0 ? Product.NONE : operator.own ? Product.PLAIN : Product.of(name);
    if (product != Product.NONE) {
      operator.products++;
    }
    Node way = new Node(operator, called(operator, name) + BACK, product, outputs, inputs, false);
    if (operator.own) {
      operator.way = way;
    }
    return way;
  }

  /** What an operator's node does, if not what the operator says. */
  private static String called(Operator operator, String node) {
    if (node.startsWith("ToCopy") && !operator.name.equals("to")) {
      return Profiler.CAST;
    }
    return VIEW_NODES.contains(node) && !Recording.VIEWS.contains(operator.name)
        ? VIEW
        : operator.name;
  }

  /** Ends what lies between two nodes; it is worth a word where gradients came together. */
  private void closeGap(long now) {
    Node of = gap.of;
    Node adds = gap.adds;
    if (gap.start >= 0 && of != null && gap.summed > 0) {
      Profile.Work work = new Profile.Work(3 * gap.summed, 0, gap.dtype, List.of());
      profiler.note(Profile.Kind.BACK, "sum of gradients", of.operator.part, gap.start, now, work);
    } else if (gap.start >= 0 && adds != null) {
      profiler.note(
          Profile.Kind.BACK, adds.name, adds.operator.part, gap.start, now, Profile.Work.NONE);
    }
    gap.start = -1;
  }

  /** After a node: what becomes of its gradients. */
  private void handOn(Node way, TensorVector gradients) {
    gap.open(0);
    for (int i = 0; i < way.next.length && i < gradients.size(); i++) {
      Node to = way.next[i];
      org.bytedeco.pytorch.Tensor gradient = gradients.get(i);
      if (to == null || !gradient.defined()) {
        continue;
      }
      if (to.come[way.slot[i]]++ > 0) {
        gap.summed += Profiler.bytes(gradient);
        gap.of = to;
        gap.dtype = DType.of(gradient.scalar_type());
      } else if (to.leaf) {
        gap.adds = to;
      }
    }
    gap.start = System.nanoTime();
  }

  private void noteBack(Node way, long start, long end, TensorVector given, TensorVector made) {
    List<Shape> shapes = new ArrayList<>();
    DType dtype = DType.FLOAT32;
    for (int i = 0; i < given.size(); i++) {
      org.bytedeco.pytorch.Tensor gradient = given.get(i);
      if (gradient.defined()) {
        shapes.add(shape(gradient));
        dtype = DType.of(gradient.scalar_type());
      }
    }
    boolean casts = way.name.equals(Profiler.CAST + BACK);
    long bytes = madeAnew(given, made);
    if (bytes > 0) {
      bytes += Profiler.bytes(given) + (casts ? 0 : way.operator.readAgain);
      way.operator.readAgain = casts ? way.operator.readAgain : 0;
    }
    Profile.Work work = new Profile.Work(bytes, way.macs(), dtype, shapes);
    profiler.note(Profile.Kind.BACK, way.name, way.operator.part, start, end, work);
  }

  /** Runs a function's way back, which times itself. */
  TensorVector timed(Node way, TensorVector gradients, Supplier<TensorVector> work) {
    long entered = System.nanoTime();
    closeGap(entered);
    long start = System.nanoTime();
    profiler.spend(start - entered);
    TensorVector made = work.get();
    long end = System.nanoTime();
    noteBack(way, start, end, gradients, made);
    handOn(way, made);
    profiler.spend(gap.start - end);
    return made;
  }

  /** Bytes of what was made and is not what was given, passed on. */
  private static long madeAnew(TensorVector given, TensorVector made) {
    long bytes = 0;
    for (int i = 0; i < made.size(); i++) {
      org.bytedeco.pytorch.Tensor gradient = made.get(i);
      boolean passed = !gradient.defined();
      for (int k = 0; k < given.size() && !passed; k++) {
        passed =
            given.get(k).defined()
                && given.get(k).data_ptr().address() == gradient.data_ptr().address();
      }
      bytes += passed ? 0 : Profiler.bytes(gradient);
    }
    return bytes;
  }

  private static Shape shape(org.bytedeco.pytorch.Tensor t) {
    long[] sizes = new long[(int) t.dim()];
    Arrays.setAll(sizes, t::size);
    return Shape.of(sizes);
  }

  /** Called before a node. */
  private final class Enter extends FunctionPreHook {
    @Override
    public TensorVector apply(TensorVector gradients) {
      long entered = System.nanoTime();
      closeGap(entered);
      started = System.nanoTime();
      profiler.spend(started - entered);
      return gradients;
    }
  }

  /** Called behind a node. */
  private final class Leave extends FunctionPostHook {
    private final Node way;

    Leave(Node way) {
      this.way = way;
    }

    @Override
    public TensorVector apply(TensorVector made, TensorVector given) {
      long end = System.nanoTime();
      noteBack(way, started, end, given, made);
      handOn(way, made);
      profiler.spend(gap.start - end);
      return made;
    }
  }
}
