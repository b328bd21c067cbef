package dev.linnet.cli;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.DataPreview;
import dev.linnet.data.DataSource;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Places;
import dev.linnet.data.Split;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.ContactSheet;
import dev.linnet.recipe.Experiment;
import dev.linnet.recipe.LoadedRecipe;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.recipe.TrainingPreview;
import dev.linnet.tensor.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code data preview}: a sheet of pictures with their classes. */
@Command(
    name = "preview",
    header = "draws a sheet of pictures with their classes, as a PNG",
    description =
        "The pictures are drawn by seed from one split, with their boxes where they have some. With"
            + " --recipe they are training pictures as that recipe makes them: cropped, mirrored,"
            + " augmented and mixed, with the operators that were drawn and the mixed labels below"
            + " each.",
    footer = {
      "  linnet data preview photos/",
      "  linnet data preview photos/ --recipe my.yaml",
      "  linnet data preview VOCdevkit/VOC2012 --boxes crop",
      "  linnet data preview cifar10 --recipe plain --set tricks.rand_augment=true",
      "  linnet data preview cifar10 --split test --pictures 64 --out sheet.png",
    })
final class DataPreviewVerb implements Callable<Integer> {
  private static final int MOST = 1000;

  @Mixin private DataArgument data = new DataArgument();

  @Option(names = "--split", paramLabel = "SPLIT", description = "train (default), val or test")
  private Split split = Split.TRAIN;

  @Option(names = "--pictures", paramLabel = "N", description = "pictures to show; default 32")
  private int pictures = 32;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "PNG to write, which must be new; default preview.png")
  private @Nullable Path out;

  @Option(
      names = "--recipe",
      paramLabel = "NAME|FILE",
      description = "show training pictures as a preset or a file makes them; its data by default")
  private @Nullable String recipe;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "with --recipe, set any key of it, such as tricks.mixup=true")
  private List<String> sets = new ArrayList<>();

  private final Session session;

  DataPreviewVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Check.that(pictures >= 1 && pictures <= MOST, "--pictures", pictures, "in [1, 1000]");
    Path file = NewFile.at(out, session.shell().folder(), "preview", ".png");
    if (recipe != null) {
      return write(file, training(recipe));
    }
    if (!sets.isEmpty()) {
      throw new AskedWrongly("--set: sets a key of a recipe; name one by --recipe");
    }
    DataSource source = data.open(session, DataArgument.looking(session));
    source.warnings().forEach(session.output()::warn);
    List<ContactSheet.Entry> entries = draw(source.need(split));
    if (entries.isEmpty()) {
      throw new LinnetException(
          "%s: none of its pictures can be read; \"linnet data check\" says why"
              .formatted(source.where()));
    }
    return write(file, entries);
  }

  /** What the training would see first. */
  private List<ContactSheet.Entry> training(String nameOrFile) {
    if (split != Split.TRAIN) {
      throw new AskedWrongly("--split: a recipe makes training pictures; leave it out");
    }
    LoadedRecipe loaded = RecipeReader.create().read(nameOrFile, data.given(session), sets);
    Experiment experiment =
        Experiment.plan(
            loaded,
            new Experiment.Surroundings(
                Places.of(session.shell().environment()),
                new DownloadProgress(session.output()),
                Device.CPU,
                ModelArgument.hub(session)));
    session.output().eraseProgress();
    experiment.warnings().forEach(session.output()::warn);
    return TrainingPreview.of(experiment, pictures, session.output()::warn);
  }

  private int write(Path file, List<ContactSheet.Entry> entries) {
    AtomicFile.write(file, ContactSheet.DEFAULT.png(entries));
    if (session.output().isJson()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("out", file.toString());
      json.put("pictures", entries.size());
      session.output().json(json);
    } else {
      session.output().answer(file.toString());
    }
    return Failures.DONE;
  }

  /** Broken pictures are named and left out. */
  private List<ContactSheet.Entry> draw(PictureSet set) {
    long seed = session.common().seed == null ? 0 : session.common().seed;
    int[] order = RandomState.of(seed).permutation(set.size());
    List<ContactSheet.Entry> entries = new ArrayList<>();
    for (int i = 0; i < order.length && entries.size() < pictures; i++) {
      int index = order[i];
      try {
        entries.add(DataPreview.entry(set, index));
      } catch (BadPictureException e) {
        session.output().warn(e.getMessage() + " (left out)");
      }
    }
    return entries;
  }
}
