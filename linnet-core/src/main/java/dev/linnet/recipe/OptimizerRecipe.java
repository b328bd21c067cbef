package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.internal.About;
import dev.linnet.optim.Coupling;
import dev.linnet.optim.Muon.Scaling;
import dev.linnet.optim.Optimizer;
import dev.linnet.optim.RmsProp.Convention;
import dev.linnet.optim.SignDecay;
import dev.linnet.tensor.DType;
import java.util.List;
import java.util.Set;

/**
 * Which optimizer, with what; the learning rate belongs to the schedule. In YAML a name ({@code
 * optimizer: adamw}) or a mapping with one ({@code optimizer: {name: sgd, momentum: 0.95}}).
 *
 * <p>Each record's {@code DEFAULT} has the numbers of the optimizer itself, and the weight decay of
 * the library or paper that its {@code Config} follows, without biases and norms.
 */
public interface OptimizerRecipe {

  /** Which learning rate and which decay a parameter has. */
  ParameterRules parameters();

  /** The optimizer's numbers in a run. */
  Optimizer.Config config(Setting setting);

  /** Copies of the weights that it keeps, at most. */
  int copies();

  /** A learning rate to begin with. */
  double usualLr();

  /**
   * What an optimizer may need to know of its run.
   *
   * @param updates of the whole run, at least 1
   * @param heads names of the modules whose outputs are classes
   */
  record Setting(long updates, Set<String> heads) {
    public Setting {
      heads = Set.copyOf(heads);
    }
  }

  /** λ of the weight decay, at least 0. */
  default OrAuto<Double> weightDecay() {
    return parameters().weightDecay();
  }

  /** This optimizer with another weight decay. */
  default OptimizerRecipe withWeightDecay(OrAuto<Double> weightDecay) {
    return withParameters(parameters().withWeightDecay(weightDecay));
  }

  /** This optimizer with other rates and decays. */
  default OptimizerRecipe withParameters(ParameterRules parameters) {
    return (OptimizerRecipe) Records.with((Record) this, "parameters", parameters);
  }

  /**
   * Stochastic gradient descent as in PyTorch: {@link dev.linnet.optim.Sgd} without dampening.
   *
   * @param momentum μ in [0, 1)
   * @param nesterov whether the gradient is looked up one step ahead; needs momentum
   */
  record Sgd(
      @About("share of the last step that goes into the next, in [0, 1)") double momentum,
      @About("Nesterov's momentum") boolean nesterov,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    public Sgd {
      checkShare("momentum", momentum);
      Check.that(
          !nesterov || momentum > 0, "optimizer.nesterov", nesterov, "false where momentum is 0");
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      return new dev.linnet.optim.Sgd.Config(momentum, nesterov);
    }

    @Override
    public int copies() {
      return momentum > 0 ? 1 : 0;
    }

    @Override
    public double usualLr() {
      return 0.1;
    }
  }

  /**
   * {@link dev.linnet.optim.Adam}, with weight decay in the gradient.
   *
   * @param betas β₁ and β₂, each in [0, 1)
   * @param eps ε in the denominator, in (0, 1)
   * @param amsgrad whether the divisor never shrinks
   */
  record Adam(
      @About("decay of the averages of gradient and squared gradient") List<Double> betas,
      @About("added to the denominator") double eps,
      @About("whether the divisor never shrinks") boolean amsgrad,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; no decay, as in PyTorch. */
    public static final Adam DEFAULT = of(dev.linnet.optim.Adam.Config.DEFAULT);

    public Adam {
      betas = List.copyOf(betas);
      checkBetas(betas);
      checkEps(eps);
    }

    private static Adam of(dev.linnet.optim.Adam.Config config) {
      List<Double> betas = List.of(config.beta1(), config.beta2());
      return new Adam(betas, config.eps(), config.amsgrad(), ParameterRules.of(0));
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      return new dev.linnet.optim.Adam.Config(betas.get(0), betas.get(1), eps, amsgrad);
    }

    @Override
    public int copies() {
      return amsgrad ? 3 : 2;
    }

    @Override
    public double usualLr() {
      return 0.001;
    }
  }

