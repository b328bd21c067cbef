package dev.linnet.tensor;

import static java.util.Objects.requireNonNull;

import dev.linnet.tensor.Step.Kind;
import dev.linnet.tensor.Trace.Value;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.UnaryOperator;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * A forward pass compiled for one shape of its input: batch norm folded, activations and residual
 * sums inside the convolutions, weights packed, and memory planned ahead.
 *
 * <p>Any number of threads may run it at once, each on a context of its own, of which as many are
 * kept as ran at once. Same input, same bytes. Weights are those of the time of compiling.
 */
final class Program implements AutoCloseable {
  private final Kernels kernels;
  private final Layout layout;
  private final List<Value> values = new ArrayList<>();
  private final IdentityHashMap<Value, Integer> numbers = new IdentityHashMap<>();
  private final IdentityHashMap<Value, org.bytedeco.pytorch.Tensor> constants =
      new IdentityHashMap<>();
  private final List<Pointer> owned = new ArrayList<>();
  private final ConcurrentLinkedDeque<Context> idle = new ConcurrentLinkedDeque<>();
  private final Trace trace;
  private volatile boolean closed;

  private Program(Trace trace, DType dtype, PackedWeights weights) {
    this.trace = trace;
    kernels = new Kernels(dtype, weights);
    layout = new Layout(trace, Rewrite.of(trace), dtype, kernels);
    layout.places().keySet().forEach(this::number);
    for (Step step : layout.steps()) {
      if (step.kind == Kind.TORCH || step.kind == Kind.VIEW) {
        step.op().inputs.stream().filter(Value::isConstant).forEach(this::constant);
      }
    }
  }

