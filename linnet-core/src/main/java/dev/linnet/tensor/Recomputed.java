package dev.linnet.tensor;

import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A part of a forward pass of which only the inputs are kept: the way back runs it again. A network
 * whose blocks are such parts keeps one number where it kept as many as a block computes, for a
 * second forward pass.
 *
 * <p>Chen et al. 2016, arXiv:1604.06174. The second run is under the mixed precision and on the
 * kernels of the first one, so that gradients are the same to the last bit if {@link Work} computes
 * the same. Gradients of weights are added where they always are, while the part's way back runs.
 */
public final class Recomputed extends Function {
  private final Work work;
  private final Surroundings first = Surroundings.now();
  private long[] versions = new long[0];

  /** What is run, and run again. */
  public interface Work {
    /**
     * Computes the result; does not change its inputs.
     *
     * @param inputs those that were given; the second time others of the same values
     */
    Tensor run(Tensor... inputs);

    /**
     * Computes the result once more: draws the same random numbers, and leaves statistics and the
     * like as they are. Its operators are recorded.
     */
    Tensor runAgain(Tensor... inputs);
  }

  private Recomputed(Work work) {
    super("part that is computed again");
    this.work = work;
  }

  /**
   * Runs a part of a forward pass whose operators would be recorded for {@link Tensor#backward}.
   *
   * @param inputs on the processor; at least one of them, or a weight that the work reads, has
   *     {@link Tensor#requiresGrad}
   */
  public static Tensor of(Work work, Tensor... inputs) {
    Tensor[] all = Arrays.copyOf(inputs, inputs.length + 1);
    // The way back comes through it also where only weights inside ask for gradients.
    all[inputs.length] = Tensor.zeros(DType.FLOAT32, Device.CPU, 1).requireGrad(true);
    return new Recomputed(work).apply(all)[0];
  }

  /** The thread's switches, under which a pass runs. */
  private record Surroundings(@Nullable DType mixed, boolean plain, ProcessGroup norms) {
    static Surroundings now() {
      return new Surroundings(Autocast.current(), Fusion.isOff(), BatchNorm.group());
    }

    Tensor run(Supplier<Tensor> work) {
      return BatchNorm.over(norms, () -> plain ? Fusion.off(() -> mixed(work)) : mixed(work));
    }

    private Tensor mixed(Supplier<Tensor> work) {
      return mixed == null || mixed == Autocast.current()
          ? work.get()
          : Autocast.run(Device.CPU, mixed, work);
    }
  }

  /**
   * Runs the work as it will run again, differentiation on, since kernels are chosen by that; what
   * that keeps is let go at once.
   */
  @Override
  protected Tensor[] forward(Tensor... in) {
    Tensor[] inputs = Arrays.copyOf(in, in.length - 1);
    versions = versions(inputs);
    Tensor[] again = new Tensor[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      save(inputs[i]);
      again[i] = inputs[i].detach().requireGrad(needs(i));
    }
    Scope root = Scope.current().root();
    int before = root.functions();
    Tensor y = Autograd.on(() -> Autocast.uncached(() -> work.run(again))).detach();
    root.endSince(before);
    if (!Arrays.equals(versions, versions(inputs))) {
      throw new IllegalStateException("a part that is computed again changes its input in place");
    }
    return new Tensor[] {y};
  }

  private static long[] versions(Tensor[] tensors) {
    return Arrays.stream(tensors).mapToLong(t -> t.handle()._version()).toArray();
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    int count = versions.length;
    @Nullable Tensor[] made = new @Nullable Tensor[count + 1];
    Tensor given = gradients[0];
    if (given == null) {
      return made;
    }
    Tensor[] inputs = new Tensor[count];
    End[] ends = new End[count];
    for (int i = 0; i < count; i++) {
      ends[i] = new End();
      inputs[i] = saved(i).detach().requireGrad(needs(i));
    }
    if (!Arrays.equals(versions, versions(inputs))) {
      throw new IllegalStateException(
          "the input of a part that is computed again was changed in place since");
    }
    Tensor y =
        Scope.keeping(
            "again",
            () ->
                Autograd.on(
                    () -> {
                      Tensor[] again = inputs.clone();
                      for (int i = 0; i < count; i++) {
                        again[i] = needs(i) ? ends[i].apply(inputs[i])[0] : inputs[i];
                      }
                      return first.run(() -> work.runAgain(again));
                    }));
    try {
      y.backward(given);
    } finally { // they are in no scope until then
      for (int i = 0; i < count; i++) {
        made[i] = ends[i].taken();
      }
    }
    return made;
  }

  /**
   * Where the second run's way back ends. It takes the gradient as it comes: a leaf would lay it
   * out in memory as itself, and sums over it would be taken in another order.
   */
  private static final class End extends Function {
    private @Nullable Tensor gradient;

    End() {
      super("end of a part that is computed again");
    }

    @Override
    protected Tensor[] forward(Tensor... inputs) {
      return new Tensor[] {inputs[0].detach()};
    }

    @Override
    protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
      Tensor given = gradients[0];
      gradient = given == null ? null : given.detach().unscoped();
      return new @Nullable Tensor[1];
    }

    /** The gradient, in the current scope; none where the way back did not come here. */
    @Nullable Tensor taken() {
      if (gradient == null) {
        return null;
      }
      Tensor taken = gradient.detach();
      gradient.close();
      gradient = null;
      return taken;
    }
  }
}
