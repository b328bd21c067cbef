package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.internal.About;
import dev.linnet.optim.Plateau.Rule;
import dev.linnet.optim.Schedule;
import dev.linnet.optim.Warmup.Count;
import dev.linnet.optim.Warmup.Shape;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Optional;

/**
 * How the learning rate goes over the run. In YAML a name ({@code schedule: cosine}) or a mapping
 * with one ({@code schedule: {name: cosine, lr: 0.2}}). Another name keeps {@link Rate} and {@link
 * Warmup}.
 */
public interface ScheduleRecipe {

  /** How high the rates are. */
  Rate rate();

  /** How the run begins; none where the schedule has a rise of its own. */
  Warmup warmup();

  /**
   * Returns the schedule of a run.
   *
   * @throws IllegalStateException if anything is still {@code auto}
   */
  Schedule over(Run run);

  /**
   * This schedule with what is {@code auto} chosen.
   *
   * @param lrPer pictures an update that the rates are meant for
   * @param warmupEpochs length of the rise, at least 0
   */
  default ScheduleRecipe settled(OrNone<Integer> lrPer, double warmupEpochs) {
    return with(new Rate(rate().lr(), OrAuto.of(rate().lrPer().orElse(lrPer))))
        .with(warmup().settled(warmupEpochs));
  }

  /** This schedule with other rates. */
  default ScheduleRecipe with(Rate rate) {
    return (ScheduleRecipe) Records.with((Record) this, "rate", rate);
  }

  /** This schedule with another beginning; the same where it has none. */
  default ScheduleRecipe with(Warmup warmup) {
    return (ScheduleRecipe) Records.with((Record) this, "warmup", warmup);
  }

