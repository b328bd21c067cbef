package dev.linnet.tensor;

import java.util.List;
import java.util.function.Function;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.jspecify.annotations.Nullable;

/**
 * A convolution of maps in bf16 by kernels for fp32, where the processor multiplies fp32 faster: a
 * few pictures at a time are widened, and what comes out is rounded. Products and sums are those of
 * bf16, which are exact in fp32; the weight is not rounded. The maps in fp32 do not leave the cache
 * unless one picture is larger, so that memory and what it moves stay those of bf16.
 */
final class WideConv implements ConvPasses {
  /** Bytes of a part's maps in fp32 that stay in the cache; by measurement (decision 0039). */
  private static final long NEAR = 8 << 20;

  private final ConvPasses part;
  private final Side x;
  private final Side y;
  private final long parts;
  private final Room weights;

  /**
   * What a thread's convolutions use in turn.
   *
   * @param x for maps before a convolution, in fp32; y for those behind
   * @param weights for the gradient by the weight of a part
   */
  record Rooms(Room x, Room y, Room weights) {
    Rooms() {
      this(new Room(), new Room(), new Room());
    }
  }

  /**
   * @param passes makes the convolution of a part
   */
  WideConv(
      OneDnn library,
      ConvKernels.Key key,
      Function<ConvKernels.Key, ConvPasses> passes,
      Rooms rooms) {
    weights = rooms.weights();
    ConvForm whole = key.form();
    long pictures = pictures(whole);
    parts = whole.batch() / pictures;
    ConvKernels.Key few = key.part(pictures);
    part = passes.apply(few);
    ConvForm form = few.form();
    x = new Side(library, form.x(key.dtype()), form.x(DType.FLOAT32), rooms.x());
    y = new Side(library, form.y(key.dtype()), form.y(DType.FLOAT32), rooms.y());
  }

  /** Pictures at a time: as many as come closest to what stays in the cache. */
  static long pictures(ConvForm whole) {
    double one = (double) (whole.xValues() + whole.yValues()) / whole.batch() * Float.BYTES;
    long best = whole.batch();
    for (long k = 1; k < whole.batch(); k++) {
      if (whole.batch() % k == 0 && distance(k * one) < distance(best * one)) {
        best = k;
      }
    }
    return best;
  }

  private static double distance(double bytes) {
    return Math.abs(Math.log(bytes / NEAR));
  }

  /** The maps before or behind the convolution. */
  private static final class Side implements OneDnn.Kernel {
    private final OneDnn.Bound widen;
    private final OneDnn.Bound round;
    private final Room room;
    private final long bytes;
    private final long wideBytes;

    Side(OneDnn library, memory.desc half, memory.desc wide, Room room) {
      this.room = room;
      widen = library.order(half, wide);
      round = library.order(wide, half);
      bytes = half.get_size();
      wideBytes = wide.get_size();
    }

    /** Where a part is in fp32. */
    Tensor room() {
      return room.of(wideBytes);
    }

    /** A part of a map in fp32. */
    Tensor widened(Tensor map, long part) {
      Tensor wide = room();
      widen.set(dnnl.DNNL_ARG_FROM, map, part * bytes).set(dnnl.DNNL_ARG_TO, wide).run();
      return wide;
    }

    /** Puts a part in fp32 into a map. */
    void round(Tensor wide, Tensor map, long part) {
      round.set(dnnl.DNNL_ARG_FROM, wide).set(dnnl.DNNL_ARG_TO, map, part * bytes).run();
    }

    @Override
    public void free() {
      widen.free();
      round.free();
    }
  }

  @Override
  public boolean fits() {
    return part.fits();
  }

  @Override
  public boolean addsFast() {
    return part.addsFast();
  }

  @Override
  public boolean isOnTiles() {
    return part.isOnTiles();
  }

  @Override
  public void forward(Tensor in, Tensor weight, @Nullable Tensor bias, Tensor out) {
    Tensor wide = y.room();
    for (long i = 0; i < parts; i++) {
      part.forward(x.widened(in, i), weight, bias, wide);
      y.round(wide, out, i);
    }
  }

  @Override
  public void byX(Tensor gradient, Tensor weight, Tensor made) {
    Tensor wide = x.room();
    for (long i = 0; i < parts; i++) {
      part.byX(y.widened(gradient, i), weight, wide);
      x.round(wide, made, i);
    }
  }

  @Override
  public void ontoX(Tensor gradient, Tensor weight, Tensor sum) {
    for (long i = 0; i < parts; i++) {
      Tensor wide = x.widened(sum, i);
      part.ontoX(y.widened(gradient, i), weight, wide);
      x.round(wide, sum, i);
    }
  }

  @Override
  public void byWeight(Tensor gradient, Tensor in, Tensor made, @Nullable Tensor byBias) {
    part.byWeight(y.widened(gradient, 0), x.widened(in, 0), made, byBias);
    if (parts == 1) {
      return;
    }
    Tensor next = like(made, weights.of(made.bytes()));
    Tensor nextByBias = byBias == null ? null : byBias.emptyLike();
    for (long i = 1; i < parts; i++) {
      part.byWeight(y.widened(gradient, i), x.widened(in, i), next, nextByBias);
      made.addInPlace(next);
      if (byBias != null && nextByBias != null) {
        byBias.addInPlace(nextByBias);
      }
    }
  }

  /** A place in a room that lies as another tensor does. */
  private static Tensor like(Tensor other, Tensor room) {
    long[] sizes = other.shape().toArray();
    long[] strides = new long[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      strides[i] = other.handle().stride(i);
    }
    return room.asStrided(sizes, strides);
  }

  @Override
  public void free() {
    for (OneDnn.Kernel each : List.of(part, x, y)) {
      each.free();
    }
  }
}
