package dev.linnet.cli;

import dev.linnet.base.OrAuto;
import dev.linnet.data.DataSource;
import dev.linnet.data.Holdout;
import dev.linnet.data.PictureCache;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Places;
import dev.linnet.data.Split;
import dev.linnet.tensor.Engine;
import dev.linnet.train.bench.DataBench;
import dev.linnet.tricks.RandAugment;
import dev.linnet.tricks.RandomErasing;
import dev.linnet.tricks.WarpFilter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench data}: times reading pictures. */
@Command(
    name = "data",
    header = "times reading pictures as a training does",
    description =
        "Pictures are decoded each time (with --cache ram once), cropped at random, mirrored and"
            + " put into batches of 32;"
            + " with --augment rand also as timm's rand-m9-mstd0.5 and its random erasing of a"
            + " quarter.",
    footer = {
      "  linnet bench data photos/ --workers 2 --size 224",
      "  linnet bench data photos/ --cache ram",
      "  linnet bench data photos/train --seconds 60 --json",
    })
final class BenchDataVerb implements Callable<Integer> {
  /** What is done to the pictures. */
  enum Augment {
    PLAIN,
    RAND
  }

  @Mixin private DataArgument data = new DataArgument();

  @Option(names = "--workers", paramLabel = "N", description = "threads that read; default 2")
  private int workers = 2;

  @Option(
      names = "--size",
      paramLabel = "N",
      description = "height and width in pixels; default 224")
  private int size = 224;

  @Option(names = "--seconds", paramLabel = "S", description = "how long; default 20")
  private double seconds = 20;

  @Option(
      names = "--cache",
      paramLabel = "WHERE",
      description = "off (default): decoded each time; ram, disk or auto: decoded once and kept")
  private PictureCache.Where cache = PictureCache.Where.OFF;

  @Option(
      names = "--augment",
      paramLabel = "HOW",
      description = "plain (default): crop and mirror; rand: RandAugment and random erasing too")
  private Augment augment = Augment.PLAIN;

  private final Session session;

  BenchDataVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    DataBench.Plan plan = plan();
    DataSource source = data.open(session, DataArgument.options(session).withHoldout(Holdout.NONE));
    PictureSet set = source.set(Split.TRAIN).orElseGet(source::evaluated);
    Engine.setThreads(session.common().threads == null ? 1 : session.common().threads);
    double rate;
    try (PictureCache pictures = DataBench.cache(kept())) {
      PictureSet kept = pictures.keep(set, "pictures");
      pictures.notes().forEach(session.output()::note);
      rate = DataBench.picturesPerSecond(kept, plan, session.output()::warn);
    }
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("verb", "data");
    row.put("images_per_s", BenchVerb.rounded(rate, 1));
    row.put("workers", workers);
    row.put("size", size);
    row.put("augment", augment.name().toLowerCase(Locale.ROOT));
    row.put("cache", cache.name().toLowerCase(Locale.ROOT));
    return BenchVerb.answer(session, row);
  }

  private PictureCache.Options kept() {
    return new PictureCache.Options(
        cache, OrAuto.auto(), Places.of(session.shell().environment()).cache());
  }

  private DataBench.Plan plan() {
    DataBench.Plan plain = DataBench.Plan.plain(workers, size, seconds);
    return switch (augment) {
      case PLAIN -> plain;
      case RAND ->
          plain.withTricks(
              List.of(
                  RandAugment.timm(9, 0.5)
                      .withIncreasing(false)
                      .withInterpolation(WarpFilter.BILINEAR)),
              List.of(RandomErasing.DEFAULT.withProbability(0.25)));
    };
  }
}