  /**
   * {@link dev.linnet.optim.AdamW}.
   *
   * @param betas β₁ and β₂, each in [0, 1)
   * @param eps ε in the denominator, in (0, 1)
   */
  record AdamW(
      @About("decay of the averages of gradient and squared gradient") List<Double> betas,
      @About("added to the denominator") double eps,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; PyTorch's decay. */
    public static final AdamW DEFAULT = of(dev.linnet.optim.AdamW.Config.DEFAULT);

    public AdamW {
      betas = List.copyOf(betas);
      checkBetas(betas);
      checkEps(eps);
    }

    private static AdamW of(dev.linnet.optim.AdamW.Config config) {
      List<Double> betas = List.of(config.beta1(), config.beta2());
      return new AdamW(betas, config.eps(), ParameterRules.of(0.01));
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      return new dev.linnet.optim.AdamW.Config(betas.get(0), betas.get(1), eps);
    }

    @Override
    public int copies() {
      return 2;
    }

    @Override
    public double usualLr() {
      return 0.001;
    }
  }

  /**
   * {@link dev.linnet.optim.NAdam}.
   *
   * @param betas β₁ and β₂, each in [0, 1)
   * @param eps ε in the denominator, in (0, 1)
   * @param momentumDecay how fast the momentum warms up, in [0, 1)
   * @param decoupled whether weight decay is apart from the gradient
   */
  record NAdam(
      @About("decay of the averages of gradient and squared gradient") List<Double> betas,
      @About("added to the denominator") double eps,
      @About("how fast the momentum warms up") double momentumDecay,
      @About("whether weight decay is apart from the gradient") boolean decoupled,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; no decay, as in PyTorch. */
    public static final NAdam DEFAULT = of(dev.linnet.optim.NAdam.Config.DEFAULT);

    public NAdam {
      betas = List.copyOf(betas);
      checkBetas(betas);
      checkEps(eps);
      checkShare("momentum_decay", momentumDecay);
    }

    private static NAdam of(dev.linnet.optim.NAdam.Config config) {
      return new NAdam(
          List.of(config.beta1(), config.beta2()),
          config.eps(),
          config.momentumDecay(),
          config.coupling() == Coupling.DECOUPLED,
          ParameterRules.of(0));
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      Coupling coupling = decoupled ? Coupling.DECOUPLED : Coupling.L2;
      return new dev.linnet.optim.NAdam.Config(
          betas.get(0), betas.get(1), eps, momentumDecay, coupling);
    }

    @Override
    public int copies() {
      return 2;
    }

    @Override
    public double usualLr() {
      return 0.001;
    }
  }

  /**
   * {@link dev.linnet.optim.RmsProp} as in PyTorch: ε outside the root.
   *
   * @param alpha decay of the mean square, in [0, 1)
   * @param eps ε beside the root, in (0, 1)
   * @param momentum μ in [0, 1)
   * @param centered whether the mean is subtracted from the mean square
   */
  record RmsProp(
      @About("decay of the mean square") double alpha,
      @About("added to the root") double eps,
      @About("share of the last step that goes into the next, in [0, 1)") double momentum,
      @About("whether the mean is subtracted from the mean square") boolean centered,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; no decay, as in PyTorch. */
    public static final RmsProp DEFAULT = of(dev.linnet.optim.RmsProp.Config.TORCH);

    public RmsProp {
      checkShare("alpha", alpha);
      checkEps(eps);
      checkShare("momentum", momentum);
    }

    private static RmsProp of(dev.linnet.optim.RmsProp.Config config) {
      return new RmsProp(
          config.alpha(), config.eps(), config.momentum(), config.centered(), ParameterRules.of(0));
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      return new dev.linnet.optim.RmsProp.Config(alpha, eps, momentum, centered, Convention.TORCH);
    }

    @Override
    public int copies() {
      return 1 + (momentum > 0 ? 1 : 0) + (centered ? 1 : 0);
    }

    @Override
    public double usualLr() {
      return 0.01;
    }
  }

