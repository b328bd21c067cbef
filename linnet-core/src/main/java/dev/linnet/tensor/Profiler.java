package dev.linnet.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Edge;
import org.bytedeco.pytorch.FunctionPostHook;
import org.bytedeco.pytorch.FunctionPreHook;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Node;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Notes how long the operators of a thread take, ahead and back, and in which part of the work they
 * ran.
 *
 * <p>Ahead, an operator takes from the end of the one before it to its own end. On the way back
 * each node of libtorch's graph is timed from before it to after it; it belongs to the operator
 * that made it, which its sequence number tells. What libtorch does in between, where gradients of
 * one tensor come together, is an operator of its own. Kernels must have ended when their call has,
 * as on the processor. One thread's; not nested.
 */
public final class Profiler implements Recorder {
  private static final String BACK = ", back";
  private static final String CAST = "cast";
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

  /** Operators whose way back needs neither what they were given nor what they gave. */
  private static final Set<String> READ_NOTHING =
      Set.of(
          "add",
          "sub",
          "neg",
          "sum",
          "mean",
          "cat",
          "stack",
          "pad",
          "to",
          CAST,
          "copy",
          "contiguous",
          "channels_last",
          "flip",
          "roll",
          "index_select",
          "avg_pool2d",
          "adaptive_avg_pool2d");

  /** Operators whose way back needs what they gave. */
  private static final Set<String> READ_RESULT =
      Set.of("relu", "relu6", "sigmoid", "tanh", "exp", "sqrt", "softmax", "log_softmax");

  /** Views that are copies where the memory lies otherwise. */
  private static final Set<String> RESHAPES = Set.of("reshape", "flatten");

  /** Operators that read what they multiply in the type of their result. */
  private static final Set<String> PRODUCTS = Set.of("conv2d", "linear", "matmul", "attention");

  private final List<Profile.Event> events = new ArrayList<>();
  private final List<Operator> operators = new ArrayList<>();
  private final IdentityHashMap<Function, Operator> functions = new IdentityHashMap<>();
  private final Deque<Object> parts = new ArrayDeque<>();
  private final List<Pointer> hooks = new ArrayList<>();
  private final Gap gap = new Gap();
  private long last; // when what was noted last had ended
  private long own;
  private long started; // when the node that runs was entered
  private boolean deaf; // inside an operator that is noted as a whole

  private Profiler(Object whole) {
    parts.push(whole);
  }

  /**
   * Runs work and notes what it spends its time on. It goes on as if unwatched: the same kernels,
   * the same results.
   *
   * @throws IllegalStateException if the thread's operators are recorded already
   */
  public static Profile run(Runnable work) {
    if (Scope.listening() != null) {
      throw new IllegalStateException("profiler: does not nest, nor go with a recording");
    }
    Scope scope = Scope.open("profile");
    try {
      Profiler profiler = new Profiler("step");
      scope.recorder = profiler;
      long start = System.nanoTime();
      profiler.last = start;
      work.run();
      return new Profile(start, System.nanoTime() - start, profiler.own, profiler.events);
    } finally {
      scope.close();
    }
  }

  /**
   * Runs work as a part of what is profiled; where nothing is, it just runs.
   *
   * @param part what {@link Profile.Event#part} is of what runs inside
   */
  public static <T> T within(Object part, Supplier<T> work) {
    Profiler profiler = current();
    return profiler == null || profiler.deaf ? work.get() : profiler.part(part, work);
  }

  /** Runs work as a part of what is profiled; where nothing is, it just runs. */
  public static void within(Object part, Runnable work) {
    within(
        part,
        () -> {
          work.run();
          return part;
        });
  }

  /** What watches this thread, if anything does. */
  static @Nullable Profiler current() {
    return Scope.listening() instanceof Profiler profiler ? profiler : null;
  }

  private <T> T part(Object part, Supplier<T> work) {
    long ownBefore = own;
    parts.push(part);
    long start = System.nanoTime();
    last = start;
    try {
      return work.get();
    } finally {
      long nanos = System.nanoTime() - start;
      parts.pop();
      events.add(
          new Profile.Event(
              Profile.Kind.PART, "", part, start, nanos, own - ownBefore, Profile.Work.NONE));
      last = System.nanoTime();
    }
  }

  private void note(
      Profile.Kind kind, String name, Object part, long start, long end, Profile.Work work) {
    events.add(new Profile.Event(kind, name, part, start, end - start, 0, work));
  }

  /** From here on the time is the next operator's; what has passed since was for noting. */
  private void settle(long since) {
    last = System.nanoTime();
    own += last - since;
  }

