package dev.linnet.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.pytorch.IValue;
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
public final class Profiler {
  static final String CAST = "cast";

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
  private final WayBack wayBack = new WayBack(this);
  private long last; // when what was noted last had ended
  private long own;
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
      scope.recorder = profiler.new Ear();
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
    return Scope.listening() instanceof Ear ear ? ear.profiler() : null;
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

  void note(Profile.Kind kind, String name, Object part, long start, long end, Profile.Work work) {
    events.add(new Profile.Event(kind, name, part, start, end - start, 0, work));
  }

  /** From here on the time is the next operator's; what has passed since was for noting. */
  void settle(long since) {
    last = System.nanoTime();
    own += last - since;
  }

  /** This much time was for noting. */
  void spend(long nanos) {
    own += nanos;
  }

  Object part() {
    return parts.getFirst();
  }

  // ------------------------------------------------------------------ ahead

  /** An operator that ran ahead, as the way back needs it. */
  static final class Operator {
    final String name;
    final Object part;
    final long macs;
    final boolean own;

    /** Bytes that its way back reads again; the first of its nodes that moves any has them. */
    long readAgain;

    /** Nodes of a smaller number were made by it or by an operator before it. */
    final long nodes = torch.peek();

    int products;
    WayBack.@Nullable Node way;

    Operator(String name, Object part, long macs, long readAgain, boolean own) {
      this.name = name;
      this.part = part;
      this.macs = macs;
      this.readAgain = readAgain;
      this.own = own;
    }
  }

  /** What the scope tells of its operators. */
  private final class Ear implements Recorder {
    Profiler profiler() {
      return Profiler.this;
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
      noteOperator(operator, attributes, macs, result, inputs);
    }
  }

  private void noteOperator(
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

  private static String convolution(Map<String, Object> attributes, @Nullable Tensor... inputs) {
    Tensor weight = inputs[1];
    return weight != null && attributes.get("groups") instanceof Integer groups
        ? convolution(weight, groups)
        : "conv2d";
  }

  /** Such as {@code conv2d 3×3, depthwise}: kernels differ much in what they take. */
  static String convolution(Tensor weight, int groups) {
    String kernel = "conv2d " + weight.dim(2) + "×" + weight.dim(3);
    return groups == 1 ? kernel : kernel + (weight.dim(1) == 1 ? ", depthwise" : ", grouped");
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

  /** Runs a way back from a tensor; where nothing watches, as {@link Scope#back} does. */
  static <T> T back(org.bytedeco.pytorch.Tensor from, Supplier<T> work) {
    Profiler profiler = current();
    return profiler == null || profiler.deaf
        ? Scope.back(work)
        : profiler.wayBack.watched(from, work);
  }

  /** Runs a function's way back. */
  TensorVector back(Function function, TensorVector gradients, Supplier<TensorVector> work) {
    Operator operator = functions.get(function);
    WayBack.Node way = operator == null ? null : operator.way;
    if (way == null || deaf) {
      return work.get();
    }
    deaf = true;
    try {
      return wayBack.timed(way, gradients, work);
    } finally {
      deaf = false;
    }
  }

  /** The operator that made the node of a number: the first one after which it was there. */
  Operator operatorOf(long number) {
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

  static long bytes(TensorVector tensors) {
    long bytes = 0;
    for (int i = 0; i < tensors.size(); i++) {
      org.bytedeco.pytorch.Tensor t = tensors.get(i);
      bytes += t.defined() ? bytes(t) : 0;
    }
    return bytes;
  }

  static long bytes(org.bytedeco.pytorch.Tensor t) {
    return t.numel() * t.element_size();
  }
}
