package dev.linnet.cli;

import dev.linnet.models.Preprocessing;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.weights.Hub;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which network with which weights a verb works with. */
final class ModelArgument {
  @Parameters(
      index = "0",
      paramLabel = "RUN",
      description =
          "folder of a run, or of weights (config.json, model.safetensors); hf://OWNER/NAME for"
              + " weights on the Hugging Face hub; with --weights a network's name")
  private String run = "";

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description =
          "file with the weights of the network that RUN names: safetensors, or a state dict of"
              + " PyTorch (.pth, .pt, .bin)")
  private @Nullable Path weights;

  /** What was named. */
  String name() {
    return run;
  }

  /** Reads the network, which is fetched first where it lies on the hub; the caller closes it. */
  SavedModel open(Session session, Device device) {
    Output output = session.output();
    SavedModel saved =
        weights == null ? named(session, device) : SavedModel.open(run, weights, device);
    output.eraseProgress();
    output.note("preprocessing: " + text(saved.pretrained().preprocessing()));
    return saved;
  }

  private SavedModel named(Session session, Device device) {
    return SavedModel.open(run, hub(session), device);
  }

  /** The hub of the environment, with progress. */
  static Hub hub(Session session) {
    return Hub.of(session.shell().environment())
        .withDownloads(new DownloadProgress(session.output()));
  }

  /** By the names that {@code config.json} has for it. */
  static String text(Preprocessing p) {
    return "input_size %s, interpolation %s, crop_pct %s, crop_mode %s, mean %s, std %s"
        .formatted(
            List.of(p.input().channels(), p.input().height(), p.input().width()),
            p.interpolation(),
            p.cropPct(),
            p.cropMode(),
            rounded(p.mean()),
            rounded(p.std()));
  }

  /** To four places, which is what the published ones have. */
  private static List<Double> rounded(List<Double> values) {
    return values.stream().map(value -> Math.round(value * 1e4) / 1e4).toList();
  }

  /** The number format: as asked; else that of the run's training, fp32 with other weights. */
  static DType type(Session session, SavedModel model) {
    String asked = session.common().dtype;
    for (DType type : DType.values()) {
      if (type.toString().equals(asked)) {
        return type;
      }
    }
    return model.usualType();
  }
}
