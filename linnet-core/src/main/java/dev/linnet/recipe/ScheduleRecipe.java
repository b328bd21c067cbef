package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.internal.About;
import dev.linnet.optim.Schedule;
import dev.linnet.optim.WarmupCosine;

/**
 * How the learning rate goes over the run. In YAML a name ({@code schedule: cosine}) or a mapping
 * with one ({@code schedule: {name: cosine, lr: 0.2}}).
 */
public interface ScheduleRecipe {

  /** The highest learning rate, for {@link #lrPer} pictures an update. */
  double lr();

  /** Pictures an update that {@link #lr} is meant for; none: as it is, whatever the batch. */
  OrAuto<OrNone<Integer>> lrPer();

  /** Length of the linear warm-up from 0, in epochs. */
  OrAuto<Double> warmupEpochs();

  /** This schedule with another highest learning rate. */
  ScheduleRecipe withLr(double lr);

  /** This schedule with other values for what is chosen by the data. */
  ScheduleRecipe with(OrAuto<OrNone<Integer>> lrPer, OrAuto<Double> warmupEpochs);

  /**
   * Returns the schedule of a run.
   *
   * @param pictures pictures an update: batch × accumulate × replicas
   * @param updatesPerEpoch at least 1
   * @param epochs of the whole run, at least 1
   * @throws IllegalStateException if {@link #lrPer} or {@link #warmupEpochs} is still {@code auto}
   */
  Schedule over(int pictures, long updatesPerEpoch, int epochs);

  /**
   * Returns the highest learning rate of a run: {@code lr · scale}.
   *
   * @param pictures pictures an update: batch × accumulate × replicas
   * @throws IllegalStateException if {@link #lrPer} is still {@code auto}
   */
  default double lrFor(int pictures) {
    return lr() * scale(pictures);
  }

  /**
   * Returns what all learning rates of a run are multiplied by, linear scaling: {@code pictures /
   * lr_per} (Goyal et al., 2017, arXiv:1706.02677, §2.1).
   *
   * @param pictures pictures an update: batch × accumulate × replicas
   * @throws IllegalStateException if {@link #lrPer} is still {@code auto}
   */
  default double scale(int pictures) {
    OrNone<Integer> per = lrPer().value();
    return per.isNone() ? 1 : (double) pictures / per.value();
  }

  /**
   * A linear warm-up from 0, then half a cosine down to the floor, both per update: {@link
   * WarmupCosine}.
   *
   * @param lr the peak, above 0
   * @param lrPer pictures an update that lr and min_lr are meant for, at least 1
   * @param warmupEpochs length of the warm-up, at least 0
   * @param minLr the floor, in [0, lr]
   */
  record Cosine(
      @About("highest learning rate") double lr,
      @About("the batch that lr is meant for; other batches scale it; none: never scaled")
          OrAuto<OrNone<Integer>> lrPer,
      @About("linear warm-up from 0") OrAuto<Double> warmupEpochs,
      @About("where the cosine ends") double minLr)
      implements ScheduleRecipe {
    public Cosine {
      Check.that(lr > 0 && lr <= 1000, "schedule.lr", lr, "in (0, 1000]");
      Check.that(
          lrPer.isAutoOr(per -> per.isNoneOr(pictures -> pictures >= 1)),
          "schedule.lr_per",
          lrPer,
          "at least 1, or auto or none");
      Check.that(
          warmupEpochs.isAutoOr(epochs -> epochs >= 0),
          "schedule.warmup_epochs",
          warmupEpochs,
          "at least 0, or auto");
      Check.that(
          minLr >= 0 && minLr <= lr, "schedule.min_lr", minLr, "in [0, " + lr + "], up to lr");
    }

    @Override
    public WarmupCosine over(int pictures, long updatesPerEpoch, int epochs) {
      long warmup = Math.round(warmupEpochs.value() * updatesPerEpoch);
      double floor = minLr * scale(pictures);
      return new WarmupCosine(lrFor(pictures), warmup, updatesPerEpoch * epochs, floor);
    }

    @Override
    public ScheduleRecipe withLr(double value) {
      return new Cosine(value, lrPer, warmupEpochs, Math.min(minLr, value));
    }

    @Override
    public Cosine with(OrAuto<OrNone<Integer>> lrPer, OrAuto<Double> warmupEpochs) {
      return new Cosine(lr, lrPer, warmupEpochs, minLr);
    }
  }
}
