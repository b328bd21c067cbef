package dev.linnet.tensor;

import dev.linnet.base.RandomState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Edge;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.InterpolateFuncOptions;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Node;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kBicubic;
import org.jspecify.annotations.Nullable;

/**
 * An n-dimensional array in native memory, with automatic differentiation.
 *
 * <p>Operators are methods and return new tensors, which belong to the innermost open {@link Scope}
 * of the thread; methods that end in {@code InPlace}, {@link #set}, {@link #fill} and {@link #zero}
 * change this one. Names, defaults and meaning are PyTorch's. Images are {@code [N, C, H, W]},
 * usually stored channels-last. Use after close is an {@link IllegalStateException} that names the
 * scope.
 *
 * <p>Reading from many threads is safe; changing while another thread reads is not.
 */
public final class Tensor implements AutoCloseable {
  private static final Map<String, Object> NO_ATTRIBUTES = Map.of();

  private final org.bytedeco.pytorch.Tensor handle;
  private final String origin;
  private @Nullable Scope owner;
  private volatile @Nullable String closedAt;
  private @Nullable Edge toGrad;

  /** The node of the recording that made this tensor, or −1. */
  int node = -1;

  /** Wraps a handle; it belongs to the innermost open scope of this thread. */
  Tensor(org.bytedeco.pytorch.Tensor handle, String origin) {
    this.handle = handle;
    this.origin = origin;
    this.owner = Scope.current();
  }

  // ------------------------------------------------------------------ making tensors

  /** A float32 tensor on the processor with these values, row-major. */
  public static Tensor of(float[] values, long... shape) {
    Scope.current();
    checkCount(values.length, shape);
    return new Tensor(torch.tensor(values).reshape(sizes(shape, values.length)), "of");
  }

  /** A float64 tensor on the processor with these values, row-major. */
  public static Tensor of(double[] values, long... shape) {
    Scope.current();
    checkCount(values.length, shape);
    Tensor t = empty(DType.FLOAT64, Device.CPU, sizes(shape, values.length));
    t.buffer().asDoubleBuffer().put(values);
    return t;
  }

  /** An int64 tensor on the processor with these values, row-major. */
  public static Tensor of(long[] values, long... shape) {
    Scope.current();
    checkCount(values.length, shape);
    Tensor t = empty(DType.INT64, Device.CPU, sizes(shape, values.length));
    t.buffer().asLongBuffer().put(values);
    return t;
  }

  /** A float32 scalar on the processor. */
  public static Tensor scalar(double value) {
    return full(value, DType.FLOAT32, Device.CPU);
  }

  /** Zeros. */
  public static Tensor zeros(DType dtype, Device device, long... shape) {
    return full(0, dtype, device, shape);
  }

  /** Ones. */
  public static Tensor ones(DType dtype, Device device, long... shape) {
    return full(1, dtype, device, shape);
  }

  /** One value everywhere. */
  public static Tensor full(double value, DType dtype, Device device, long... shape) {
    Scope.current();
    Scalar scalar = dtype.isFloating() ? new Scalar(value) : new Scalar((long) value);
    Tensor y = new Tensor(torch.full(shape, scalar, options(dtype, device)), "full");
    Recorder recorder = y.recorder();
    if (recorder != null) {
      recorder.trace(y, none -> torch.full(shape, scalar, options(dtype, Device.CPU)));
    }
    return y;
  }

  /** Memory whose content is undefined. */
  public static Tensor empty(DType dtype, Device device, long... shape) {
    Scope.current();
    return new Tensor(
        torch.empty(shape, options(dtype, device), new MemoryFormatOptional()), "empty");
  }

  /** A map [N, C, H, W] on the processor, stored channels-last, whose elements are not set. */
  static Tensor emptyMap(DType dtype, long n, long c, long h, long w) {
    return new Tensor(
        torch.empty(
            new long[] {n, c, h, w},
            options(dtype, Device.CPU),
            new MemoryFormatOptional(torch.MemoryFormat.ChannelsLast)),
        "empty");
  }

  /** The integers 0 … n − 1, int64. */
  public static Tensor arange(long n) {
    Scope.current();
    return new Tensor(torch.arange(new Scalar(n), options(DType.INT64, Device.CPU)), "arange");
  }

  /**
   * A view of memory outside, without a copy.
   *
   * @param memory a direct buffer in the machine's byte order, from its position; it must live and
   *     keep its content for as long as the tensor or anything made from it by a view
   */
  public static Tensor wrap(ByteBuffer memory, DType dtype, long... shape) {
    Scope.current();
    long bytes = Math.multiplyExact(Shape.of(shape).count(), dtype.bytes());
    if (!memory.isDirect() || memory.remaining() < bytes) {
      throw new IllegalArgumentException(
          "wrap: needs a direct buffer with " + bytes + " bytes; got " + memory);
    }
    Tensor t =
        new Tensor(
            torch.from_blob(new BytePointer(memory.slice()), shape, options(dtype, Device.CPU)),
            "wrap");
    return t;
  }

  /** Normal numbers, drawn by libtorch's processor generator keyed with one draw of the state. */
  public static Tensor normal(
      double mean, double deviation, RandomState random, DType dtype, long... shape) {
    Tensor t = empty(dtype, Device.CPU, shape);
    t.handle.normal_(mean, deviation, generator(random));
    return t;
  }

  /** Uniform numbers in [low, high), drawn as by {@link #normal}. */
  public static Tensor uniform(
      double low, double high, RandomState random, DType dtype, long... shape) {
    Tensor t = empty(dtype, Device.CPU, shape);
    t.handle.uniform_(low, high, generator(random));
    return t;
  }

  /** Ones with probability p, else zeros, float32, drawn as by {@link #normal}. */
  public static Tensor bernoulli(double p, RandomState random, long... shape) {
    Tensor probabilities = full(p, DType.FLOAT32, Device.CPU, shape);
    return new Tensor(torch.bernoulli(probabilities.handle, generator(random)), "bernoulli");
  }

  /** Memory of this one's shape, type, device and layout, whose content is undefined. */
  Tensor emptyLike() {
    return new Tensor(torch.empty_like(handle()), "empty");
  }

  // ------------------------------------------------------------------ what it is

  /** The sizes of the dimensions. */
  public Shape shape() {
    org.bytedeco.pytorch.Tensor h = handle();
    int rank = (int) h.dim();
    long[] sizes = new long[rank];
    for (int i = 0; i < rank; i++) {
      sizes[i] = h.size(i);
    }
    return Shape.of(sizes);
  }

  /**
   * The size of one dimension.
   *
   * @param dim in [−rank, rank)
   */
  public long dim(int dim) {
    return handle().size(dim);
  }

  /** The number of dimensions. */
  public int rank() {
    return (int) handle().dim();
  }

  /** The number of elements. */
  public long count() {
    return handle().numel();
  }

  /** Bytes of all elements. */
  public long bytes() {
    return handle().numel() * handle().element_size();
  }

