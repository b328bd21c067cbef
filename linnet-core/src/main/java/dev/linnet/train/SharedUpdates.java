package dev.linnet.train;

import dev.linnet.base.LinnetException;
import dev.linnet.data.Loader;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.GradientSum;
import dev.linnet.tensor.ProcessGroup;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the processes of a training tell each other in every update: gradients, losses, and whether
 * to stop or to save. For a process alone it is nothing but its own.
 */
final class SharedUpdates {
  private final ProcessGroup group;
  private final Trainer.Spread spread;
  private final Descent.Weights weights;
  private @Nullable GradientSum gradients;
  private Tally told = Tally.NOTHING;
  private double batchOfAll;

  SharedUpdates(ProcessGroup group, Trainer.Spread spread, Descent.Weights weights) {
    this.group = group;
    this.spread = spread;
    this.weights = weights;
  }

  /**
   * Sums over the pictures of an update.
   *
   * @param stops processes that were asked to stop
   * @param saves whether the first process wants the state saved
   */
  record Tally(double loss, double hits, double pictures, double stops, double saves) {
    static final Tally NOTHING = new Tally(0, 0, 0, 0, 0);

    Tally and(Tally other) {
      return new Tally(
          loss + other.loss, hits + other.hits, pictures + other.pictures, stops, saves);
    }

    /** The same with what this process wants. */
    Tally asking(boolean stop, boolean save) {
      return new Tally(loss, hits, pictures, stop ? 1 : 0, save ? 1 : 0);
    }

    private Tally over(ProcessGroup group) {
      double[] sums = group.sum(loss, hits, pictures, stops, group.isFirst() ? saves : 0);
      return new Tally(sums[0], sums[1], sums[2], sums[3], sums[4]);
    }
  }

  /**
   * Begins from the same place with the same weights in all processes.
   *
   * @param update where this process stands
   * @param training the pictures of this process
   * @throws LinnetException if one stands elsewhere
   */
  void begin(long update, Loader training) {
    if (group.size() == 1) {
      return;
    }
    Scope.run(
        "agree",
        () ->
            Autograd.off(
                () -> {
                  List<String> updates = group.gather(String.valueOf(update));
                  for (int r = 1; r < updates.size(); r++) {
                    if (!updates.get(r).equals(updates.get(0))) {
                      throw new LinnetException(
                          "resume: process %d stands at update %s and process 0 at %s; all need the same folder of the run"
                              .formatted(r, updates.get(r), updates.get(0)));
                    }
                  }
                  batchOfAll = group.sum((double) training.images())[0] / training.batches();
                  weights.trained().values().forEach(p -> group.broadcast(p.value().detach()));
                  weights.buffers().values().forEach(p -> group.broadcast(p.value().detach()));
                }));
  }

  /** From now on a way back sends what is complete of the gradients. */
  void arm() {
    gradients().arm();
  }

  /** Gives each process the gradients and the sums of all. */
  Tally exchange(Tally own, int accumulate) {
    gradients().send();
    told = own.over(group);
    double whole = batchOfAll * accumulate;
    gradients().receive(group.size() == 1 ? 1 : whole / told.pictures()); // 1 but for broken ones
    return told;
  }

  /** What makes the mean of so many pictures their share in the mean over all processes. */
  double divisor(int pictures) {
    return group.size() == 1 ? 1 : batchOfAll / pictures;
  }

  /** Whether any process was asked to stop; several hear of it with the next update. */
  boolean stops(boolean own) {
    return group.size() == 1 ? own : told.stops() > 0;
  }

  /** Whether the state is to be saved; several hear of it with the next update. */
  boolean saves(boolean own) {
    return group.size() == 1 ? own : told.saves() > 0;
  }

  /** Running statistics and the like. */
  List<Tensor> statistics() {
    return weights.buffers().values().stream()
        .filter(p -> p.dtype().isFloating())
        .map(Parameter::value)
        .toList();
  }

  /** Over what is trained now, which changes where layers thaw. */
  private GradientSum gradients() {
    GradientSum made = gradients;
    if (made == null) {
      List<Tensor> trained = new ArrayList<>();
      weights.trained().values().stream()
          .filter(Parameter::isTrained)
          .forEach(p -> trained.add(p.value()));
      List<Tensor> means = spread.norms() == Trainer.Norms.OWN ? statistics() : List.of();
      made = new GradientSum(group, trained, means, spread.type(), spread.bucketBytes());
      gradients = made;
    }
    return made;
  }

  /** Lets go of the gradients, before what is trained changes and at the end. */
  void letGo() {
    if (gradients != null) {
      gradients.close();
      gradients = null;
    }
  }
}
