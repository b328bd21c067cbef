package dev.linnet.cli;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSource;
import dev.linnet.data.Holdout;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Split;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.ContactSheet;
import dev.linnet.image.DecodeOptions;
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
    description = "The pictures are drawn by seed from one split.",
    footer = {
      "  linnet data preview photos/",
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

  private final Session session;

  DataPreviewVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Check.that(pictures >= 1 && pictures <= MOST, "--pictures", pictures, "in [1, 1000]");
    Path file = NewFile.at(out, session.shell().folder(), "preview", ".png");
    DataOptions options = DataArgument.options(session).withHoldout(Holdout.NONE);
    DataSource source = data.open(session, options);
    source.warnings().forEach(session.output()::warn);
    List<ContactSheet.Entry> entries = draw(source.need(split));
    if (entries.isEmpty()) {
      throw new LinnetException(
          "%s: none of its pictures can be read; \"linnet data check\" says why"
              .formatted(source.where()));
    }
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
        entries.add(
            new ContactSheet.Entry(
                set.read(index, DecodeOptions.DEFAULT), set.classes().get(set.label(index))));
      } catch (BadPictureException e) {
        session.output().warn(e.getMessage() + " (left out)");
      }
    }
    return entries;
  }
}
