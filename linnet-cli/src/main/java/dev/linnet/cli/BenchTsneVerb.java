package dev.linnet.cli;

import dev.linnet.explain.Pca;
import dev.linnet.explain.TSne;
import dev.linnet.tensor.Engine;
import dev.linnet.train.FeatureTable;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench tsne}: times t-SNE and principal components. */
@Command(
    name = "tsne",
    header = "times t-SNE and principal components of a table of features",
    footer = {
      "  linnet embed runs/photos --data photos/ --out features.safetensors",
      "  linnet bench tsne features.safetensors --points 10000",
    })
final class BenchTsneVerb implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "features as \"linnet embed\" writes them")
  private Path file = Path.of("");

  @Option(names = "--points", paramLabel = "N", description = "rows to take; default: all")
  private @Nullable Integer points;

  @Option(names = "--perplexity", paramLabel = "P", description = "default 30")
  private double perplexity = TSne.DEFAULT.perplexity();

  private final Session session;

  BenchTsneVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    FeatureTable all = FeatureTable.load(file);
    int rows = points == null ? all.rows() : Math.min(points, all.rows());
    FeatureTable table = all.select(IntStream.range(0, rows).toArray());
    if (session.common().threads != null) {
      Engine.setThreads(session.common().threads);
    }
    long begin = System.nanoTime();
    Pca pca = Pca.of(table, Math.min(2, table.width()));
    double componentsSeconds = (System.nanoTime() - begin) / 1e9;
    begin = System.nanoTime();
    TSne.Result result =
        TSne.DEFAULT
            .withPerplexity(perplexity)
            .map(
                table,
                (done, of, divergence) ->
                    session
                        .output()
                        .progress("%d of %d iterations, %.4f".formatted(done, of, divergence)));
    double seconds = (System.nanoTime() - begin) / 1e9;
    session.output().eraseProgress();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("verb", "tsne");
    row.put("points", rows);
    row.put("width", table.width());
    row.put("seconds", BenchVerb.rounded(seconds, 2));
    row.put("divergence", BenchVerb.rounded(result.divergence(), 5));
    row.put("iterations", result.iterations());
    row.put("trustworthiness", BenchVerb.rounded(result.map().trustworthiness(table, 5), 5));
    row.put("pca_seconds", BenchVerb.rounded(componentsSeconds, 3));
    row.put("pca_share", BenchVerb.rounded(pca.share(0), 4));
    row.put("threads", Engine.threads());
    return BenchVerb.answer(session, row);
  }
}
