package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  }

  /** What an optimizer remembers of each parameter. */
  record Memory(String prefix, Form form) {
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
  private @Nullable Tensor counter;
  private boolean closed;

  /**
   * @param name in messages, such as {@code sgd}
   * @param memories what it remembers of each parameter; starts at 0
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
    checkOpen();
    Check.that(lr >= 0 && lr < Double.POSITIVE_INFINITY, "lr", lr, "a number of at least 0");
    Scope.run(
        "optimizer step",
        () ->
            Autograd.off(
                () -> {
                  boolean any = false;
                  for (Group group : groups) {
                    any |= group.step(lr);
                  }
                  if (!any) {
                    throw new IllegalStateException(
                        "step: no parameter has a gradient; call backward() on the loss first");
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
   * One fused update in place.
   *
   * @param batch the parameters that have a gradient, and their state
   * @param gradients in the same order
   */
  abstract void update(Batch batch, TensorList gradients, double lr, double weightDecay);

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
          state.put(memories.get(m).prefix() + "." + slot.name, slot.memory(m));
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
    private final List<Tensor> memory = new ArrayList<>();
    private @Nullable Tensor seen;

    Slot(String name, Parameter parameter) {
      this.name = name;
      this.parameter = parameter;
    }

    Tensor memory(int index) {
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
        Tensor made =
            switch (memories.get(m).form()) {
              case LIKE_PARAMETER -> value.detach().copy().zero();
              case SCALAR -> Tensor.zeros(DType.FLOAT32, value.device());
            };
        if (seen == null) {
          memory.add(made.unscoped());
        } else {
          Tensor old = memory.set(m, made.set(memory.get(m)).unscoped());
          old.close();
        }
      }
      seen = value;
    }

    void close() {
      memory.forEach(Tensor::close);
      memory.clear();
    }
  }

  /** Native lists of parameters that had a gradient, kept between updates. */
  static final class Batch implements AutoCloseable {
    private final List<Tensor> values;
    private final TensorList parameters;
    private final List<TensorList> memory = new ArrayList<>();

    private Batch(List<Slot> slots, int memories) {
      values = slots.stream().map(s -> s.parameter.value()).toList();
      slots.forEach(Slot::prepare);
      parameters = TensorList.of(values);
      for (int m = 0; m < memories; m++) {
        int index = m;
        memory.add(TensorList.of(slots.stream().map(s -> s.memory(index)).toList()));
      }
    }

    /** θ. */
    TensorList parameters() {
      return parameters;
    }

    /** What is remembered under the memory of this index. */
    TensorList memory(int index) {
      return memory.get(index);
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
      parameters.close();
      memory.forEach(TensorList::close);
    }
  }

  private final class Group {
    final List<Slot> slots = new ArrayList<>();
    private final double weightDecay;
    private final double lrScale;
    private @Nullable Batch batch;

    Group(ParameterGroup group) {
      weightDecay = group.weightDecay();
      lrScale = group.lrScale();
      group.parameters().forEach((n, p) -> slots.add(new Slot(n, p)));
    }

    /** Returns whether there was a gradient. */
    boolean step(double lr) {
      List<Slot> active = new ArrayList<>(slots.size());
      List<Tensor> values = new ArrayList<>(slots.size());
      List<Tensor> gradients = new ArrayList<>(slots.size());
      for (Slot slot : slots) {
        Tensor value = slot.parameter.value();
        Tensor gradient = value.grad();
        if (gradient != null) {
          active.add(slot);
          values.add(value);
          gradients.add(gradient);
        }
      }
      if (active.isEmpty()) {
        return false;
      }
      Batch lists = batch;
      if (lists == null || !lists.holds(values)) {
        if (lists != null) {
          lists.close();
        }
        lists = new Batch(active, memories.size());
        batch = lists;
      }
      try (TensorList list = TensorList.of(gradients)) {
        update(lists, list, lr * lrScale, weightDecay);
      }
      return true;
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
