package dev.linnet.tensor;

import java.lang.StackWalker.StackFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.TensorVector;
import org.jspecify.annotations.Nullable;

/**
 * A span of work after which its native memory is freed.
 *
 * <p>A new tensor belongs to the innermost open scope of its thread, whatever its operands belong
 * to. {@link #keep} hands one to the scope around; {@link Tensor#unscoped} takes one out of all
 * scopes, so that only its own {@code close()} frees it (weights, optimizer state). Using a tensor
 * whose scope is closed is an {@link IllegalStateException} that names the scope and where it was
 * closed.
 *
 * <pre>{@code
 * try (Scope scope = Scope.open("step")) {
 *   Tensor loss = scope.call("forward", () -> lossOf(model.forward(images)));
 *   loss.backward();
 * }
 * }</pre>
 *
 * <p>With the environment variable {@code LINNET_TRACE=scopes} each scope also remembers the stack
 * that opened it, and messages show it. A scope belongs to the thread that opened it; closing twice
 * is harmless.
 */
public final class Scope implements AutoCloseable {
  private static final ThreadLocal<@Nullable Scope> CURRENT = new ThreadLocal<>();
  private static final boolean TRACE =
      Optional.ofNullable(System.getenv("LINNET_TRACE")).orElse("").contains("scopes");
  private static final StackWalker STACK = StackWalker.getInstance();

  private final String name;
  private final @Nullable Scope outer;
  private final Thread thread = Thread.currentThread();
  private final PointerScope pointers = new PointerScope();
  private final @Nullable Throwable opened;
  private final List<Function> functions = new ArrayList<>();
  private @Nullable TensorVector returned;
  private @Nullable Throwable failure;
  @Nullable Recorder recorder;
  private volatile @Nullable String closedAt;
  private final @Nullable String end;

  private Scope(String name, @Nullable Scope outer, @Nullable String end) {
    this.name = name;
    this.outer = outer;
    this.end = end;
    this.recorder = outer == null ? null : outer.recorder;
    this.opened = TRACE ? new Throwable("scope \"" + name + "\" was opened here") : null;
  }

  /** Opens a scope on this thread. */
  public static Scope open() {
    return open("unnamed");
  }

  /**
   * Opens a scope on this thread.
   *
   * @param name what messages call it
   */
  public static Scope open(String name) {
    return opened(new Scope(name, CURRENT.get(), null));
  }

  /**
   * Opens a scope of this room's own, of which there are hundreds a step: where it is closed is
   * said here and not looked up.
   *
   * @param end such as {@code the end of conv2d}
   */
  static Scope open(String name, String end) {
    return opened(new Scope(name, CURRENT.get(), end));
  }

  private static Scope opened(Scope scope) {
    CURRENT.set(scope);
    return scope;
  }

  /** Runs work in a scope of its own; nothing of it remains. */
  public static void run(String name, Runnable work) {
    Scope scope = open(name);
    try {
      work.run();
    } finally {
      scope.close();
    }
  }

  /**
   * Runs work in a scope inside the one that is open, and hands its result to the latter.
   *
   * @throws IllegalStateException if no scope is open on this thread
   */
  public static Tensor keeping(String name, Supplier<Tensor> work) {
    current();
    Scope inner = open(name);
    try {
      return inner.keep(work.get());
    } finally {
      inner.close();
    }
  }

  /**
   * Hands a tensor to the scope around this one, so that it outlives this one.
   *
   * @throws IllegalStateException if there is no scope around
   */
  public Tensor keep(Tensor tensor) {
    if (outer == null) {
      throw new IllegalStateException(
          "scope \"" + name + "\" has no scope around it to keep a tensor in; use unscoped()");
    }
    tensor.moveTo(outer);
    return tensor;
  }

  /** The name that messages use. */
  public String name() {
    return name;
  }

