package dev.linnet.train.bench;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.loss.CrossEntropy;
import dev.linnet.models.Classifier;
import dev.linnet.models.Memory;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.optim.AdamW;
import dev.linnet.optim.Decay;
import dev.linnet.optim.Optimizer;
import dev.linnet.optim.ParameterGroups;
import dev.linnet.optim.Sgd;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.Compiled;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Profile;
import dev.linnet.tensor.Profiler;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Times training steps or forward passes on random pictures: channels-last, mixed precision, and
 * each step ends by reading a number, as a training reads its loss.
 */
public final class StepBench {
  private static final double LABEL_SMOOTHING = 0.1;

  /** Phases of a step, as a profile names them. */
  static final String FORWARD = "forward";

  static final String LOSS = "loss";
  static final String BACKWARD = "backward";
  static final String OPTIMIZER = "optimizer";

  private StepBench() {}

  /** What a step does. */
  public enum Work {
    /** Forward, loss with label smoothing 0.1, backward; SGD, Nesterov 0.9, decay 1e-4, lr 0.01. */
    TRAIN_SGD,
    /** The same with AdamW, decay 0.01, lr 0.001. */
    TRAIN_ADAMW
  }

  /**
   * What is timed.
   *
   * @param model name in the zoo
   * @param batch pictures a step, at least 1
   * @param size height and width of the pictures in pixels, at least 1
   * @param dtype of convolutions and matrix products; weights stay fp32
   * @param steps that are timed, at least 1
   * @param warmup what runs before
   * @param memory how much of the forward pass is kept for the way back
   */
  public record Plan(
      String model,
      int batch,
      int size,
      Device device,
      DType dtype,
      int steps,
      Warmup warmup,
      Memory memory) {
    public Plan {
      Check.that(batch >= 1, "--batch", batch, "at least 1");
      Check.that(size >= 1, "--size", size, "at least 1");
      Check.that(steps >= 1, "--steps", steps, "at least 1");
    }
  }

  /**
   * Steps that are not timed, at least as many and for at least as long: buffers are allocated, and
   * the JVM compiles what runs often, which takes seconds whatever a step takes.
   *
   * @param steps at least 0
   * @param seconds at least 0
   */
  public record Warmup(int steps, double seconds) {
    /** A step of LeNet-5 takes a sixth less time after 5 s than after 3 steps. */
    public static final Warmup DEFAULT = new Warmup(3, 5);

    public Warmup {
      Check.that(steps >= 0, "--warmup", steps, "at least 0");
      Check.that(seconds >= 0, "warmup.seconds", seconds, "at least 0");
    }

    /** So many steps, however short they are. */
    public static Warmup ofSteps(int steps) {
      return new Warmup(steps, 0);
    }
  }

  /**
   * Runs the steps.
   *
   * @throws LinnetException if there is no such model, or it cannot take the size
   */
  public static StepTimes run(Work work, Plan plan) {
    return run(work, plan, () -> {});
  }

  /**
   * Runs the steps.
   *
   * @param between runs after each step and is timed with it
   */
  public static StepTimes run(Work work, Plan plan, Runnable between) {
    return run(work, plan, (model, step) -> time(plan, step, between));
  }

  /**
   * Runs the steps, then as many again with a look at what each operator takes.
   *
   * @param machine what the operators are measured by
   * @throws LinnetException if there is no such model, it cannot take the size, or the device's
   *     kernels run on behind their call
   */
  public static StepProfile profile(Work work, Plan plan, Machine machine) {
    if (plan.device().kind() != Device.Kind.CPU) {
      throw new LinnetException(
          "--profile: got device "
              + plan.device()
              + "; must be cpu, as kernels elsewhere run on behind their call");
    }
    return run(work, plan, (model, step) -> profile(plan, machine, model, step));
  }

  private static StepProfile profile(Plan plan, Machine machine, Classifier model, Runnable step) {
    StepTimes plain = time(plan, step, () -> {});
    Profiler.run(step); // the first time, its own code is compiled
    List<Profile> steps = new ArrayList<>();
    for (int i = 0; i < plan.steps(); i++) {
      steps.add(Profiler.run(step));
    }
    IdentityHashMap<Object, String> layers = new IdentityHashMap<>();
    model.walk((name, module) -> layers.put(module, name));
    return new StepProfile(machine, plain, steps, layers);
  }

  /**
   * What forward passes in evaluation mode took.
   *
   * @param times of the passes
   * @param compileSeconds how long the network was compiled, before them
   * @param plain why it was not compiled; empty where it was
   */
  public record Inference(StepTimes times, double compileSeconds, Optional<String> plain) {}

