package dev.linnet.weights;

import dev.linnet.models.Classifier;
import dev.linnet.models.Preprocessing;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A folder of weights: {@code model.safetensors} beside {@code config.json}. */
public final class WeightsFolder {
  private WeightsFolder() {}

  /** Writes the weights of a network. */
  public static void save(
      Path folder, Classifier model, List<String> classes, Preprocessing preprocessing) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    model.state().forEach((n, p) -> all.put(n, p.value()));
    SafeTensors.write(folder.resolve("model.safetensors"), all, Map.of("format", "pt"));
  }

  /** Reads weights into a network of the same kind. */
  public static void loadInto(Path folder, Classifier model) {
    try (SafeTensors st = SafeTensors.open(folder.resolve("model.safetensors"))) {
      Scope.run(
          "load",
          () ->
              Autograd.off(
                  () -> model.state().forEach((n, p) -> p.value().detach().set(st.tensor(n)))));
    }
  }
}
