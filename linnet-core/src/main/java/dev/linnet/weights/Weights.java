package dev.linnet.weights;

import dev.linnet.base.LinnetException;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The state of a network to and from a file of weights. */
final class Weights {
  private static final System.Logger LOG = System.getLogger("dev.linnet.weights");

  private Weights() {}

  /** Writes the whole state; the same weights give the same bytes. */
  static void save(Path file, Classifier model) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    model.state().forEach((name, p) -> tensors.put(name, p.value()));
    Autograd.off(() -> SafeTensors.write(file, tensors, Map.of("format", "pt")));
  }

  /**
   * Reads the whole state of a file in any of the formats. Parameters that have memory are
   * overwritten in place, the others get the file's, on the device and channels-last. As in PyTorch
   * a file may lack the counters of batches, which then are 0; heads that only help training
   * ({@code aux*}) are skipped where the network has none.
   *
   * @return a line for each thing that {@link Fit#ADAPT} adapted
   * @throws LinnetException if names or shapes are not the network's, with the names; the network
   *     is as it was
   */
  static List<String> load(Path path, Classifier model, Device device, Fit fit) {
    try (TensorFile file = CleanNames.open(path)) {
      return load(path, file, model, device, fit);
    }
  }

  private static List<String> load(
      Path path, TensorFile file, Classifier model, Device device, Fit fit) {
    Map<String, Parameter> state = model.state();
    Mismatch mismatch = new Mismatch(path, file, model);
    Set<String> kept = fit == Fit.ADAPT ? mismatch.adapt() : Set.of();
    mismatch.check();
    long[] broken = new long[1];
    for (Map.Entry<String, Parameter> entry : state.entrySet()) {
      if (!kept.contains(entry.getKey())) {
        Scope.run(
            "load",
            () ->
                Autograd.off(
                    () -> {
                      Tensor values = values(file, entry.getKey(), entry.getValue());
                      broken[0] += countOfNotFinite(values);
                      put(entry.getValue(), values, device);
                    }));
      }
    }
    if (broken[0] > 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}: {1} of its numbers are infinite or NaN; its predictions will be meaningless",
          path,
          Long.toString(broken[0]));
    }
    return mismatch.adapted();
  }

  private static Tensor values(TensorFile file, String name, Parameter p) {
    if (!file.names().contains(name)) {
      return Tensor.zeros(p.dtype(), Device.CPU, p.shape().toArray());
    }
    Tensor values = file.tensor(name).to(p.dtype());
    return values.shape().equals(p.shape()) ? values : adaptColors(values, p.shape().dim(1));
  }

  /** As timm's {@code adapt_input_conv}: what a network saw in three colors, it sees in others. */
  private static Tensor adaptColors(Tensor weight, long channels) {
    if (channels == 1) {
      return weight.sum(Dims.of(1)).unsqueeze(1);
    }
    List<Tensor> repeated = Collections.nCopies((int) ((channels + 2) / 3), weight);
    return Tensor.cat(repeated, 1).narrow(1, 0, channels).mul(3.0 / channels);
  }

  private static void put(Parameter p, Tensor values, Device device) {
    if (p.isMaterialized()) {
      p.value().set(values);
      return;
    }
    Tensor there = values.to(device);
    p.take(there.rank() == 4 ? there.channelsLast() : there);
  }

  /** Numbers that are infinite or NaN; a sum shows in one pass that there are none. */
  private static long countOfNotFinite(Tensor values) {
    if (!values.dtype().isFloating() || Double.isFinite(values.sum().item())) {
      return 0;
    }
    return values.count() - (long) values.isFinite().to(DType.INT64).sum().item();
  }
}
