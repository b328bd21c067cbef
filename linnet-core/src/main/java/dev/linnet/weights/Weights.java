package dev.linnet.weights;

import dev.linnet.base.LinnetException;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The state of a network to and from a file of weights. */
final class Weights {
  private static final System.Logger LOG = System.getLogger("dev.linnet.weights");
  private static final int MOST_NAMES = 5;
  private static final String COUNTER = "num_batches_tracked";

  private Weights() {}

  /** Writes the whole state; the same weights give the same bytes. */
  static void save(Path file, Classifier model) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    model.state().forEach((name, p) -> tensors.put(name, p.value()));
    Autograd.off(() -> SafeTensors.write(file, tensors, Map.of("format", "pt")));
  }

  /**
   * Reads the whole state. Parameters that have memory are overwritten in place, the others get the
   * file's, on the device and channels-last. As in PyTorch a file may lack the counters of batches,
   * which then are 0.
   *
   * @throws LinnetException if names or shapes are not the network's, with the names; the network
   *     is as it was
   */
  static void load(Path path, Classifier model, Device device) {
    try (SafeTensors file = SafeTensors.open(path)) {
      Map<String, Parameter> state = model.state();
      check(path, file, model, state);
      long[] broken = new long[1];
      for (Map.Entry<String, Parameter> entry : state.entrySet()) {
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
      if (broken[0] > 0) {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0}: {1} of its numbers are infinite or NaN; its predictions will be meaningless",
            path,
            Long.toString(broken[0]));
      }
    }
  }

  private static Tensor values(SafeTensors file, String name, Parameter p) {
    if (!file.names().contains(name)) {
      return Tensor.zeros(p.dtype(), Device.CPU, p.shape().toArray());
    }
    return file.tensor(name).to(p.dtype());
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

  // ------------------------------------------------------------------ what does not fit

  private static void check(
      Path path, SafeTensors file, Classifier model, Map<String, Parameter> state) {
    List<String> missing = new ArrayList<>();
    List<String> unexpected = new ArrayList<>();
    List<String> shaped = new ArrayList<>();
    for (String name : file.names()) {
      if (!state.containsKey(name)) {
        unexpected.add(name);
      }
    }
    state.forEach(
        (name, p) -> {
          if (!file.names().contains(name)) {
            if (!name.endsWith(COUNTER)) {
              missing.add(name);
            }
          } else if (!file.shape(name).equals(p.shape())) {
            shaped.add(
                name + ": " + file.shape(name) + " in the file, " + p.shape() + " in the network");
          } else if (p.dtype().isFloating() != file.dtype(name).isFloating()) {
            shaped.add(
                name + ": " + file.dtype(name) + " in the file, " + p.dtype() + " in the network");
          }
        });
    if (missing.isEmpty() && unexpected.isEmpty() && shaped.isEmpty()) {
      return;
    }
    if (missing.isEmpty() && unexpected.isEmpty()) {
      checkHead(path, file, model, shaped);
    }
    List<String> parts = new ArrayList<>();
    addPart(parts, "missing", missing);
    addPart(parts, "unexpected", unexpected);
    addPart(parts, "different", shaped);
    throw new LinnetException(
        path + ": does not fit " + model.architecture() + ": " + String.join("; ", parts));
  }

  /** Only the head differs: the number of classes is another. */
  private static void checkHead(
      Path path, SafeTensors file, Classifier model, List<String> shaped) {
    String head = model.headName();
    for (String line : shaped) {
      if (!line.startsWith(head + ".")) {
        return;
      }
    }
    Shape theirs = file.shape(head + ".weight");
    if (theirs.rank() != 2
        || theirs.dim(0) == model.classes()
        || theirs.dim(1) != model.numFeatures()) {
      return;
    }
    throw new LinnetException(
        path
            + ": its head \""
            + head
            + "\" has "
            + theirs.dim(0)
            + " classes, the network "
            + model.classes()
            + "; make the network with "
            + theirs.dim(0)
            + " classes, and replace the head afterwards for others");
  }

  private static void addPart(List<String> parts, String kind, List<String> names) {
    if (names.isEmpty()) {
      return;
    }
    int more = names.size() - MOST_NAMES;
    parts.add(
        names.size()
            + " "
            + kind
            + " ("
            + String.join(", ", names.subList(0, Math.min(names.size(), MOST_NAMES)))
            + (more > 0 ? " and " + more + " more" : "")
            + ")");
  }
}
