package dev.linnet.nn;

import dev.linnet.base.RandomState;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Recomputed;
import dev.linnet.tensor.Recording;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A module of which a training keeps only the inputs. The second time it draws the random numbers
 * of the first, and leaves running statistics where the first put them.
 */
final class Recompute {
  private final Module module;
  private final List<Parameter> trained = new ArrayList<>();
  private final List<Parameter> buffers = new ArrayList<>();
  private final List<Stochastic> stochastic = new ArrayList<>();

  Recompute(Module module) {
    this.module = module;
    for (Parameter p : module.state().values()) {
      (p.kind() == Parameter.Kind.TRAINED ? trained : buffers).add(p);
    }
    module.walk(
        (name, part) -> {
          if (part instanceof Stochastic layer) {
            stochastic.add(layer);
          }
        });
  }

  Tensor run(Function<Tensor[], Tensor> compute, Tensor... inputs) {
    if (!Autograd.isEnabled()) {
      return Recording.part(() -> compute.apply(inputs));
    }
    if (!isOnTheWayBack(inputs) || Taps.areInside(module)) {
      return compute.apply(inputs);
    }
    return Recomputed.of(new Twice(compute), inputs);
  }

  /** Whether a way back would come through it, on the processor. */
  private boolean isOnTheWayBack(Tensor... inputs) {
    boolean asked = trained.stream().anyMatch(Parameter::isTrained);
    for (Tensor input : inputs) {
      if (input.device().kind() != Device.Kind.CPU) {
        return false;
      }
      asked |= input.requiresGrad();
    }
    return asked;
  }

  /** One pass, and its repetition. */
  private final class Twice implements Recomputed.Work {
    private final Function<Tensor[], Tensor> compute;
    private final List<RandomState> drawn = new ArrayList<>();

    Twice(Function<Tensor[], Tensor> compute) {
      this.compute = compute;
    }

    @Override
    public Tensor run(Tensor... inputs) {
      for (Stochastic layer : stochastic) {
        drawn.add(layer.drawsFrom().map(Twice::copy).orElseGet(() -> RandomState.of(0)));
      }
      return compute.apply(inputs);
    }

    private static RandomState copy(RandomState stream) {
      return RandomState.restore(stream.key(), stream.position());
    }

    @Override
    public Tensor runAgain(Tensor... inputs) {
      return withBuffers(() -> withDraws(() -> compute.apply(inputs)));
    }

    private Tensor withDraws(Supplier<Tensor> work) {
      List<RandomState> now = new ArrayList<>();
      for (int i = 0; i < drawn.size(); i++) {
        now.add(stochastic.get(i).drawsFrom().orElse(drawn.get(i)));
        stochastic.get(i).drawFrom(copy(drawn.get(i)));
      }
      try {
        return work.get();
      } finally {
        for (int i = 0; i < now.size(); i++) {
          stochastic.get(i).drawFrom(now.get(i));
        }
      }
    }

    /** Has copies moved in the place of what a forward pass moves. */
    private Tensor withBuffers(Supplier<Tensor> work) {
      List<Tensor> own =
          Autograd.off(() -> buffers.stream().map(p -> p.exchange(p.value().copy())).toList());
      try {
        return work.get();
      } finally {
        for (int i = 0; i < own.size(); i++) {
          buffers.get(i).exchange(own.get(i));
        }
      }
    }
  }
}