  /**
   * {@link dev.linnet.optim.RmsProp} as in TensorFlow and in timm's {@code RMSpropTF}: ε inside the
   * root, the mean square starts at 1.
   *
   * @param alpha decay of the mean square, in [0, 1)
   * @param eps ε inside the root, in (0, 1)
   * @param momentum μ in [0, 1)
   * @param centered whether the mean is subtracted from the mean square
   * @param lrInMomentum whether the learning rate is inside the momentum
   */
  record RmsPropTf(
      @About("decay of the mean square") double alpha,
      @About("added inside the root") double eps,
      @About("share of the last step that goes into the next, in [0, 1)") double momentum,
      @About("whether the mean is subtracted from the mean square") boolean centered,
      @About("whether the learning rate is inside the momentum") boolean lrInMomentum,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; no decay, as in timm. */
    public static final RmsPropTf DEFAULT = of(dev.linnet.optim.RmsProp.Config.TENSORFLOW);

    public RmsPropTf {
      checkShare("alpha", alpha);
      checkEps(eps);
      checkShare("momentum", momentum);
    }

    private static RmsPropTf of(dev.linnet.optim.RmsProp.Config config) {
      return new RmsPropTf(
          config.alpha(),
          config.eps(),
          config.momentum(),
          config.centered(),
          config.convention() == Convention.TENSORFLOW,
          ParameterRules.of(0));
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      return new dev.linnet.optim.RmsProp.Config(
          alpha,
          eps,
          momentum,
          centered,
          lrInMomentum ? Convention.TENSORFLOW : Convention.TENSORFLOW_LR_OUTSIDE);
    }

    @Override
    public int copies() {
      return 1 + (momentum > 0 ? 1 : 0) + (centered ? 1 : 0);
    }

    @Override
    public double usualLr() {
      return 0.01;
    }
  }

  /**
   * {@link dev.linnet.optim.Adagrad}.
   *
   * @param lrDecay how fast the learning rate falls beside the schedule, at least 0
   * @param initialAccumulatorValue where the sum of squares starts, at least 0
   * @param eps ε in the denominator, in (0, 1)
   */
  record Adagrad(
      @About("how fast the learning rate falls, beside the schedule") double lrDecay,
      @About("where the sum of squares starts") double initialAccumulatorValue,
      @About("added to the denominator") double eps,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; no decay, as in PyTorch. */
    public static final Adagrad DEFAULT = of(dev.linnet.optim.Adagrad.Config.DEFAULT);

    public Adagrad {
      Check.that(lrDecay >= 0, "optimizer.lr_decay", lrDecay, "at least 0");
      Check.that(
          initialAccumulatorValue >= 0,
          "optimizer.initial_accumulator_value",
          initialAccumulatorValue,
          "at least 0");
      checkEps(eps);
    }

    private static Adagrad of(dev.linnet.optim.Adagrad.Config config) {
      return new Adagrad(config.lrDecay(), config.initial(), config.eps(), ParameterRules.of(0));
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      return new dev.linnet.optim.Adagrad.Config(lrDecay, initialAccumulatorValue, eps);
    }

    @Override
    public int copies() {
      return 1;
    }

    @Override
    public double usualLr() {
      return 0.01;
    }
  }

