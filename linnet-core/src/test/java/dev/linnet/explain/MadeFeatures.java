package dev.linnet.explain;

import dev.linnet.train.FeatureTable;

/** The features of {@code tools/golden/maps.py}. */
final class MadeFeatures {
  private MadeFeatures() {}

  static FeatureTable of(int points, int width, int clusters) {
    float[] values = new float[points * width];
    int[] targets = new int[points];
    int[] indices = new int[points];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < width; j++) {
        double cluster = 3 * Math.cos(1.7 * (i % clusters) * (j + 1));
        double around = (1 + (double) j / width) * Math.sin(0.37 * i * i + 1.3 * i * j + j);
        values[i * width + j] = (float) (cluster + around);
      }
      targets[i] = i % clusters;
      indices[i] = i;
    }
    return FeatureTable.of(values, width, targets, indices);
  }
}
