package dev.linnet.cli;

import dev.linnet.data.DataSource;
import dev.linnet.data.Holdout;
import dev.linnet.data.ManifestWriter;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Split;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code data split}: draws a split once and writes it down. */
@Command(
    name = "split",
    header = "draws train and val by seed and writes them as a manifest",
    description =
        "Each class gives the same share. The manifest (CSV with path, label and split) names the"
            + " pictures where they lie, and is itself a data set.",
    footer = {
      "  linnet data split photos/",
      "  linnet data split photos/ --val 0.1 --seed 7 --out photos.csv",
      "  linnet train --data photos.csv",
    })
final class DataSplitVerb implements Callable<Integer> {
  @Mixin private DataArgument data = new DataArgument();

  @Option(
      names = "--val",
      paramLabel = "SHARE",
      description = "share of the pictures to hold out; default 0.2, beside a test 0.1")
  private @Nullable Double val;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "manifest to write, which must be new; default split.csv")
  private @Nullable Path out;

  private final Session session;

  DataSplitVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Output output = session.output();
    Holdout holdout = val == null ? Holdout.AUTO : Holdout.of(val);
    Path file = NewFile.at(out, session.shell().folder(), "split", ".csv");
    DataSource source = data.open(session, DataArgument.options(session).withHoldout(holdout));
    source.warnings().forEach(output::warn);
    ManifestWriter.write(source, file);
    Map<String, Object> pictures = new LinkedHashMap<>();
    List<String> parts = new ArrayList<>();
    for (Split split : Split.values()) {
      Optional<PictureSet> set = source.set(split);
      if (set.isPresent()) {
        pictures.put(split.key(), set.get().size());
        parts.add(set.get().size() + " " + split.key());
      }
    }
    if (output.isJson()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("out", file.toString());
      json.put("pictures", pictures);
      output.json(json);
    } else {
      output.answer(file + ": " + String.join(", ", parts));
    }
    return Failures.DONE;
  }
}
