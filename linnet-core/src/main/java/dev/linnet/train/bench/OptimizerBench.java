package dev.linnet.train.bench;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Zoo;
import dev.linnet.optim.Decay;
import dev.linnet.optim.Optimizer;
import dev.linnet.optim.ParameterGroups;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Times an optimizer's update of a network's parameters, with random gradients that are the same at
 * each step; giving them back to optimizers that change them is not timed.
 */
public final class OptimizerBench {
  private OptimizerBench() {}

  /**
   * What is timed.
   *
   * @param model name in the zoo
   * @param weightDecay λ of all parameters
   * @param lr learning rate
   * @param steps that are timed, at least 1
   * @param warmup what runs before
   */
  public record Plan(
      String model,
      Device device,
      double weightDecay,
      double lr,
      int steps,
      StepBench.Warmup warmup) {
    public Plan {
      Check.that(steps >= 1, "--steps", steps, "at least 1");
    }
  }

  /**
   * Runs the updates.
   *
   * @param kind the optimizer's numbers for a network
   * @throws dev.linnet.base.LinnetException if there is no such model, or the optimizer cannot
   *     update it
   */
  public static StepTimes run(Function<Classifier, Optimizer.Config> kind, Plan plan) {
    ModelOptions options = Zoo.find(plan.model()).options();
    StepTimes[] times = new StepTimes[1];
    try (Classifier model = Zoo.create(plan.model(), options, plan.device(), RandomState.of(0))) {
      Scope.run("bench", () -> times[0] = run(kind.apply(model), plan, model));
    }
    return times[0];
  }

  private static StepTimes run(Optimizer.Config kind, Plan plan, Classifier model) {
    RandomState random = RandomState.of(1);
    List<Tensor> gradients = new ArrayList<>();
    List<Tensor> originals = new ArrayList<>();
    model
        .parameters()
        .values()
        .forEach(
            p -> {
              Tensor value = p.value();
              Tensor g =
                  Tensor.normal(0, 1e-3, random, value.dtype(), value.shape().toArray())
                      .to(plan.device());
              value.mul(value.isChannelsLast() ? g.channelsLast() : g).sum().backward();
              Tensor gradient = value.grad();
              if (gradient != null) {
                gradients.add(gradient);
                originals.add(gradient.copy());
              }
            });
    try (Optimizer optimizer = kind.over(ParameterGroups.of(model, plan.weightDecay(), Decay.ALL));
        TensorList changed = TensorList.of(gradients);
        TensorList kept = TensorList.of(originals)) {
      return time(
          plan,
          () -> Autograd.off(() -> Foreach.copy(changed, kept)),
          () -> optimizer.step(plan.lr()));
    }
  }

  private static StepTimes time(Plan plan, Runnable prepare, Runnable step) {
    long begin = System.nanoTime();
    long warmup = 0;
    for (int i = 0; i < plan.warmup().steps() || warmup < plan.warmup().seconds() * 1e9; i++) {
      prepare.run();
      step.run();
      warmup = System.nanoTime() - begin;
    }
    long[] nanos = new long[plan.steps()];
    for (int i = 0; i < nanos.length; i++) {
      prepare.run();
      long start = System.nanoTime();
      step.run();
      nanos[i] = System.nanoTime() - start;
    }
    return StepTimes.of(nanos, 1, warmup);
  }
}
