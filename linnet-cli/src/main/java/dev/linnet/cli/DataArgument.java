package dev.linnet.cli;

import dev.linnet.data.Boxes;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSource;
import dev.linnet.data.DataSources;
import dev.linnet.data.Holdout;
import dev.linnet.data.Places;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which data set a verb of {@code data} looks at. */
final class DataArgument {
  @Parameters(
      paramLabel = "DATA",
      arity = "0..1",
      description = "a folder, a file, or a name that \"linnet data list\" names")
  private @Nullable String argument;

  @Option(names = "--data", paramLabel = "DATA", description = "the same, as other verbs have it")
  private @Nullable String option;

  @Option(names = "--limit", paramLabel = "N", description = "pictures a class at most")
  private @Nullable Integer limit;

  @Option(
      names = "--boxes",
      paramLabel = "BOXES",
      description =
          "of Pascal VOC and COCO: crop (each box is a picture with its class), keep (pictures stay"
              + " whole, with all boxes) or none (pictures have the one class of their boxes)")
  private @Nullable Boxes boxes;

  /** What was named. */
  String name() {
    if (argument != null && option != null) {
      throw new AskedWrongly("DATA and --data: both are given; give one of the two");
    }
    String name = argument == null ? option : argument;
    if (name == null) {
      throw new AskedWrongly("DATA is missing: name a folder, a file or a data set");
    }
    return name;
  }

  /** Opens it; what was noticed on the way is said. */
  DataSource open(Session session, DataOptions options) {
    DataSource source =
        DataSources.open(
            name(),
            options
                .withBoxes(boxes == null ? options.boxes() : boxes)
                .withLimit(limit == null ? DataOptions.ALL : limit)
                .withSeed(session.common().seed == null ? 0 : session.common().seed)
                .withDownloads(new DownloadProgress(session.output())));
    session.output().eraseProgress();
    return source;
  }

  /** What was given of it, as keys of a recipe. */
  Map<String, String> given(Session session) {
    Map<String, String> given = new LinkedHashMap<>();
    if (argument != null || option != null) {
      given.put("data", name());
    }
    if (boxes != null) {
      given.put("boxes", boxes.name().toLowerCase(Locale.ROOT));
    }
    if (limit != null) {
      given.put("limit", String.valueOf(limit));
    }
    if (session.common().seed != null) {
      given.put("seed", String.valueOf(session.common().seed));
    }
    return given;
  }

  /** How it is opened where nothing else is asked. */
  static DataOptions options(Session session) {
    return DataOptions.of(Places.of(session.shell().environment()));
  }

  /**
   * How it is opened to be looked at: nothing held out, pictures with all their boxes, shards as
   * far as they go.
   */
  static DataOptions looking(Session session) {
    return options(session)
        .withHoldout(Holdout.NONE)
        .withBoxes(Boxes.KEEP)
        .withCutShards(Integer.MAX_VALUE);
  }
}
