package dev.linnet.tensor;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.FunctionPostHook;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Node;
import org.bytedeco.pytorch.TensorVector;
import org.jspecify.annotations.Nullable;

/**
 * Sums gradients over the processes of a group while the way back still runs.
 *
 * <p>Gradients are collected into buckets in the reverse order of the parameters, which is about
 * the order in which they are made; a bucket is sent as soon as it is full and those before it are
 * gone, so that all processes send in one order. Li et al., VLDB 2020, arXiv:2006.15704, §3.2.3.
 * Afterwards each parameter's gradient is the sum, the same bits in all processes. Buffers, such as
 * running statistics, become their means on the way.
 *
 * <pre>{@code
 * sum.arm();           // before the last way back of an update
 * loss.backward();     // full buckets are on their way
 * sum.send();          // the rest
 * sum.receive(1);      // waits
 * }</pre>
 *
 * <p>For a process alone all of it does nothing. For one thread; the parameters outlive it.
 */
public final class GradientSum implements AutoCloseable {
  /** Bytes of a bucket that PyTorch takes too. */
  public static final long BUCKET_BYTES = 25L << 20;

  private final ProcessGroup group;
  private final List<Bucket> buckets = new ArrayList<>();
  private final @Nullable Bucket buffers;
  private final List<Hook> hooks = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final GradientPlaces places = new GradientPlaces();
  private final List<ProcessGroup.Pending> pending = new ArrayList<>();
  private int sent;
  private boolean armed;
  private boolean closed;

  /**
   * Sums of these parameters' gradients.
   *
   * @param parameters leaves that ask for gradients, in the order of the forward pass
   * @param buffers of floating types, which become their means
   * @param type in which gradients travel: {@link DType#FLOAT32} as they are, {@link
   *     DType#BFLOAT16} with half the bytes and three digits
   * @param bucketBytes of a bucket, at least 1
   */
  public GradientSum(
      ProcessGroup group,
      List<Tensor> parameters,
      List<Tensor> buffers,
      DType type,
      long bucketBytes) {
    this.group = group;
    if (group.size() == 1) {
      this.buffers = null;
      return;
    }
    List<Tensor> members = new ArrayList<>();
    long bytes = 0;
    for (int i = parameters.size() - 1; i >= 0; i--) {
      Tensor p = parameters.get(i);
      long own = p.count() * type.bytes();
      if (!members.isEmpty()
          && (bytes + own > bucketBytes || p.dtype() != members.get(0).dtype())) {
        buckets.add(new Bucket(group, members, travelling(type, members.get(0))));
        members = new ArrayList<>();
        bytes = 0;
      }
      members.add(p);
      bytes += own;
    }
    if (!members.isEmpty()) {
      buckets.add(new Bucket(group, members, travelling(type, members.get(0))));
    }
    this.buffers = buffers.isEmpty() ? null : new Bucket(group, buffers, DType.FLOAT32);
    for (Bucket bucket : buckets) {
      for (int i = 0; i < bucket.members.size(); i++) {
        hook(bucket, i);
      }
      bucket.offer(places);
    }
  }

  private static DType travelling(DType type, Tensor member) {
    return type == DType.BFLOAT16 ? type : member.dtype();
  }

