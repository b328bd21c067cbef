package dev.linnet.explain;

import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Picture;
import dev.linnet.image.Resize;
import dev.linnet.train.FeatureTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds pictures that a data set holds twice, also where one is smaller or saved anew.
 *
 * <pre>
 *   dHash: 9 × 8 gray pixels; a bit for each that is brighter than its left neighbor; 64 bits
 *   a pair: dHashes differ in at most 4 bits, and the features' cosine is at least 0.97
 * </pre>
 *
 * <p>dHash: N. Krawetz, 2013. Looked for among the 8 nearest by features. Card:
 * docs/explain/duplicates.md.
 */
public final class Duplicates {
  private static final int MOST_BITS = 4;
  private static final double LEAST_COSINE = 0.97;
  private static final int NEAREST = 8;

  private Duplicates() {}

  /**
   * Two pictures that look alike.
   *
   * @param first row, the smaller one
   * @param second row
   * @param bits of the hashes that differ, in [0, 4]
   * @param cosine of their features
   */
  public record Pair(int first, int second, int bits, double cosine) {}

  /**
   * All pairs, the most alike first.
   *
   * @param features a row a picture
   * @param pictures in the order of the rows; small ones will do
   */
  public static List<Pair> of(FeatureTable features, List<Picture> pictures) {
    if (features.rows() < 2) {
      return List.of();
    }
    long[] hashes = new long[pictures.size()];
    Blocks.run(
        hashes.length,
        64,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            hashes[i] = hash(pictures.get(i));
          }
        });
    int k = Math.min(NEAREST, features.rows() - 1);
    Neighbors near = Neighbors.within(Rows.normalized(features), k);
    List<Pair> pairs = new ArrayList<>();
    for (int row = 0; row < features.rows(); row++) {
      for (int rank = 0; rank < k; rank++) {
        int other = near.row(row, rank);
        int bits = Long.bitCount(hashes[row] ^ hashes[other]);
        double cosine = 1 - near.square(row, rank) / 2;
        boolean once = row < other || !holds(near, other, row, k);
        if (once && bits <= MOST_BITS && cosine >= LEAST_COSINE) {
          pairs.add(new Pair(Math.min(row, other), Math.max(row, other), bits, cosine));
        }
      }
    }
    pairs.sort(
        Comparator.comparingInt(Pair::bits)
            .thenComparing(Comparator.comparingDouble(Pair::cosine).reversed())
            .thenComparingInt(Pair::first));
    return pairs;
  }

  private static boolean holds(Neighbors near, int query, int sought, int k) {
    for (int rank = 0; rank < k; rank++) {
      if (near.row(query, rank) == sought) {
        return true;
      }
    }
    return false;
  }

  /** The difference hash of a picture. */
  static long hash(Picture picture) {
    Picture small = Resize.apply(picture.gray(), new ImageSize(8, 9), Interpolation.BILINEAR);
    long hash = 0;
    for (int row = 0; row < 8; row++) {
      for (int column = 0; column < 8; column++) {
        boolean brighter = small.level(row, column + 1, 0) > small.level(row, column, 0);
        hash = hash << 1 | (brighter ? 1 : 0);
      }
    }
    return hash;
  }
}