  /** This schedule with another highest learning rate, and the others in proportion. */
  default ScheduleRecipe withLr(double lr) {
    double factor = lr / rate().lr();
    Object[] values = Records.values((Record) this);
    RecordComponent[] components = getClass().getRecordComponents();
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (components[i].getName()) {
            case "rate" -> new Rate(lr, rate().lrPer());
            case "warmup" -> warmup().times(factor);
            case "minLr" -> (double) values[i] * factor;
            default -> values[i];
          };
    }
    return (ScheduleRecipe) Records.create(((Record) this).getClass(), values);
  }

  /**
   * The run that a schedule is for.
   *
   * @param pictures pictures an update: batch × accumulate × replicas, at least 1
   * @param updatesPerEpoch at least 1
   * @param epochs of the whole run, at least 1
   */
  record Run(int pictures, long updatesPerEpoch, int epochs) {
    public Run {
      Check.that(pictures >= 1, "pictures an update", pictures, "at least 1");
      Check.that(updatesPerEpoch >= 1, "updates an epoch", updatesPerEpoch, "at least 1");
      Check.that(epochs >= 1, "epochs", epochs, "at least 1");
    }

    /** Updates of the whole run. */
    public long updates() {
      return updatesPerEpoch * epochs;
    }

    /** Updates in some epochs. */
    long updates(double some) {
      return Math.round(some * updatesPerEpoch);
    }
  }

  /**
   * How high the rates are.
   *
   * @param lr the peak, above 0
   * @param lrPer pictures an update that lr and the other rates are meant for, at least 1
   */
  record Rate(
      @About("highest learning rate") double lr,
      @About("the batch that lr is meant for; other batches scale it; none: never scaled")
          OrAuto<OrNone<Integer>> lrPer) {
    public Rate {
      Check.that(lr > 0 && lr <= 1000, "schedule.lr", lr, "in (0, 1000]");
      Check.that(
          lrPer.isAutoOr(per -> per.isNoneOr(pictures -> pictures >= 1)),
          "schedule.lr_per",
          lrPer,
          "at least 1, or auto or none");
    }

    /**
     * Returns the highest learning rate of a run: {@code lr · scale}.
     *
     * @param pictures pictures an update
     * @throws IllegalStateException if {@link #lrPer} is still {@code auto}
     */
    public double lrFor(int pictures) {
      return lr * scale(pictures);
    }

    /**
     * Returns what all learning rates of a run are multiplied by, linear scaling: {@code pictures /
     * lr_per} (Goyal et al., 2017, arXiv:1706.02677, §2.1).
     *
     * @param pictures pictures an update: batch × accumulate × replicas
     * @throws IllegalStateException if {@link #lrPer} is still {@code auto}
     */
    public double scale(int pictures) {
      OrNone<Integer> per = lrPer.value();
      return per.isNone() ? 1 : (double) pictures / per.value();
    }
  }

  /**
   * How the run begins: {@link dev.linnet.optim.Warmup}.
   *
   * @param warmupEpochs length of the rise, at least 0
   * @param warmupLr where it begins, in [0, lr]
   * @param warmupShape how it rises
   * @param warmupPrefix whether the schedule begins after it, or under it at the run's start
   */
  record Warmup(
      @About("length of the rise to lr, in epochs") OrAuto<Double> warmupEpochs,
      @About("learning rate at the start of the rise") double warmupLr,
      @About("linear, linear-from-one as in the Bag of Tricks paper, or constant")
          Shape warmupShape,
      @About("whether the schedule begins after the rise, or with it at the run's start")
          boolean warmupPrefix) {
    /** For schedules with a rise of their own. */
    static final Warmup NONE = of(OrAuto.of(0.0));

    public Warmup {
      Check.that(
          warmupEpochs.isAutoOr(epochs -> epochs >= 0),
          "schedule.warmup_epochs",
          warmupEpochs,
          "at least 0, or auto");
      Check.that(warmupLr >= 0, "schedule.warmup_lr", warmupLr, "at least 0");
    }

    /** A linear rise from 0. */
    public static Warmup of(OrAuto<Double> epochs) {
      return new Warmup(epochs, 0, Shape.LINEAR, true);
    }

    private Warmup settled(double epochs) {
      return new Warmup(
          OrAuto.of(warmupEpochs.orElse(epochs)), warmupLr, warmupShape, warmupPrefix);
    }

    private Warmup times(double factor) {
      return new Warmup(warmupEpochs, warmupLr * factor, warmupShape, warmupPrefix);
    }

    /** Updates that the schedule itself lasts. */
    private long left(Run run) {
      return warmupPrefix
          ? Math.max(1, run.updates() - run.updates(warmupEpochs.value()))
          : run.updates();
    }

    /** A schedule with this beginning. */
    private Schedule before(Schedule then, Rate rate, Run run) {
      return new dev.linnet.optim.Warmup(
          then,
          rate.lrFor(run.pictures()),
          run.updates(warmupEpochs.value()),
          warmupLr * rate.scale(run.pictures()),
          warmupShape,
          warmupPrefix ? Count.AFTER_WARMUP : Count.FROM_START);
    }
  }

  private static void check(Rate rate, Warmup warmup) {
    Check.that(
        warmup.warmupLr() <= rate.lr(),
        "schedule.warmup_lr",
        warmup.warmupLr(),
        "in [0, " + rate.lr() + "], up to lr");
  }

  private static void check(Rate rate, Warmup warmup, double minLr) {
    check(rate, warmup);
    Check.that(
        minLr >= 0 && minLr <= rate.lr(),
        "schedule.min_lr",
        minLr,
        "in [0, " + rate.lr() + "], up to lr");
  }

  private static void checkGamma(double gamma) {
    Check.that(gamma > 0 && gamma <= 1, "schedule.gamma", gamma, "in (0, 1]");
  }

  /** What {@code plain} has: the default of keys that every schedule has. */
  private static Cosine plain() {
    return (Cosine) Recipes.plain().schedule();
  }

  /**
   * Half a cosine down to the floor: {@link dev.linnet.optim.Cosine}.
   *
   * @param minLr the floor, in [0, lr]
   * @param kDecay power of the time, in (0, 100]
   */
  record Cosine(
      @Inlined(kept = true) Rate rate,
      @Inlined(kept = true) Warmup warmup,
      @About("where the cosine ends") double minLr,
      @About("power of the time; 1 is the cosine, more stays at the top for longer") double kDecay)
      implements ScheduleRecipe {
    public Cosine {
      check(rate, warmup, minLr);
      Check.that(kDecay > 0 && kDecay <= 100, "schedule.k_decay", kDecay, "in (0, 100]");
    }

    /** Without k-decay. */
    public Cosine(Rate rate, Warmup warmup, double minLr) {
      this(rate, warmup, minLr, 1);
    }

    @Override
    public Schedule over(Run run) {
      double scale = rate.scale(run.pictures());
      return warmup.before(
          new dev.linnet.optim.Cosine(rate.lr() * scale, warmup.left(run), minLr * scale, kDecay),
          rate,
          run);
    }
  }

  /** The same rate throughout: {@link dev.linnet.optim.Constant}. */
  record Constant(@Inlined(kept = true) Rate rate, @Inlined(kept = true) Warmup warmup)
      implements ScheduleRecipe {
    /** With the rate and the warm-up of {@code plain}. */
    public static final Constant DEFAULT = new Constant(plain().rate(), plain().warmup());

    public Constant {
      check(rate, warmup);
    }

    @Override
    public Schedule over(Run run) {
      double top = rate.lrFor(run.pictures());
      return warmup.before(new dev.linnet.optim.Constant(top), rate, run);
    }
  }

  /**
   * Falls by a factor every so many epochs: {@link dev.linnet.optim.Step}.
   *
   * @param decayEpochs epochs from one fall to the next, above 0
   * @param gamma the factor, in (0, 1]
   */
  record Step(
      @Inlined(kept = true) Rate rate,
      @Inlined(kept = true) Warmup warmup,
      @About("epochs from one fall to the next") double decayEpochs,
      @About("what the rate is multiplied by at each") double gamma)
      implements ScheduleRecipe {
    /** torchvision's script. */
    public static final Step DEFAULT = new Step(plain().rate(), plain().warmup(), 30, 0.1);

    public Step {
      check(rate, warmup);
      checkDecayEpochs(decayEpochs);
      checkGamma(gamma);
    }

    @Override
    public Schedule over(Run run) {
      double top = rate.lrFor(run.pictures());
      long every = Math.max(1, run.updates(decayEpochs));
      return warmup.before(new dev.linnet.optim.Step(top, every, gamma), rate, run);
    }
  }

  /**
   * Falls by a factor after given epochs: {@link dev.linnet.optim.MultiStep}.
   *
   * @param milestones epochs after which the rate falls, rising, at least one
   * @param gamma the factor, in (0, 1]
   */
  record MultiStep(
      @Inlined(kept = true) Rate rate,
      @Inlined(kept = true) Warmup warmup,
      @About("epochs after which the rate falls") List<Double> milestones,
      @About("what the rate is multiplied by at each") double gamma)
      implements ScheduleRecipe {
    /** Goyal et al., 2017, arXiv:1706.02677, §5.1. */
    public static final MultiStep DEFAULT =
        new MultiStep(plain().rate(), plain().warmup(), List.of(30.0, 60.0, 80.0), 0.1);

    public MultiStep {
      check(rate, warmup);
      milestones = List.copyOf(milestones);
      boolean rising = !milestones.isEmpty() && milestones.get(0) > 0;
      for (int i = 1; i < milestones.size(); i++) {
        rising &= milestones.get(i) > milestones.get(i - 1);
      }
      Check.that(
          rising, "schedule.milestones", milestones, "rising epochs above 0, such as [30, 60, 80]");
      checkGamma(gamma);
    }

    @Override
    public Schedule over(Run run) {
      double top = rate.lrFor(run.pictures());
      List<Long> updates = milestones.stream().map(run::updates).toList();
      return warmup.before(new dev.linnet.optim.MultiStep(top, updates, gamma), rate, run);
    }
  }

  /**
   * Falls by the same factor in the same time, with every update: {@link
   * dev.linnet.optim.Exponential}.
   *
   * @param decayEpochs epochs in which the rate falls by the factor, above 0
   * @param gamma the factor, in (0, 1]
   */
  record Exponential(
      @Inlined(kept = true) Rate rate,
      @Inlined(kept = true) Warmup warmup,
      @About("epochs in which the rate falls by gamma, a little with every update")
          double decayEpochs,
      @About("what the rate is multiplied by in that time") double gamma)
      implements ScheduleRecipe {
    /** EfficientNet's: Tan and Le, ICML 2019, arXiv:1905.11946, §5.2. */
    public static final Exponential DEFAULT =
        new Exponential(plain().rate(), plain().warmup(), 2.4, 0.97);

    public Exponential {
      check(rate, warmup);
      checkDecayEpochs(decayEpochs);
      checkGamma(gamma);
    }

    @Override
    public Schedule over(Run run) {
      double top = rate.lrFor(run.pictures());
      long every = Math.max(1, run.updates(decayEpochs));
      return warmup.before(new dev.linnet.optim.Exponential(top, every, gamma), rate, run);
    }
  }

  /**
   * A power of what is left of the run: {@link dev.linnet.optim.Polynomial}.
   *
   * @param power of the time that is left, in (0, 100]
   * @param minLr the floor, in [0, lr]
   */
  record Polynomial(
      @Inlined(kept = true) Rate rate,
      @Inlined(kept = true) Warmup warmup,
      @About("power of the time that is left; 1 is a straight line") double power,
      @About("where it ends") double minLr)
      implements ScheduleRecipe {
    /** A straight line, as PyTorch's and torchvision's. */
    public static final Polynomial DEFAULT = new Polynomial(plain().rate(), plain().warmup(), 1, 0);

    public Polynomial {
      check(rate, warmup, minLr);
      Check.that(power > 0 && power <= 100, "schedule.power", power, "in (0, 100]");
    }

    @Override
    public Schedule over(Run run) {
      double scale = rate.scale(run.pictures());
      return warmup.before(
          new dev.linnet.optim.Polynomial(
              rate.lr() * scale, warmup.left(run), power, minLr * scale),
          rate,
          run);
    }
  }

  /**
   * A hyperbolic tangent: {@link dev.linnet.optim.Tanh}.
   *
   * @param from where the tangent begins, in [-100, to)
   * @param to where it ends, at most 100
   * @param minLr the floor, in [0, lr]
   */
  record Tanh(
      @Inlined(kept = true) Rate rate,
      @Inlined(kept = true) Warmup warmup,
      @About("where on the tangent the run begins") double from,
      @About("where on the tangent the run ends") double to,
      @About("the rate below the tangent") double minLr)
      implements ScheduleRecipe {
    /** Hsueh et al., WACV 2019, arXiv:1806.01593. */
    public static final Tanh DEFAULT = new Tanh(plain().rate(), plain().warmup(), -6, 3, 0);

    public Tanh {
      check(rate, warmup, minLr);
      Check.that(to >= -100 && to <= 100, "schedule.to", to, "in [-100, 100]");
      Check.that(
          from >= -100 && from < to, "schedule.from", from, "in [-100, " + to + "), below to");
    }

    @Override
    public Schedule over(Run run) {
      double scale = rate.scale(run.pictures());
      return warmup.before(
          new dev.linnet.optim.Tanh(rate.lr() * scale, warmup.left(run), from, to, minLr * scale),
          rate,
          run);
    }
  }

  /**
   * The top for most of the run, then a cosine: {@link dev.linnet.optim.FlatCosine}.
   *
   * @param flat share of the run at the top, in [0, 1]
   * @param minLr the floor, in [0, lr]
   */
  record FlatCosine(
      @Inlined(kept = true) Rate rate,
      @Inlined(kept = true) Warmup warmup,
      @About("share of the run at the top") double flat,
      @About("where the cosine ends") double minLr)
      implements ScheduleRecipe {
    /** fast.ai's. */
    public static final FlatCosine DEFAULT =
        new FlatCosine(plain().rate(), plain().warmup(), 0.75, 0);

    public FlatCosine {
      check(rate, warmup, minLr);
      Check.that(flat >= 0 && flat <= 1, "schedule.flat", flat, "in [0, 1]");
    }

    @Override
    public Schedule over(Run run) {
      double scale = rate.scale(run.pictures());
      return warmup.before(
          new dev.linnet.optim.FlatCosine(rate.lr() * scale, warmup.left(run), flat, minLr * scale),
          rate,
          run);
    }
  }

  /**
   * Cosines one after the other: {@link dev.linnet.optim.WarmRestarts}.
   *
   * @param cycleEpochs length of the first, above 0
   * @param cycleMul factor of the length from one to the next, in [1, 100]
   * @param cycleDecay factor of the top from one to the next, in (0, 1]
   * @param cycleLimit how many there are, at least 1; none: as many as the run holds
   * @param minLr the floor, in [0, lr]
   */
  record WarmRestarts(
      @Inlined(kept = true) Rate rate,
      @Inlined(kept = true) Warmup warmup,
      @About("epochs of the first cycle") double cycleEpochs,
      @About("factor of the length from one cycle to the next") double cycleMul,
      @About("factor of the top from one cycle to the next") double cycleDecay,
      @About("cycles, after which the rate stays at min_lr; none: as many as the run holds")
          OrNone<Integer> cycleLimit,
      @About("where each cosine ends") double minLr)
      implements ScheduleRecipe {
    /** Loshchilov and Hutter, ICLR 2017, arXiv:1608.03983, Table 1: T₀ = 10, T_mult = 2. */
    public static final WarmRestarts DEFAULT =
        new WarmRestarts(plain().rate(), plain().warmup(), 10, 2, 1, OrNone.none(), 0);

    public WarmRestarts {
      check(rate, warmup, minLr);
      Check.that(
          cycleEpochs > 0 && cycleEpochs <= 1e6,
          "schedule.cycle_epochs",
          cycleEpochs,
          "in (0, 1000000]");
      Check.that(cycleMul >= 1 && cycleMul <= 100, "schedule.cycle_mul", cycleMul, "in [1, 100]");
      Check.that(
          cycleDecay > 0 && cycleDecay <= 1, "schedule.cycle_decay", cycleDecay, "in (0, 1]");
      Check.that(
          cycleLimit.isNoneOr(limit -> limit >= 1),
          "schedule.cycle_limit",
          cycleLimit,
          "at least 1, or none");
    }

    @Override
    public Schedule over(Run run) {
      double scale = rate.scale(run.pictures());
      return warmup.before(
          new dev.linnet.optim.WarmRestarts(
              rate.lr() * scale,
              Math.max(1, run.updates(cycleEpochs)),
              cycleMul,
              cycleDecay,
              cycleLimit.given().orElse(dev.linnet.optim.WarmRestarts.ENDLESS),
              minLr * scale),
          rate,
          run);
    }
  }

  /**
   * One rise and one fall over the whole run, without a warm-up before: {@link
   * dev.linnet.optim.OneCycle}.
   *
   * @param pctStart share of the run that rises, in (0, 1); with three phases up to 0.5
   * @param divFactor peak by first rate, at least 1
   * @param finalDivFactor first rate by last rate, at least 1
   * @param annealStrategy the form of rise and fall
   * @param threePhase whether the fall mirrors the rise before it goes on to the end
   * @param cycleMomentum whether the momentum, or Adam's β₁, falls as the rate rises
   * @param baseMomentum momentum where the rate is highest, in [0, maxMomentum]
   * @param maxMomentum momentum where the rate is lowest, in [0, 1)
   */
  record OneCycle(
      @Inlined(kept = true) Rate rate,
      @About("share of the run that rises") double pctStart,
      @About("peak by first rate") double divFactor,
      @About("first rate by last rate") double finalDivFactor,
      @About("form of rise and fall") dev.linnet.optim.OneCycle.Anneal annealStrategy,
      @About("whether the fall mirrors the rise before it goes on to the end") boolean threePhase,
      @About("whether the momentum, or Adam's first beta, falls as the rate rises")
          boolean cycleMomentum,
      @About("momentum where the rate is highest") double baseMomentum,
      @About("momentum where the rate is lowest") double maxMomentum)
      implements ScheduleRecipe {
    /** PyTorch's, with the rate of {@code plain}. */
    public static final OneCycle DEFAULT =
        of(
            plain().rate(),
            dev.linnet.optim.OneCycle.Shape.DEFAULT,
            dev.linnet.optim.OneCycle.Momentums.DEFAULT);

    public OneCycle {
      new dev.linnet.optim.OneCycle.Shape(
          pctStart, divFactor, finalDivFactor, annealStrategy, phases(threePhase));
      new dev.linnet.optim.OneCycle.Momentums(baseMomentum, maxMomentum);
    }

    private static OneCycle of(
        Rate rate,
        dev.linnet.optim.OneCycle.Shape shape,
        dev.linnet.optim.OneCycle.Momentums momentums) {
      return new OneCycle(
          rate,
          shape.pctStart(),
          shape.divFactor(),
          shape.finalDivFactor(),
          shape.anneal(),
          shape.phases() == dev.linnet.optim.OneCycle.Phases.THREE,
          true,
          momentums.base(),
          momentums.max());
    }

    private static dev.linnet.optim.OneCycle.Phases phases(boolean three) {
      return three ? dev.linnet.optim.OneCycle.Phases.THREE : dev.linnet.optim.OneCycle.Phases.TWO;
    }

    @Override
    public Warmup warmup() {
      return Warmup.NONE;
    }

    @Override
    public ScheduleRecipe with(Warmup warmup) {
      return this;
    }

    @Override
    public Schedule over(Run run) {
      return new dev.linnet.optim.OneCycle(
          rate.lrFor(run.pictures()),
          run.updates(),
          new dev.linnet.optim.OneCycle.Shape(
              pctStart, divFactor, finalDivFactor, annealStrategy, phases(threePhase)),
          cycleMomentum
              ? Optional.of(new dev.linnet.optim.OneCycle.Momentums(baseMomentum, maxMomentum))
              : Optional.empty());
    }
  }

  /**
   * Falls when the validation no longer gains: {@link dev.linnet.optim.Plateau}.
   *
   * @param factor what the rate is multiplied by, in (0, 1)
   * @param patience epochs in a row without a better top-1 that are borne, at least 0
   * @param threshold what counts as better: more than this share of the best, in [0, 1]
   * @param cooldown epochs after a fall that are not counted, at least 0
   * @param minLr the floor, in [0, lr]
   */
  record Plateau(
      @Inlined(kept = true) Rate rate,
      @Inlined(kept = true) Warmup warmup,
      @About("what the rate is multiplied by") double factor,
      @About("epochs in a row without a better top-1 that are borne") int patience,
      @About("what counts as better: more than this share of the best") double threshold,
      @About("epochs after a fall that are not counted") int cooldown,
      @About("below which the rate does not fall") double minLr)
      implements ScheduleRecipe {
    /** PyTorch's, with the rate and the warm-up of {@code plain}. */
    public static final Plateau DEFAULT = of(plain().rate(), plain().warmup(), Rule.DEFAULT);

    public Plateau {
      check(rate, warmup, minLr);
      new Rule(factor, patience, threshold, cooldown, minLr);
    }

    private static Plateau of(Rate rate, Warmup warmup, Rule rule) {
      return new Plateau(
          rate,
          warmup,
          rule.factor(),
          rule.patience(),
          rule.threshold(),
          rule.cooldown(),
          rule.minLr());
    }

    @Override
    public Schedule over(Run run) {
      double scale = rate.scale(run.pictures());
      Rule rule = new Rule(factor, patience, threshold, cooldown, minLr * scale);
      return warmup.before(new dev.linnet.optim.Plateau(rate.lr() * scale, rule), rate, run);
    }
  }

  private static void checkDecayEpochs(double epochs) {
    Check.that(epochs > 0 && epochs <= 1e6, "schedule.decay_epochs", epochs, "in (0, 1000000]");
  }
}
