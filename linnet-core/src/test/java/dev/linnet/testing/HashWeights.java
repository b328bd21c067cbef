package dev.linnet.testing;

import dev.linnet.nn.Module;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.Map;

/** Weights and pictures from a 32-bit hash, the same as {@code tools/golden/zoo.py} makes. */
public final class HashWeights {
  private static final int PICTURE = 999983;

  private HashWeights() {}

  /** u(k, j), in [−0.5, 0.5). */
  public static double uniform(int k, int j) {
    int h = j * (int) 2654435761L + k * (int) 2246822519L + 374761393;
    h ^= h >>> 15;
    h *= (int) 2246822519L;
    h ^= h >>> 13;
    h *= (int) 3266489917L;
    h ^= h >>> 16;
    return (h & 0xFFFFFFFFL) * 0x1.0p-32 - 0.5;
  }

  /** Two pictures as one tensor. */
  public static Tensor pictures(long... shape) {
    float[] values = new float[(int) Shape.of(shape).count()];
    for (int j = 0; j < values.length; j++) {
      values[j] = (float) (2 * uniform(PICTURE, j));
    }
    return Tensor.of(values, shape);
  }

  /** Fills a whole state and returns the sum of all floating tensors. */
  public static double fill(Module model, double gain) {
    double sum = 0;
    int k = 0;
    for (Map.Entry<String, Parameter> entry : model.state().entrySet()) {
      Parameter p = entry.getValue();
      if (!p.dtype().isFloating()) {
        set(p, Tensor.zeros(p.dtype(), Device.CPU));
        continue;
      }
      float[] values = values(entry.getKey(), p.shape(), k++, gain);
      for (float v : values) {
        sum += v;
      }
      Scope.run("fill", () -> set(p, Tensor.of(values, p.shape().toArray())));
    }
    return sum;
  }

  private static void set(Parameter p, Tensor values) {
    Autograd.off(() -> p.value().set(values.to(DType.FLOAT32)));
  }

  private static float[] values(String name, Shape shape, int k, double gain) {
    float[] values = new float[(int) shape.count()];
    String last = name.substring(name.lastIndexOf('.') + 1);
    double offset = 0;
    double scale = 0.1;
    if (last.equals("running_var")) {
      offset = 1;
      scale = 0.4;
    } else if (last.equals("weight") && shape.rank() >= 2) {
      scale = 2 * Math.sqrt(3) * gain / Math.sqrt((double) shape.count() / shape.dim(0));
    } else if (last.equals("weight")) {
      offset = 1;
      scale = 0.2;
    }
    for (int j = 0; j < values.length; j++) {
      values[j] = (float) (offset + scale * uniform(k, j));
    }
    return values;
  }
}
