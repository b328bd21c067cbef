package dev.linnet.cli;

import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSource;
import dev.linnet.data.DataSources;
import dev.linnet.data.Places;
import java.util.LinkedHashMap;
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
}
