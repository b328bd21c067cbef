package dev.linnet.tensor;

import java.util.List;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.jspecify.annotations.Nullable;

/**
 * A convolution of maps in bf16 by kernels for fp32, where the processor multiplies fp32 faster: a
 * few pictures at a time are widened, and what comes out is rounded. Products and sums are those of
 * bf16, which are exact in fp32; the weight is not rounded. The maps in fp32 never leave the cache,
 * so that memory and what it moves stay those of bf16.
 */
final class WideConv implements ConvPasses {
  /** Bytes of a part's maps in fp32 that stay in the cache; by measurement (decision 0039). */
  private static final long NEAR = 8 << 20;

  private final ConvPasses part;
  private final Side x;
  private final Side y;
  private final long parts;

  /** Maps in fp32 of x and of y, which a thread's convolutions use in turn. */
  static final class Room {
    private final @Nullable Tensor[] kept = new @Nullable Tensor[2];

    /** Large enough for some values; what was in it is lost. */
    private Tensor of(int map, long values) {
      Tensor now = kept[map];
      if (now == null || now.count() < values) {
        if (now != null) {
          now.close();
        }
        now = Tensor.empty(DType.FLOAT32, Device.CPU, values).unscoped();
        kept[map] = now;
      }
      return now;
    }
  }

  /**
   * @param passes makes the convolution of a part
   */
  WideConv(
      OneDnn library,
      ConvKernels.Key key,
      Function<ConvKernels.Key, ConvPasses> passes,
      Room room) {
    ConvForm whole = key.form();
    long pictures = pictures(whole);
    parts = whole.batch() / pictures;
    ConvKernels.Key few = key.part(pictures);
    part = passes.apply(few);
    ConvForm form = few.form();
    x = new Side(library, form.x(key.dtype()), form.x(DType.FLOAT32), v -> room.of(0, v));
    y = new Side(library, form.y(key.dtype()), form.y(DType.FLOAT32), v -> room.of(1, v));
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
    private final LongFunction<Tensor> room;
    private final long bytes;
    private final long values;

    Side(OneDnn library, memory.desc half, memory.desc wide, LongFunction<Tensor> room) {
      this.room = room;
      widen = library.order(half, wide);
      round = library.order(wide, half);
      bytes = half.get_size();
      values = wide.get_size() / Float.BYTES;
    }

    /** Where a part is in fp32. */
    Tensor room() {
      return room.apply(values);
    }

    /** A part of a map in fp32. */
    Tensor widened(Tensor map, long part) {
      Tensor wide = room();
      widen.set(dnnl.DNNL_ARG_FROM, map, part * bytes).set(dnnl.DNNL_ARG_TO, wide).run();
      return wide;
    }

    /** Puts what is in the room into a map. */
    void round(Tensor map, long part) {
      round.set(dnnl.DNNL_ARG_FROM, room()).set(dnnl.DNNL_ARG_TO, map, part * bytes).run();
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
    for (long i = 0; i < parts; i++) {
      part.forward(x.widened(in, i), weight, bias, y.room());
      y.round(out, i);
    }
  }

  @Override
  public void byX(Tensor gradient, Tensor weight, Tensor made) {
    for (long i = 0; i < parts; i++) {
      part.byX(y.widened(gradient, i), weight, x.room());
      x.round(made, i);
    }
  }

  @Override
  public void ontoX(Tensor gradient, Tensor weight, Tensor sum) {
    for (long i = 0; i < parts; i++) {
      part.ontoX(y.widened(gradient, i), weight, x.widened(sum, i));
      x.round(sum, i);
    }
  }

  @Override
  public void byWeight(Tensor gradient, Tensor in, Tensor made, @Nullable Tensor byBias) {
    part.byWeight(y.widened(gradient, 0), x.widened(in, 0), made, byBias);
    if (parts == 1) {
      return;
    }
    Tensor next = made.emptyLike();
    Tensor nextByBias = byBias == null ? null : byBias.emptyLike();
    for (long i = 1; i < parts; i++) {
      part.byWeight(y.widened(gradient, i), x.widened(in, i), next, nextByBias);
      made.addInPlace(next);
      if (byBias != null && nextByBias != null) {
        byBias.addInPlace(nextByBias);
      }
    }
  }

  @Override
  public void free() {
    for (OneDnn.Kernel each : List.of(part, x, y)) {
      each.free();
    }
  }
}