  private Object part() {
    return parts.getFirst();
  }

  // ------------------------------------------------------------------ ahead

  /** An operator that ran ahead, as the way back needs it. */
  private static final class Operator {
    final String name;
    final Object part;
    final long macs;
    final boolean own;

    /** Bytes that its way back reads again; the first of its nodes that moves any has them. */
    long readAgain;

    /** Nodes of a smaller number were made by it or by an operator before it. */
    final long nodes = torch.peek();

    int products;
    @Nullable Way way;

    Operator(String name, Object part, long macs, long readAgain, boolean own) {
      this.name = name;
      this.part = part;
      this.macs = macs;
      this.readAgain = readAgain;
      this.own = own;
    }
  }

  @Override
  public boolean wantsPlain() {
    return false;
  }

  @Override
  public void add(
      String operator,
      Map<String, Object> attributes,
      long macs,
      Tensor result,
      @Nullable Tensor... inputs) {
    if (deaf) {
      return;
    }
    long end = System.nanoTime();
    List<Shape> shapes = new ArrayList<>();
    DType dtype = result.dtype();
    long read = 0;
    for (Tensor input : inputs) {
      if (input != null) {
        shapes.add(input.shape());
        long bytes = input.bytes();
        read +=
            PRODUCTS.contains(operator) ? Math.min(bytes, input.count() * dtype.bytes()) : bytes;
      }
    }
    long written = result.bytes();
    boolean moves = !isView(operator, result, inputs);
    long readAgain =
        !moves || READ_NOTHING.contains(operator)
            ? 0
            : READ_RESULT.contains(operator) ? written : read;
    Profile.Work work = new Profile.Work(moves ? read + written : 0, macs, dtype, shapes);
    String name = operator.equals("conv2d") ? convolution(attributes, inputs) : operator;
    note(Profile.Kind.AHEAD, name, part(), last, end, work);
    operators.add(new Operator(name, part(), macs, readAgain, false));
    settle(end);
  }

  /** Such as {@code conv2d 3×3, depthwise}: kernels differ much in what they take. */
  private static String convolution(Map<String, Object> attributes, @Nullable Tensor... inputs) {
    Tensor weight = inputs[1];
    Object groups = attributes.get("groups");
    if (weight == null || !(groups instanceof Integer count)) {
      return "conv2d";
    }
    String kernel = "conv2d " + weight.dim(2) + "×" + weight.dim(3);
    return count == 1 ? kernel : kernel + (weight.dim(1) == 1 ? ", depthwise" : ", grouped");
  }

  /** Whether a result is its input by another shape. */
  private static boolean isView(String operator, Tensor result, @Nullable Tensor... inputs) {
    Tensor first = inputs.length == 0 ? null : inputs[0];
    return Recording.VIEWS.contains(operator)
        && !(RESHAPES.contains(operator)
            && first != null
            && first.handle().data_ptr().address() != result.handle().data_ptr().address());
  }

  /** Runs a function's way ahead. */
  Tensor[] ahead(Function function, String name, Tensor[] inputs, Supplier<Tensor[]> work) {
    if (deaf) {
      return work.get();
    }
    deaf = true;
    long start = System.nanoTime();
    try {
      Tensor[] results = work.get();
      long end = System.nanoTime();
      List<Shape> shapes = new ArrayList<>();
      long read = 0;
      for (Tensor input : inputs) {
        shapes.add(input.shape());
        read += input.bytes();
      }
      long written = 0;
      for (Tensor result : results) {
        written += result.bytes();
      }
      DType dtype = results[0].dtype();
      long macs = function.macs(inputs, results);
      Profile.Work moved = new Profile.Work(read + written, macs, dtype, shapes);
      note(Profile.Kind.AHEAD, name, part(), start, end, moved);
      Operator operator = new Operator(name, part(), macs, read, true);
      operators.add(operator);
      functions.put(function, operator);
      settle(end);
      return results;
    } finally {
      deaf = false;
    }
  }

  /** Notes a call of libtorch on lists of tensors that has just ended. */
  static void called(String name, IValue... arguments) {
    Profiler profiler = current();
    if (profiler != null && !profiler.deaf) {
      profiler.noteCall(name.toLowerCase(Locale.ROOT), arguments);
    }
  }

