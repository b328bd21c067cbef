package dev.linnet.cli;

import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which network with which weights a verb works with. */
final class ModelArgument {
  @Parameters(
      index = "0",
      paramLabel = "RUN",
      description =
          "folder of a run, or of weights (config.json, model.safetensors); with --weights a"
              + " network's name")
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

  /** Reads the network; the caller closes it. */
  SavedModel open(Device device) {
    return weights == null
        ? SavedModel.open(Path.of(run), device)
        : SavedModel.open(run, weights, device);
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
