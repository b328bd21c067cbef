package dev.linnet.recipe;

import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.data.Boxes;
import dev.linnet.data.ByteCount;
import dev.linnet.data.ClassRule;
import dev.linnet.data.PictureCache;
import dev.linnet.image.ColorMode;
import dev.linnet.image.EvalTransform.CropMode;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Orientation;
import dev.linnet.loss.Smoothing;
import dev.linnet.models.Memory;
import dev.linnet.models.Parts;
import dev.linnet.models.Zoo;
import dev.linnet.optim.Muon;
import dev.linnet.optim.OneCycle;
import dev.linnet.optim.SignDecay;
import dev.linnet.recipe.LossRecipe.Focal.Form;
import dev.linnet.recipe.ScheduleRecipe.Rate;
import dev.linnet.recipe.ScheduleRecipe.Warmup;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.train.PictureTrick;
import dev.linnet.train.TestTimeAugmentation;
import dev.linnet.train.Trainer;
import dev.linnet.tricks.AutoAugment;
import dev.linnet.tricks.ColorJitter;
import dev.linnet.tricks.Convention;
import dev.linnet.tricks.FeatureCutMix;
import dev.linnet.tricks.Mixup;
import dev.linnet.tricks.Policy;
import dev.linnet.tricks.RandAugment;
import dev.linnet.tricks.RandomErasing;
import dev.linnet.tricks.Sam;
import dev.linnet.tricks.WarpFilter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Valid recipes with every key drawn. */
final class RandomRecipes {
  private static final List<String> TEXTS =
      List.of(
          "/a/b",
          "./a",
          "../a",
          ".5",
          "-a",
          "~/a",
          "0x1F",
          "1:2",
          "digits",
          "auto",
          "none",
          "true",
          "1e3",
          "a b",
          "Blätter/花",
          "x: [y] #z",
          "'\"\\",
          "~");

  private final RandomState random;

  RandomRecipes(RandomState random) {
    this.random = random;
  }

  Recipe next() {
    int epochs = 1 + random.nextInt(300);
    boolean holdOut = random.nextBoolean(0.5);
    OrNone<String> from = none(this::text);
    OrNone<Recipe.Ema> ema =
        none(() -> new Recipe.Ema(random.nextDouble(), flip(), 1 + random.nextInt(9)));
    TrainedLayers train =
        from.isNone()
            ? TrainedLayers.ALL
            : one(TrainedLayers.ALL, TrainedLayers.HEAD, TrainedLayers.top(1 + random.nextInt(9)));
    OptimizerRecipe optimizer = optimizer();
    OrAuto<String> model = auto(() -> one(Zoo.names().toArray(String[]::new)));
    return new Recipe(
        none(this::text),
        one(Boxes.NONE, Boxes.CROP),
        none(() -> 1 + random.nextInt(1000)),
        holdOut ? OrAuto.of(OrNone.of(random.nextDouble(0.01, 0.99))) : OrAuto.of(OrNone.none()),
        from,
        none(this::text)
            .given()
            .filter(file -> !from.isNone())
            .map(OrNone::of)
            .orElse(OrNone.none()),
        train,
        from.isNone() || train.equals(TrainedLayers.HEAD)
            ? OrNone.none()
            : none(() -> random.nextDouble(0.01, 9)),
        from.isNone() ? HeadStart.ZERO : one(HeadStart.values()),
        flip(),
        Task.CLASSIFICATION,
        2 + random.nextInt(65_535),
        new ClassesRecipe(
            one(ClassRule.Folders.values()), auto(() -> ClassesRecipe.HeldOut.PICTURES), false),
        model,
        modelOptions(model),
        auto(() -> 1 + random.nextInt(8192)),
        auto(() -> one(ColorMode.values())),
        auto(
            () ->
                one(
                    from.isNone()
                        ? new Normalize[] {Normalize.DATA, Normalize.IMAGENET}
                        : Normalize.values())),
        auto(() -> one(Orientation.values())),
        augment(),
        new Recipe.Evaluation(
            auto(() -> 1 + random.nextInt(8192)),
            auto(() -> random.nextDouble(0.1, 1)),
            auto(() -> one(Interpolation.values())),
            auto(() -> one(CropMode.values())),
            auto(() -> one(TestTimeAugmentation.values()))),
        OrAuto.of(epochs),
        none(() -> 1 + random.nextInt(1000)),
        auto(() -> 1 + random.nextInt(1000)),
        1 + random.nextInt(10),
        random.nextLong() & Long.MAX_VALUE,
        auto(() -> one(DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16)),
        optimizer,
        schedule(epochs, holdOut, optimizer),
        loss(),
        sampling(),
        tricks(),
        ema,
        ema.isNone() ? none(() -> swa(epochs)) : OrNone.none(),
        none(this::clip),
        holdOut ? none(this::earlyStopping) : OrNone.none(),
        new Recipe.Checkpoint(1 + random.nextInt(1000)),
        new Recipe.MaxBad(random.nextDouble(), random.nextInt(10), random.nextInt(3)),
        1 + (random.nextLong() >>> 20),
        one(PictureCache.Where.values()),
        auto(() -> new ByteCount(1 + (random.nextLong() >>> 20))),
        auto(() -> random.nextInt(9)),
        auto(() -> 1 + random.nextInt(9)),
        one(Memory.values()),
        new Recipe.Engine(one(Recipe.Engine.Fused.values()), random.nextBoolean(0.5)),
        new Recipe.Parallel(
            one(Trainer.Norms.values()),
            one(DType.FLOAT32, DType.BFLOAT16),
            1 + random.nextInt(100)));
  }