  private void noteCall(String name, IValue... arguments) {
    long end = System.nanoTime();
    boolean fused = name.startsWith("fused");
    long bytes = 0;
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      for (int i = 0; i < arguments.length; i++) {
        if (arguments[i].isTensorList()) {
          boolean written = fused ? i != 1 : i == 0; // gradients are read alone
          bytes += bytes(arguments[i].toTensorVector()) * (written ? 2 : 1);
        }
      }
    } finally {
      scope.close();
    }
    Profile.Work work = new Profile.Work(bytes, 0, DType.FLOAT32, List.of());
    note(Profile.Kind.AHEAD, name, part(), last, end, work);
    settle(end);
  }

  /**
   * Before a product in mixed precision: makes the casts of its weights, which libtorch keeps and
   * takes, so that they are timed by themselves.
   */
  static void cast(@Nullable Tensor... weights) {
    Profiler profiler = current();
    if (profiler != null && !profiler.deaf) {
      for (Tensor weight : weights) {
        profiler.castOne(weight);
      }
    }
  }

  private void castOne(@Nullable Tensor weight) {
    torch.DeviceType type = torch.DeviceType.CPU;
    if (weight == null
        || weight.dtype() != DType.FLOAT32
        || !weight.requiresGrad()
        || !weight.handle().is_leaf()
        || !torch.is_autocast_enabled(type)) {
      return; // not cast, or not kept
    }
    long start = System.nanoTime();
    own += start - last;
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      torch.cached_cast(torch.get_autocast_dtype(type), weight.handle(), type);
    } finally {
      scope.close();
    }
    long end = System.nanoTime();
    long bytes = weight.bytes() + weight.count() * DType.BFLOAT16.bytes();
    note(
        Profile.Kind.AHEAD,
        CAST,
        part(),
        start,
        end,
        new Profile.Work(bytes, 0, DType.BFLOAT16, List.of(weight.shape())));
    operators.add(new Operator(CAST, part(), 0, 0, false));
    settle(end);
  }

  // ------------------------------------------------------------------ back

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
  private static final class Way {
    final Operator operator;
    final String name;
    final Product product;
    final Way[] next;
    final int[] slot;

    /** Gradients that have come, by input. */
    final int[] come;

    /** Adds to the gradient of a leaf. */
    final boolean leaf;

    Way(Operator operator, String name, Product product, int outputs, int inputs, boolean leaf) {
      this.operator = operator;
      this.name = name;
      this.product = product;
      this.next = new Way[outputs];
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
    @Nullable Way of;
    @Nullable Way adds;
    DType dtype = DType.FLOAT32;

    void open(long now) {
      start = now;
      summed = 0;
      of = null;
      adds = null;
    }
  }

  /** Runs a way back from a tensor; where nothing watches, as {@link Scope#back} does. */
  static <T> T back(org.bytedeco.pytorch.Tensor from, Supplier<T> work) {
    Profiler profiler = current();
    return profiler == null || profiler.deaf ? Scope.back(work) : profiler.watched(from, work);
  }

  private <T> T watched(org.bytedeco.pytorch.Tensor from, Supplier<T> work) {
    long begin = System.nanoTime();
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Node root = from.grad_fn();
      if (root != null && !root.isNull()) {
        walk(root);
      }
    } finally {
      scope.close();
    }
    gap.start = -1;
    settle(begin);
    try {
      return Scope.back(work);
    } finally {
      long end = System.nanoTime();
      closeGap(end);
      hooks.forEach(Pointer::releaseReference);
      hooks.clear();
      settle(end);
    }
  }

  /** Puts a hook before and behind each node of a graph. */
  private void walk(Node root) {
    Map<Long, Way> known = new HashMap<>();
    Deque<Node> open = new ArrayDeque<>();
    known.put(root.address(), way(root, null));
    open.push(root);
    while (!open.isEmpty()) {
      Node node = open.pop();
      Way way = known.get(node.address());
      if (way == null || way.leaf) {
        continue;
      }
      for (int i = 0; i < way.next.length; i++) {
        Edge edge = node.next_edge(i);
        if (edge.is_valid()) {
          Node next = edge.function();
          Way to = known.get(next.address());
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
  private Way way(Node node, @Nullable Way before) {
    String name = node.name().getString();
    int outputs = node.num_outputs();
    int inputs = node.num_inputs();
    if (name.endsWith("AccumulateGrad")) {
      Operator user = before == null ? new Operator("leaf", part(), 0, 0, false) : before.operator;
      return new Way(user, "accumulate gradient", Product.NONE, 0, inputs, true);
    }
    Operator operator = operatorOf(node.sequence_nr());
    Product product =
        operator.macs == 0 ? Product.NONE : operator.own ? Product.PLAIN : Product.of(name);
    if (product != Product.NONE) {
      operator.products++;
    }
    Way way = new Way(operator, called(operator, name) + BACK, product, outputs, inputs, false);
    if (operator.own) {
      operator.way = way;
    }
    return way;
  }

  /** What an operator's node does, if not what the operator says. */
  private static String called(Operator operator, String node) {
    if (node.startsWith("ToCopy") && !operator.name.equals("to")) {
      return CAST;
    }
    return VIEW_NODES.contains(node) && !Recording.VIEWS.contains(operator.name)
        ? VIEW
        : operator.name;
  }

  /** The operator that made the node of a number: the first one after which it was there. */
  private Operator operatorOf(long number) {
    int low = 0;
    int high = operators.size();
    while (low < high) {
      int middle = (low + high) / 2;
      if (operators.get(middle).nodes > number) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low < operators.size() ? operators.get(low) : new Operator("other", part(), 0, 0, false);
  }

  /** Ends what lies between two nodes; it is worth a word where gradients came together. */
  private void closeGap(long now) {
    Way of = gap.of;
    Way adds = gap.adds;
    if (gap.start >= 0 && of != null && gap.summed > 0) {
      Profile.Work work = new Profile.Work(3 * gap.summed, 0, gap.dtype, List.of());
      note(Profile.Kind.BACK, "sum of gradients", of.operator.part, gap.start, now, work);
    } else if (gap.start >= 0 && adds != null) {
      note(Profile.Kind.BACK, adds.name, adds.operator.part, gap.start, now, Profile.Work.NONE);
    }
    gap.start = -1;
  }

  /** After a node: what becomes of its gradients. */
  private void handOn(Way way, TensorVector gradients) {
    gap.open(0);
    for (int i = 0; i < way.next.length && i < gradients.size(); i++) {
      Way to = way.next[i];
      org.bytedeco.pytorch.Tensor gradient = gradients.get(i);
      if (to == null || !gradient.defined()) {
        continue;
      }
      if (to.come[way.slot[i]]++ > 0) {
        gap.summed += bytes(gradient);
        gap.of = to;
        gap.dtype = DType.of(gradient.scalar_type());
      } else if (to.leaf) {
        gap.adds = to;
      }
    }
    gap.start = System.nanoTime();
  }

  private void noteBack(Way way, long start, long end, TensorVector given, TensorVector made) {
    List<Shape> shapes = new ArrayList<>();
    DType dtype = DType.FLOAT32;
    for (int i = 0; i < given.size(); i++) {
      org.bytedeco.pytorch.Tensor gradient = given.get(i);
      if (gradient.defined()) {
        shapes.add(shape(gradient));
        dtype = DType.of(gradient.scalar_type());
      }
    }
    boolean casts = way.name.equals(CAST + BACK);
    long bytes = madeAnew(given, made);
    if (bytes > 0) {
      bytes += bytes(given) + (casts ? 0 : way.operator.readAgain);
      way.operator.readAgain = casts ? way.operator.readAgain : 0;
    }
    Profile.Work work = new Profile.Work(bytes, way.macs(), dtype, shapes);
    note(Profile.Kind.BACK, way.name, way.operator.part, start, end, work);
  }

  /** Runs a function's way back. */
  TensorVector back(Function function, TensorVector gradients, Supplier<TensorVector> work) {
    Operator operator = functions.get(function);
    Way way = operator == null ? null : operator.way;
    if (way == null || deaf) {
      return work.get();
    }
    long entered = System.nanoTime();
    closeGap(entered);
    deaf = true;
    try {
      long start = System.nanoTime();
      own += start - entered;
      TensorVector made = work.get();
      long end = System.nanoTime();
      noteBack(way, start, end, gradients, made);
      handOn(way, made);
      own += gap.start - end;
      return made;
    } finally {
      deaf = false;
    }
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
      bytes += passed ? 0 : bytes(gradient);
    }
    return bytes;
  }

  private static long bytes(TensorVector tensors) {
    long bytes = 0;
    for (int i = 0; i < tensors.size(); i++) {
      org.bytedeco.pytorch.Tensor t = tensors.get(i);
      bytes += t.defined() ? bytes(t) : 0;
    }
    return bytes;
  }

  private static long bytes(org.bytedeco.pytorch.Tensor t) {
    return t.numel() * t.element_size();
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
      own += started - entered;
      return gradients;
    }
  }

  /** Called behind a node. */
  private final class Leave extends FunctionPostHook {
    private final Way way;

    Leave(Way way) {
      this.way = way;
    }

    @Override
    public TensorVector apply(TensorVector made, TensorVector given) {
      long end = System.nanoTime();
      noteBack(way, started, end, given, made);
      handOn(way, made);
      own += gap.start - end;
      return made;
    }
  }
}
