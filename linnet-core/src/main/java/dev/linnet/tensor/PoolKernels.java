package dev.linnet.tensor;

import dev.linnet.tensor.OneDnn.Bound;
import dev.linnet.tensor.OneDnn.PlaneKey;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.pooling_backward;
import org.bytedeco.dnnl.pooling_forward;
import org.bytedeco.dnnl.primitive_attr;

/** Pools in training, of {@link OneDnn}. */
final class PoolKernels {
  private final OneDnn library;
  private final engine processor = Kernels.processor();
  private final OneDnn.Cache<Key, Pool> kernels = new OneDnn.Cache<>();

  /**
   * @param library whose thread it is
   */
  PoolKernels(OneDnn library) {
    this.library = library;
  }

  /**
   * A pool: what is read, the kernel's sides, how it walks, and the result's sides.
   *
   * @param max whether the largest value is taken, else the mean of what is within the map
   */
  record Form(boolean max, int kernel, int stride, int padding, long height, long width) {}

  private record Key(PlaneKey x, Form form) {}

  /** What a pool reads and writes; the mask says which value was the largest. */
  private final class Pool implements OneDnn.Kernel {
    final Bound forward;
    final Bound back;
    final long maskBytes;

    Pool(Key key) {
      PlaneKey in = key.x();
      Form form = key.form();
      memory.desc x = in.form();
      memory.desc y = Kernels.channelsLast(in.dtype(), in.n(), in.c(), form.height(), form.width());
      dnnl.algorithm kind =
          form.max() ? dnnl.algorithm.pooling_max : dnnl.algorithm.pooling_avg_exclude_padding;
      long[] kernel = {form.kernel(), form.kernel()};
      long[] stride = {form.stride(), form.stride()};
      long[] dense = {0, 0};
      long[] before = {form.padding(), form.padding()};
      long[] after = {
        Math.max(0, (form.height() - 1) * stride[0] + kernel[0] - in.h() - before[0]),
        Math.max(0, (form.width() - 1) * stride[1] + kernel[1] - in.w() - before[1])
      };
      primitive_attr plain = new primitive_attr();
      pooling_forward.primitive_desc ahead =
          new pooling_forward.primitive_desc(
              processor,
              dnnl.prop_kind.forward_training,
              kind,
              x,
              y,
              stride,
              kernel,
              dense,
              before,
              after,
              plain,
              false);
      pooling_backward.primitive_desc way =
          new pooling_backward.primitive_desc(
              processor, kind, x, y, stride, kernel, dense, before, after, ahead, plain, false);
      maskBytes = form.max() ? ahead.workspace_desc().get_size() : 0;
      forward =
          library.new Bound(new pooling_forward(ahead))
              .with(dnnl.DNNL_ARG_SRC, x)
              .with(dnnl.DNNL_ARG_DST, y);
      back =
          library.new Bound(new pooling_backward(way))
              .with(dnnl.DNNL_ARG_DIFF_SRC, x)
              .with(dnnl.DNNL_ARG_DIFF_DST, y);
      if (form.max()) {
        forward.with(dnnl.DNNL_ARG_WORKSPACE, ahead.workspace_desc());
        back.with(dnnl.DNNL_ARG_WORKSPACE, ahead.workspace_desc());
      }
    }

    @Override
    public void free() {
      forward.free();
      back.free();
    }
  }

  private Pool pool(Tensor x, Form form) {
    return kernels.get(new Key(PlaneKey.of(x, false), form), Pool::new);
  }

  /** Bytes of the mask that says where a pool found its values. */
  long maskBytes(Tensor x, Form form) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return pool(x, form).maskBytes;
    } finally {
      scope.close();
    }
  }

  /**
   * Pools x into y.
   *
   * @param mask written; empty for means
   */
  void forward(Tensor x, Form form, Tensor y, Tensor mask) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Bound bound = pool(x, form).forward.set(dnnl.DNNL_ARG_SRC, x).set(dnnl.DNNL_ARG_DST, y);
      if (form.max()) {
        bound.set(dnnl.DNNL_ARG_WORKSPACE, mask);
      }
      bound.run();
    } finally {
      scope.close();
    }
  }

  /** The gradient by what was pooled, into byX. */
  void backward(Tensor gradient, Form form, Tensor byX, Tensor mask) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Bound bound =
          pool(byX, form)
              .back
              .set(dnnl.DNNL_ARG_DIFF_DST, gradient)
              .set(dnnl.DNNL_ARG_DIFF_SRC, byX);
      if (form.max()) {
        bound.set(dnnl.DNNL_ARG_WORKSPACE, mask);
      }
      bound.run();
    } finally {
      scope.close();
    }
  }
}