  private Recipe.Swa swa(int epochs) {
    return new Recipe.Swa(
        auto(() -> 1 + random.nextInt(epochs)),
        1 + random.nextInt(9),
        none(() -> random.nextDouble(0.001, 9)));
  }

  private ScheduleRecipe schedule(int epochs, boolean holdOut, OptimizerRecipe optimizer) {
    double lr = Math.pow(10, random.nextDouble(-9, 2));
    double minLr = lr * random.nextDouble();
    double share = random.nextDouble(0.01, 0.5);
    Rate rate = new Rate(lr, auto(() -> none(() -> 1 + random.nextInt(512))));
    Warmup warmup =
        new Warmup(
            auto(() -> random.nextInt(epochs + 1) / 2.0),
            lr * random.nextDouble(),
            one(dev.linnet.optim.Warmup.Shape.values()),
            flip());
    boolean moves =
        optimizer.config(new OptimizerRecipe.Setting(1, Set.of())).hasMomentum() && flip();
    return switch (random.nextInt(holdOut ? 11 : 10)) {
      case 0 -> new ScheduleRecipe.Cosine(rate, warmup, minLr, 1 + share);
      case 1 -> new ScheduleRecipe.Constant(rate, warmup);
      case 2 -> new ScheduleRecipe.Step(rate, warmup, 1 + random.nextInt(30), share);
      case 3 -> new ScheduleRecipe.MultiStep(rate, warmup, List.of(share, 3.0, 7.5), share);
      case 4 -> new ScheduleRecipe.Exponential(rate, warmup, 1 + share, share);
      case 5 -> new ScheduleRecipe.Polynomial(rate, warmup, 1 + share, minLr);
      case 6 -> new ScheduleRecipe.Tanh(rate, warmup, -6 - share, 3 + share, minLr);
      case 7 ->
          new ScheduleRecipe.OneCycle(
              rate,
              share,
              1 + share,
              3 + share,
              one(OneCycle.Anneal.values()),
              flip(),
              moves,
              share / 2,
              share);
      case 8 -> new ScheduleRecipe.FlatCosine(rate, warmup, share, minLr);
      case 9 ->
          new ScheduleRecipe.WarmRestarts(
              rate, warmup, 1 + share, 1 + share, share, none(() -> 3), minLr);
      default -> new ScheduleRecipe.Plateau(rate, warmup, share, 3, share, 2, minLr);
    };
  }

  private LossRecipe loss() {
    OrAuto<OrNone<Map<String, Double>>> weights = auto(() -> none(this::classes));
    return switch (random.nextInt(4)) {
      case 0 -> new LossRecipe.CrossEntropy(weights);
      case 1 -> new LossRecipe.Bce(none(random::nextDouble), flip());
      case 2 ->
          flip()
              ? new LossRecipe.Focal(Form.SOFTMAX, random.nextDouble(), OrNone.none(), weights)
              : new LossRecipe.Focal(Form.SIGMOID, 2, none(() -> 0.25), OrAuto.of(OrNone.none()));
      default -> new LossRecipe.Poly1(random.nextDouble());
    };
  }

