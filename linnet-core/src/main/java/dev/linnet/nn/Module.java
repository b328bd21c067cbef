package dev.linnet.nn;

import dev.linnet.base.RandomState;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Profiler;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A part of a network: its parameters, its children, and what it computes.
 *
 * <p>A constructor declares parameters and children; {@link #materialize} on the root gives them
 * memory and first values; {@link #close} frees it. Names and their order are PyTorch's: own
 * parameters, own buffers, then the children.
 *
 * <p>A subclass writes {@link #compute}; who runs it calls {@link #forward}, which {@link Taps} can
 * watch. {@code forward} may run on many threads at once while the module is in evaluation mode;
 * everything else is for one thread.
 */
public abstract class Module implements AutoCloseable {
  private static final long FNV_START = 0xcbf29ce484222325L;

  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<String, Parameter> buffers = new LinkedHashMap<>();
  private final Map<String, Module> children = new LinkedHashMap<>();
  private boolean training;
  private @Nullable Recompute recompute;

  /** Computes the output; new tensors belong to the innermost open scope. */
  public final Tensor forward(Tensor x) {
    return Taps.seen(this, Profiler.within(this, () -> computed(in -> compute(in[0]), x)));
  }

  /**
   * Whether nothing but its result matters: its output is not looked at or changed, and it is no
   * part that is computed again.
   */
  final boolean isPlain() {
    return recompute == null && !Taps.areAt(this);
  }

  /** Computes at once, or as a part that is {@linkplain #recompute computed again}. */
  final Tensor computed(Function<Tensor[], Tensor> compute, Tensor... inputs) {
    return recompute == null ? compute.apply(inputs) : recompute.run(compute, inputs);
  }

  /** What {@link #forward} does. */
  protected abstract Tensor compute(Tensor x);

  // ------------------------------------------------------------------ declaring

  /** Names a child, in the order in which {@code forward} runs them. */
  protected final <M extends Module> M child(String name, M module) {
    if (children.putIfAbsent(name, module) != null) {
      throw new IllegalArgumentException("a child is already named " + name);
    }
    return module;
  }

  /** Builds a layer from its description and names it. */
  protected final <M extends Module> M child(String name, Layer<M> layer) {
    return child(name, layer.build());
  }

  /** Puts another child in the place of a named one, which is closed. */
  protected final <M extends Module> M replaceChild(String name, M module) {
    Module old = children.put(name, module);
    if (old == null) {
      throw new IllegalArgumentException("no child is named " + name);
    }
    old.close();
    return module;
  }

  /** Declares a trained float32 parameter. */
  protected final Parameter parameter(String name, Initializer initializer, long... shape) {
    Parameter p =
        new Parameter(Parameter.Kind.TRAINED, DType.FLOAT32, Shape.of(shape), initializer);
    parameters.put(name, p);
    return p;
  }

  /**
   * Declares a trained float32 parameter that {@link Parameter#decays weight decay} leaves alone.
   */
  protected final Parameter undecayed(String name, Initializer initializer, long... shape) {
    return parameter(name, initializer, shape).withoutDecay();
  }

  /** Declares a buffer: saved with the weights, not trained. */
  protected final Parameter buffer(
      String name, DType dtype, Initializer initializer, long... shape) {
    Parameter p = new Parameter(Parameter.Kind.BUFFER, dtype, Shape.of(shape), initializer);
    buffers.put(name, p);
    return p;
  }

  // ------------------------------------------------------------------ memory

  /**
   * Gives every parameter memory on a device and its first value.
   *
   * @param random first values are keyed by the parameter's name, so that they do not depend on
   *     what else the network has
   */
  public final void materialize(Device device, RandomState random) {
    Scope.run(
        "materialize",
        () ->
            Autograd.off(
                () -> state().forEach((n, p) -> p.materialize(device, random.at(keyOf(n))))));
    afterMaterialize();
  }

  /** Called once memory is there; for starts that touch several layers, such as zero γ. */
  protected void afterMaterialize() {}

  /** Stores every four-dimensional weight channels-last, as convolutions like it. */
  public final void channelsLast() {
    Scope.run(
        "channels last",
        () ->
            Autograd.off(
                () -> {
                  for (Parameter p : state().values()) {
                    if (p.shape().rank() == 4 && !p.value().isChannelsLast()) {
                      p.replace(p.value().detach().channelsLast());
                    }
                  }
                }));
  }

  /** Frees the memory of all parameters. Closing twice is harmless. */
  @Override
  public void close() {
    state().values().forEach(Parameter::close);
  }

  // ------------------------------------------------------------------ looking inside

  /** All parameters and buffers by their full name, in PyTorch's order. */
  public final Map<String, Parameter> state() {
    Map<String, Parameter> all = new LinkedHashMap<>();
    collect("", all);
    return Collections.unmodifiableMap(all);
  }

  /**
   * One parameter or buffer by its full name.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public final Parameter state(String name) {
    Parameter p = state().get(name);
    if (p == null) {
      throw new IllegalArgumentException("no parameter or buffer is named " + name);
    }
    return p;
  }

  /** The trained parameters by their full name, in PyTorch's order. */
  public final Map<String, Parameter> parameters() {
    Map<String, Parameter> trained = new LinkedHashMap<>();
    state()
        .forEach(
            (name, p) -> {
              if (p.kind() == Parameter.Kind.TRAINED) {
                trained.put(name, p);
              }
            });
    return Collections.unmodifiableMap(trained);
  }

  /** The number of trained numbers. */
  public final long parameterCount() {
    return parameters().values().stream().mapToLong(p -> p.shape().count()).sum();
  }

  /** The children by name, in order. */
  public final Map<String, Module> children() {
    return Collections.unmodifiableMap(children);
  }

  /** This module and all below by their full name (this one's is empty), parents first. */
  public final void walk(BiConsumer<String, Module> visitor) {
    walk("", visitor);
  }

  /** The module of a full name such as {@code layer1.0.conv2}, or null. */
  public final @Nullable Module find(String path) {
    for (Map.Entry<String, Module> child : children.entrySet()) {
      String name = child.getKey(); // may have dots itself, such as head.fc
      if (path.equals(name)) {
        return child.getValue();
      }
      if (path.startsWith(name + ".")) {
        Module found = child.getValue().find(path.substring(name.length() + 1));
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  // ------------------------------------------------------------------ modes

  /**
   * Chooses parts of which a training keeps only the inputs: the way back computes them again, to
   * the same bits. Of parts inside each other the outermost counts. A part inside which {@link
   * Taps} look or a {@link Detour} leads is computed once, as ever.
   *
   * @param names asked with full names of modules below this one
   */
  public final void recompute(Predicate<String> names) {
    recompute("", names);
  }

  private void recompute(String prefix, Predicate<String> names) {
    for (Map.Entry<String, Module> child : children.entrySet()) {
      String name = join(prefix, child.getKey());
      Module module = child.getValue();
      boolean chosen = names.test(name);
      module.recompute = chosen ? new Recompute(module) : null;
      module.recompute(name, chosen ? inside -> false : names);
    }
  }

  /**
   * Says which of the trained parameters training may change; the others are frozen: they have no
   * gradient, no decay and no momentum. A module whose parameters are all frozen, and what is below
   * it, stays in evaluation mode in training, so that its running statistics are fixed too.
   *
   * @param names asked with full names
   */
  public final void trainOnly(Predicate<String> names) {
    parameters().forEach((name, p) -> p.setTrained(names.test(name)));
    mode(training);
  }

  /** Switches to training: batch statistics, dropout; what is frozen stays in evaluation. */
  public final Module train() {
    return mode(true);
  }

  /** Switches to evaluation: running statistics, no dropout. */
  public final Module eval() {
    return mode(false);
  }

  /** True in training. */
  public final boolean isTraining() {
    return training;
  }

  /** Gives every stochastic layer below its stream for the next forward passes. */
  public final void reseed(RandomState random) {
    reseed(random, FNV_START);
  }

  /** Keys by the hash of the full name without building the name: this runs every step. */
  private void reseed(RandomState random, long key) {
    if (this instanceof Stochastic stochastic) {
      stochastic.drawFrom(random.at(key));
    }
    for (Map.Entry<String, Module> child : children.entrySet()) {
      long prefix = key == FNV_START ? key : hash(key, ".");
      child.getValue().reseed(random, hash(prefix, child.getKey()));
    }
  }

  private Module mode(boolean on) {
    mode(on, false);
    return this;
  }

  private void mode(boolean on, boolean isFixed) {
    boolean fixed = isFixed || isFrozen();
    training = on && !fixed;
    children.values().forEach(child -> child.mode(on, fixed));
  }

  /** Whether it has trained parameters, its own or below it, and all are frozen. */
  private boolean isFrozen() {
    Collection<Parameter> trained = parameters().values();
    return !trained.isEmpty() && trained.stream().noneMatch(Parameter::isTrained);
  }

  /** Whether one of some modules is below this one. */
  final boolean hasInside(Set<Module> modules) {
    for (Module child : children.values()) {
      if (modules.contains(child) || child.hasInside(modules)) {
        return true;
      }
    }
    return false;
  }

  private void walk(String prefix, BiConsumer<String, Module> visitor) {
    visitor.accept(prefix, this);
    children.forEach((name, child) -> child.walk(join(prefix, name), visitor));
  }

  private void collect(String prefix, Map<String, Parameter> all) {
    parameters.forEach((name, p) -> all.put(join(prefix, name), p));
    buffers.forEach((name, p) -> all.put(join(prefix, name), p));
    children.forEach((name, child) -> child.collect(join(prefix, name), all));
  }

  private static String join(String prefix, String name) {
    if (prefix.isEmpty()) {
      return name;
    }
    return name.isEmpty() ? prefix : prefix + "." + name;
  }

  /** A 64-bit FNV-1a hash of a name. */
  private static long keyOf(String name) {
    return hash(FNV_START, name);
  }

  /** The hash of a longer name from that of its beginning. */
  private static long hash(long start, String rest) {
    long h = start;
    for (int i = 0; i < rest.length(); i++) {
      h = (h ^ rest.charAt(i)) * 0x100000001b3L;
    }
    return h;
  }
}
