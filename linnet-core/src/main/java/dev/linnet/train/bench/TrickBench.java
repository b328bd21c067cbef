package dev.linnet.train.bench;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.data.Normalization;
import dev.linnet.models.Classifier;
import dev.linnet.models.Zoo;
import dev.linnet.nn.Taps;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.BatchTrick;
import dev.linnet.train.FeatureTrick;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Times what a trick adds to a step, alone: drawing and applying on random pictures, and for a
 * trick on features its backward pass too, on the maps of a network.
 */
public final class TrickBench {
  private static final int CLASSES = 1000;
  private static final int COLORS = 3;

  private TrickBench() {}

  /**
   * What is timed.
   *
   * @param model name in the zoo whose maps a trick on features changes
   * @param batch pictures a step, at least 1
   * @param size height and width of the pictures in pixels, at least 1
   * @param dtype of the maps
   * @param steps that are timed, at least 1
   * @param warmup what runs before
   */
  public record Plan(
      String model,
      int batch,
      int size,
      Device device,
      DType dtype,
      int steps,
      StepBench.Warmup warmup) {
    public Plan {
      Check.that(batch >= 1, "--batch", batch, "at least 1");
      Check.that(size >= 1, "--size", size, "at least 1");
      Check.that(steps >= 1, "--steps", steps, "at least 1");
    }
  }

  /** Times a trick that changes batches. */
  public static StepTimes run(BatchTrick<?> trick, Plan plan) {
    Scope scope = Scope.open("bench");
    try {
      Batch batch = batch(plan);
      return time(plan, random -> trick.drawAndApply(random, batch));
    } finally {
      scope.close();
    }
  }

  /**
   * Times a trick that changes features.
   *
   * @throws dev.linnet.base.LinnetException if it does not fit the network
   */
  public static <P> StepTimes run(FeatureTrick<P> trick, Plan plan) {
    Scope scope = Scope.open("bench");
    try {
      Batch batch = batch(plan);
      Map<String, Tensor> maps = maps(trick, plan, batch);
      Map<String, Shape> shapes = new LinkedHashMap<>();
      maps.forEach((place, tensor) -> shapes.put(place, tensor.shape()));
      return time(
          plan,
          random -> {
            Optional<P> drawn = trick.draw(random, batch, shapes);
            drawn.ifPresent(p -> pass(trick, p, batch, maps));
          });
    } finally {
      scope.close();
    }
  }

  private static <P> void pass(
      FeatureTrick<P> trick, P drawn, Batch batch, Map<String, Tensor> maps) {
    String place = trick.place(drawn);
    Tensor given = maps.getOrDefault(place, batch.images());
    trick.targets(batch.softTargets(), drawn);
    if (place.equals(FeatureTrick.PICTURES)) {
      trick.features(given, drawn);
      return;
    }
    Tensor leaf = given.detach().requireGrad(true);
    trick.features(leaf, drawn).backward(given);
  }

  /** Maps of the type of a mixed-precision pass, and the pictures. */
  private static Map<String, Tensor> maps(FeatureTrick<?> trick, Plan plan, Batch batch) {
    Map<String, Tensor> maps = new LinkedHashMap<>();
    try (Classifier model =
        Zoo.create(
            plan.model(), Zoo.find(plan.model()).options(), plan.device(), RandomState.of(0))) {
      List<String> modules = new ArrayList<>(trick.places(model));
      if (modules.remove(FeatureTrick.PICTURES)) {
        maps.put(FeatureTrick.PICTURES, batch.images());
      }
      Map<String, Tensor> seen =
          Autograd.off(
              () -> Taps.run(model, modules, () -> model.forward(batch.images())).tapped());
      seen.forEach((place, tensor) -> maps.put(place, tensor.to(plan.dtype())));
    }
    return maps;
  }

  private static Batch batch(Plan plan) {
    RandomState random = RandomState.of(1);
    long[] labels = new long[plan.batch()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = random.nextInt(CLASSES);
    }
    Tensor images =
        Tensor.normal(0, 1, random, DType.FLOAT32, plan.batch(), COLORS, plan.size(), plan.size())
            .to(plan.device())
            .channelsLast();
    Tensor targets = Tensor.of(labels).to(plan.device());
    return Batch.of(images, targets, CLASSES, Normalization.IMAGENET);
  }

  private interface Step {
    void run(RandomState random);
  }

  private static StepTimes time(Plan plan, Step step) {
    RandomState random = RandomState.of(2);
    int[] done = {0};
    return StepBench.time(
        plan.warmup(),
        plan.steps(),
        plan.batch(),
        () -> Scope.run("step", () -> step.run(random.at(done[0]++))));
  }
}
