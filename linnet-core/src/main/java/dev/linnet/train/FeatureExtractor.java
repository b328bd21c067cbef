package dev.linnet.train;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.LinnetException;
import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.models.Classifier;
import dev.linnet.models.Output;
import dev.linnet.nn.Taps;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Computes features of pictures: what chosen layers put out, one row a picture. Maps [N, C, H, W]
 * are averaged over height and width, tokens [N, T, C] over T. The model is left in evaluation
 * mode.
 */
public final class FeatureExtractor {
  /**
   * The name of what goes into the head: the pooled last maps, timm's {@code pre_logits}. Of a
   * network for similarity it is what comes out of the head: the embedding, of length 1.
   */
  public static final String POOLED = "pre_logits";

  private static final Dims HEIGHT_AND_WIDTH = Dims.of(2, 3);

  private final Classifier model;
  private final Device device;
  private final DType dtype;
  private final List<String> layers;

  /**
   * Of the layer before the head.
   *
   * @param model materialized on the device
   * @param dtype type of convolutions and matrix products
   */
  public FeatureExtractor(Classifier model, Device device, DType dtype) {
    this(model, device, dtype, List.of(POOLED));
  }

  private FeatureExtractor(Classifier model, Device device, DType dtype, List<String> layers) {
    this.model = model;
    this.device = device;
    this.dtype = dtype;
    this.layers = List.copyOf(layers);
  }

  /**
   * Of other layers.
   *
   * @param names full names of modules, such as {@code layer3.1}, or {@link #POOLED}
   */
  public FeatureExtractor of(List<String> names) {
    return new FeatureExtractor(model, device, dtype, names);
  }

  /**
   * Runs over all pictures of a loader; broken ones have no row.
   *
   * @return a table for each layer, in their order
   * @throws LinnetException if there is no layer of a name, with the nearest names
   */
  public Map<String, FeatureTable> run(Loader loader, Evaluator.Watcher watcher) {
    model.eval();
    Map<String, Rows> tables = new LinkedHashMap<>();
    layers.forEach(layer -> tables.put(layer, new Rows(loader.images())));
    int done = 0;
    try (Loader.Pass pass = loader.pass(0, 0)) {
      while (pass.hasNext()) {
        Scope scope = Scope.open("features");
        try {
          Batch raw = pass.next();
          if (raw.size() == 0) {
            continue; // all of its pictures are broken
          }
          Map<String, Tensor> rows = rows(raw.prepared(device).images());
          tables.forEach((layer, table) -> table.add(requireNonNull(rows.get(layer)), raw));
          done += raw.size();
        } finally {
          scope.close();
        }
        watcher.evaluated(done, loader.images());
      }
    }
    Map<String, FeatureTable> all = new LinkedHashMap<>();
    tables.forEach((layer, table) -> all.put(layer, table.finish()));
    return all;
  }

  /**
   * The features of prepared pictures.
   *
   * @param images [N, C, H, W]
   * @return [N, width] for each layer, float32, in the innermost scope
   */
  public Map<String, Tensor> rows(Tensor images) {
    List<String> modules = layers.stream().filter(layer -> !layer.equals(POOLED)).toList();
    return Autograd.off(
        () ->
            Autocast.run(
                device,
                dtype,
                () -> {
                  Taps.Seen seen = Taps.run(model, modules, () -> last(images));
                  Map<String, Tensor> rows = new LinkedHashMap<>();
                  for (String layer : layers) {
                    boolean pooled = layer.equals(POOLED);
                    rows.put(layer, row(layer, pooled ? seen.output() : seen.tapped().get(layer)));
                  }
                  return rows;
                }));
  }

  private Tensor last(Tensor images) {
    return model.output() == Output.EMBEDDING
        ? model.forward(images)
        : model.pool(model.features(images));
  }

  private static Tensor row(String layer, @Nullable Tensor output) {
    if (output == null) {
      throw new LinnetException(
          "layer: got \""
              + layer
              + "\"; must be a layer that features pass; that before the head is \""
              + POOLED
              + '"');
    }
    Tensor wide = output.to(DType.FLOAT32);
    return switch (output.rank()) {
      case 4 -> wide.mean(HEIGHT_AND_WIDTH);
      case 3 -> wide.mean(Dims.of(1));
      default -> wide.flatten(1);
    };
  }

  /** Rows as they come. */
  private static final class Rows {
    private final int most;
    private final int[] targets;
    private final int[] indices;
    private float[] values = {};
    private int width = 1;
    private int rows;

    Rows(int most) {
      this.most = most;
      targets = new int[most];
      indices = new int[most];
    }

    void add(Tensor features, Batch batch) {
      if (rows == 0) {
        width = Math.toIntExact(features.dim(1));
        values = new float[Math.multiplyExact(most, width)];
      }
      float[] some = features.toFloats();
      System.arraycopy(some, 0, values, rows * width, some.length);
      long[] classes = batch.targets().toLongs();
      for (int i = 0; i < batch.size(); i++) {
        targets[rows] = (int) classes[i];
        indices[rows] = batch.index(i);
        rows++;
      }
    }

    FeatureTable finish() {
      return FeatureTable.of(
          Arrays.copyOf(values, rows * width),
          width,
          Arrays.copyOf(targets, rows),
          Arrays.copyOf(indices, rows));
    }
  }
}