  /** Hears when the gradient of a parameter is complete. */
  private void hook(Bucket bucket, int member) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Node node = bucket.members.get(member).toGrad().function();
      node.retainReference(); // the leaf's hold on it is weak
      Hook hook = new Hook(bucket, member);
      hook.retainReference();
      hook.key = node.add_post_hook(hook);
      hooks.add(hook);
      nodes.add(node);
    } finally {
      scope.close();
    }
  }

  /** From now on a way back sends what is complete. */
  public void arm() {
    armed = group.size() > 1;
    if (armed) {
      places.open();
    }
  }

  /** Sends what the way back did not send; a missing gradient counts as 0. */
  public void send() {
    armed = false;
    places.close();
    Autograd.off(
        () -> {
          for (Bucket bucket : buckets) {
            bucket.fill();
          }
          sendFull();
          if (buffers != null) {
            buffers.fillBuffers(1.0 / group.size());
            pending.add(buffers.memory.sumLater());
          }
        });
  }

  /** Sends full buckets, in their order. */
  private void sendFull() {
    while (sent < buckets.size() && buckets.get(sent).isFull()) {
      pending.add(buckets.get(sent++).memory.sumLater());
    }
  }

  /**
   * Waits for the sums and makes them the parameters' gradients.
   *
   * @param scale that each gradient is multiplied by
   * @throws LostProcessException if a process is gone
   */
  public void receive(double scale) {
    Autograd.off(
        () -> {
          for (int i = 0; i < pending.size(); i++) {
            pending.get(i).await();
            if (i < buckets.size()) {
              buckets.get(i).give(scale);
            } else if (buffers != null) {
              buffers.giveBuffers();
            }
          }
        });
    pending.clear();
    sent = 0;
  }

  /** Lets go of the parameters, whose gradients stay. Closing twice is harmless. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    places.close();
    for (int i = 0; i < hooks.size(); i++) {
      nodes.get(i).del_post_hook(hooks.get(i).key);
      hooks.get(i).releaseReference();
    }
    nodes.forEach(Pointer::releaseReference);
    buckets.forEach(Bucket::close);
    if (buffers != null) {
      buffers.close();
    }
  }

  /** Some parameters, and the memory in which their gradients travel. */
  private static final class Bucket implements AutoCloseable {
    final List<Tensor> members;
    final ProcessGroup.Buffer memory;
    private final Tensor flat;
    private final List<org.bytedeco.pytorch.Tensor> views = new ArrayList<>();
    private final boolean[] ready;
    private int missing;

    Bucket(ProcessGroup group, List<Tensor> members, DType type) {
      this.members = List.copyOf(members);
      this.ready = new boolean[members.size()];
      this.missing = ready.length;
      long count = members.stream().mapToLong(Tensor::count).sum();
      Scope scope = Scope.open("bucket");
      try {
        memory = group.buffer(type, members.get(0).device(), count);
        flat = memory.tensor();
        long at = 0;
        for (Tensor member : members) {
          org.bytedeco.pytorch.Tensor view =
              flat.handle()
                  .as_strided(
                      member.shape().toArray(), strides(member.handle()), new LongOptional(at));
          view.retainReference();
          views.add(view);
          at += member.count();
        }
      } finally {
        scope.close();
      }
    }

    /** Those of the parameter, so that the optimizer finds both in one order. */
    private static long[] strides(org.bytedeco.pytorch.Tensor like) {
      long[] strides = new long[(int) like.dim()];
      boolean dense = like.is_non_overlapping_and_dense();
      long step = 1;
      for (int i = strides.length - 1; i >= 0; i--) {
        strides[i] = dense ? like.stride(i) : step;
        step *= like.size(i);
      }
      return strides;
    }

    /** Offers its memory to the gradients that have its type, as dense as the parameter. */
    void offer(GradientPlaces places) {
      for (int i = 0; i < views.size(); i++) {
        Tensor member = members.get(i);
        if (flat.dtype() == member.dtype() && member.handle().is_non_overlapping_and_dense()) {
          places.add(member, views.get(i));
        }
      }
    }

    boolean isFull() {
      return missing == 0;
    }

    /** Takes the gradient of a member. */
    void take(int member) {
      if (ready[member]) {
        return;
      }
      ready[member] = true;
      missing--;
      org.bytedeco.pytorch.Tensor gradient = members.get(member).handle().grad();
      if (!gradient.defined()) {
        views.get(member).zero_();
      } else if (!GradientPlaces.isIn(gradient, views.get(member))) {
        views.get(member).copy_(gradient);
      }
    }

    void fill() {
      PointerScopeOnce scope = new PointerScopeOnce();
      try {
        for (int i = 0; i < ready.length; i++) {
          take(i);
        }
      } finally {
        scope.close();
      }
    }

    /** Makes the sums the gradients: the memory of the bucket itself where the types allow it. */
    void give(double scale) {
      if (scale != 1) {
        flat.mulInPlace(scale);
      }
      PointerScopeOnce scope = new PointerScopeOnce();
      try {
        for (int i = 0; i < ready.length; i++) {
          org.bytedeco.pytorch.Tensor parameter = members.get(i).handle();
          if (flat.dtype() == members.get(i).dtype()) {
            parameter.mutable_grad().put(views.get(i));
          } else {
            parameter.mutable_grad().put(views.get(i).to(parameter.dtype()));
          }
          ready[i] = false;
        }
      } finally {
        scope.close();
      }
      missing = ready.length;
    }

    void fillBuffers(double share) {
      for (int i = 0; i < views.size(); i++) {
        views.get(i).copy_(members.get(i).handle());
      }
      flat.mulInPlace(share);
    }

    void giveBuffers() {
      for (int i = 0; i < views.size(); i++) {
        members.get(i).handle().copy_(views.get(i));
      }
    }

    /** Gradients move out, since the memory may not outlive the bucket. */
    @Override
    public void close() {
      PointerScopeOnce.run(
          () -> {
            for (int i = 0; i < ready.length; i++) {
              org.bytedeco.pytorch.Tensor parameter = members.get(i).handle();
              org.bytedeco.pytorch.Tensor gradient = parameter.grad();
              if (gradient.defined() && GradientPlaces.isIn(gradient, views.get(i))) {
                parameter.mutable_grad().put(gradient.clone());
              }
            }
          });
      views.forEach(Pointer::releaseReference);
      memory.close();
    }
  }

  /** What libtorch calls when it has added to a leaf's gradient. */
  private final class Hook extends FunctionPostHook {
    private final Bucket bucket;
    private final int member;
    private long key;

    Hook(Bucket bucket, int member) {
      this.bucket = bucket;
      this.member = member;
    }

    @Override
    public TensorVector apply(TensorVector outputs, TensorVector inputs) {
      if (armed) {
        PointerScopeOnce scope = new PointerScopeOnce();
        try {
          bucket.take(member);
          sendFull();
        } finally {
          scope.close();
        }
      }
      return outputs;
    }
  }
}
