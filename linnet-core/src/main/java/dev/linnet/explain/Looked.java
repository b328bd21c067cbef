package dev.linnet.explain;

import dev.linnet.base.LinnetException;
import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Taps;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.Evaluator;
import dev.linnet.train.FeatureTable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One pass over pictures, with all that is asked of it afterwards: features before the head,
 * probabilities, and for each unit of some layers where it was most active in each picture.
 */
final class Looked {
  final FeatureTable features;
  final float[] probabilities;
  final Map<String, Peaks> peaks;

  private Looked(FeatureTable features, float[] probabilities, Map<String, Peaks> peaks) {
    this.features = features;
    this.probabilities = probabilities;
    this.peaks = peaks;
  }

  /** The largest activation of each unit in each picture, and where it is. */
  static final class Peaks {
    private final int units;
    private final int mapHeight;
    private final int mapWidth;
    private final float[] values;
    private final int[] places;

    Peaks(int pictures, int units, int mapHeight, int mapWidth) {
      this.units = units;
      this.mapHeight = mapHeight;
      this.mapWidth = mapWidth;
      values = new float[Math.multiplyExact(pictures, units)];
      places = new int[values.length];
    }

    int units() {
      return units;
    }

    int mapHeight() {
      return mapHeight;
    }

    int mapWidth() {
      return mapWidth;
    }

    float value(int picture, int unit) {
      return values[picture * units + unit];
    }

    int row(int picture, int unit) {
      return places[picture * units + unit] / mapWidth;
    }

    int column(int picture, int unit) {
      return places[picture * units + unit] % mapWidth;
    }

    private void add(int first, Tensor maps) {
      Tensor.TopK best = maps.to(DType.FLOAT32).flatten(2).topk(1);
      float[] some = best.values().toFloats();
      long[] where = best.indices().toLongs();
      for (int i = 0; i < some.length; i++) {
        values[first * units + i] = some[i];
        places[first * units + i] = (int) where[i];
      }
    }
  }

  static Looked at(
      Classifier model,
      Device device,
      DType dtype,
      List<String> layers,
      Loader loader,
      Evaluator.Watcher watcher) {
    model.eval();
    int most = loader.images();
    int classes = model.classes();
    Map<String, Peaks> peaks = new LinkedHashMap<>();
    float[] features = new float[Math.multiplyExact(most, model.numFeatures())];
    float[] probabilities = new float[Math.multiplyExact(most, classes)];
    int[] targets = new int[most];
    int[] indices = new int[most];
    int rows = 0;
    try (Loader.Pass pass = loader.pass(0, 0)) {
      while (pass.hasNext()) {
        Scope scope = Scope.open("look");
        try {
          Batch raw = pass.next();
          if (raw.size() == 0) {
            continue; // all of its pictures are broken
          }
          Tensor images = raw.prepared(device).images();
          Taps.Seen[] seen = new Taps.Seen[1];
          Tensor pooled =
              Autograd.off(
                  () ->
                      Autocast.run(
                          device,
                          dtype,
                          () -> {
                            seen[0] =
                                Taps.run(model, layers, () -> model.pool(model.features(images)));
                            return seen[0].output();
                          }));
          Tensor answers =
              Autograd.off(
                  () ->
                      Autocast.run(device, dtype, () -> model.head(pooled))
                          .to(DType.FLOAT32)
                          .softmax(1));
          copy(pooled.to(DType.FLOAT32).flatten(1), features, rows * model.numFeatures());
          copy(answers, probabilities, rows * classes);
          for (String layer : layers) {
            Tensor maps = maps(layer, seen[0].tapped().get(layer));
            peaks
                .computeIfAbsent(
                    layer,
                    l -> new Peaks(most, (int) maps.dim(1), (int) maps.dim(2), (int) maps.dim(3)))
                .add(rows, maps);
          }
          long[] labels = raw.targets().toLongs();
          for (int i = 0; i < raw.size(); i++) {
            targets[rows] = (int) labels[i];
            indices[rows++] = raw.index(i);
          }
        } finally {
          scope.close();
        }
        watcher.evaluated(rows, most);
      }
    }
    if (rows == 0) {
      throw new LinnetException("data: none of its pictures can be read");
    }
    FeatureTable table =
        FeatureTable.of(
            Arrays.copyOf(features, rows * model.numFeatures()),
            model.numFeatures(),
            Arrays.copyOf(targets, rows),
            Arrays.copyOf(indices, rows));
    return new Looked(table, Arrays.copyOf(probabilities, rows * classes), peaks);
  }

  private static Tensor maps(String layer, @Nullable Tensor maps) {
    if (maps == null) {
      throw new LinnetException(
          "layer: got \"%s\", which comes after the last maps; must put out maps [N, C, H, W]"
              .formatted(layer));
    }
    if (maps.rank() != 4) {
      throw new LinnetException(
          "layer: got \"%s\", which puts out %s; must put out maps [N, C, H, W]"
              .formatted(layer, maps.shape()));
    }
    return maps;
  }

  private static void copy(Tensor from, float[] to, int at) {
    float[] values = from.toFloats();
    System.arraycopy(values, 0, to, at, values.length);
  }
}
