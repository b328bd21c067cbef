package dev.linnet.nn;

import dev.linnet.tensor.Tensor;
import java.util.IdentityHashMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Puts something else in the place of what chosen modules put out, while a network runs.
 *
 * <p>Only the calling thread goes that way, so that others may use the same network meanwhile.
 * {@link Taps} sees what was put there.
 */
public final class Detour {
  private static final ThreadLocal<@Nullable Detour> TAKEN = new ThreadLocal<>();

  private final @Nullable Detour outer;
  private final IdentityHashMap<Module, UnaryOperator<Tensor>> changes = new IdentityHashMap<>();

  private Detour(@Nullable Detour outer) {
    this.outer = outer;
  }

  /**
   * Runs work with the output of one module changed, each time it is called.
   *
   * @param root the network
   * @param module full name of a module below it, such as {@code layer1.0.conv2}
   * @param change from what the module puts out to what comes after it; new tensors, not in place
   * @param work what runs, such as {@code () -> network.forward(x)}
   * @throws dev.linnet.base.LinnetException if there is no module of that name, with the nearest
   *     names
   */
  public static <T> T run(
      Module root, String module, UnaryOperator<Tensor> change, Supplier<T> work) {
    Detour detour = new Detour(TAKEN.get());
    detour.changes.put(Taps.find(root, module), change);
    TAKEN.set(detour);
    try {
      return work.get();
    } finally {
      if (detour.outer == null) {
        TAKEN.remove();
      } else {
        TAKEN.set(detour.outer);
      }
    }
  }

  /** Whether this thread changes what a module inside of another puts out. */
  static boolean isInside(Module part) {
    for (Detour detour = TAKEN.get(); detour != null; detour = detour.outer) {
      if (part.hasInside(detour.changes.keySet())) {
        return true;
      }
    }
    return false;
  }

  /** Whether this thread changes what a module puts out. */
  static boolean isAt(Module module) {
    for (Detour detour = TAKEN.get(); detour != null; detour = detour.outer) {
      if (detour.changes.containsKey(module)) {
        return true;
      }
    }
    return false;
  }

  /** What comes after a module; the innermost change is applied first. */
  static Tensor taken(Module module, Tensor output) {
    Tensor next = output;
    for (Detour detour = TAKEN.get(); detour != null; detour = detour.outer) {
      UnaryOperator<Tensor> change = detour.changes.get(module);
      if (change != null) {
        next = change.apply(next);
      }
    }
    return next;
  }
}
