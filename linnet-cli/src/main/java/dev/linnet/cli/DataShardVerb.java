package dev.linnet.cli;

import dev.linnet.data.DataSource;
import dev.linnet.data.Holdout;
import dev.linnet.data.ShardWriter;
import dev.linnet.data.Split;
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

/** {@code data shard}: packs a data set into WebDataset shards. */
@Command(
    name = "shard",
    header = "packs a data set into tars of some thousand pictures each (WebDataset)",
    description =
        "Few large files instead of many small ones: they copy fast, open fast and can be read"
            + " through. Pictures stay as they are; of a data set whose pictures are no files (IDX,"
            + " CIFAR) they become PNG. They are mixed by seed first. The folder has"
            + " train-000000.tar and so on with KEY.jpg and KEY.cls, and classes.txt; it is itself"
            + " a data set.",
    footer = {
      "  linnet data shard photos/ --out shards/",
      "  linnet data shard photos/ --val 0.1 --shard-size 1000 --out shards/",
      "  linnet train --data shards/",
    })
final class DataShardVerb implements Callable<Integer> {
  @Mixin private DataArgument data = new DataArgument();

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "folder to write, which must be new; default shards")
  private @Nullable Path out;

  @Option(
      names = "--shard-size",
      paramLabel = "N",
      description = "pictures of a shard at most; default 10000")
  private int pictures = ShardWriter.Options.DEFAULT.pictures();

  @Option(
      names = "--max-bytes",
      paramLabel = "N",
      description = "bytes of a shard at most; default 1000000000")
  private long bytes = ShardWriter.Options.DEFAULT.bytes();

  @Option(
      names = "--keep-order",
      description = "leave the pictures in their order, class by class, instead of mixing them")
  private boolean keepsOrder;

  @Option(
      names = "--val",
      paramLabel = "SHARE",
      description = "share of the pictures to hold out; none by default")
  private @Nullable Double val;

  private final Session session;

  DataShardVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Output output = session.output();
    long seed = session.common().seed == null ? 0 : session.common().seed;
    ShardWriter.Options options = new ShardWriter.Options(pictures, bytes, !keepsOrder, seed);
    Path folder = NewFile.at(out, session.shell().folder(), "shards", "");
    Holdout holdout = val == null ? Holdout.NONE : Holdout.of(val);
    DataSource source = data.open(session, DataArgument.options(session).withHoldout(holdout));
    source.warnings().forEach(output::warn);
    ShardWriter.Written written = ShardWriter.write(source, folder, options, output::warn);
    Map<String, Object> counts = new LinkedHashMap<>();
    List<String> parts = new ArrayList<>();
    for (Split split : Split.values()) {
      Integer count = written.pictures().get(split);
      if (count != null) {
        counts.put(split.key(), count);
        parts.add(count + " " + split.key());
      }
    }
    if (output.isJson()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("out", folder.toString());
      json.put("pictures", counts);
      json.put("shards", written.shards());
      json.put("bytes", written.bytes());
      output.json(json);
    } else {
      output.answer(
          "%s: %s, %d %s"
              .formatted(
                  folder,
                  String.join(", ", parts),
                  written.shards(),
                  written.shards() == 1 ? "shard" : "shards"));
    }
    return Failures.DONE;
  }
}