  /** Frees what belongs to this scope, and to scopes inside it that were left open. */
  @Override
  public void close() {
    if (closedAt != null) {
      return;
    }
    if (Thread.currentThread() != thread) {
      throw new IllegalStateException(
          "scope \"" + name + "\" belongs to thread " + thread.getName() + "; close it there");
    }
    String where = end == null ? caller() : end;
    for (Scope s = CURRENT.get(); s != null; s = s.outer) {
      s.closedAt = where;
      s.functions.forEach(Function::end);
      s.functions.clear();
      s.returned(null);
      s.pointers.close();
      if (s == this) {
        break;
      }
    }
    CURRENT.set(outer);
    if (outer == null) {
      CURRENT.remove();
    }
  }

  /**
   * The innermost open scope of this thread.
   *
   * @throws IllegalStateException if none is open
   */
  static Scope current() {
    Scope scope = CURRENT.get();
    if (scope == null) {
      throw new IllegalStateException(
          "no scope is open on thread "
              + Thread.currentThread().getName()
              + "; wrap the work in try (Scope scope = Scope.open(\"…\")) { … }");
    }
    return scope;
  }

  /** What hears of the operators of this thread, if anything does. */
  static @Nullable Recorder listening() {
    Scope scope = CURRENT.get();
    return scope == null ? null : scope.recorder;
  }

  /** The scope around this one, or null. */
  @Nullable Scope outer() {
    return outer;
  }

  /** The outermost scope that this one is in. */
  Scope root() {
    Scope scope = this;
    while (scope.outer != null) {
      scope = scope.outer;
    }
    return scope;
  }

  /** How many wait for their way back. */
  int functions() {
    return functions.size();
  }

  /** Lets go of those that came after so many: nothing will come back to them. */
  void endSince(int count) {
    List<Function> later = functions.subList(count, functions.size());
    later.forEach(Function::end);
    later.clear();
  }

  /** Keeps what has a way back until this scope is closed. */
  void add(Function function) {
    functions.add(function);
  }

  /**
   * Keeps gradients until libtorch has taken them, which it has when the next come, or when {@link
   * Function} is told so.
   */
  void returned(@Nullable TensorVector gradients) {
    if (returned != null) {
      returned.releaseReference();
    }
    returned = gradients;
  }

  /** Remembers why a way back failed, of which libtorch hands on the message alone. */
  void failed(Throwable why) {
    failure = why;
  }

  /** Runs a way back; what is thrown in a {@link Function} comes out as it is. */
  static <T> T back(Supplier<T> work) {
    Scope root = current().root();
    try {
      return work.get();
    } catch (NullPointerException e) { // of a hook that is gone
      throw new IllegalStateException(Function.USED_UP, e);
    } catch (RuntimeException e) {
      Throwable why = root.failure;
      root.failure = null;
      if (why instanceof RuntimeException own) {
        throw own;
      }
      if (why instanceof Error own) {
        throw own;
      }
      throw e;
    } finally {
      root.returned(null);
      root.functions.removeIf(Function::endIfUsed);
    }
  }

  boolean isClosed() {
    return closedAt != null;
  }

  PointerScope pointers() {
    return pointers;
  }

  IllegalStateException usedAfterClose(String what) {
    IllegalStateException e =
        new IllegalStateException(
            what
                + " was used after its scope \""
                + name
                + "\" was closed at "
                + closedAt
                + (TRACE ? "" : "; LINNET_TRACE=scopes shows where the scope was opened"));
    if (opened != null) {
      e.addSuppressed(opened);
    }
    return e;
  }

  /** The first frame outside this room, such as {@code Trainer.step(Trainer.java:120)}. */
  static String caller() {
    return STACK.walk(
        frames ->
            frames
                .filter(f -> !f.getClassName().startsWith("dev.linnet.tensor.S"))
                .filter(f -> !f.getClassName().equals(Tensor.class.getName()))
                .findFirst()
                .map(StackFrame::toString)
                .orElse("an unknown place"));
  }
}
