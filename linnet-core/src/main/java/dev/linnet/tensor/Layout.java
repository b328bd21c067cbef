package dev.linnet.tensor;

import static java.util.Objects.requireNonNull;

import dev.linnet.tensor.Kernels.Order;
import dev.linnet.tensor.Step.Post;
import dev.linnet.tensor.Trace.Op;
import dev.linnet.tensor.Trace.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Where the values of a {@link Program} live: each result of a kernel has a place in one block of
 * memory, which others take once nobody reads it any more; results of libtorch's operators have
 * memory of their own.
 */
final class Layout {
  /** Bytes that a place begins at a multiple of: a cache line. */
  private static final long LINE = 64;

  /**
   * A value's memory.
   *
   * @param root the value whose place it is; null where libtorch makes it
   * @param meta sizes and strides; null where libtorch makes it
   */
  record Place(@Nullable Value root, org.bytedeco.pytorch.@Nullable Tensor meta) {
    boolean isPlanned() {
      return root != null;
    }
  }

  /** A place in the block. */
  static final class Block {
    final long bytes;
    final int first;
    int last;
    long offset;

    Block(long bytes, int first) {
      this.bytes = bytes;
      this.first = first;
      this.last = first;
    }

    private boolean meets(Block other) {
      return first <= other.last && other.first <= last;
    }
  }

  private final DType dtype;
  private final Value input;
  private final Value output;
  private final List<Step> steps = new ArrayList<>();
  private final Map<Value, Place> places = new LinkedHashMap<>();
  private final IdentityHashMap<Value, Block> blocks = new IdentityHashMap<>();
  private final IdentityHashMap<Value, Integer> lastReads = new IdentityHashMap<>();
  private final List<Pointer> metas = new ArrayList<>();
  private long bytes;

  /**
   * Plans the steps; those that have no kernel become libtorch's.
   *
   * @param planned of a {@link Rewrite}
   */
  Layout(Trace trace, List<Step> planned, DType dtype, Kernels kernels) {
    this.dtype = dtype;
    this.input = trace.input();
    this.output = trace.output();
    List<Step> given = planned;
    while (true) {
      Step unfit = plan(given, kernels);
      if (unfit == null) {
        break;
      }
      given = given.stream().flatMap(s -> s == unfit ? s.plain().stream() : Stream.of(s)).toList();
    }
    place();
  }

