package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.image.Box;
import dev.linnet.image.ImageSize;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Boxes from a heatmap: the one round the largest part that hangs together and lies above a
 * threshold.
 *
 * <p>Zhou et al., CVPR 2016, arXiv:1512.04150, §3.2, with thresholds of 20 % of the largest number;
 * Choe et al., CVPR 2020, arXiv:2001.07437, §3.2: the map is first scaled to [0, 1], all thresholds
 * are tried. Pixels hang together by sides and corners, as OpenCV's contours; the largest part is
 * that of the most pixels, the first from the top among equals, where OpenCV compares the areas of
 * contours. All thresholds cost one pass over the sorted pixels.
 */
public final class Localization {
  private Localization() {}

  /**
   * The box at one threshold.
   *
   * @param threshold share of the largest number, in [0, 1); pixels must be above it
   * @return empty for a constant map
   */
  public static Optional<Box> box(Heatmap map, double threshold) {
    return boxes(map, threshold).get(0);
  }

  /**
   * The boxes at several thresholds.
   *
   * @param thresholds shares of the largest number, each in [0, 1)
   * @return for each threshold, in their order
   */
  public static List<Optional<Box>> boxes(Heatmap map, double... thresholds) {
    for (double threshold : thresholds) {
      Check.that(threshold >= 0 && threshold < 1, "threshold", threshold, "in [0, 1)");
    }
    List<Optional<Box>> found =
        new ArrayList<>(Collections.nCopies(thresholds.length, Optional.empty()));
    if (map.isConstant() || !map.isFinite()) {
      return found;
    }
    Integer[] falling = new Integer[thresholds.length];
    Arrays.setAll(falling, i -> i);
    Arrays.sort(falling, (a, b) -> Double.compare(thresholds[b], thresholds[a]));
    Parts parts = new Parts(scaled(map), map.size());
    for (int i : falling) {
      found.set(i, parts.largestAbove(thresholds[i]));
    }
    return found;
  }

  /** From 0 to 1. */
  private static float[] scaled(Heatmap map) {
    float[] values = map.toArray();
    float least = map.least();
    float range = map.largest() - least;
    for (int i = 0; i < values.length; i++) {
      values[i] = (values[i] - least) / range;
    }
    return values;
  }

  /** Parts that grow together while a threshold falls: a forest of pixels. */
  private static final class Parts {
    private final float[] values;
    private final int height;
    private final int width;
    private final Integer[] falling;
    private final int[] parent;
    private final int[] pixels;
    private final int[] top;
    private final int[] left;
    private final int[] bottom;
    private final int[] right;
    private final int[] first;
    private int next;
    private int largest = -1;

    Parts(float[] values, ImageSize size) {
      this.values = values;
      height = size.height();
      width = size.width();
      falling = new Integer[values.length];
      Arrays.setAll(falling, i -> i);
      Arrays.sort(falling, (a, b) -> Float.compare(values[b], values[a]));
      parent = new int[values.length];
      Arrays.fill(parent, -1);
      pixels = new int[values.length];
      top = new int[values.length];
      left = new int[values.length];
      bottom = new int[values.length];
      right = new int[values.length];
      first = new int[values.length];
    }

    Optional<Box> largestAbove(double threshold) {
      while (next < falling.length && values[falling[next]] > (float) threshold) {
        add(falling[next++]);
      }
      if (largest < 0) {
        return Optional.empty();
      }
      int root = root(largest);
      ImageSize size = new ImageSize(bottom[root] - top[root] + 1, right[root] - left[root] + 1);
      return Optional.of(new Box(top[root], left[root], size));
    }

    private void add(int pixel) {
      int row = pixel / width;
      int column = pixel % width;
      parent[pixel] = pixel;
      pixels[pixel] = 1;
      top[pixel] = row;
      bottom[pixel] = row;
      left[pixel] = column;
      right[pixel] = column;
      first[pixel] = pixel;
      for (int r = Math.max(0, row - 1); r <= Math.min(height - 1, row + 1); r++) {
        for (int c = Math.max(0, column - 1); c <= Math.min(width - 1, column + 1); c++) {
          if (parent[r * width + c] >= 0) {
            join(pixel, r * width + c);
          }
        }
      }
      int own = root(pixel);
      int best = largest < 0 ? own : root(largest);
      boolean larger =
          pixels[own] > pixels[best] || (pixels[own] == pixels[best] && first[own] < first[best]);
      largest = larger ? own : best;
    }

    private void join(int a, int b) {
      int one = root(a);
      int other = root(b);
      if (one == other) {
        return;
      }
      if (pixels[one] < pixels[other]) {
        int swap = one;
        one = other;
        other = swap;
      }
      parent[other] = one;
      pixels[one] += pixels[other];
      top[one] = Math.min(top[one], top[other]);
      left[one] = Math.min(left[one], left[other]);
      bottom[one] = Math.max(bottom[one], bottom[other]);
      right[one] = Math.max(right[one], right[other]);
      first[one] = Math.min(first[one], first[other]);
    }

    private int root(int pixel) {
      int at = pixel;
      while (parent[at] != at) {
        parent[at] = parent[parent[at]];
        at = parent[at];
      }
      return at;
    }
  }
}
