package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.internal.About;
import dev.linnet.data.Boxes;
import dev.linnet.data.ByteCount;
import dev.linnet.data.ClassRule;
import dev.linnet.data.PictureCache;
import dev.linnet.image.ColorMode;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Orientation;
import dev.linnet.models.Memory;
import dev.linnet.models.Parts;
import dev.linnet.optim.WeightAverage;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.train.TestTimeAugmentation;
import dev.linnet.train.Trainer;
import java.util.List;

/**
 * What a training run does: one component a key, {@code warmupEpochs} being {@code warmup_epochs}
 * in YAML and, at the top level, {@code --warmup-epochs} on the command line.
 *
 * <p>Values that are {@code auto} wait for the data: {@link Chooser#choose} settles them. A recipe
 * is complete; its defaults are those of the preset {@code plain} ({@link Recipes#plain}).
 */
public record Recipe(
    @About("data set: a folder, a file or a name; none: the built-in digits") OrNone<String> data,
    @About("what boxes become (Pascal VOC, COCO); crop: each a picture with its class") Boxes boxes,
    @About("pictures a class at most, drawn by seed") OrNone<Integer> limit,
    @About("share of the training pictures held out to choose the best weights")
        OrAuto<OrNone<Double>> val,
    @About(
            "weights to start from: a run, a folder of weights or hf://OWNER/NAME; with weights a"
                + " network's name")
        OrNone<String> from,
    @About("file with the weights of the network that from names") OrNone<String> weights,
    @About("layers that are trained: all, top:N (the head and N below it) or head")
        TrainedLayers train,
    @About("epochs after which one more layer is trained, from the head down to those of train")
        OrNone<Double> unfreeze,
    @About("weights of a new head: zero, or those of a linear probe of the frozen features")
        HeadStart headStart,
    @About("whether features are computed once where the head alone is trained")
        boolean cacheFeatures,
    @About("classification; or similarity: pictures of a class near each other") Task task,
    @About("numbers that the network makes of a picture, with task similarity") int embedding,
    @About("what the classes of the pictures are") ClassesRecipe classes,
    @About("network; \"linnet models\" lists them") OrAuto<String> model,
    @About("options of the network") ModelOptions modelOptions,
    @About("height and width of the network's input, in pixels") OrAuto<Integer> size,
    @About("color of the network's input") OrAuto<ColorMode> color,
    @About("mean and deviation that make levels into input") OrAuto<Normalize> normalize,
    @About("whether EXIF turns the pictures") OrAuto<Orientation> orientation,
    @About("crops and mirrors of the training pictures") AugmentRecipe augment,
    @About("how pictures are read for evaluation") Evaluation evaluation,
    @About("passes over the training pictures") OrAuto<Integer> epochs,
    @About("seconds that the run may take about, where epochs is auto")
        OrNone<Integer> budgetSeconds,
    @About("pictures a step") OrAuto<Integer> batch,
    @About("steps whose gradients make one update") int accumulate,
    @About("seed of every random draw") long seed,
    @About("number format of a step") OrAuto<DType> dtype,
    @About("optimizer") OptimizerRecipe optimizer,
    @About("learning rate over the run") ScheduleRecipe schedule,
    @About("what is minimized") LossRecipe loss,
    @About("which training pictures an epoch has") SamplingRecipe sampling,
    @About("tricks") Tricks tricks,
    @About("average of the weights, evaluated and saved in their place") OrNone<Ema> ema,
    @About("plain mean of the last epochs' weights, evaluated and saved in their place")
        OrNone<Swa> swa,
    @About("limit on the gradient") OrNone<ClipRecipe> clip,
    @About("stops when validation no longer improves") OrNone<EarlyStopping> earlyStopping,
    @About("when the full state is saved") Checkpoint checkpoint,
    @About("broken pictures that a run bears") MaxBad maxBad,
    @About("pixels above which a picture is refused by its header") long maxPixels,
    @About("where decoded pictures are kept; auto: in memory, where all fit")
        PictureCache.Where cache,
    @About("room for decoded pictures, such as 4GB") OrAuto<ByteCount> cacheSize,
    @About("threads that read pictures") OrAuto<Integer> workers,
    @About("threads that compute; other counts give other bits") OrAuto<Integer> threads,
    @About("what a step keeps for its way back: usual; or low, which computes blocks again")
        Memory memory,
    @About("which kernels compute") Engine engine,
    @About("how several processes train together") Parallel parallel) {

  /** The number formats that a step may have. */
  static final List<DType> DTYPES = List.of(DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16);

  /** What boxes may become where pictures are trained on. */
  static final List<Boxes> BOXES = List.of(Boxes.NONE, Boxes.CROP);

  public Recipe {
    Check.that(data.isNoneOr(name -> !name.isBlank()), "data", data, "a path or a name");
    Check.that(BOXES.contains(boxes), "boxes", boxes, "none or crop");
    Check.that(limit.isNoneOr(n -> n >= 1), "limit", limit, "at least 1, or none");
    Check.that(
        val.isAutoOr(part -> part.isNoneOr(share -> share > 0 && share < 1)),
        "val",
        val,
        "in (0, 1), or auto or none");
    Check.that(
        from.isNoneOr(name -> !name.isBlank()),
        "from",
        from,
        "a folder or hf://OWNER/NAME, or none");
    Check.that(
        weights.isNoneOr(file -> !file.isBlank() && !from.isNone()),
        "weights",
        weights,
        "none where from names no network, such as --from resnet50 --weights FILE");
    Check.that(
        unfreeze.isNoneOr(n -> n >= 0.001 && n <= 1_000_000),
        "unfreeze",
        unfreeze,
        "in [0.001, 1000000], or none");
    Check.that(
        normalize.isAutoOr(how -> how != Normalize.WEIGHTS || !from.isNone()),
        "normalize",
        normalize,
        "data or imagenet where from is none");
    Check.that(embedding >= 2 && embedding <= 65_536, "embedding", embedding, "in [2, 65536]");
    Check.that(model.isAutoOr(name -> !name.isBlank()), "model", model, "a name, or auto");
    Check.that(
        size.isAutoOr(pixels -> pixels >= 1 && pixels <= 8192),
        "size",
        size,
        "in [1, 8192], or auto");
    Check.that(
        epochs.isAutoOr(n -> n >= 1 && n <= 1_000_000),
        "epochs",
        epochs,
        "in [1, 1000000], or auto");
    Check.that(
        budgetSeconds.isNoneOr(seconds -> seconds >= 1),
        "budget_seconds",
        budgetSeconds,
        "at least 1, or none");
    Check.that(
        batch.isAutoOr(n -> n >= 1 && n <= 1_000_000), "batch", batch, "in [1, 1000000], or auto");
    Check.that(
        accumulate >= 1 && accumulate <= 100_000, "accumulate", accumulate, "in [1, 100000]");
    Check.that(dtype.isAutoOr(DTYPES::contains), "dtype", dtype, "auto, fp32, bf16 or fp16");
    Check.that(seed >= 0, "seed", seed, "at least 0");
    Check.that(maxPixels >= 1, "max_pixels", maxPixels, "at least 1");
    Check.that(
        workers.isAutoOr(n -> n >= 0 && n <= 1024), "workers", workers, "in [0, 1024], or auto");
    Check.that(
        threads.isAutoOr(n -> n >= 1 && n <= 1024), "threads", threads, "in [1, 1024], or auto");
    Check.that(
        !epochs.isAuto() || !budgetSeconds.isNone(),
        "epochs",
        epochs,
        "a whole number where budget_seconds is none");
    OrAuto<Double> warmup = schedule.warmup().warmupEpochs();
    Check.that(
        epochs.isAuto() || warmup.isAutoOr(w -> w <= epochs.value()),
        "schedule.warmup_epochs",
        warmup,
        "at most epochs, which is " + epochs);
    Check.that(
        earlyStopping.isNone() || val.isAutoOr(part -> !part.isNone()),
        "early_stopping",
        "true",
        "false where val is none, because it watches the validation pictures");
  }

  /**
   * Options of the network: what all take, and parts that some let be exchanged ({@link Parts}).
   *
   * @param dropRate dropout before the last layer, in [0, 1)
   * @param dropPathRate stochastic depth of the last block, in [0, 1); earlier blocks less
   * @param activation the function after most norms
   * @param padding border of the convolutions
   * @param squeezeExcite whether blocks weigh their channels
   * @param width factor on the channels, in (0, 8]
   * @param outputStride how often the last map divides the picture's side: 8, 16 or 32
   * @param auxiliary whether heads in the middle help in training
   * @param shakeDrop whether branches are shaken where they would be left out
   * @param dropBlockRate share of the maps that DropBlock drops in training, in [0, 1)
   */
  public record ModelOptions(
      @About("dropout before the last layer") double dropRate,
      @About("stochastic depth of the last block") double dropPathRate,
      @About("function after most norms") OrAuto<Nonlinearity> activation,
      @About("border of the convolutions") OrAuto<Parts.Border> padding,
      @About("whether blocks weigh their channels") OrAuto<Boolean> squeezeExcite,
      @About("factor on the channels") OrAuto<Double> width,
      @About("how often the last map divides the picture's side") OrAuto<Integer> outputStride,
      @About("whether heads in the middle help in training") OrAuto<Boolean> auxiliary,
      @About("whether branches are shaken where they would be left out") OrAuto<Boolean> shakeDrop,
      @About("share of the maps that DropBlock drops") OrAuto<Double> dropBlockRate) {
    /** Nothing dropped, all parts as published. */
    public static final ModelOptions DEFAULT =
        new ModelOptions(
            0,
            0,
            OrAuto.auto(),
            OrAuto.auto(),
            OrAuto.auto(),
            OrAuto.auto(),
            OrAuto.auto(),
            OrAuto.auto(),
            OrAuto.auto(),
            OrAuto.auto());

    public ModelOptions {
      Check.that(dropRate >= 0 && dropRate < 1, "model_options.drop_rate", dropRate, "in [0, 1)");
      Check.that(
          dropPathRate >= 0 && dropPathRate < 1,
          "model_options.drop_path_rate",
          dropPathRate,
          "in [0, 1)");
      Check.that(
          dropPathRate > 0 || !shakeDrop.orElse(false),
          "model_options.drop_path_rate",
          dropPathRate,
          "above 0 where shake_drop is on, such as its paper's 0.5");
      Check.that(
          width.isAutoOr(factor -> factor > 0 && factor <= Parts.MAX_WIDTH),
          "model_options.width",
          width,
          "in (0, " + Parts.MAX_WIDTH + "], or auto");
      Check.that(
          outputStride.isAutoOr(Parts.OUTPUT_STRIDES::contains),
          "model_options.output_stride",
          outputStride,
          "8, 16, 32 or auto");
      Check.that(
          dropBlockRate.isAutoOr(rate -> rate >= 0 && rate < 1),
          "model_options.drop_block_rate",
          dropBlockRate,
          "in [0, 1), or auto");
    }

    /** These options with other parts. */
    ModelOptions withParts(Parts parts) {
      return new ModelOptions(
          dropRate,
          dropPathRate,
          parts.activation(),
          parts.padding(),
          parts.squeezeExcite(),
          parts.width(),
          parts.outputStride(),
          parts.auxiliary(),
          parts.shakeDrop(),
          parts.dropBlockRate());
    }

    /** The parts that may be exchanged. */
    public Parts parts() {
      return new Parts(
          activation,
          padding,
          squeezeExcite,
          width,
          outputStride,
          auxiliary,
          shakeDrop,
          dropBlockRate);
    }
  }

  /**
   * How pictures are read for evaluation: resized so that {@code size / crop_pct} is the short
   * side, then the center.
   *
   * @param size height and width in pixels, in [1, 8192]; auto: that of training; a larger one is
   *     FixRes (Touvron et al., NeurIPS 2019, arXiv:1906.06423)
   * @param cropPct share of the short side that the center crop keeps, in (0, 1]
   * @param interpolation how pictures are resized; auto: bilinear, or as the weights want it
   * @param cropMode what happens to pictures that are not square; auto: center, or as the weights
   *     want it
   * @param tta views of a picture whose probabilities are averaged at the end of a run, in {@code
   *     eval} and in {@code predict}; auto: the mirror image too, where training mirrors
   */
  public record Evaluation(
      @About("height and width for evaluation, in pixels; auto: those of training")
          OrAuto<Integer> size,
      @About("share of the short side that the center crop keeps") OrAuto<Double> cropPct,
      @About("how pictures are resized") OrAuto<Interpolation> interpolation,
      @About("what happens to pictures that are not square")
          OrAuto<EvalTransform.CropMode> cropMode,
      @About("views of a picture that are averaged at the end of a run")
          OrAuto<TestTimeAugmentation> tta) {
    public Evaluation {
      Check.that(
          size.isAutoOr(pixels -> pixels >= 1 && pixels <= 8192),
          "evaluation.size",
          size,
          "in [1, 8192], or auto");
      Check.that(
          cropPct.isAutoOr(share -> share > 0 && share <= 1),
          "evaluation.crop_pct",
          cropPct,
          "in (0, 1], or auto");
    }

    /** The same with another size, in pixels. */
    Evaluation withSize(int pixels) {
      return new Evaluation(OrAuto.of(pixels), cropPct, interpolation, cropMode, tta);
    }

    /** The same with another way of reading. */
    Evaluation with(double share, Interpolation filter, EvalTransform.CropMode mode) {
      return new Evaluation(size, OrAuto.of(share), OrAuto.of(filter), OrAuto.of(mode), tta);
    }

    /** The same with other views. */
    Evaluation withTta(TestTimeAugmentation views) {
      return new Evaluation(size, cropPct, interpolation, cropMode, OrAuto.of(views));
    }

    /**
     * How a picture becomes an input of size × size pixels.
     *
     * @throws IllegalStateException if something is still {@code auto}
     */
    public EvalTransform over(int size) {
      return EvalTransform.of(new ImageSize(size, size), cropPct.value(), interpolation.value())
          .withMode(cropMode.value());
    }
  }

  /**
   * Exponential moving average of the weights: {@link WeightAverage}.
   *
   * @param decay share of the old average that stays, in [0, 1)
   * @param warmup whether the decay grows from 0
   * @param every updates from one averaging to the next, at least 1
   */
  public record Ema(
      @About("share of the old average that stays") double decay,
      @About("whether the decay grows from 0") boolean warmup,
      @About("updates from one averaging to the next") int every) {
    /** {@link WeightAverage.Config#DEFAULT}, after every update. */
    public static final Ema DEFAULT = of(WeightAverage.Config.DEFAULT);

    public Ema {
      Check.that(decay >= 0 && decay < 1, "ema.decay", decay, "in [0, 1)");
      Check.that(every >= 1 && every <= 1_000_000, "ema.every", every, "in [1, 1000000]");
    }

    private static Ema of(WeightAverage.Config config) {
      return new Ema(config.decay(), config.warmup() == WeightAverage.Warmup.ON, 1);
    }

    /** The average's numbers. */
    public WeightAverage.Config config() {
      return WeightAverage.Config.DEFAULT
          .withDecay(decay)
          .withWarmup(warmup ? WeightAverage.Warmup.ON : WeightAverage.Warmup.OFF);
    }
  }

  /**
   * Stochastic weight averaging: the plain mean of the weights at the end of the last epochs, with
   * batch norm's statistics estimated anew over the training pictures (Izmailov et al., UAI 2018,
   * arXiv:1803.05407).
   *
   * @param start epochs before and with the first that is averaged, at least 1; auto: three
   *     quarters of the run, as in the paper
   * @param every epochs from one that is averaged to the next, at least 1
   * @param lr constant learning rate after {@code start}; none: the schedule goes on
   */
  public record Swa(
      @About("epochs before and with the first that is averaged") OrAuto<Integer> start,
      @About("epochs from one that is averaged to the next") int every,
      @About("constant learning rate while weights are averaged; none: the schedule goes on")
          OrNone<Double> lr) {
    /** The last quarter of the run, each epoch. */
    public static final Swa DEFAULT = new Swa(OrAuto.auto(), 1, OrNone.none());

    public Swa {
      Check.that(start.isAutoOr(n -> n >= 1), "swa.start", start, "at least 1, or auto");
      Check.that(every >= 1 && every <= 1_000_000, "swa.every", every, "in [1, 1000000]");
      Check.that(
          lr.isNoneOr(rate -> rate > 0 && rate <= 1000), "swa.lr", lr, "in (0, 1000], or none");
    }

    /** {@link #start}, settled for a run of so many epochs. */
    int startOf(int epochs) {
      return start.orElse(Math.max(1, (int) Math.round(0.75 * epochs)));
    }
  }

  /**
   * The run stops when the top-1 of the validation pictures has not improved for some epochs.
   *
   * @param patience epochs without improvement that are borne, at least 1
   * @param minDelta what counts as improvement: more than this, in percentage points
   */
  public record EarlyStopping(
      @About("epochs without improvement that are borne") int patience,
      @About("least improvement that counts, in percentage points") double minDelta) {
    /** Ten epochs without any improvement. */
    public static final EarlyStopping DEFAULT = new EarlyStopping(10, 0);

    public EarlyStopping {
      Check.that(patience >= 1, "early_stopping.patience", patience, "at least 1");
      Check.that(minDelta >= 0, "early_stopping.min_delta", minDelta, "at least 0");
    }
  }

  /**
   * When the full state is saved, beside the end of every epoch.
   *
   * @param everySeconds seconds from one saving to the next, at least 1
   */
  public record Checkpoint(@About("seconds from one saving to the next") int everySeconds) {
    public Checkpoint {
      Check.that(everySeconds >= 1, "checkpoint.every_seconds", everySeconds, "at least 1");
    }
  }

  /**
   * Broken pictures are named and skipped; when they are more than both numbers, the run stops.
   *
   * @param share share of the pictures, in [0, 1]
   * @param count pictures, at least 0
   * @param shards that end early or are broken and are borne, at least 0
   */
  public record MaxBad(
      @About("share of the pictures") double share,
      @About("number of pictures") int count,
      @About("shards that end early or are broken, of which what is whole is used") int shards) {
    public MaxBad {
      Check.that(share >= 0 && share <= 1, "max_bad.share", share, "in [0, 1]");
      Check.that(count >= 0, "max_bad.count", count, "at least 0");
      Check.that(shards >= 0, "max_bad.shards", shards, "at least 0");
    }
  }

  /**
   * How several processes train together.
   *
   * @param batchNorm whose pictures batch norm takes its statistics from
   * @param gradients type in which gradients travel: float32, or bfloat16 for half the bytes
   * @param bucketMb megabytes of gradients that are sent at once, in [1, 1024]
   */
  public record Parallel(
      @About("statistics of batch norm in training: own of each process, shared by all")
          Trainer.Norms batchNorm,
      @About("number format in which gradients travel") DType gradients,
      @About("megabytes of gradients that are sent at once") int bucketMb) {
    public Parallel {
      Check.that(
          gradients == DType.FLOAT32 || gradients == DType.BFLOAT16,
          "parallel.gradients",
          gradients,
          "fp32 or bf16");
      Check.that(bucketMb >= 1 && bucketMb <= 1024, "parallel.bucket_mb", bucketMb, "in [1, 1024]");
    }

    Trainer.Spread spread() {
      return new Trainer.Spread(gradients, (long) bucketMb << 20, batchNorm);
    }
  }

  /**
   * Which kernels compute.
   *
   * @param fused whether fused kernels are used where there are any
   * @param yields whether cores that other programs use are left to them, as {@link
   *     dev.linnet.tensor.LoadYield} says: faster beside others, and not the same bytes each time
   */
  public record Engine(
      @About("fused kernels") Fused fused,
      @About("leave cores that other programs use to them") boolean yields) {
    /** Whether fused kernels are used. */
    public enum Fused {
      /** Where they are to be had. */
      AUTO,
      /** Never: plain libtorch operators. */
      OFF
    }
  }

  /** This recipe on other data. */
  public Recipe withData(String data) {
    return with("data", OrNone.of(data));
  }

  /** This recipe with another network. */
  public Recipe withModel(String model) {
    return with("model", OrAuto.of(model));
  }

  /** This recipe with another size of the network's input, in pixels. */
  public Recipe withSize(int size) {
    return with("size", OrAuto.of(size));
  }

  /** This recipe with another number of epochs. */
  public Recipe withEpochs(int epochs) {
    return with("epochs", OrAuto.of(epochs));
  }

  /** This recipe with another number of pictures a step. */
  public Recipe withBatch(int batch) {
    return with("batch", OrAuto.of(batch));
  }

  /** This recipe with another seed. */
  public Recipe withSeed(long seed) {
    return with("seed", seed);
  }

  /** This recipe in another number format. */
  public Recipe withDtype(DType dtype) {
    return with("dtype", OrAuto.of(dtype));
  }

  /** This recipe with a share of the training pictures held out, or none. */
  public Recipe withVal(OrNone<Double> share) {
    return with("val", OrAuto.of(share));
  }

  /** This recipe with another optimizer. */
  public Recipe withOptimizer(OptimizerRecipe optimizer) {
    return with("optimizer", optimizer);
  }

  /** This recipe with another schedule. */
  public Recipe withSchedule(ScheduleRecipe schedule) {
    return with("schedule", schedule);
  }

  /** This recipe with other tricks. */
  public Recipe withTricks(Tricks tricks) {
    return with("tricks", tricks);
  }

  /** This recipe with an average of the weights, or none. */
  public Recipe withEma(OrNone<Ema> ema) {
    return with("ema", ema);
  }

  /** This recipe with other crops and mirrors. */
  public Recipe withAugment(AugmentRecipe augment) {
    return with("augment", augment);
  }

  /** How a data set is opened so that its classes are those of this recipe. */
  public ClassRule classRule() {
    return classes.rule(task);
  }

  /** Pictures an update: batch × accumulate. */
  public int picturesPerUpdate() {
    return Math.multiplyExact(batch.value(), accumulate);
  }

  /** This recipe with one component changed. */
  Recipe with(String component, Object value) {
    return Records.with(this, component, value);
  }
}
