package dev.linnet.data;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Pictures of some classes more often than of others.
 *
 * <pre>
 *   share of class c:  w_c·n_c / Σ w·n          balanced: the same for each class with pictures
 *   an epoch of N:     ⌊N·(cumulated shares) + u⌋, u ~ U[0, 1): each class its share to within one
 * </pre>
 *
 * <p>Within a class pictures come in turn, in random order: none a second time before each has come
 * once. PyTorch's {@code WeightedRandomSampler} draws each picture on its own, with replacement, so
 * that shares and repeats vary more.
 *
 * @param weights w by class, how often one of its pictures is drawn; 1 for others; empty: balanced
 */
public record ClassSampler(Optional<Map<String, Double>> weights) implements Sampler {
  /** Each class as often as any other. */
  public static final ClassSampler BALANCED = new ClassSampler(Optional.empty());

  public ClassSampler {
    weights = weights.map(Map::copyOf);
  }

  /** By weights. */
  public ClassSampler(Map<String, Double> weights) {
    this(Optional.of(weights));
  }

  /**
   * The pictures of an epoch.
   *
   * @throws LinnetException if no class with pictures has a weight above 0
   */
  @Override
  public int[] order(PictureSet set, RandomState random) {
    int[][] members = members(set);
    double[] shares = shares(set, members);
    int[] drawn = new int[set.size()];
    double offset = random.nextDouble();
    double sum = 0;
    int filled = 0;
    for (int c = 0; c < members.length; c++) {
      sum += shares[c];
      boolean last = sum > 1 - 1e-9;
      int end = last ? drawn.length : (int) Math.floor(sum * drawn.length + offset);
      end = Math.min(Math.max(end, filled), drawn.length);
      if (shares[c] > 0) {
        fill(drawn, filled, end, members[c], random);
        filled = end;
      }
    }
    int[] order = random.permutation(drawn.length);
    for (int i = 0; i < order.length; i++) {
      order[i] = drawn[order[i]];
    }
    return order;
  }

  private static void fill(int[] drawn, int begin, int end, int[] members, RandomState random) {
    for (int i = begin; i < end; i += members.length) {
      int[] turn = random.permutation(members.length);
      for (int j = 0; j < Math.min(turn.length, end - i); j++) {
        drawn[i + j] = members[turn[j]];
      }
    }
  }

  private double[] shares(PictureSet set, int[][] members) {
    double[] shares = new double[members.length];
    for (int c = 0; c < shares.length; c++) {
      int pictures = members[c].length;
      String name = set.classes().get(c);
      shares[c] =
          weights
              .map(given -> given.getOrDefault(name, 1.0) * pictures)
              .orElse(pictures == 0 ? 0.0 : 1.0);
    }
    double sum = Arrays.stream(shares).sum();
    if (!(sum > 0)) {
      throw new LinnetException(
          "sampling.weights: no class with training pictures has a weight above 0; give one a"
              + " weight");
    }
    for (int c = 0; c < shares.length; c++) {
      shares[c] /= sum;
    }
    return shares;
  }

  private static int[][] members(PictureSet set) {
    int[] counts = new int[set.classes().size()];
    for (int i = 0; i < set.size(); i++) {
      counts[set.label(i)]++;
    }
    int[][] members = new int[counts.length][];
    for (int c = 0; c < counts.length; c++) {
      members[c] = new int[counts[c]];
    }
    Arrays.fill(counts, 0);
    for (int i = 0; i < set.size(); i++) {
      int c = set.label(i);
      members[c][counts[c]++] = i;
    }
    return members;
  }
}