  /**
   * Runs forward passes in evaluation mode of a network that is {@link Compiled} before.
   *
   * @throws LinnetException as {@link #run(Work, Plan)}
   */
  public static Inference infer(Plan plan) {
    ZooModel found = Zoo.find(plan.model());
    try (Classifier model = found.create(found.options(), plan.device(), RandomState.of(0));
        Compiled compiled = new Compiled(model::forward, plan.dtype(), plan.batch())) {
      model.eval();
      Scope scope = Scope.open("bench");
      try {
        Tensor x = pictures(plan, model);
        long begin = System.nanoTime();
        Optional<String> plain = compiled.prepare(x);
        double seconds = (System.nanoTime() - begin) / 1e9;
        Runnable step = () -> Scope.run("step", () -> compiled.forward(x).sum().item());
        return new Inference(time(plan, step, () -> {}), seconds, plain);
      } finally {
        scope.close();
      }
    }
  }

  private static Tensor pictures(Plan plan, Classifier model) {
    int channels = model.inChannels();
    RandomState random = RandomState.of(1);
    return Tensor.normal(
            0, 1, random, DType.FLOAT32, plan.batch(), channels, plan.size(), plan.size())
        .to(plan.device())
        .channelsLast();
  }

  private static <T> T run(Work work, Plan plan, BiFunction<Classifier, Runnable, T> measure) {
    ZooModel found = Zoo.find(plan.model());
    ModelOptions options = found.options();
    RandomState random = RandomState.of(0);
    try (Classifier model = found.create(options, plan.device(), random)) {
      Scope scope = Scope.open("bench");
      try {
        return run(work, plan, model, step -> measure.apply(model, step));
      } finally {
        scope.close();
      }
    }
  }

  private static <T> T run(Work work, Plan plan, Classifier model, Function<Runnable, T> measure) {
    Tensor x = pictures(plan, model);
    return switch (work) {
      case TRAIN_SGD ->
          train(plan, model, x, new Updates(new Sgd.Config(0.9, true), 1e-4, 0.01), measure);
      case TRAIN_ADAMW ->
          train(plan, model, x, new Updates(AdamW.Config.DEFAULT, 0.01, 0.001), measure);
    };
  }

  private static void keep(Memory memory, Classifier model) {
    Check.that(
        memory == Memory.USUAL || !model.blocks().isEmpty(),
        "--memory",
        "low",
        "usual for " + model.architecture() + ", which has no blocks to compute again");
    model.keep(memory);
  }

  /** How weights are updated. */
  private record Updates(Optimizer.Config kind, double decay, double lr) {}

  private static <T> T train(
      Plan plan, Classifier model, Tensor x, Updates updates, Function<Runnable, T> measure) {
    model.train();
    keep(plan.memory(), model);
    long[] labels = new long[plan.batch()];
    RandomState random = RandomState.of(2);
    for (int i = 0; i < labels.length; i++) {
      labels[i] = random.nextInt(model.classes());
    }
    Tensor y = Tensor.of(labels).to(plan.device());
    CrossEntropy loss = new CrossEntropy(LABEL_SMOOTHING);
    try (Optimizer optimizer =
        updates.kind().over(ParameterGroups.of(model, updates.decay(), Decay.ALL))) {
      return measure.apply(
          () -> {
            Scope scope = Scope.open("step");
            try {
              Tensor value =
                  Scope.keeping(
                      "forward",
                      () ->
                          Autocast.run(
                              plan.device(),
                              plan.dtype(),
                              () -> {
                                Tensor logits = Profiler.within(FORWARD, () -> model.forward(x));
                                return Profiler.within(LOSS, () -> loss.forward(logits, y));
                              }));
              Profiler.within(BACKWARD, () -> value.backward());
              Profiler.within(OPTIMIZER, () -> optimizer.step(updates.lr()));
              optimizer.clearGradients(); // as a training does: not kept through the next pass
              value.item();
            } finally {
              scope.close();
            }
          });
    }
  }

  private static StepTimes time(Plan plan, Runnable step, Runnable between) {
    Runnable both =
        () -> {
          step.run();
          between.run();
        };
    return time(plan.warmup(), plan.steps(), plan.batch(), both);
  }

  /** Runs a step until it is warm, then as often as asked for. */
  static StepTimes time(Warmup before, int steps, int images, Runnable step) {
    long begin = System.nanoTime();
    long warmup = 0;
    for (int i = 0; i < before.steps() || warmup < before.seconds() * 1e9; i++) {
      step.run();
      warmup = System.nanoTime() - begin;
    }
    long[] nanos = new long[steps];
    for (int i = 0; i < nanos.length; i++) {
      begin = System.nanoTime();
      step.run();
      nanos[i] = System.nanoTime() - begin;
    }
    return StepTimes.of(nanos, images, warmup);
  }
}
