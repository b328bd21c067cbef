package dev.linnet.tensor;

import java.util.function.Supplier;
import org.bytedeco.pytorch.GradMode;

/** Switches automatic differentiation off for a piece of work; the switch is the thread's own. */
public final class Autograd {
  private Autograd() {}

  /** True where operators on this thread are recorded for {@link Tensor#backward}. */
  public static boolean isEnabled() {
    return GradMode.is_enabled();
  }

  /** Runs work whose operators are recorded for differentiation, and gives its result. */
  static <T> T on(Supplier<T> work) {
    boolean before = GradMode.is_enabled();
    GradMode.set_enabled(true);
    try {
      return work.get();
    } finally {
      GradMode.set_enabled(before);
    }
  }

  /** Runs work whose operators are not recorded for differentiation. */
  public static void off(Runnable work) {
    boolean before = GradMode.is_enabled();
    GradMode.set_enabled(false);
    try {
      work.run();
    } finally {
      GradMode.set_enabled(before);
    }
  }

  /** Runs work whose operators are not recorded for differentiation, and gives its result. */
  public static <T> T off(Supplier<T> work) {
    boolean before = GradMode.is_enabled();
    GradMode.set_enabled(false);
    try {
      return work.get();
    } finally {
      GradMode.set_enabled(before);
    }
  }
}