  /**
   * {@link dev.linnet.optim.Lamb}.
   *
   * @param betas β₁ and β₂, each in [0, 1)
   * @param eps ε in the denominator, in (0, 1)
   * @param maxGradNorm length to which the gradient is clipped first, above 0
   * @param trustClip whether the ratio is at most 1
   * @param alwaysAdapt whether tensors without weight decay have a ratio too
   */
  record Lamb(
      @About("decay of the averages of gradient and squared gradient") List<Double> betas,
      @About("added to the denominator") double eps,
      @About("length to which the gradient is clipped first") OrNone<Double> maxGradNorm,
      @About("whether the ratio is at most 1") boolean trustClip,
      @About("whether tensors without weight decay have a ratio too") boolean alwaysAdapt,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; timm's decay. */
    public static final Lamb DEFAULT = of(dev.linnet.optim.Lamb.Config.DEFAULT);

    public Lamb {
      betas = List.copyOf(betas);
      checkBetas(betas);
      checkEps(eps);
      Check.that(
          maxGradNorm.isNoneOr(norm -> norm > 0),
          "optimizer.max_grad_norm",
          maxGradNorm,
          "above 0, or none");
    }

    private static Lamb of(dev.linnet.optim.Lamb.Config config) {
      return new Lamb(
          List.of(config.beta1(), config.beta2()),
          config.eps(),
          OrNone.of(config.maxGradNorm()),
          config.trustClip(),
          config.alwaysAdapt(),
          ParameterRules.of(0.01));
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      return new dev.linnet.optim.Lamb.Config(
          betas.get(0),
          betas.get(1),
          eps,
          maxGradNorm.isNone() ? Double.POSITIVE_INFINITY : maxGradNorm.value(),
          trustClip,
          alwaysAdapt);
    }

    @Override
    public int copies() {
      return 2;
    }

    @Override
    public double usualLr() {
      return 0.005;
    }
  }

  /**
   * {@link dev.linnet.optim.Lion}.
   *
   * @param betas β₁ and β₂, each in [0, 1)
   */
  record Lion(
      @About("share of the average in the step, and its decay") List<Double> betas,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; ten times AdamW's decay, as its rate is a tenth. */
    public static final Lion DEFAULT = of(dev.linnet.optim.Lion.Config.DEFAULT);

    public Lion {
      betas = List.copyOf(betas);
      checkBetas(betas);
    }

    private static Lion of(dev.linnet.optim.Lion.Config config) {
      return new Lion(List.of(config.beta1(), config.beta2()), ParameterRules.of(0.1));
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      return new dev.linnet.optim.Lion.Config(betas.get(0), betas.get(1));
    }

    @Override
    public int copies() {
      return 1;
    }

    @Override
    public double usualLr() {
      return 0.0001;
    }
  }

  /**
   * {@link dev.linnet.optim.Muon} for matrices, AdamW for the rest and the head.
   *
   * @param momentum μ in [0, 1)
   * @param nesterov whether the gradient counts once more
   * @param convolutions whether convolutions are matrices, too
   * @param adjustLr how the step depends on the matrix
   * @param iteration bf16 or fp32
   * @param betas β₁ and β₂ of the rest, each in [0, 1)
   * @param eps ε of the rest, in (0, 1)
   * @param restLrScale factor on the rest's learning rate, in [0, 1000]
   */
  record Muon(
      @About("share of the average that stays, in [0, 1)") double momentum,
      @About("whether the gradient counts once more") boolean nesterov,
      @About("whether convolutions are matrices, too; as long as a step on a few pictures")
          boolean convolutions,
      @About("how the step depends on the matrix") Scaling adjustLr,
      @About("number format of the iteration") DType iteration,
      @About("AdamW's, for what is no matrix") List<Double> betas,
      @About("AdamW's, for what is no matrix") double eps,
      @About("factor on the learning rate of what is no matrix") double restLrScale,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; PyTorch's decay. */
    public static final Muon DEFAULT = of(dev.linnet.optim.Muon.Config.DEFAULT);

    public Muon {
      betas = List.copyOf(betas);
      checkShare("momentum", momentum);
      Check.that(
          iteration == DType.BFLOAT16 || iteration == DType.FLOAT32,
          "optimizer.iteration",
          iteration,
          "bf16 or fp32");
      checkBetas(betas);
      checkEps(eps);
      Check.that(
          restLrScale >= 0 && restLrScale <= 1000,
          "optimizer.rest_lr_scale",
          restLrScale,
          "in [0, 1000]");
    }

    private static Muon of(dev.linnet.optim.Muon.Config config) {
      return new Muon(
          config.momentum(),
          config.nesterov(),
          config.convolutions(),
          config.scaling(),
          config.iteration(),
          List.of(config.rest().beta1(), config.rest().beta2()),
          config.rest().eps(),
          config.restLrScale(),
          ParameterRules.of(0.1));
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      return new dev.linnet.optim.Muon.Config(
          momentum,
          nesterov,
          convolutions,
          adjustLr,
          iteration,
          new dev.linnet.optim.AdamW.Config(betas.get(0), betas.get(1), eps),
          restLrScale,
          setting.heads());
    }

    @Override
    public int copies() {
      return 2;
    }

    @Override
    public double usualLr() {
      return 0.001;
    }
  }

