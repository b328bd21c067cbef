package dev.linnet.tensor;

import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A forward pass in evaluation mode, compiled: batch norm folded into the weights before it (in
 * double precision, then rounded), activations and residual sums inside the convolutions and matrix
 * products, weights in the layout that the kernels like, memory planned over the recorded graph.
 *
 * <p>It is compiled when a shape of pictures comes for the first time, and for a few shapes at a
 * time; batches of other sizes than are named run as they are, since compiling takes longer than
 * one of them. What cannot be compiled runs as it is, and {@link #prepare} says why: a pass that
 * depends on values, weights elsewhere than on the processor, or no kernels to be had. An operator
 * that has no fused kernel is libtorch's, between the others.
 *
 * <p>Any number of threads may call {@link #forward} at once; each runs on memory of its own. The
 * weights are those of the time of compiling, so that a network that is trained on needs another.
 * Outputs agree with the plain pass within the rounding of the type.
 */
public final class Compiled implements AutoCloseable {
  /** Shapes whose programs are kept. */
  private static final int KEPT = 4;

  private final UnaryOperator<Tensor> forward;
  private final DType dtype;
  private final Set<Long> batches;
  private final @Nullable PackedWeights weights; // null where there are no kernels
  private final Map<Key, Held> programs = new LinkedHashMap<>(16, 0.75f, true); // least used first
  private @Nullable String refusal;
  private boolean closed;

  private record Key(Shape shape, int threads) {}

  /** A program and how many run it. */
  private static final class Held {
    final Program program;
    int running;
    boolean forgotten;

    Held(Program program) {
      this.program = program;
    }
  }

  /**
   * @param forward the pass, from pictures to the result, of a network in evaluation mode that
   *     outlives this
   * @param dtype of all that flows between operators and of the weights: {@link DType#FLOAT32} or
   *     {@link DType#BFLOAT16}, for which it is fp32 where the processor {@linkplain
   *     Fusion#products multiplies that faster}; others run as {@link Autocast} runs them
   * @param batches sizes of batches that come again and again
   */
  public Compiled(UnaryOperator<Tensor> forward, DType dtype, int... batches) {
    this.forward = forward;
    this.dtype = Fusion.products(dtype);
    this.batches = Arrays.stream(batches).mapToObj(Long::valueOf).collect(Collectors.toSet());
    if (dtype != DType.FLOAT32 && dtype != DType.BFLOAT16) {
      refusal = dtype + " has no kernels";
    } else if (Fusion.provider().isEmpty()) {
      refusal = Fusion.reason();
    }
    weights = refusal == null ? new PackedWeights() : null;
  }

  /**
   * Runs the pass, without differentiation.
   *
   * @param x pictures [N, C, H, W], fp32
   * @return its result, fp32
   */
  public Tensor forward(Tensor x) {
    Held held = fits(x) ? take(x.shape()) : null;
    if (held == null) {
      return plain(x);
    }
    try {
      return held.program.run(x);
    } finally {
      giveBack(held);
    }
  }

  private boolean fits(Tensor x) {
    return isPicture(x) && batches.contains(x.dim(0)) && !Fusion.isOff();
  }

  private static boolean isPicture(Tensor x) {
    return x.dtype() == DType.FLOAT32 && x.rank() > 0 && x.device().kind() == Device.Kind.CPU;
  }

  /**
   * Compiles ahead, for pictures of a shape.
   *
   * @param x as in {@link #forward}
   * @return why the pass runs as it is; empty where it is compiled
   */
  public Optional<String> prepare(Tensor x) {
    if (Fusion.isOff()) {
      return Optional.of("fused kernels are switched off");
    }
    if (!fits(x)) {
      String what = isPicture(x) ? "other batches" : "fp32 pictures on the processor";
      return Optional.of("it is compiled for " + what + "; got " + x);
    }
    Held held = take(x.shape());
    if (held != null) {
      giveBack(held);
    }
    return refusal();
  }

  /** Why no pass is compiled; empty where some are, or none was tried yet. */
  public synchronized Optional<String> refusal() {
    return Optional.ofNullable(refusal);
  }

  /**
   * The kernels for a shape in order, a line each; empty where the pass is not compiled.
   *
   * @param x as in {@link #forward}
   */
  public List<String> describe(Tensor x) {
    Held held = fits(x) ? take(x.shape()) : null;
    if (held == null) {
      return List.of();
    }
    try {
      return held.program.describe();
    } finally {
      giveBack(held);
    }
  }

  private Tensor plain(Tensor x) {
    return Autograd.off(
        () -> Autocast.run(x.device(), dtype, () -> forward.apply(x)).to(DType.FLOAT32));
  }

  private synchronized @Nullable Held take(Shape shape) {
    if (closed) {
      throw new IllegalStateException("a compiled network was used after it was closed");
    }
    if (refusal != null || weights == null) {
      return null;
    }
    Key key = new Key(shape, torch.get_num_threads());
    Held held = programs.get(key);
    if (held == null) {
      try {
        held = new Held(Program.of(forward, shape, dtype, weights));
      } catch (Trace.Refused e) {
        refusal = e.getMessage();
        return null;
      }
      programs.put(key, held);
      forget(programs.size() - KEPT);
    }
    held.running++;
    return held;
  }

  private synchronized void giveBack(Held held) {
    held.running--;
    if (held.forgotten && held.running == 0) {
      held.program.close();
    }
  }

  private void forget(int count) {
    Iterator<Held> all = programs.values().iterator();
    for (int i = 0; i < count; i++) {
      Held held = all.next();
      all.remove();
      held.forgotten = true;
      if (held.running == 0) {
        held.program.close();
      }
    }
  }

  /** Frees its memory; no thread may run it. Closing twice is harmless. */
  @Override
  public synchronized void close() {
    closed = true;
    forget(programs.size());
    if (weights != null) {
      weights.free();
    }
  }
}