  /** Returns a step that has no kernel, or null. */
  private @Nullable Step plan(List<Step> given, Kernels kernels) {
    steps.clear();
    steps.addAll(given);
    places.clear();
    blocks.clear();
    lastReads.clear();
    for (int i = 0; i < steps.size(); i++) {
      for (Value read : steps.get(i).reads()) {
        lastReads.put(read, i);
      }
    }
    lastReads.put(output, steps.size());
    own(input, -1, Order.MAP);
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      switch (step.kind) {
        case TORCH -> places.put(step.output, new Place(null, null));
        case VIEW -> places.put(step.output, view(step));
        case CONV, LINEAR, POOL, BINARY, ELTWISE, CONCAT -> {
          Order order = order(step);
          Value shared = shared(step, i, order);
          boolean sum =
              shared != null && !step.posts.isEmpty() && shared == step.posts.get(0).with();
          try {
            if (step.kernel == null || step.kernelSums != sum) {
              free(step);
              step.kernel = kernels.make(step, sum, order);
              step.kernelSums = sum;
            }
          } catch (Kernels.Unfit e) {
            return step;
          }
          if (shared == null) {
            own(step.output, i, order);
          } else {
            Value root = requireNonNull(requireNonNull(places.get(shared)).root());
            places.put(step.output, new Place(root, meta(step.output, order)));
            extend(root, step.output);
          }
        }
      }
    }
    return null;
  }

  private void own(Value value, int step, Order order) {
    places.put(value, new Place(value, meta(value, order)));
    long size = value.shape.count() * type(value).bytes();
    blocks.put(value, new Block((size + LINE - 1) / LINE * LINE, step));
    extend(value, value);
  }

  /** A value's place is its root's for as long as anybody reads it. */
  private void extend(Value root, Value value) {
    Block block = requireNonNull(blocks.get(root));
    block.last = Math.max(block.last, lastReads.getOrDefault(value, block.first));
  }

  private Place view(Step step) {
    Op op = step.op();
    Place of = places.get(op.inputs.get(0));
    if (of == null || of.root() == null || of.meta() == null) {
      return new Place(null, null);
    }
    org.bytedeco.pytorch.Tensor meta = op.code.of(of.meta());
    if (!meta.is_alias_of(of.meta())) {
      return new Place(null, null);
    }
    extend(of.root(), step.output);
    return new Place(of.root(), own(new org.bytedeco.pytorch.Tensor(meta)));
  }

  /**
   * The value whose memory a step's result can take, because nobody reads it afterwards: the
   * operand of a first sum, or the input of a function. Null if there is none.
   */
  private @Nullable Value shared(Step step, int index, Order order) {
    Value candidate =
        switch (step.kind) {
          case CONV, LINEAR -> {
            Post first = step.posts.isEmpty() ? null : step.posts.get(0);
            yield first != null && first.kind() == algorithm.binary_add ? first.with() : null;
          }
          case BINARY, ELTWISE -> step.inputs.get(0);
          case POOL, CONCAT, VIEW, TORCH -> null;
        };
    if (candidate == null || candidate.isConstant() || !candidate.shape.equals(step.output.shape)) {
      return null;
    }
    Place place = places.get(candidate);
    if (place == null || place.root() == null || !lies(candidate, order)) {
      return null;
    }
    Value root = place.root();
    Block block = requireNonNull(blocks.get(root));
    boolean dies = block.last == index && root.shape.count() == candidate.shape.count();
    long readers =
        step.reads().stream().filter(v -> requireNonNull(places.get(v)).root() == root).count();
    return dies && readers == 1 ? candidate : null;
  }

  /** Whether a value has a place in which it lies in an order. */
  boolean lies(Value value, Order order) {
    Place place = requireNonNull(places.get(value));
    return place.meta() != null && place.meta().is_contiguous(format(value, order));
  }

  static torch.MemoryFormat format(Value value, Order order) {
    return value.shape.rank() == 4 && order == Order.MAP
        ? torch.MemoryFormat.ChannelsLast
        : torch.MemoryFormat.Contiguous;
  }

  /** The order of a step's result: what changes elements one by one keeps that of its input. */
  private Order order(Step step) {
    return switch (step.kind) {
      case CONV, POOL, CONCAT, VIEW, TORCH -> Order.MAP;
      case LINEAR -> Order.ROWS;
      case BINARY, ELTWISE -> {
        Value first = step.inputs.get(0);
        boolean rows = !lies(first, Order.MAP) && lies(first, Order.ROWS);
        yield rows ? Order.ROWS : Order.MAP;
      }
    };
  }

  /** Gives each block its place: the largest first, each as low as it can lie. */
  private void place() {
    Collection<Block> all = blocks.values();
    List<Block> placed = new ArrayList<>();
    List<Block> order = new ArrayList<>(all);
    order.sort(Comparator.comparingLong((Block b) -> -b.bytes).thenComparingInt(b -> b.first));
    for (Block block : order) {
      List<Block> met = new ArrayList<>(placed.stream().filter(block::meets).toList());
      met.sort(Comparator.comparingLong(b -> b.offset));
      long at = 0;
      for (Block other : met) {
        if (at + block.bytes <= other.offset) {
          break;
        }
        at = Math.max(at, other.offset + other.bytes);
      }
      block.offset = at;
      bytes = Math.max(bytes, at + block.bytes);
      placed.add(block);
    }
  }

  /** The type of a value in the program. */
  DType type(Value value) {
    return value.dtype == DType.FLOAT32 && !value.single ? dtype : value.dtype;
  }

  private org.bytedeco.pytorch.Tensor meta(Value value, Order order) {
    return own(
        torch.empty(
            value.shape.toArray(),
            new TensorOptions()
                .dtype(new ScalarTypeOptional(type(value).scalarType))
                .device(new DeviceOptional(Device.META.handle())),
            new MemoryFormatOptional(format(value, order))));
  }

  private org.bytedeco.pytorch.Tensor own(org.bytedeco.pytorch.Tensor meta) {
    metas.add(Kernels.kept(meta));
    return meta;
  }

  private static void free(Step step) {
    if (step.kernel != null) {
      step.kernel.free();
      step.kernel = null;
    }
  }

  void free() {
    metas.forEach(Pointer::releaseReference);
    metas.clear();
    steps.forEach(Layout::free);
  }

  List<Step> steps() {
    return steps;
  }

  Map<Value, Place> places() {
    return places;
  }

  long offset(Value root) {
    return requireNonNull(blocks.get(root)).offset;
  }

  /** The last step that reads a value; the number of steps for the result. */
  int lastRead(Value value) {
    return lastReads.getOrDefault(value, -1);
  }

  /** Bytes of all places. */
  long bytes() {
    return bytes;
  }
}
