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
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The state of a network to and from a file of weights. */
final class Weights {
  private static final System.Logger LOG = System.getLogger("dev.linnet.weights");

  /**
   * Bytes that share a scope: small tensors are many, and a scope each would cost more than they.
   */
  private static final long AT_ONCE = 1 << 20;

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
    List<Map.Entry<String, Parameter>> entries = new ArrayList<>(state.entrySet());
    entries.removeIf(entry -> kept.contains(entry.getKey()));
    Iterator<Map.Entry<String, Parameter>> left = entries.iterator();
    long[] broken = new long[1];
    Autograd.off(
        () -> {
          while (left.hasNext()) {
            Scope.run("load", () -> broken[0] += loadSome(left, file, device));
          }
        });
    if (broken[0] > 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}: {1} of its numbers are infinite or NaN; its predictions will be meaningless",
          path,
          Long.toString(broken[0]));
    }
    return mismatch.adapted();
  }

  /** Loads parameters until a MiB is done, and returns how many numbers are not finite. */
  private static long loadSome(
      Iterator<Map.Entry<String, Parameter>> left, TensorFile file, Device device) {
    long broken = 0;
    for (long bytes = 0; left.hasNext() && bytes < AT_ONCE; ) {
      Tensor values = put(file, left.next(), device);
      broken += countOfNotFinite(values);
      bytes += values.bytes();
    }
    return broken;
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

  /** Gives a parameter its values, and returns them. */
  private static Tensor put(TensorFile file, Map.Entry<String, Parameter> entry, Device device) {
    String name = entry.getKey();
    Parameter p = entry.getValue();
    if (p.isMaterialized() && file.names().contains(name) && file.shape(name).equals(p.shape())) {
      file.read(name, p.value());
      return p.value();
    }
    Tensor values = values(file, name, p);
    if (p.isMaterialized()) {
      p.value().set(values);
      return p.value();
    }
    Tensor there = values.to(device);
    p.take(there.rank() == 4 ? there.channelsLast() : there);
    return values;
  }

  /** Numbers that are infinite or NaN; a sum shows in one pass that there are none. */
  private static long countOfNotFinite(Tensor values) {
    if (!values.dtype().isFloating() || Double.isFinite(values.sum().item())) {
      return 0;
    }
    return values.count() - (long) values.isFinite().to(DType.INT64).sum().item();
  }
}
