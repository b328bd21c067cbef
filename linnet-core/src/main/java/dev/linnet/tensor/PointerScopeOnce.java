package dev.linnet.tensor;

import org.bytedeco.javacpp.PointerScope;

/** A binding-level scope for temporaries, where no tensor is made. */
final class PointerScopeOnce implements AutoCloseable {
  private final PointerScope scope = new PointerScope();

  @Override
  public void close() {
    scope.close();
  }
}
