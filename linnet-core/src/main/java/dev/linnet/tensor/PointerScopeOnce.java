package dev.linnet.tensor;

import org.bytedeco.javacpp.PointerScope;

/** A binding-level scope for temporaries, where no tensor is made. */
final class PointerScopeOnce implements AutoCloseable {
  private final PointerScope scope = new PointerScope();

  /** Runs work in one. */
  static void run(Runnable work) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      work.run();
    } finally {
      scope.close();
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
