package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Changes parameters by their gradients, one native call a {@link ParameterGroup} and update.
 *
 * <p>Parameters without a gradient are left as they are, with their state. Tensors of the state
 * live on the device of their parameter, in its layout, from the first update (or {@link #state} or
 * {@link #loadState}) until {@link #close}. For one thread at a time.
 */
public abstract class Optimizer implements AutoCloseable {
  private static final String UPDATES = "updates";

  /** The numbers of a kind of optimizer, without the learning rate and weight decay. */
  public interface Config {
    /** A new optimizer of these parameters; the caller closes it. */
    Optimizer over(List<ParameterGroup> groups);

    /** Whether a schedule can move its momentum or β₁. */
    default boolean hasMomentum() {
      return false;
    }
  }

  /**
   * What an optimizer remembers of each parameter.
   *
   * @param prefix of its name in the state
   * @param initial value at the start
   */
  record Memory(String prefix, Form form, double initial) {
    /** A tensor like the parameter, which starts at 0. */
    static Memory likeParameter(String prefix) {
      return new Memory(prefix, Form.LIKE_PARAMETER, 0);
    }

    /** One fp32 number, which starts at 0. */
    static Memory scalar(String prefix) {
      return new Memory(prefix, Form.SCALAR, 0);
    }

    /** The same with another start. */
    Memory from(double value) {
      return new Memory(prefix, form, value);
    }

    enum Form {
      /** A tensor like the parameter. */
      LIKE_PARAMETER,
      /** One fp32 number. */
      SCALAR
    }
  }

  private final String name;
  private final List<Memory> memories;
  private final List<Group> groups = new ArrayList<>();
  private long updates;
  private OptionalDouble scheduled = OptionalDouble.empty();
  private @Nullable Tensor counter;
  private boolean closed;

  /**
   * @param name in messages, such as {@code sgd}
   * @param memories what it remembers of each parameter
   */
  Optimizer(String name, List<Memory> memories, List<ParameterGroup> groups) {
    this.name = name;
    this.memories = List.copyOf(memories);
    Check.that(!groups.isEmpty(), "parameter groups", "none", "at least one");
    Map<String, Parameter> seen = new LinkedHashMap<>();
    for (ParameterGroup group : groups) {
      group
          .parameters()
          .forEach(
              (n, p) ->
                  Check.that(
                      seen.putIfAbsent(n, p) == null,
                      "parameter groups",
                      "\"" + n + "\" twice",
                      "free of repeated names"));
      this.groups.add(new Group(group));
    }
  }

  /**
   * Updates all parameters of all groups from their gradients.
   *
   * @param lr the learning rate, which each group scales; at least 0
   * @throws IllegalStateException if no parameter has a gradient
   */
  public final void step(double lr) {
    step(lr, OptionalDouble.empty());
  }

  /**
   * Updates all parameters of all groups from their gradients.
   *
   * @param lr the learning rate, which each group scales; at least 0
   * @param momentum in place of the optimizer's own momentum or β₁, in [0, 1); nothing where its
   *     {@link Config} has none
   * @throws IllegalStateException if no parameter has a gradient
   */
  public final void step(double lr, OptionalDouble momentum) {
    checkOpen();
    double mu = momentum.orElse(0);
    Check.that(mu >= 0 && mu < 1, "momentum", mu, "in [0, 1)");
    scheduled = momentum;
    Check.that(lr >= 0 && lr < Double.POSITIVE_INFINITY, "lr", lr, "a number of at least 0");
    Scope.run(
        "optimizer step",
        () ->
            Autograd.off(
                () -> {
                  List<Tensor> all = new ArrayList<>();
                  for (Group group : groups) {
                    all.addAll(group.collect());
                  }
                  if (all.isEmpty()) {
                    throw new IllegalStateException(
                        "step: no parameter has a gradient; call backward() on the loss first");
                  }
                  begin(all);
                  for (Group group : groups) {
                    group.step(lr);
                  }
                }));
    updates++;
  }

  /** Forgets all gradients and frees their memory. */
  public final void clearGradients() {
    for (Group group : groups) {
      for (Slot slot : group.slots) {
        slot.parameter.value().clearGrad();
      }
    }
  }

  /** What is updated, in the order in which it is done. */
  public final List<ParameterGroup> groups() {
    return groups.stream().map(group -> group.group).toList();
  }

  /** The number of updates done, those before {@link #loadState} included. */
  public final long updates() {
    return updates;
  }

  /**
   * Everything that the next update depends on besides weights and gradients, by name, such as
   * {@code momentum.conv1.weight} and {@code updates}. The tensors are the optimizer's own: the
   * next update changes them.
   */
  public final Map<String, Tensor> state() {
    checkOpen();
    Map<String, Tensor> state = new LinkedHashMap<>();
    Scope.run("optimizer state", () -> Autograd.off(() -> collect(state)));
    return Collections.unmodifiableMap(state);
  }

  /**
   * Goes on from a state that {@link #state} gave, bit for bit; the values are copied.
   *
   * @throws LinnetException if names, shapes or types differ; nothing is changed then
   */
  public final void loadState(Map<String, Tensor> saved) {
    Map<String, Tensor> own = state();
    StateCheck.same("optimizer state of " + name, own, saved);
    Scope.run(
        "load optimizer state",
        () -> Autograd.off(() -> own.forEach((key, t) -> t.set(value(saved, key)))));
    updates = value(saved, UPDATES).toLongs()[0];
  }

  /** Frees the state, not the parameters. Closing twice is harmless. */
  @Override
  public final void close() {
    closed = true;
    for (Group group : groups) {
      group.close();
    }
    if (counter != null) {
      counter.close();
      counter = null;
    }
  }

  /**
   * What is to be known before the first group is updated.
   *
   * @param gradients of all groups
   */
  void begin(List<Tensor> gradients) {}

  /**
   * The momentum or β₁ of this update: the schedule's, where it moves it.
   *
   * @param own what the numbers say
   */
  final double momentum(double own) {
    return scheduled.orElse(own);
  }

  /** The parameters of which it remembers this: all. */
  Predicate<Parameter> remembers(Memory memory) {
    return parameter -> true;
  }

  /**
   * One fused update in place.
   *
   * @param batch the parameters of a group that have a gradient, and their state
   * @param gradients in the same order
   */
  abstract void update(Batch batch, List<Tensor> gradients, double lr, double weightDecay);

  private void collect(Map<String, Tensor> state) {
    Tensor count = counter;
    if (count == null) {
      count = Tensor.zeros(DType.INT64, Device.CPU).unscoped();
      counter = count;
    }
    state.put(UPDATES, count.fill((double) updates));
    for (int m = 0; m < memories.size(); m++) {
      for (Group group : groups) {
        for (Slot slot : group.slots) {
          Tensor memory = slot.memory(m);
          if (memory != null) {
            state.put(memories.get(m).prefix() + "." + slot.name, memory);
          }
        }
      }
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the optimizer " + name + " was used after it was closed");
    }
  }

  private static Tensor value(Map<String, Tensor> saved, String key) {
    Tensor t = saved.get(key);
    if (t == null) {
      throw new IllegalStateException("no state named " + key);
    }
    return t;
  }

  /** A parameter and what is remembered of it. */
  private final class Slot {
    final String name;
    final Parameter parameter;
    private final Map<Integer, Tensor> memory = new LinkedHashMap<>();
    private @Nullable Tensor seen;

    Slot(String name, Parameter parameter) {
      this.name = name;
      this.parameter = parameter;
    }

    /** Null where this is not remembered of this parameter. */
    @Nullable Tensor memory(int index) {
      prepare();
      return memory.get(index);
    }

    /**
     * Makes the tensors; makes them anew where the parameter's was replaced by one laid out anew.
     */
    void prepare() {
      Tensor value = parameter.value();
      if (value == seen) {
        return;
      }
      for (int m = 0; m < memories.size(); m++) {
        Memory what = memories.get(m);
        if (remembers(what).test(parameter)) {
          Tensor made =
              switch (what.form()) {
                case LIKE_PARAMETER -> value.detach().copy().fill(what.initial());
                case SCALAR -> Tensor.full(what.initial(), DType.FLOAT32, value.device());
              };
          Tensor old = memory.get(m);
          if (old != null) {
            made.set(old);
            old.close();
          }
          memory.put(m, made.unscoped());
        }
      }
      seen = value;
    }

    void close() {
      memory.values().forEach(Tensor::close);
      memory.clear();
    }
  }

  /** Native lists of parameters that had a gradient, kept between updates. */
  static final class Batch implements AutoCloseable {
    private final List<Tensor> values;
    private final List<List<Tensor>> remembered = new ArrayList<>();
    private final TensorList parameters;
    private final List<TensorList> memory = new ArrayList<>();
    private @Nullable Blocks blocks;

    private Batch(List<Slot> slots, int memories) {
      values = slots.stream().map(s -> s.parameter.value()).toList();
      parameters = TensorList.of(values);
      for (int m = 0; m < memories; m++) {
        int index = m;
        List<Tensor> tensors =
            slots.stream().map(s -> s.memory(index)).flatMap(Stream::ofNullable).toList();
        remembered.add(tensors);
        memory.add(TensorList.of(tensors));
      }
    }

    /** θ. */
    TensorList parameters() {
      return parameters;
    }

    /** What is remembered under the memory of this index, of the parameters that have it. */
    TensorList memory(int index) {
      return memory.get(index);
    }

    /** m, v and the steps of Adam, which are remembered in this order. */
    Foreach.AdamState adamState(int first) {
      return new Foreach.AdamState(
          memory(first), memory(first + 1), TensorList.EMPTY, memory(first + 2));
    }

    /**
     * The same parameters and memories in blocks; the arguments are the same at every call.
     *
     * @param scratch lists for what is computed in between
     */
    Blocks blocks(Blocks.Cut cut, int scratch) {
      Blocks made = blocks;
      if (made == null) {
        made = new Blocks(values, remembered, cut, scratch);
        blocks = made;
      }
      return made;
    }

    /** True if the lists hold these very tensors. */
    boolean holds(List<Tensor> others) {
      if (values.size() != others.size()) {
        return false;
      }
      for (int i = 0; i < values.size(); i++) {
        if (values.get(i) != others.get(i)) {
          return false;
        }
      }
      return true;
    }

    @Override
    public void close() {
      if (blocks != null) {
        blocks.close();
      }
      parameters.close();
      memory.forEach(TensorList::close);
    }
  }

  private final class Group {
    final ParameterGroup group;
    final List<Slot> slots = new ArrayList<>();
    private final List<Tensor> gradients = new ArrayList<>();
    private @Nullable Batch batch;

    Group(ParameterGroup group) {
      this.group = group;
      group.parameters().forEach((n, p) -> slots.add(new Slot(n, p)));
    }

    /** Finds what has a gradient, and gives the gradients. */
    List<Tensor> collect() {
      List<Slot> active = new ArrayList<>(slots.size());
      List<Tensor> values = new ArrayList<>(slots.size());
      gradients.clear();
      for (Slot slot : slots) {
        Tensor value = slot.parameter.value();
        Tensor gradient = value.grad();
        if (gradient != null) {
          active.add(slot);
          values.add(value);
          gradients.add(gradient);
        }
      }
      Batch lists = batch;
      if (!active.isEmpty() && (lists == null || !lists.holds(values))) {
        if (lists != null) {
          lists.close();
        }
        batch = new Batch(active, memories.size());
      }
      return gradients;
    }

    void step(double lr) {
      Batch lists = batch;
      if (lists != null && !gradients.isEmpty()) {
        update(lists, List.copyOf(gradients), lr * group.lrScale(), group.weightDecay());
      }
      gradients.clear(); // their scope ends with the step
    }

    void close() {
      if (batch != null) {
        batch.close();
        batch = null;
      }
      slots.forEach(Slot::close);
    }
  }
}
