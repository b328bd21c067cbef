package dev.linnet.tensor;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Edge;
import org.bytedeco.pytorch.EdgeVector;
import org.bytedeco.pytorch.FunctionPostHook;
import org.bytedeco.pytorch.FunctionPreHook;
import org.bytedeco.pytorch.Node;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * An operator with a way back of its own, inside libtorch's graph: what it puts out can be mixed
 * freely with other operators, and {@link Tensor#backward} comes through it.
 *
 * <p>An object is one call. {@link #forward} and {@link #backward} run with differentiation off, on
 * the thread that called {@link #apply} and {@link Tensor#backward}; the tensors that they make
 * belong to a scope of their own. What the way back needs is kept by {@link #save} until that has
 * run, or else until the outermost scope of {@link #apply} is closed; it can be gone once. There
 * are no second derivatives, and it is made for the processor.
 *
 * <pre>{@code
 * final class Square extends Function {
 *   Square() {
 *     super("square");
 *   }
 *
 *   @Override protected Tensor[] forward(Tensor... in) {
 *     save(in[0]);
 *     return new Tensor[] {in[0].mul(in[0])};
 *   }
 *
 *   @Override protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
 *     return new Tensor[] {gradients[0].mul(saved(0)).mul(2)};
 *   }
 * }
 *
 * Tensor y = new Square().apply(x)[0];
 * }</pre>
 */
public abstract class Function {
  private static final String USED = " is one call: make a new object for the next";

  /** Elements of a leaf whose gradient costs more to copy than to let go of. */
  private static final long LARGE = 4096;

  /** Where what a function makes for itself ends. */
  private static final String END = "the end of its function";

  /** Said of a second way back. */
  static final String USED_UP = "the graph was used up by an earlier backward()";

  private final String name;
  private final List<Tensor> saved = new ArrayList<>();
  private boolean[] needs = new boolean[0];
  private @Nullable Hook hook;
  private @Nullable LetGo letGo;
  private State state = State.NEW;

  private enum State {
    NEW,
    APPLIED,
    DONE
  }

  /**
   * @param name in messages, such as {@code norm act}
   */
  protected Function(String name) {
    this.name = name;
  }

  /** The results, at least one, none of them an input; {@link #save} keeps what is needed. */
  protected abstract Tensor[] forward(Tensor... inputs);

  /**
   * The gradient by each input; null where there is none, and where none {@linkplain #needs is
   * needed}.
   *
   * @param gradients by each result; null where nothing depends on it
   */
  protected abstract @Nullable Tensor[] backward(@Nullable Tensor... gradients);

  /**
   * Multiply-adds of {@link #forward}, as {@link Recording} counts them, for {@link Profiler}; the
   * way back is taken to need as many for each of the first two inputs that needs a gradient.
   */
  protected long macs(Tensor[] inputs, Tensor[] results) {
    return 0;
  }

  /**
   * Keeps a tensor for the way back.
   *
   * @return its number for {@link #saved}
   */
  protected final int save(Tensor tensor) {
    if (hook != null) { // else nothing will come back
      saved.add(tensor.detach().unscoped());
    }
    return saved.size() - 1;
  }

  /** What was kept under a number. */
  protected final Tensor saved(int index) {
    return saved.get(index);
  }

  /** Lets go of what was saved under a number and after it, which is not read again. */
  protected final void forget(int first) {
    saved.subList(first, saved.size()).forEach(t -> t.close(END));
  }

  /** Whether the gradient by an input is asked for. */
  protected final boolean needs(int input) {
    return needs[input];
  }

  /**
   * Whether only libtorch's list of gradients and the caller hold a gradient that {@link #backward}
   * was given, and its memory: then it can be written over.
   */
  static boolean isOurs(Tensor gradient) {
    org.bytedeco.pytorch.Tensor handle = gradient.handle();
    return handle.use_count() <= 2 && handle.storage().use_count() == 1; // else a view is about
  }

  /**
   * Runs {@link #forward}, and puts {@link #backward} into the graph if that is recorded and any
   * input {@linkplain Tensor#requiresGrad asks for a gradient}.
   *
   * @throws IllegalStateException if it was called before
   */
  public final Tensor[] apply(Tensor... inputs) {
    Profiler profiler = Profiler.current();
    return profiler == null
        ? applied(inputs)
        : profiler.ahead(this, name, inputs, () -> applied(inputs));
  }

  private Tensor[] applied(Tensor... inputs) {
    if (state != State.NEW) {
      throw new IllegalStateException(name + USED);
    }
    state = State.APPLIED;
    needs = new boolean[inputs.length];
    boolean any = false;
    for (int i = 0; i < inputs.length; i++) {
      needs[i] = inputs[i].requiresGrad();
      any |= needs[i];
    }
    boolean recorded = any && Autograd.isEnabled();
    if (recorded) {
      hook = new Hook(this);
      hook.retainReference(); // libtorch's hold on it is weak
      Scope.current().root().add(this);
    }
    Tensor[] results = new Tensor[0];
    Scope scope = Scope.open(name, END);
    try {
      results = Autograd.off(() -> forward(inputs));
      for (Tensor result : results) {
        scope.keep(result);
      }
    } finally {
      scope.close();
    }
    if (recorded) {
      connect(inputs, results);
    }
    return results;
  }

  /** Makes a node of the graph, which hands its gradients on unchanged, ours. */
  private void connect(Tensor[] inputs, Tensor[] results) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      Node node = Foreach.identity(inputs.length);
      node.clear_input_metadata();
      EdgeVector edges = new EdgeVector(inputs.length);
      for (int i = 0; i < inputs.length; i++) {
        edges.put(i, edge(inputs[i]));
      }
      node.set_next_edges(edges);
      for (Tensor result : results) {
        torch.create_gradient_edge(result.handle(), node);
      }
      node.add_pre_hook(hook);
      for (Tensor input : inputs) {
        if (letGo == null && input.count() >= LARGE && input.isLeaf()) {
          letGo = new LetGo();
          letGo.retainReference();
          node.add_post_hook(letGo);
        }
      }
    } finally {
      scope.close();
    }
  }

  /** Where the gradient by an input goes. */
  private static Edge edge(Tensor input) {
    if (!input.requiresGrad()) {
      return new Edge();
    }
    return input.isLeaf()
        ? input.toGrad()
        : new Edge(input.handle().grad_fn(), (int) input.handle().output_nr());
  }

  private TensorVector way(TensorVector gradients) {
    if (state == State.DONE) {
      throw new IllegalStateException(USED_UP);
    }
    if (Autograd.isEnabled()) {
      throw new IllegalStateException(name + ": has no second derivatives");
    }
    Scope scope = Scope.open(name + ", back", END);
    try {
      @Nullable Tensor[] given = new Tensor[(int) gradients.size()];
      for (int i = 0; i < given.length; i++) {
        org.bytedeco.pytorch.Tensor gradient = gradients.get(i);
        given[i] =
            gradient.defined() ? new Tensor(new org.bytedeco.pytorch.Tensor(gradient), name) : null;
      }
      @Nullable Tensor[] made = backward(given);
      if (made.length != needs.length) {
        throw new IllegalStateException(
            name + ": made " + made.length + " gradients for " + needs.length + " inputs");
      }
      TensorVector result = new TensorVector(made.length);
      result.retainReference();
      for (int i = 0; i < made.length; i++) {
        Tensor gradient = made[i];
        if (gradient != null && needs[i]) {
          result.put(i, gradient.handle());
        }
      }
      free();
      return result;
    } finally {
      scope.close();
    }
  }

  private void free() {
    state = State.DONE;
    saved.forEach(t -> t.close(END));
    saved.clear();
  }

  /** Lets go of everything if the way back was gone; says whether it was. */
  boolean endIfUsed() {
    if (state == State.DONE) {
      end();
    }
    return state == State.DONE;
  }

  /** Lets go of everything, when the outermost scope is closed. */
  void end() {
    free();
    if (hook != null) {
      hook.releaseReference();
      hook = null;
    }
    if (letGo != null) {
      letGo.releaseReference();
      letGo = null;
    }
  }

  /** What libtorch calls before it hands gradients on. */
  private static final class Hook extends FunctionPreHook {
    private final Function function;

    Hook(Function function) {
      this.function = function;
    }

    @Override
    public TensorVector apply(TensorVector gradients) {
      Scope root = Scope.current().root();
      root.returned(null); // libtorch has taken it by now
      try {
        Profiler profiler = Profiler.current();
        TensorVector result =
            profiler == null
                ? function.way(gradients)
                : profiler.back(function, gradients, () -> function.way(gradients));
        root.returned(result);
        return result;
      } catch (RuntimeException | Error e) {
        root.failed(e);
        throw e;
      }
    }
  }

  /**
   * What libtorch calls when it has taken the gradients: nobody else holds them from then on, so
   * that a leaf takes them over as they are, where it would copy them.
   */
  private static final class LetGo extends FunctionPostHook {
    @Override
    public TensorVector apply(TensorVector byInputs, TensorVector byResults) {
      Scope.current().root().returned(null);
      return byInputs;
    }
  }
}