  /**
   * Compiles a pass.
   *
   * @param forward what runs, in evaluation mode
   * @param shape of its input
   * @param dtype {@link DType#FLOAT32} or {@link DType#BFLOAT16}: of all that flows
   * @param weights shared with programs of other shapes
   * @throws Trace.Refused if it cannot be compiled
   */
  static Program of(
      UnaryOperator<Tensor> forward, Shape shape, DType dtype, PackedWeights weights) {
    Trace trace = Trace.of(forward, shape);
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return Autograd.off(() -> new Program(trace, dtype, weights));
    } finally {
      scope.close();
    }
  }

  private void number(Value value) {
    numbers.put(value, values.size());
    values.add(value);
  }

  private int numberOf(Value value) {
    return requireNonNull(numbers.get(value));
  }

  /** A constant for libtorch's operators, in the program's type. */
  private void constant(Value value) {
    org.bytedeco.pytorch.Tensor plain = requireNonNull(value.constant);
    org.bytedeco.pytorch.Tensor typed =
        value.dtype == DType.FLOAT32 ? plain.to(layout.type(value).scalarType) : plain;
    constants.computeIfAbsent(value, v -> own(new org.bytedeco.pytorch.Tensor(typed)));
  }

  private <P extends Pointer> P own(P pointer) {
    owned.add(Kernels.kept(pointer));
    return pointer;
  }

  /** The steps in order, as text: who computes what. */
  List<String> describe() {
    return layout.steps().stream()
        .map(
            s ->
                s.kind
                    + " "
                    + s.ops.stream().map(op -> op.name).toList()
                    + " "
                    + s.output.shape
                    + (s.kernel == null ? "" : " " + s.kernel.implementation))
        .toList();
  }

  /**
   * Runs it.
   *
   * @param x of the program's shape, on the processor
   * @return fp32, of the innermost open scope
   */
  Tensor run(Tensor x) {
    if (closed) {
      throw new IllegalStateException("a compiled network was used after it was closed");
    }
    torch.get_num_threads(); // gives this thread the number of threads that is set
    Context context = idle.pollFirst();
    if (context == null) {
      context = new Context();
    }
    try {
      Context taken = context;
      return Scope.keeping(
          "program", () -> Autograd.off(() -> new Tensor(taken.run(x.handle()), "program")));
    } finally {
      idle.addFirst(context);
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Context c = idle.pollFirst(); c != null; c = idle.pollFirst()) {
      c.free();
    }
    layout.free();
    kernels.free();
    owned.forEach(Pointer::releaseReference);
    owned.clear();
    trace.free();
  }

  /** The memory of one run. */
  private final class Context {
    private final stream queue = Kernels.kept(new stream(Kernels.processor()));
    private final List<Pointer> mine = new ArrayList<>();
    private final org.bytedeco.pytorch.Tensor[] handles =
        new org.bytedeco.pytorch.Tensor[values.size()];
    private final boolean[] passing = new boolean[values.size()];
    private final List<Runnable> work = new ArrayList<>();

    Context() {
      PointerScopeOnce scope = new PointerScopeOnce();
      try {
        Autograd.off(
            () -> {
              prepare();
              return this;
            });
      } finally {
        scope.close();
      }
    }

    private <P extends Pointer> P keep(P pointer) {
      mine.add(Kernels.kept(pointer));
      return pointer;
    }

    private void prepare() {
      long scratch = 0;
      for (Step step : layout.steps()) {
        if (step.kernel != null) {
          scratch = Math.max(scratch, step.kernel.scratch.get_size());
        }
      }
      Pointer block = bytes(layout.bytes());
      Pointer shared = bytes(scratch);
      for (Value value : values) {
        Layout.Place place = requireNonNull(layout.places().get(value));
        if (place.root() == value) {
          handles[numberOf(value)] = keep(placed(value, place, block));
        }
      }
      for (int i = 0; i < layout.steps().size(); i++) {
        Step step = layout.steps().get(i);
        Layout.Place place = requireNonNull(layout.places().get(step.output));
        int to = numberOf(step.output);
        if (step.kernel != null) {
          if (place.root() != step.output) {
            handles[to] = keep(placed(step.output, place, block));
          }
          bind(step.kernel, shared);
        } else if (step.kind == Kind.VIEW && place.isPlanned()) {
          handles[to] = keep(step.op().code.of(inputs(step)));
        } else {
          passing[to] = true;
          work.add(() -> torch(step, to));
        }
        release(i);
      }
    }

    private Pointer bytes(long count) {
      org.bytedeco.pytorch.Tensor memory =
          keep(
              torch.empty(
                  new long[] {count + 64},
                  new TensorOptions().dtype(new ScalarTypeOptional(torch.ScalarType.Byte)),
                  new MemoryFormatOptional()));
      long address = memory.data_ptr().address();
      return at(memory.data_ptr(), (64 - address % 64) % 64);
    }

    private Pointer at(Pointer begin, long offset) {
      return new BytePointer(begin).getPointer(offset);
    }

    private org.bytedeco.pytorch.Tensor placed(Value value, Layout.Place place, Pointer block) {
      org.bytedeco.pytorch.Tensor meta = requireNonNull(place.meta());
      int rank = value.shape.rank();
      long[] strides = new long[rank];
      for (int i = 0; i < rank; i++) {
        strides[i] = meta.stride(i);
      }
      return torch.from_blob(
          at(block, layout.offset(requireNonNull(place.root()))),
          value.shape.toArray(),
          strides,
          new TensorOptions()
              .dtype(new ScalarTypeOptional(layout.type(value).scalarType))
              .device(new DeviceOptional(Device.CPU.handle())));
    }

    /** Binds a kernel's arguments; those that libtorch makes are bound anew in each run. */
    private void bind(Kernels.Kernel kernel, Pointer scratch) {
      IntMemoryMap arguments = keep(new IntMemoryMap());
      arguments.put(
          org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD,
          keep(new memory(kernel.scratch, Kernels.processor(), scratch)));
      List<Runnable> late = new ArrayList<>();
      for (Kernels.Argument argument : kernel.arguments) {
        Value value = argument.value();
        if (value == null) {
          arguments.put(argument.number(), requireNonNull(argument.constant()));
          continue;
        }
        memory m = keep(new memory(argument.form(), Kernels.processor(), (Pointer) null));
        arguments.put(argument.number(), m);
        int from = numberOf(value);
        if (requireNonNull(layout.places().get(value)).isPlanned()
            && layout.lies(value, argument.order())) {
          m.set_data_handle(requireNonNull(handles[from]).data_ptr());
        } else {
          late.add(() -> m.set_data_handle(plain(value, argument.order()).data_ptr()));
        }
      }
      if (late.isEmpty()) {
        work.add(() -> kernel.code.execute(queue, arguments));
        return;
      }
      work.add(
          () -> {
            PointerScopeOnce scope = new PointerScopeOnce();
            try {
              late.forEach(Runnable::run);
              kernel.code.execute(queue, arguments);
              queue._wait();
            } finally {
              scope.close();
            }
          });
    }

    /** A value as kernels expect it; a copy, if it is one, lives until the scope is closed. */
    private org.bytedeco.pytorch.Tensor plain(Value value, Kernels.Order order) {
      return requireNonNull(handles[numberOf(value)]).contiguous(Layout.format(value, order));
    }

    private org.bytedeco.pytorch.Tensor[] inputs(Step step) {
      return step.op().inputs.stream()
          .map(v -> v.isConstant() ? constants.get(v) : handles[numberOf(v)])
          .toArray(org.bytedeco.pytorch.Tensor[]::new);
    }

    private void torch(Step step, int to) {
      PointerScopeOnce scope = new PointerScopeOnce();
      try {
        queue._wait();
        org.bytedeco.pytorch.Tensor[] inputs = inputs(step);
        org.bytedeco.pytorch.Tensor y = step.op().code.of(inputs);
        handles[to] = Kernels.kept(new org.bytedeco.pytorch.Tensor(own(step, inputs, y)));
      } finally {
        scope.close();
      }
    }

    /** A result whose memory stays: a copy where it is in the place of an input. */
    private org.bytedeco.pytorch.Tensor own(
        Step step, org.bytedeco.pytorch.Tensor[] inputs, org.bytedeco.pytorch.Tensor y) {
      for (int i = 0; i < inputs.length; i++) {
        Layout.Place place = layout.places().get(step.op().inputs.get(i));
        if (place != null && place.isPlanned() && y.is_alias_of(inputs[i])) {
          return y.clone(new MemoryFormatOptional(torch.MemoryFormat.Preserve));
        }
      }
      return y;
    }

    /** Frees what libtorch made and nobody reads after a step. */
    private void release(int step) {
      for (Value read : layout.steps().get(step).reads()) {
        int number = numberOf(read);
        if (passing[number] && layout.lastRead(read) == step) {
          work.add(() -> drop(number));
        }
      }
    }

    private void drop(int number) {
      org.bytedeco.pytorch.Tensor value = handles[number];
      if (value != null && passing[number]) {
        value.releaseReference();
        handles[number] = null;
      }
    }

    org.bytedeco.pytorch.Tensor run(org.bytedeco.pytorch.Tensor x) {
      try {
        requireNonNull(handles[numberOf(trace.input())]).copy_(x);
        work.forEach(Runnable::run);
        queue._wait();
        org.bytedeco.pytorch.Tensor y = requireNonNull(handles[numberOf(trace.output())]);
        return y.to(torch.ScalarType.Float, false, true, new MemoryFormatOptional());
      } finally {
        for (int i = 0; i < handles.length; i++) {
          drop(i);
        }
      }
    }

    void free() {
      mine.forEach(Pointer::releaseReference);
      queue.releaseReference();
    }
  }
}