  /** The type of the elements. */
  public DType dtype() {
    return DType.of(handle().scalar_type());
  }

  /** Where the elements live. */
  public Device device() {
    return Device.of(handle().device());
  }

  /** True if the elements lie row-major without gaps. */
  public boolean isContiguous() {
    return handle().is_contiguous();
  }

  /** True if the elements lie as {@code [N, H, W, C]} without gaps. */
  public boolean isChannelsLast() {
    return rank() == 4 && handle().is_contiguous(torch.MemoryFormat.ChannelsLast);
  }

  // ------------------------------------------------------------------ life

  /** Takes this tensor out of its scope: from now on only {@link #close} frees it. */
  public Tensor unscoped() {
    handle();
    if (owner != null) {
      handle.retainReference();
      owner = null;
    }
    return this;
  }

  /**
   * Frees a tensor that was taken out of its scope; one that a scope owns is freed by the scope.
   */
  @Override
  public void close() {
    if (closedAt == null && owner == null) {
      close(Scope.caller());
    }
  }

  /** Frees a tensor that was taken out of its scope, at a place that is known. */
  void close(String where) {
    if (closedAt == null && owner == null) {
      closedAt = where;
      handle.releaseReference();
      if (toGrad != null) {
        toGrad.releaseReference();
      }
    }
  }