  /**
   * {@link dev.linnet.optim.PowerSign}.
   *
   * @param beta decay of the average, in [0, 1)
   * @param base of the power, in (1, 100]
   * @param decay how the part of the signs fades over the run
   * @param periods of a cosine or of restarts, in (0, 1000]
   */
  record PowerSign(
      @About("decay of the average of gradients") double beta,
      @About("base of the power") double base,
      @About("how the part of the signs fades over the run") SignDecay.Kind decay,
      @About("periods of a cosine, or number of restarts") double periods,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; decay as of SGD, which it is where the signs do not count. */
    public static final PowerSign DEFAULT = of(dev.linnet.optim.PowerSign.Config.DEFAULT);

    public PowerSign {
      checkShare("beta", beta);
      Check.that(base > 1 && base <= 100, "optimizer.base", base, "in (1, 100]");
      SignDecay.checkPeriods(periods);
    }

    private static PowerSign of(dev.linnet.optim.PowerSign.Config config) {
      return new PowerSign(
          config.beta(),
          config.base(),
          config.decay().kind(),
          config.decay().periods(),
          new ParameterRules(OrAuto.auto(), false));
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      return new dev.linnet.optim.PowerSign.Config(
          beta, base, new SignDecay(decay, periods, setting.updates()));
    }

    @Override
    public int copies() {
      return 1;
    }

    @Override
    public double usualLr() {
      return 0.05;
    }
  }

  /**
   * {@link dev.linnet.optim.AddSign}.
   *
   * @param beta decay of the average, in [0, 1)
   * @param alpha what is added to the signs, in (0, 100]
   * @param decay how the part of the signs fades over the run
   * @param periods of a cosine or of restarts, in (0, 1000]
   */
  record AddSign(
      @About("decay of the average of gradients") double beta,
      @About("what is added to the signs") double alpha,
      @About("how the part of the signs fades over the run") SignDecay.Kind decay,
      @About("periods of a cosine, or number of restarts") double periods,
      @Inlined ParameterRules parameters)
      implements OptimizerRecipe {
    /** The optimizer's own numbers; decay as of SGD, which it is where the signs do not count. */
    public static final AddSign DEFAULT = of(dev.linnet.optim.AddSign.Config.DEFAULT);

    public AddSign {
      checkShare("beta", beta);
      Check.that(alpha > 0 && alpha <= 100, "optimizer.alpha", alpha, "in (0, 100]");
      SignDecay.checkPeriods(periods);
    }

    private static AddSign of(dev.linnet.optim.AddSign.Config config) {
      return new AddSign(
          config.beta(),
          config.alpha(),
          config.decay().kind(),
          config.decay().periods(),
          new ParameterRules(OrAuto.auto(), false));
    }

    @Override
    public Optimizer.Config config(Setting setting) {
      return new dev.linnet.optim.AddSign.Config(
          beta, alpha, new SignDecay(decay, periods, setting.updates()));
    }

    @Override
    public int copies() {
      return 1;
    }

    @Override
    public double usualLr() {
      return 0.05;
    }
  }

  private static void checkShare(String key, double value) {
    Check.that(value >= 0 && value < 1, "optimizer." + key, value, "in [0, 1)");
  }

  private static void checkEps(double eps) {
    Check.that(eps > 0 && eps < 1, "optimizer.eps", eps, "in (0, 1)");
  }

  private static void checkBetas(List<Double> betas) {
    Check.that(
        betas.size() == 2 && betas.stream().allMatch(beta -> beta >= 0 && beta < 1),
        "optimizer.betas",
        betas,
        "two numbers in [0, 1), such as [0.9, 0.999]");
  }
}