  private SamplingRecipe sampling() {
    return switch (random.nextInt(4)) {
      case 0 ->
          new SamplingRecipe.Uniform(
              auto(
                  () ->
                      random.nextBoolean(0.5) ? OrNone.none() : OrNone.of(1 + random.nextInt(99))));
      case 3 -> new SamplingRecipe.Grouped(auto(() -> 2 + random.nextInt(9)));
      case 1 -> SamplingRecipe.Balanced.DEFAULT;
      default -> new SamplingRecipe.Weighted(classes());
    };
  }

  private Map<String, Double> classes() {
    Map<String, Double> weights = new LinkedHashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      weights.put(text(), random.nextDouble());
    }
    return weights;
  }

  private Recipe.EarlyStopping earlyStopping() {
    return new Recipe.EarlyStopping(1 + random.nextInt(9), random.nextDouble());
  }

  private AugmentRecipe augment() {
    return switch (random.nextInt(4)) {
      case 0 -> new AugmentRecipe.Auto(auto(random::nextDouble));
      case 1 -> flip() ? AugmentRecipe.None.DEFAULT : new AugmentRecipe.Flip(random.nextDouble());
      case 2 -> new AugmentRecipe.PadCropFlip(random.nextInt(65), random.nextDouble());
      default ->
          new AugmentRecipe.ResizedCropFlip(
              List.of(random.nextDouble(0.01, 0.5), random.nextDouble(0.5, 1)),
              List.of(random.nextDouble(0.1, 1), random.nextDouble(1, 10)),
              random.nextDouble(),
              one(Interpolation.values()));
    };
  }

  private ClipRecipe clip() {
    return switch (random.nextInt(3)) {
      case 0 -> new ClipRecipe.Norm(random.nextDouble(0.1, 9));
      case 1 -> new ClipRecipe.Value(random.nextDouble(0.1, 9));
      default -> new ClipRecipe.Agc(random.nextDouble(0.01, 1), random.nextDouble(1e-9, 1e-3));
    };
  }

  private OptimizerRecipe optimizer() {
    OrAuto<Double> decay = auto(() -> Math.pow(10, random.nextDouble(-12, 0)));
    ParameterRules rules =
        new ParameterRules(
            decay,
            flip(),
            none(() -> random.nextDouble(0.1, 1)),
            flip() ? List.of() : List.of(group(), group()));
    double share = random.nextDouble();
    List<Double> betas = List.of(random.nextDouble(), random.nextDouble());
    double eps = random.nextDouble(1e-9, 1e-3);
    return switch (random.nextInt(6)) {
      case 0 -> new OptimizerRecipe.Sgd(share, share > 0 && flip(), rules);
      case 1 -> new OptimizerRecipe.AdamW(betas, eps, rules);
      case 2 -> new OptimizerRecipe.RmsPropTf(share, eps, share, flip(), flip(), rules);
      case 3 ->
          new OptimizerRecipe.Lamb(
              betas, eps, none(() -> random.nextDouble(0.1, 9)), flip(), flip(), rules);
      case 4 ->
          new OptimizerRecipe.Muon(
              share,
              flip(),
              flip(),
              one(Muon.Scaling.values()),
              one(DType.FLOAT32, DType.BFLOAT16),
              betas,
              eps,
              share,
              rules);
      default ->
          new OptimizerRecipe.PowerSign(
              share,
              random.nextDouble(1.1, 9),
              one(SignDecay.Kind.values()),
              random.nextDouble(0.1, 9),
              rules);
    };
  }

  /** A group that every network has: each has a weight. */
  private ParameterRules.Group group() {
    return new ParameterRules.Group(
        one("weight$", "w.i[g]ht", "[a-z]"), random.nextDouble(), auto(() -> random.nextDouble()));
  }

  private Tricks tricks() {
    List<Record> tricks = new ArrayList<>();
    if (flip()) {
      tricks.add(new LabelSmoothing(random.nextDouble(), one(Smoothing.Convention.values())));
    }
    if (flip()) {
      tricks.add(ZeroGamma.DEFAULT);
    }
    if (flip()) {
      tricks.add(new Sam(random.nextDouble(0.001, 9), flip()));
    }
    if (flip()) {
      tricks.add(new Mixup(random.nextDouble(0.01, 10), random.nextDouble()));
    }
    if (flip()) {
      tricks.add(
          new RandomErasing(
              random.nextDouble(),
              List.of(random.nextDouble(0.01, 0.5), random.nextDouble(0.5, 1)),
              List.of(random.nextDouble(0.1, 1), random.nextDouble(1, 10)),
              one(RandomErasing.Mode.values()),
              1 + random.nextInt(9)));
    }
    if (flip()) {
      tricks.add(
          new FeatureCutMix(
              random.nextDouble(0.01, 10), random.nextDouble(), List.of(1 + random.nextInt(4))));
    }
    for (Kinds.Kind kind : Kinds.TRICKS) {
      if (PictureTrick.class.isAssignableFrom(kind.type()) && random.nextBoolean(0.2)) {
        tricks.add(pictureTrick(Records.defaultOf(kind.type()).orElseThrow()));
      }
    }
    return new Tricks(tricks);
  }

  /** With some of its values drawn. */
  private Record pictureTrick(Record trick) {
    if (trick instanceof AutoAugment) {
      Policy own =
          new Policy(
              "",
              Convention.TIMM,
              List.of(
                  new Policy.SubPolicy(
                      List.of(
                          new Policy.Step("Rotate", random.nextDouble(), random.nextDouble()),
                          new Policy.Step("Equalize", 1, 0)))));
      return new AutoAugment(
          auto(() -> flip() ? own : Policies.named("svhn")),
          auto(() -> one(WarpFilter.values())),
          auto(() -> List.of(random.nextInt(256))));
    }
    if (trick instanceof RandAugment) {
      return flip()
          ? RandAugment.timm(random.nextDouble(0, 10), random.nextDouble())
          : RandAugment.DEFAULT.withInterpolation(one(WarpFilter.values()));
    }
    if (trick instanceof ColorJitter) {
      return new ColorJitter(
          random.nextDouble(), random.nextDouble(), random.nextDouble(), 0.1, random.nextDouble());
    }
    return trick;
  }

  private String text() {
    return TEXTS.get(random.nextInt(TEXTS.size()));
  }

  private boolean flip() {
    return random.nextBoolean(0.5);
  }

  private <T> OrAuto<T> auto(Supplier<T> value) {
    return flip() ? OrAuto.auto() : OrAuto.of(value.get());
  }

  private <T> OrNone<T> none(Supplier<T> value) {
    return flip() ? OrNone.none() : OrNone.of(value.get());
  }

  @SafeVarargs
  private <T> T one(T... values) {
    return values[random.nextInt(values.length)];
  }

  /** Parts that the network has. */
  private Recipe.ModelOptions modelOptions(OrAuto<String> model) {
    List<Parts.Part> has = model.isAuto() ? List.of() : Zoo.find(model.value()).parts();
    return new Recipe.ModelOptions(
        random.nextDouble(),
        random.nextDouble(),
        part(has, Parts.Part.ACTIVATION, () -> one(Nonlinearity.values())),
        part(has, Parts.Part.PADDING, () -> one(Parts.Border.values())),
        part(has, Parts.Part.SQUEEZE_EXCITE, () -> random.nextBoolean(0.5)),
        part(has, Parts.Part.WIDTH, () -> random.nextDouble(0.01, 8)),
        part(has, Parts.Part.OUTPUT_STRIDE, () -> 8 << random.nextInt(3)),
        part(has, Parts.Part.AUXILIARY, () -> random.nextBoolean(0.5)),
        part(has, Parts.Part.SHAKE_DROP, () -> random.nextBoolean(0.5)),
        part(has, Parts.Part.DROP_BLOCK_RATE, random::nextDouble));
  }

  private <T> OrAuto<T> part(List<Parts.Part> has, Parts.Part part, Supplier<T> value) {
    return has.contains(part) ? auto(value) : OrAuto.auto();
  }
}