  /**
   * Exchanges the elements of two tensors by exchanging their memory, without a copy: layouts go
   * with it, and views made before keep the memory that they had.
   *
   * @param other of the same shape, type and device; neither may belong to a graph of
   *     differentiation that is still to be used
   */
  public void swapMemory(Tensor other) {
    if (!shape().equals(other.shape())
        || dtype() != other.dtype()
        || !device().equals(other.device())) {
      throw new IllegalArgumentException("swapMemory: got " + other + "; must be " + this);
    }
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      org.bytedeco.pytorch.Tensor mine = handle().detach();
      handle().set_data(other.handle().detach());
      other.handle().set_data(mine);
    } finally {
      scope.close();
    }
  }

  /** Whether it belongs to a scope or to one inside it. */
  boolean isOf(Scope scope) {
    for (Scope s = owner; s != null; s = s.outer()) {
      if (s == scope) {
        return true;
      }
    }
    return false;
  }

  /** The operator that made it. */
  String origin() {
    return origin;
  }

  void moveTo(Scope scope) {
    handle();
    if (owner == null) {
      throw new IllegalStateException("a tensor outside all scopes cannot be kept by one");
    }
    scope.pointers().attach(handle);
    owner = scope;
  }

  org.bytedeco.pytorch.Tensor handle() {
    Scope scope = owner;
    if (closedAt != null) {
      throw new IllegalStateException(
          "the tensor of \"" + origin + "\" was used after it was closed at " + closedAt);
    }
    if (scope != null && scope.isClosed()) {
      throw scope.usedAfterClose("the tensor of \"" + origin + "\"");
    }
    return handle;
  }

  // ------------------------------------------------------------------ reading and writing values

  /**
   * The value of a tensor with one element.
   *
   * @throws IllegalArgumentException if it has not one element
   */
  public double item() {
    if (count() != 1) {
      throw new IllegalArgumentException("item: the tensor has " + count() + " elements, not one");
    }
    if (isMeta()) {
      throw new IllegalStateException("item: a tensor on the meta device has no values");
    }
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return handle().item().toDouble();
    } finally {
      scope.close();
    }
  }

  /** All values, row-major, as float32. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(count())];
    readable(DType.FLOAT32, b -> b.asFloatBuffer().get(values));
    return values;
  }

  /** All values, row-major, as float64. */
  public double[] toDoubles() {
    double[] values = new double[Math.toIntExact(count())];
    readable(DType.FLOAT64, b -> b.asDoubleBuffer().get(values));
    return values;
  }

  /** All values, row-major, as 64-bit integers. */
  public long[] toLongs() {
    long[] values = new long[Math.toIntExact(count())];
    readable(DType.INT64, b -> b.asLongBuffer().get(values));
    return values;
  }

  /** All values, row-major, as their bytes in little-endian order. */
  public byte[] toBytes() {
    byte[] values = new byte[Math.toIntExact(bytes())];
    readable(dtype(), b -> b.get(values));
    return values;
  }

  /** What reads memory. */
  @FunctionalInterface
  public interface BytesReader<X extends Exception> {
    /** Reads the buffer, whose position is 0; it must not be kept. */
    void read(ByteBuffer bytes) throws X;
  }

  /**
   * Reads the elements where they are (or a row-major copy if they lie otherwise), in pieces of at
   * most 1 GiB, so that a tensor of any size can be written to a file.
   */
  public <X extends Exception> void readBytes(BytesReader<X> reader) throws X {
    Scope inner = Scope.open("readBytes");
    try {
      Tensor plain = to(Device.CPU).contiguous();
      long total = plain.bytes();
      for (long at = 0; at < total; at += 1 << 30) {
        reader.read(plain.buffer(at, (int) Math.min(1 << 30, total - at)));
      }
    } finally {
      inner.close();
    }
  }

  /**
   * Overwrites the elements, row-major, from bytes in little-endian order.
   *
   * @param source as many bytes as {@link #bytes()}, from its position
   */
  public void setBytes(ByteBuffer source) {
    if (source.remaining() != bytes()) {
      throw new IllegalArgumentException(
          "setBytes: got " + source.remaining() + " bytes for " + bytes());
    }
    Scope inner = Scope.open("setBytes");
    try {
      boolean direct = isContiguous() && device().equals(Device.CPU);
      Tensor target = direct ? this : empty(dtype(), Device.CPU, shape().toArray());
      target.buffer(0, source.remaining()).put(source.duplicate());
      if (!direct) {
        Tensor finalTarget = target;
        Autograd.off(() -> set(finalTarget));
      }
    } finally {
      inner.close();
    }
  }

  /**
   * Overwrites the elements where they are, in pieces of at most 1 GiB, so that a tensor of any
   * size can be read from a file without a second copy.
   *
   * @param writer fills each buffer in little-endian order, row-major over all of them
   * @throws IllegalStateException if the elements are not on the processor, row-major without gaps
   */
  public <X extends Exception> void fillBytes(BytesReader<X> writer) throws X {
    if (!isContiguous() || !device().equals(Device.CPU)) {
      throw new IllegalStateException("fillBytes: needs row-major memory on cpu; got " + this);
    }
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      long total = bytes();
      for (long at = 0; at < total; at += 1 << 30) {
        writer.read(buffer(at, (int) Math.min(1 << 30, total - at)));
      }
    } finally {
      scope.close();
    }
  }

  /** True if shape, type and every bit of every value are the same. */
  public boolean equalBits(Tensor other) {
    return shape().equals(other.shape())
        && dtype() == other.dtype()
        && Arrays.equals(toBytes(), other.toBytes());
  }

  private void readable(DType dtype, java.util.function.Consumer<ByteBuffer> reader) {
    if (isMeta()) {
      throw new IllegalStateException("a tensor on the meta device has no values");
    }
    Scope inner = Scope.open("read");
    try {
      Tensor plain = Autograd.off(() -> detach().to(Device.CPU).to(dtype).contiguous());
      reader.accept(plain.buffer());
    } finally {
      inner.close();
    }
  }

  private ByteBuffer buffer() {
    return buffer(0, Math.toIntExact(bytes()));
  }

  private ByteBuffer buffer(long offset, int size) {
    if (size == 0) {
      return ByteBuffer.allocate(0);
    }
    Pointer data = handle().data_ptr();
    BytePointer bytes = new BytePointer(data).position(offset);
    return bytes.limit(offset + size).asByteBuffer().order(ByteOrder.nativeOrder());
  }

  // ------------------------------------------------------------------ type, place, layout

  /** The same values in another type; this tensor itself if it has that type. */
  public Tensor to(DType dtype) {
    if (dtype() == dtype) {
      Recorder recorder = recorder();
      if (recorder == null || !recorder.traces()) {
        return this;
      }
    }
    return unary("to", h -> h.to(dtype.scalarType));
  }

  /**
   * As {@link #to(Device)}; to a card it goes by way of memory that the card reads itself, on a
   * queue of its own, and this thread does not wait for the copy. What is computed there waits.
   */
  public Tensor sendTo(Device device) {
    if (device.kind() != Device.Kind.CUDA || device().kind() != Device.Kind.CPU) {
      return to(device);
    }
    org.bytedeco.pytorch.Tensor pinned = handle().pin_memory();
    Supplier<org.bytedeco.pytorch.Tensor> copy = () -> moved(pinned, device, true);
    Optional<CopyStream> queue = CopyStream.to(device);
    return unary("to", queue.isPresent() ? queue.get().run(copy) : copy.get());
  }

  /** The same values on another device; this tensor itself if it is there. */
  public Tensor to(Device device) {
    if (device().equals(device)) {
      return this;
    }
    return unary("to", moved(handle(), device, false));
  }

  private static org.bytedeco.pytorch.Tensor moved(
      org.bytedeco.pytorch.Tensor from, Device device, boolean goesOn) {
    return from.to(
        device.handle(),
        from.scalar_type(),
        goesOn,
        false,
        new MemoryFormatOptional(torch.MemoryFormat.Preserve));
  }

  /** Row-major without gaps; this tensor itself if it is. */
  public Tensor contiguous() {
    return isContiguous() ? this : unary("contiguous", h -> h.contiguous());
  }

  /**
   * {@code [N, C, H, W]} stored as {@code [N, H, W, C]}; this tensor itself if it is. Of one
   * channel, which is stored either way, it is told by its strides: a convolution goes by them.
   */
  public Tensor channelsLast() {
    if (!isChannelsLast()) {
      return unary("channels_last", h -> h.contiguous(torch.MemoryFormat.ChannelsLast));
    }
    org.bytedeco.pytorch.Tensor map = handle();
    if (map.size(1) != 1 || map.stride(1) == 1) {
      return this;
    }
    long[] sizes = shape().toArray();
    long[] strides = {sizes[2] * sizes[3], 1, sizes[3], 1};
    return unary("channels_last", h -> h.as_strided(sizes, strides));
  }

  /** A copy with memory of its own, in the same layout. */
  public Tensor copy() {
    return unary("copy", h -> h.clone(new MemoryFormatOptional(torch.MemoryFormat.Preserve)));
  }

  // ------------------------------------------------------------------ differentiation

  /** The same memory, cut off from the graph of differentiation. */
  public Tensor detach() {
    return unary("detach", h -> h.detach());
  }

  /** Says whether {@link #backward} shall compute a gradient for this leaf. */
  public Tensor requireGrad(boolean required) {
    handle().set_requires_grad(required);
    return this;
  }

  /** True if {@link #backward} computes a gradient for this tensor. */
  public boolean requiresGrad() {
    return handle().requires_grad();
  }

  /** Whether gradients come to rest here: it asks for one and was not computed. */
  boolean isLeaf() {
    if (!requiresGrad()) {
      return false;
    }
    Node made = handle().grad_fn();
    return made == null || made.isNull();
  }

  /**
   * Where the gradient by a {@linkplain #isLeaf leaf} goes: to what adds it to {@link #grad}. Needs
   * a binding-level scope, and differentiation on. A weight, which no scope owns, keeps it: to look
   * it up takes a view.
   */
  synchronized Edge toGrad() {
    Edge edge = toGrad;
    if (edge == null) {
      org.bytedeco.pytorch.Tensor h = handle();
      Edge lent = h.view_as(h).grad_fn().next_edge(0); // the view's own
      edge = new Edge(lent.function(), lent.input_nr());
      if (owner == null) {
        edge.retainReference();
        toGrad = edge;
      }
    }
    return edge;
  }

  /** Adds the gradients of this scalar to every leaf that asked for one. */
  public void backward() {
    org.bytedeco.pytorch.Tensor h = handle();
    Profiler.back(
        h,
        () -> {
          h.backward();
          return h;
        });
  }

  /**
   * Adds gradients, given the gradient of this tensor.
   *
   * @param gradient of this tensor's shape
   */
  public void backward(Tensor gradient) {
    org.bytedeco.pytorch.Tensor h = handle();
    org.bytedeco.pytorch.Tensor g = gradient.handle();
    Profiler.back(
        h,
        () -> {
          h.backward(g, new BoolOptional(), false, new TensorArrayRefOptional());
          return h;
        });
  }

  /**
   * The gradient of this scalar by any tensor that it was computed from, which need not be a leaf:
   * by what a layer put out, for instance. No leaf's own gradient changes. The graph is used up.
   *
   * @param by what this was computed from, with {@link #requiresGrad}
   * @return of the shape of {@code by}; zeros where this does not depend on it
   */
  public Tensor gradient(Tensor by) {
    TensorVector of = vector(List.of(this));
    TensorVector to = vector(List.of(by));
    TensorVector found =
        Scope.back(() -> torch.grad(of, to, new TensorVector(), new BoolOptional(), false, true));
    org.bytedeco.pytorch.Tensor gradient = found.get(0); // the vector's own: it goes with it
    return new Tensor(
        gradient.defined()
            ? new org.bytedeco.pytorch.Tensor(gradient)
            : torch.zeros_like(by.handle()),
        "gradient");
  }

  /** The gradient of a leaf, or null before {@link #backward}. */
  public @Nullable Tensor grad() {
    org.bytedeco.pytorch.Tensor gradient = handle().grad();
    return gradient.defined() ? new Tensor(gradient, "grad") : null;
  }

  /** Forgets the gradient and frees its memory. */
  public void clearGrad() {
    handle().mutable_grad().reset();
  }

  // ------------------------------------------------------------------ arithmetic

  /** This + other, broadcast. */
  public Tensor add(Tensor other) {
    return binary("add", (a, b) -> a.add(b), other);
  }

  /** This + value. */
  public Tensor add(double value) {
    return unary("add", h -> h.add(new Scalar(value)));
  }

  /** This − other, broadcast. */
  public Tensor sub(Tensor other) {
    return binary("sub", (a, b) -> a.sub(b), other);
  }

  /** This − value. */
  public Tensor sub(double value) {
    return unary("sub", h -> h.sub(new Scalar(value)));
  }

  /** This × other, element by element, broadcast. */
  public Tensor mul(Tensor other) {
    return binary("mul", (a, b) -> a.mul(b), other);
  }

  /** This × value. */
  public Tensor mul(double value) {
    return unary("mul", h -> h.mul(new Scalar(value)));
  }

  /** This ÷ other, element by element, broadcast. */
  public Tensor div(Tensor other) {
    return binary("div", (a, b) -> a.div(b), other);
  }

  /** This ÷ value. */
  public Tensor div(double value) {
    return unary("div", h -> h.div(new Scalar(value)));
  }

  /** −this. */
  public Tensor neg() {
    return unary("neg", h -> h.neg());
  }

  /** thisᵖ. */
  public Tensor pow(double p) {
    return unary("pow", h -> h.pow(new Scalar(p)));
  }

  /** √this. */
  public Tensor sqrt() {
    return unary("sqrt", h -> h.sqrt());
  }

  /** eᵗʰⁱˢ. */
  public Tensor exp() {
    return unary("exp", h -> h.exp());
  }

  /** Natural logarithm. */
  public Tensor log() {
    return unary("log", h -> h.log());
  }

  /** Magnitude. */
  public Tensor abs() {
    return unary("abs", h -> h.abs());
  }

  /** −1, 0 or 1. */
  public Tensor sign() {
    return unary("sign", h -> h.sign());
  }

  /** Values below low become low, above high become high. */
  public Tensor clamp(double low, double high) {
    return unary(
        "clamp",
        h -> h.clamp(new ScalarOptional(new Scalar(low)), new ScalarOptional(new Scalar(high))));
  }

  /** The larger of the two, element by element, broadcast. */
  public Tensor maximum(Tensor other) {
    return binary("maximum", (a, b) -> torch.maximum(a, b), other);
  }

  /** This + weight · (end − this). */
  public Tensor lerp(Tensor end, double weight) {
    return binary("lerp", (a, b) -> torch.lerp(a, b, new Scalar(weight)), end);
  }

  /** factor · this + offset, broadcast; rounded once where the processor can do both at once. */
  public Tensor mulAdd(Tensor factor, Tensor offset) {
    Tensor y = new Tensor(torch.addcmul(offset.handle(), handle(), factor.handle()), "addcmul");
    Recorder recorder = y.recorder();
    if (recorder != null) {
      recorder.add("addcmul", NO_ATTRIBUTES, 0, y, this, factor, offset);
      recorder.trace(y, h -> torch.addcmul(h[2], h[0], h[1]), this, factor, offset);
    }
    return y;
  }

  /** True where equal, broadcast. */
  public Tensor eq(Tensor other) {
    return binary("eq", (a, b) -> a.eq(b), other);
  }

  /** True where this is greater than the value. */
  public Tensor gt(double value) {
    return unary("gt", h -> h.gt(new Scalar(value)));
  }

  /** True where this is greater, broadcast. */
  public Tensor gt(Tensor other) {
    return binary("gt", (a, b) -> a.gt(b), other);
  }

  /** True where this is less than the value. */
  public Tensor lt(double value) {
    return unary("lt", h -> h.lt(new Scalar(value)));
  }

  /** This where the condition holds, else other; all broadcast. */
  public Tensor where(Tensor condition, Tensor other) {
    return binary("where", torch.where(condition.handle(), handle(), other.handle()), other);
  }

  /** True where neither infinite nor NaN. */
  public Tensor isFinite() {
    return unary("isfinite", handle().isfinite());
  }

  // ------------------------------------------------------------------ reductions

  /** Sum of all elements. */
  public Tensor sum() {
    return unary("sum", h -> h.sum());
  }

  /** Sums over dimensions, which stay with size 1 or go. */
  public Tensor sum(Dims dims) {
    return unary("sum", h -> h.sum(dims.dims(), dims.keep(), new ScalarTypeOptional()));
  }

  /** Mean of all elements. */
  public Tensor mean() {
    return unary("mean", h -> h.mean());
  }

  /** Means over dimensions, which stay with size 1 or go. */
  public Tensor mean(Dims dims) {
    return unary(
        "mean",
        h -> h.mean(dims.dims(), dims.keep(), new ScalarTypeOptional()),
        Map.of("dims", Arrays.stream(dims.dims()).boxed().toList()));
  }

  /** Largest values over dimensions, which stay with size 1 or go. */
  public Tensor max(Dims dims) {
    return unary("amax", h -> h.amax(dims.dims(), dims.keep()));
  }

  /** Index of the largest value along one dimension, which goes; the first among equals. */
  public Tensor argmax(int dim) {
    return unary("argmax", h -> h.argmax(new LongOptional(dim), false));
  }

  /** Euclidean length of all elements taken as one vector. */
  public Tensor norm() {
    return unary("norm", h -> h.norm());
  }

  /** Euclidean lengths over dimensions, which stay with size 1 or go. */
  public Tensor norm(Dims dims) {
    return unary("norm", h -> h.norm(new ScalarOptional(new Scalar(2)), dims.dims(), dims.keep()));
  }

  /** Probabilities along a dimension. */
  public Tensor softmax(int dim) {
    return unary("softmax", h -> h.softmax(dim));
  }

  /** Logarithms of probabilities along a dimension. */
  public Tensor logSoftmax(int dim) {
    return unary("log_softmax", h -> h.log_softmax(dim));
  }

  /** The k largest values along the last dimension and their indices, largest first. */
  public TopK topk(int k) {
    T_TensorTensor_T both = torch.topk(handle(), k, -1, true, true);
    return new TopK(unary("topk", both.get0()), unary("topk", both.get1()));
  }

  /**
   * What {@link Tensor#topk} gives.
   *
   * @param values the largest values, largest first
   * @param indices where they stand, int64
   */
  public record TopK(Tensor values, Tensor indices) {}

  /**
   * Eigenvalues and eigenvectors of this symmetric matrix [n, n], of which the lower triangle is
   * read, by LAPACK's divide and conquer; the sign of a vector is arbitrary.
   */
  public Eigen symmetricEigen() {
    T_TensorTensor_T both = torch.linalg_eigh(handle());
    return new Eigen(unary("eigenvalues", both.get0()), unary("eigenvectors", both.get1()));
  }

  /**
   * What {@link Tensor#symmetricEigen} gives.
   *
   * @param values [n], the smallest first
   * @param vectors [n, n], a column each, of length 1
   */
  public record Eigen(Tensor values, Tensor vectors) {}

  // ------------------------------------------------------------------ shape

  /** The same elements in another shape; one size may be −1. */
  public Tensor reshape(long... shape) {
    return unary("reshape", h -> h.reshape(shape));
  }

  /** All dimensions from the given one on become one. */
  public Tensor flatten(int fromDim) {
    return unary("flatten", h -> h.flatten(fromDim, -1));
  }

  /** The dimensions in another order; a view. */
  public Tensor permute(long... dims) {
    return unary("permute", h -> h.permute(dims));
  }

  /** Two dimensions swapped; a view. */
  public Tensor transpose(int a, int b) {
    return unary("transpose", h -> h.transpose(a, b));
  }

  /** A new dimension of size 1; a view. */
  public Tensor unsqueeze(int dim) {
    return unary("unsqueeze", h -> h.unsqueeze(dim));
  }

  /** One dimension of size 1 less; a view. */
  public Tensor squeeze(int dim) {
    return unary("squeeze", h -> h.squeeze(dim));
  }

  /** Sizes of 1 repeated to the shape, without a copy; a view. */
  public Tensor expand(long... shape) {
    return unary("expand", h -> h.expand(shape));
  }

  /** Elements start … start + length − 1 of a dimension; a view. */
  public Tensor narrow(int dim, long start, long length) {
    return unary("narrow", h -> h.narrow(dim, start, length));
  }

  /** One index of a dimension, which goes; a view. */
  public Tensor select(int dim, long index) {
    return unary("select", h -> h.select(dim, index));
  }

  /**
   * All indices of a dimension, which goes: a view for each, whose gradients are put together once.
   */
  public Tensor[] unbind(int dim) {
    int count = (int) dim(dim);
    Tensor[] all = new Tensor[count];
    TensorVector views = recorder() == null ? handle().unbind(dim) : null;
    for (int i = 0; i < count; i++) {
      all[i] =
          views == null
              ? select(dim, i)
              : new Tensor(new org.bytedeco.pytorch.Tensor(views.get(i)), "unbind");
    }
    return all;
  }

  /**
   * A view of this tensor's memory with other sizes and strides.
   *
   * @param sizes of the view
   * @param strides steps in elements, each at least 0, as many as sizes
   * @throws IllegalArgumentException if an element would lie outside this tensor, which must be
   *     row-major without gaps
   */
  public Tensor asStrided(long[] sizes, long[] strides) {
    boolean fits = sizes.length == strides.length && isContiguous();
    long last = 0;
    for (int i = 0; fits && i < sizes.length; i++) {
      fits = strides[i] >= 0;
      last = Math.addExact(last, Math.multiplyExact(Math.max(0, sizes[i] - 1), strides[i]));
    }
    if (!fits || (Shape.of(sizes).count() > 0 && last >= count())) {
      throw new IllegalArgumentException(
          "asStrided: sizes "
              + Arrays.toString(sizes)
              + " and strides "
              + Arrays.toString(strides)
              + " do not lie in "
              + this);
    }
    return unary("as_strided", h -> h.as_strided(sizes, strides));
  }

  /** Every step-th element of a dimension from the first; a view. */
  public Tensor stride(int dim, long step) {
    return unary(
        "slice",
        h -> h.slice(dim, new LongOptional(), new LongOptional(), step),
        Map.of("dim", dim, "step", step));
  }

  /** Every step-th row and column of [N, C, H, W], from the first; a view. */
  public Tensor subsample(int step) {
    return Fusion.subsample(this, step, 0).orElseGet(() -> stride(2, step).stride(3, step));
  }

  /**
   * Every step-th row and column of [N, C, H, W], from the first, and channels of zeros around
   * them: [N, C + 2 · zeros, ⌈H/step⌉, ⌈W/step⌉].
   */
  public Tensor subsample(int step, int zeros) {
    return Fusion.subsample(this, step, zeros)
        .orElseGet(() -> subsample(step).pad(0, 0, 0, 0, zeros, zeros));
  }

  /** A rectangle of the last two dimensions; a view. */
  public Tensor crop(Box box) {
    return narrow(-2, box.top(), box.height()).narrow(-1, box.left(), box.width());
  }

  /** The dimensions in reverse order of elements. */
  public Tensor flip(long... dims) {
    return unary("flip", h -> h.flip(dims));
  }

  /** Elements shifted along a dimension, the last ones coming first. */
  public Tensor roll(long shift, int dim) {
    return unary("roll", h -> h.roll(new long[] {shift}, dim));
  }

  /**
   * Zeros around.
   *
   * @param amounts before and after for the last dimension, then for the one before, and so on
   */
  public Tensor pad(long... amounts) {
    return pad(0, amounts);
  }

  /** A constant around; amounts as in {@link #pad(long...)}. */
  public Tensor pad(double value, long[] amounts) {
    return unary(
        "pad",
        h -> torch.pad(h, amounts, "constant", new DoubleOptional(value)),
        Map.of("amounts", Arrays.stream(amounts).boxed().toList(), "value", value));
  }

  /** The rows (indices of dimension 0) that an int64 tensor names, in this tensor's layout. */
  public Tensor rows(Tensor indices) {
    if (rank() == 4 && handle().stride(1) == 1 && dim(1) > 1) {
      org.bytedeco.pytorch.Tensor pixels = handle().permute(0, 2, 3, 1); // copied in whole runs
      return binary(
          "index_select", pixels.index_select(0, indices.handle()).permute(0, 3, 1, 2), indices);
    }
    return binary("index_select", (a, b) -> a.index_select(0, b), indices);
  }

  /** Elements along a dimension that an int64 tensor of the same rank names. */
  public Tensor gather(int dim, Tensor indices) {
    return binary("gather", (a, b) -> a.gather(dim, b), indices);
  }

  /** Rows of zeros with a one where the class is: int64 [N] to float32 [N, classes]. */
  public Tensor oneHot(int classes) {
    Tensor zeros = zeros(DType.FLOAT32, device(), dim(0), classes);
    zeros.handle.scatter_(1, handle().unsqueeze(1), new Scalar(1.0));
    return zeros;
  }

  /** Tensors joined along a dimension. */
  public static Tensor cat(List<Tensor> tensors, int dim) {
    Scope.current();
    return joined("cat", in -> torch.cat(in, dim), tensors, Map.of("dim", dim));
  }

  /** Tensors of one shape along a new dimension. */
  public static Tensor stack(List<Tensor> tensors, int dim) {
    Scope.current();
    return joined("stack", in -> torch.stack(in, dim), tensors, NO_ATTRIBUTES);
  }

  // ------------------------------------------------------------------ changes in place

  /** Copies the elements of another tensor, broadcast, into this one. */
  public Tensor set(Tensor other) {
    changed().copy_(other.handle());
    return this;
  }

  /** Sets every element to one value. */
  public Tensor fill(double value) {
    changed().fill_(new Scalar(value));
    return this;
  }

  /** Sets every element to 0. */
  public Tensor zero() {
    changed().zero_();
    return this;
  }

  /** Adds in place. */
  public Tensor addInPlace(Tensor other) {
    changed().add_(other.handle());
    return this;
  }

  /** Adds a number in place. */
  public Tensor addInPlace(double value) {
    changed().add_(dtype().isFloating() ? new Scalar(value) : new Scalar((long) value));
    return this;
  }

  /** Adds scale · other in place. */
  public Tensor addInPlace(Tensor other, double scale) {
    changed().add_(other.handle(), new Scalar(scale));
    return this;
  }

  /** Multiplies in place. */
  public Tensor mulInPlace(double value) {
    changed().mul_(new Scalar(value));
    return this;
  }

  /** Multiplies in place, broadcast. */
  public Tensor mulInPlace(Tensor other) {
    changed().mul_(other.handle());
    return this;
  }

  /** The same as {@link #mulAdd} in place, to the last bit. */
  public Tensor mulAddInPlace(Tensor factor, Tensor offset) {
    torch.addcmul_out(changed(), offset.handle(), handle(), factor.handle());
    return this;
  }

  /** Moves towards end by a share in place: this + weight · (end − this). */
  public Tensor lerpInPlace(Tensor end, double weight) {
    changed().lerp_(end.handle(), new Scalar(weight));
    return this;
  }

  // ------------------------------------------------------------------ activations

  /** max(x, 0). */
  public Tensor relu() {
    return elementwise("relu", h -> h.relu());
  }

  /** max(x, 0) in place; gradients stay right, since they need the result only. */
  public Tensor reluInPlace() {
    // A handle of its own: relu_ gives back that of this tensor, which may be freed earlier.
    Tensor y =
        isMeta()
            ? elementwise("relu", h -> h.relu())
            : unary("relu", new org.bytedeco.pytorch.Tensor(torch.relu_(handle())));
    Recorder recorder = y.recorder();
    if (recorder != null) {
      recorder.renamed(this, y);
    }
    return y;
  }

  /** min(max(x, 0), 6). */
  public Tensor relu6() {
    return elementwise("relu6", h -> torch.relu6(h));
  }

  /** x · sigmoid(x), also called swish. */
  public Tensor silu() {
    return unary("silu", h -> torch.silu(h));
  }

  /** x · Φ(x), exact. */
  public Tensor gelu() {
    return unary("gelu", h -> torch.gelu(h));
  }

  /** x · relu6(x + 3) / 6. */
  public Tensor hardswish() {
    return elementwise("hardswish", h -> torch.hardswish(h));
  }

  /** relu6(x + 3) / 6. */
  public Tensor hardsigmoid() {
    return elementwise("hardsigmoid", h -> torch.hardsigmoid(h));
  }

  /** 1 / (1 + e⁻ˣ). */
  public Tensor sigmoid() {
    return unary("sigmoid", h -> h.sigmoid());
  }

  /** Hyperbolic tangent. */
  public Tensor tanh() {
    return unary("tanh", h -> h.tanh());
  }

  // ------------------------------------------------------------------ layers' operators

  /**
   * Two-dimensional convolution: [N, C, H, W] to [N, K, H', W'].
   *
   * @param weight [K, C / groups, kernel height, kernel width]
   * @param bias [K], or null for none
   */
  public Tensor conv2d(Tensor weight, @Nullable Tensor bias, Window window, int groups) {
    Optional<Tensor> fast =
        Fusion.depthwise(this, weight, bias, window, groups)
            .or(() -> Fusion.conv(this, weight, bias, window, groups));
    if (fast.isPresent()) {
      return fast.get();
    }
    Profiler.cast(weight, bias);
    Tensor y =
        new Tensor(
            isMeta()
                ? metaConv2d(weight, window)
                : torch.conv2d(
                    handle(),
                    weight.handle(),
                    optional(bias),
                    window.stride(),
                    window.padding(),
                    window.dilation(),
                    groups),
            "conv2d");
    Recorder recorder = y.recorder();
    if (recorder != null) {
      Shape w = weight.shape();
      long macs = y.count() * w.dim(1) * w.dim(2) * w.dim(3);
      Map<String, Object> attributes =
          Map.of("window", window, "groups", groups, "kernel", List.of(w.dim(2), w.dim(3)));
      recorder.add("conv2d", attributes, macs, y, this, weight, bias);
      recorder.trace(
          y,
          h ->
              torch.conv2d(
                  h[0],
                  h[1],
                  optional(h, 2),
                  window.stride(),
                  window.padding(),
                  window.dilation(),
                  groups),
          this,
          weight,
          bias);
    }
    return y;
  }

  /**
   * x · weightᵀ + bias: [N, in] to [N, out].
   *
   * @param weight [out, in]
   * @param bias [out], or null for none
   */
  public Tensor linear(Tensor weight, @Nullable Tensor bias) {
    Optional<Tensor> fast = Fusion.linear(this, weight, bias);
    if (fast.isPresent()) {
      return fast.get();
    }
    Profiler.cast(weight, bias);
    Tensor y =
        new Tensor(
            torch.linear(
                handle(), weight.beside(this), optional(bias == null ? null : bias.beside(this))),
            "linear");
    Recorder recorder = y.recorder();
    if (recorder != null) {
      recorder.add("linear", NO_ATTRIBUTES, y.count() * dim(-1), y, this, weight, bias);
      recorder.trace(y, h -> torch.linear(h[0], h[1], optional(h, 2)), this, weight, bias);
    }
    return y;
  }

  /** Matrix product, batched over leading dimensions. */
  public Tensor matmul(Tensor other) {
    Tensor y = new Tensor(beside(other).matmul(other.beside(this)), "matmul");
    Recorder recorder = y.recorder();
    if (recorder != null) {
      recorder.add("matmul", NO_ATTRIBUTES, y.count() * dim(-1), y, this, other);
      recorder.trace(y, h -> h[0].matmul(h[1]), this, other);
    }
    return y;
  }

  /**
   * Adds a matrix product to a share of this matrix: {@code beta · this + alpha · a·b}.
   *
   * @param a [n, k]
   * @param b [k, m], where this is [n, m]
   */
  public Tensor addMatmul(Tensor a, Tensor b, double beta, double alpha) {
    return new Tensor(
        torch.addmm(handle(), a.handle(), b.handle(), new Scalar(beta), new Scalar(alpha)),
        "addmm");
  }

  /**
   * Attention: the values weighed by softmax(q · kᵀ / √d), where this tensor is q.
   *
   * @param keys [N, heads, L, d], as this tensor
   * @param values [N, heads, L, d]
   */
  public Tensor attention(Tensor keys, Tensor values) {
    Tensor y;
    if (isMeta()) {
      y = new Tensor(torch.empty_like(handle()), "attention");
    } else {
      y = new Tensor(attention(handle(), keys.handle(), values.handle()), "attention");
    }
    Recorder recorder = y.recorder();
    if (recorder != null) {
      long macs = 2 * count() * keys.dim(-2); // q · kᵀ and weights · v
      recorder.add("attention", NO_ATTRIBUTES, macs, y, this, keys, values);
      recorder.trace(y, h -> attention(h[0], h[1], h[2]), this, keys, values);
    }
    return y;
  }

  private static org.bytedeco.pytorch.Tensor attention(
      org.bytedeco.pytorch.Tensor queries,
      org.bytedeco.pytorch.Tensor keys,
      org.bytedeco.pytorch.Tensor values) {
    if (DType.of(queries.scalar_type()) != DType.BFLOAT16 || !queries.is_cpu()) {
      return torch.scaled_dot_product_attention(queries, keys, values);
    }
    // The one operator multiplies bf16 matrices by loops where the library of matrix products has
    // no such product, as OpenBLAS has not.
    double scale = 1 / Math.sqrt((double) queries.size(-1));
    return queries.mul(new Scalar(scale)).matmul(keys.transpose(-2, -1)).softmax(-1).matmul(values);
  }

  /** [N, C, H, W] in another size: bicubic, antialiased where it shrinks, corners not aligned. */
  public Tensor resizeBicubic(long height, long width) {
    InterpolateFuncOptions options = new InterpolateFuncOptions();
    options.size().put(new LongVector(height, width));
    options.mode().put(new kBicubic());
    options.align_corners().put(false);
    options.antialias().put(true);
    return unary("resize_bicubic", h -> torch.interpolate(h, options));
  }

  /**
   * [N, C, H, W] in another size by linear interpolation along both sides, without a filter where
   * it shrinks.
   */
  public Tensor resizeBilinear(long height, long width, Corners corners) {
    return unary(
        "resize_bilinear",
        h -> torch.upsample_bilinear2d(h, new long[] {height, width}, corners == Corners.ALIGNED));
  }

  /** Largest value of each window. */
  public Tensor maxPool2d(int kernel, int stride, int padding) {
    return maxPool2d(kernel, stride, padding, PoolRounding.FLOOR);
  }

  /** Largest value of each window. */
  public Tensor maxPool2d(int kernel, int stride, int padding, PoolRounding rounding) {
    return pooled(
        true,
        h ->
            torch.max_pool2d(
                h,
                new long[] {kernel, kernel},
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {1, 1},
                rounding == PoolRounding.CEIL),
        kernel,
        stride,
        padding,
        rounding);
  }

  /**
   * The largest value around each element of [N, C, H, W], in windows that the border cuts off.
   *
   * @param height rows of the window, in [1, H]; of an even number one more lies above
   * @param width columns of the window, in [1, W]; of an even number one more lies to the left
   */
  public Tensor maxAround(int height, int width) {
    org.bytedeco.pytorch.Tensor y =
        torch.max_pool2d(
            handle(),
            new long[] {height, width},
            new long[] {1, 1},
            new long[] {height / 2, width / 2},
            new long[] {1, 1},
            false);
    int above = (height + 1) % 2; // an even window gives one row more than there are
    int left = (width + 1) % 2;
    return unary("max_around", y.narrow(2, above, dim(2)).narrow(3, left, dim(3)));
  }

  /** Mean of each window; padding is left out of the mean. */
  public Tensor avgPool2d(int kernel, int stride, int padding, PoolRounding rounding) {
    return pooled(
        false,
        h ->
            torch.avg_pool2d(
                h,
                new long[] {kernel, kernel},
                new long[] {stride, stride},
                new long[] {padding, padding},
                rounding == PoolRounding.CEIL,
                false,
                new LongOptional()),
        kernel,
        stride,
        padding,
        rounding);
  }

  /** Means of a grid of windows that cover the map: [N, C, H, W] to [N, C, height, width]. */
  public Tensor adaptiveAvgPool2d(int height, int width) {
    return unary(
        "adaptive_avg_pool2d",
        h ->
            h.is_meta()
                ? h.new_empty(h.size(0), h.size(1), height, width)
                : torch.adaptive_avg_pool2d(h, height, width));
  }

  /**
   * Batch normalization of [N, C, H, W] per channel.
   *
   * @param training with the batch's statistics, which also move the running ones; else with the
   *     running ones
   * @param momentum share of the new statistics
   * @param eps added to the variance
   */
  Tensor batchNorm(BatchNorm norm, boolean training, double momentum, double eps) {
    org.bytedeco.pytorch.Tensor y =
        isMeta()
            ? torch.empty_like(handle())
            : torch.batch_norm(
                handle(),
                optional(norm.weight()),
                optional(norm.bias()),
                optional(norm.runningMean()),
                optional(norm.runningVar()),
                training,
                momentum,
                eps,
                true);
    Tensor result = unary("batch_norm", y, Map.of("eps", eps));
    Recorder recorder = result.recorder();
    if (recorder != null && !training) {
      recorder.trace(
          result,
          h ->
              torch.batch_norm(
                  h[0],
                  optional(h, 1),
                  optional(h, 2),
                  optional(h, 3),
                  optional(h, 4),
                  false,
                  momentum,
                  eps,
                  true),
          this,
          norm.weight(),
          norm.bias(),
          norm.runningMean(),
          norm.runningVar());
    }
    return result;
  }

  /** Layer normalization over the last dimensions of the given sizes. */
  public Tensor layerNorm(
      long[] sizes, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    Tensor y =
        unary(
            "layer_norm",
            isMeta()
                ? torch.empty_like(handle())
                : torch.layer_norm(handle(), sizes, optional(weight), optional(bias), eps, true));
    Recorder recorder = y.recorder();
    if (recorder != null && weight != null && bias != null) {
      recorder.trace(
          y,
          h -> torch.layer_norm(h[0], sizes, optional(h, 1), optional(h, 2), eps, true),
          this,
          weight,
          bias);
    }
    return y;
  }

  /**
   * Cross entropy of logits [N, K], mean over the batch.
   *
   * @param targets int64 [N] class indices, or float [N, K] rows that sum to 1
   * @param classWeights [K], or null for 1 each
   * @param smoothing ε of label smoothing, ε/K over all classes, in [0, 1]
   */
  public Tensor crossEntropy(Tensor targets, @Nullable Tensor classWeights, double smoothing) {
    return binary(
        "cross_entropy",
        (a, b) -> torch.cross_entropy_loss(a, b, optional(classWeights), 1, -100, smoothing),
        targets);
  }

  /**
   * Binary cross entropy of the logits of independent classes: {@code −t·log σ(x) − (1 − t)·log(1 −
   * σ(x))}, element by element.
   *
   * @param targets of the same shape and type, in [0, 1]
   */
  public Tensor binaryCrossEntropy(Tensor targets) {
    return binary(
        "binary_cross_entropy",
        (a, b) ->
            torch.binary_cross_entropy_with_logits(
                a, b, new TensorOptional(), new TensorOptional(), 0),
        targets);
  }

  /** Such as {@code [64, 10] fp32 on cpu}. */
  @Override
  public String toString() {
    if (closedAt != null || (owner != null && owner.isClosed())) {
      return "closed tensor of \"" + origin + "\"";
    }
    return shape() + " " + dtype() + " on " + device();
  }

  // ------------------------------------------------------------------ inside

  /** What an operator does to its inputs' handles, so that a {@link Program} can do it again. */
  interface Code {
    org.bytedeco.pytorch.Tensor of(org.bytedeco.pytorch.Tensor... inputs);
  }

  /** The handle for a change in place, which no recording sees. */
  private org.bytedeco.pytorch.Tensor changed() {
    Recorder recorder = recorder();
    if (recorder != null) {
      recorder.refuse("a change in place");
    }
    return handle();
  }

  private org.bytedeco.pytorch.Tensor metaConv2d(Tensor weight, Window window) {
    long[] out = {dim(0), weight.dim(0), 0, 0};
    for (int i = 0; i < 2; i++) {
      long reach = window.dilation()[i] * (weight.dim(2 + i) - 1) + 1;
      out[2 + i] = (dim(2 + i) + 2 * window.padding()[i] - reach) / window.stride()[i] + 1;
      if (dim(2 + i) + 2 * window.padding()[i] < reach) {
        throw new IllegalArgumentException(
            "conv2d: the kernel "
                + weight.shape()
                + " is larger than the padded input "
                + shape()
                + "; use larger pictures");
      }
    }
    return torch.empty(out, options(dtype(), Device.META), new MemoryFormatOptional());
  }

  private boolean isMeta() {
    return handle().is_meta();
  }

  /** An operator for which libtorch has no meta kernel, and whose result is as its input. */
  private Tensor elementwise(String operator, UnaryOperator<org.bytedeco.pytorch.Tensor> code) {
    return unary(operator, h -> h.is_meta() ? torch.empty_like(h) : code.apply(h));
  }

  /** The handle, on the meta device where another input is there. */
  private org.bytedeco.pytorch.Tensor beside(Tensor other) {
    return Scope.current().recorder != null && other.isMeta() && !isMeta()
        ? meta(handle())
        : handle();
  }

  /** Sizes and type without values. */
  static org.bytedeco.pytorch.Tensor meta(org.bytedeco.pytorch.Tensor h) {
    return h.to(
        Device.META.handle(),
        h.scalar_type(),
        false,
        false,
        new MemoryFormatOptional(torch.MemoryFormat.Preserve));
  }

  private Tensor unary(String operator, UnaryOperator<org.bytedeco.pytorch.Tensor> code) {
    return unary(operator, code, NO_ATTRIBUTES);
  }

  private Tensor unary(
      String operator,
      UnaryOperator<org.bytedeco.pytorch.Tensor> code,
      Map<String, Object> attributes) {
    Tensor y = unary(operator, code.apply(handle()), attributes);
    Recorder recorder = y.recorder();
    if (recorder != null) {
      recorder.trace(y, h -> code.apply(h[0]), this);
    }
    return y;
  }

  private Tensor binary(
      String operator, BinaryOperator<org.bytedeco.pytorch.Tensor> code, Tensor other) {
    Tensor y = binary(operator, code.apply(beside(other), other.beside(this)), other);
    Recorder recorder = y.recorder();
    if (recorder != null) {
      recorder.trace(y, h -> code.apply(h[0], h[1]), this, other);
    }
    return y;
  }

  private Tensor unary(String operator, org.bytedeco.pytorch.Tensor result) {
    return unary(operator, result, NO_ATTRIBUTES);
  }

  private Tensor unary(
      String operator, org.bytedeco.pytorch.Tensor result, Map<String, Object> attributes) {
    Tensor y = new Tensor(result, operator);
    Recorder recorder = y.recorder();
    if (recorder != null) {
      recorder.add(operator, attributes, 0, y, this);
    }
    return y;
  }

  private Tensor pooled(
      boolean max,
      UnaryOperator<org.bytedeco.pytorch.Tensor> code,
      int kernel,
      int stride,
      int padding,
      PoolRounding rounding) {
    return Fusion.pool(this, max, kernel, stride, padding, rounding)
        .orElseGet(
            () ->
                unary(
                    max ? "max_pool2d" : "avg_pool2d",
                    code,
                    Map.of(
                        "window",
                        Window.square(stride, padding, 1),
                        "kernel",
                        List.of((long) kernel, (long) kernel))));
  }

  private Tensor binary(String operator, org.bytedeco.pytorch.Tensor result, Tensor other) {
    Tensor y = new Tensor(result, operator);
    Recorder recorder = y.recorder();
    if (recorder != null) {
      recorder.add(operator, NO_ATTRIBUTES, 0, y, this, other);
    }
    return y;
  }

  private static Tensor joined(
      String operator,
      java.util.function.Function<TensorVector, org.bytedeco.pytorch.Tensor> code,
      List<Tensor> inputs,
      Map<String, Object> attributes) {
    TensorVector vector = new TensorVector();
    Tensor meta = inputs.stream().filter(Tensor::isMeta).findFirst().orElse(inputs.get(0));
    inputs.forEach(t -> vector.push_back(t.beside(meta)));
    Tensor y = new Tensor(code.apply(vector), operator);
    Recorder recorder = y.recorder();
    if (recorder != null) {
      Tensor[] all = inputs.toArray(new Tensor[0]);
      recorder.add(operator, attributes, 0, y, all);
      recorder.trace(y, h -> code.apply(new TensorVector(h)), all);
    }
    return y;
  }

  private @Nullable Recorder recorder() {
    Scope scope = owner;
    return scope == null ? null : scope.recorder;
  }

  static TensorVector vector(List<Tensor> tensors) {
    TensorVector vector = new TensorVector();
    for (Tensor t : tensors) {
      vector.push_back(t.handle());
    }
    return vector;
  }

  static TensorOptional optional(@Nullable Tensor t) {
    return optional(t == null ? null : t.handle());
  }

  private static TensorOptional optional(org.bytedeco.pytorch.@Nullable Tensor h) {
    return h == null ? new TensorOptional() : new TensorOptional(h);
  }

  private static TensorOptional optional(org.bytedeco.pytorch.Tensor[] inputs, int index) {
    return index < inputs.length ? new TensorOptional(inputs[index]) : new TensorOptional();
  }

  private static GeneratorOptional generator(RandomState random) {
    return new GeneratorOptional(torch.make_generator_cpu(random.nextLong()));
  }

  private static TensorOptions options(DType dtype, Device device) {
    return new TensorOptions()
        .dtype(new ScalarTypeOptional(dtype.scalarType))
        .device(new DeviceOptional(device.handle()));
  }

  private static void checkCount(int count, long[] shape) {
    if (shape.length > 0 && Shape.of(shape).count() != count) {
      throw new IllegalArgumentException("of: " + count + " values do not fill " + Shape.of(shape));
    }
  }

  /** No sizes given: one dimension. */
  private static long[] sizes(long[] shape, int count) {
    return shape.length == 0 ? new long[] {count} : shape;
  }
}
