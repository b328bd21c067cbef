package dev.linnet.weights;

import dev.linnet.base.LinnetException;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
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
    try (TensorFile file = CleanNames.open(path, model)) {
      return load(path, file, model, device, fit);
    }
  }

  private static List<String> load(
      Path path, TensorFile file, Classifier model, Device device, Fit fit) {
    Map<String, Parameter> state = model.state();
    Mismatch mismatch = new Mismatch(path, file, model);
    Set<String> kept = fit == Fit.ADAPT ? mismatch.adapt() : Set.of();
    mismatch.check();
    Map<String, Parameter> loaded = new LinkedHashMap<>(state);
    loaded.keySet().removeAll(kept);
    long[] broken = new long[1];
    Autograd.off(() -> Scope.run("load", () -> broken[0] = load(file, loaded, device)));
    if (broken[0] > 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}: {1} of its numbers are infinite or NaN; its predictions will be meaningless",
          path,
          Long.toString(broken[0]));
    }
    return mismatch.adapted();
  }

  /** Gives parameters their values, and returns how many are not finite. */
  private static long load(TensorFile file, Map<String, Parameter> parameters, Device device) {
    Map<String, Tensor> targets = new LinkedHashMap<>();
    Map<Parameter, Tensor> made = new LinkedHashMap<>();
    parameters.forEach(
        (name, p) -> {
          Tensor target = p.isMaterialized() ? p.value() : memory(p, device);
          targets.put(name, target);
          if (!p.isMaterialized()) {
            made.put(p, target);
          }
        });
    Map<String, Tensor> alike = new LinkedHashMap<>(targets);
    alike
        .entrySet()
        .removeIf(
            e ->
                !file.names().contains(e.getKey())
                    || !file.shape(e.getKey()).equals(e.getValue().shape()));
    long broken = file.read(alike);
    for (Map.Entry<String, Tensor> e : targets.entrySet()) {
      if (!alike.containsKey(e.getKey())) {
        broken += adapt(file, e.getKey(), e.getValue());
      }
    }
    made.forEach(Parameter::take);
    return broken;
  }

  /** Memory for a parameter; that of a convolution is channels-last. */
  private static Tensor memory(Parameter p, Device device) {
    long[] s = p.shape().toArray();
    return s.length == 4 && s[1] > 1 && s[2] * s[3] > 1
        ? Tensor.empty(p.dtype(), device, s[0], s[2], s[3], s[1]).permute(0, 3, 1, 2)
        : Tensor.empty(p.dtype(), device, s);
  }

  /** Gives a parameter that is not in the file, or has other colors there, its values. */
  private static long adapt(TensorFile file, String name, Tensor target) {
    if (!file.names().contains(name)) {
      target.fill(0);
      return 0;
    }
    Tensor values = file.tensor(name).to(target.dtype());
    target.set(adaptColors(values, target.shape().dim(1)));
    return NotFinite.count(values);
  }

  /** As timm's {@code adapt_input_conv}: what a network saw in three colors, it sees in others. */
  private static Tensor adaptColors(Tensor weight, long channels) {
    if (channels == 1) {
      return weight.sum(Dims.of(1)).unsqueeze(1);
    }
    List<Tensor> repeated = Collections.nCopies((int) ((channels + 2) / 3), weight);
    return Tensor.cat(repeated, 1).narrow(1, 0, channels).mul(3.0 / channels);
  }
}
