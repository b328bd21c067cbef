package dev.linnet.cli;

import dev.linnet.data.PictureSet;
import dev.linnet.explain.NetworkReport;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code explain --network}: what a network learnt, shown with pictures of a data set. */
final class NetworkArgument {
  @Option(
      names = "--network",
      description = "a page on what the network learnt, with pictures of --data")
  private boolean asked;

  @Option(
      names = "--units",
      paramLabel = "N",
      description = "with --network: units of each layer that are shown; default 6")
  private int units = NetworkReport.DEFAULT.units();

  @Mixin private PicturesArgument pictures = new PicturesArgument();

  /** Whether it is wanted. */
  boolean isAsked() {
    return asked;
  }

  /** Refuses what it can do nothing with. */
  void check() {
    pictures.check();
    report(List.of());
  }

  private NetworkReport report(List<String> layers) {
    return new NetworkReport(units, layers, NetworkReport.DEFAULT.made());
  }

  /**
   * Writes {@code report.html} into a folder and answers with its name.
   *
   * @param layers whose units are shown; empty for one of each size
   */
  void write(
      Session session,
      SavedModel saved,
      ModelArgument model,
      Device device,
      List<String> layers,
      Path folder) {
    PictureSet set = pictures.open(session, saved, model, "explain --network");
    Output output = session.output();
    Path file = folder.resolve("report.html");
    saved
        .network(
            model.name(),
            report(layers),
            set,
            pictures.computing(session, device, saved),
            PicturesArgument.bad(session, saved, set.size()),
            (done, all) -> output.progress("%d of %d pictures".formatted(done, all)))
        .write(file);
    output.eraseProgress();
    if (output.isJson()) {
      output.json(Map.of("out", file.toString(), "pictures", set.size()));
    } else {
      output.answer(file.toString());
    }
  }
}
