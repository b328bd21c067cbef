package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.train.FeatureTable;
import java.util.Arrays;

/**
 * t-SNE puts points near each other on a map that are near each other among the features.
 *
 * <pre>
 *   p_ij: affinities of features, of ⌊3 · perplexity + 1⌋ neighbors;   q_ij = (1 + |y_i − y_j|²)⁻¹
 *   C = KL(P ‖ Q) = Σ p_ij log(p_ij / (q_ij / Z)),   Z = Σ_{k≠l} q_kl
 *   ∂C/∂y_i = 4 (Σ_j p_ij q_ij (y_i − y_j) − Σ_j q_ij² (y_i − y_j) / Z)      the second by a quadtree
 *   y ← y + m Δ − η g ∘ ∂C/∂y;   gain g: +0.2 where signs differ, × 0.8 where they agree, ≥ 0.01
 * </pre>
 *
 * <ul>
 *   <li>Paper: van der Maaten and Hinton, JMLR 2008; the tree: van der Maaten, JMLR 2014.
 *   <li>Default: as scikit-learn's: P × 12 and m = 0.5 for 250 iterations, then m = 0.8; η = n / 12
 *       / 4, at least 50; from the first two principal components, at a deviation of 1e-4; it ends
 *       where the divergence has not fallen for 300 iterations.
 *   <li>Cost: O(n log n) an iteration, after all distances once. All cores.
 *   <li>Can mislead: sizes of clusters and distances between them mean little. Card:
 *       docs/explain/tsne.md.
 * </ul>
 *
 * <p>The same map for a seed whatever the number of threads: sums run in a fixed order, and the
 * start is rounded so coarsely that low bits of the components do not reach it.
 *
 * @param perplexity about how many neighbors count, at least 1; it takes 3 × as many points
 * @param angle cells of the tree seen at a smaller angle count as one point, in [0, 0.7]
 * @param iterations updates, at least 250
 * @param learningRate η, above 0
 * @param seed of the start where all features are the same
 */
public record TSne(
    double perplexity, double angle, int iterations, OrAuto<Double> learningRate, long seed) {
  /** As scikit-learn's. */
  public static final TSne DEFAULT = new TSne(30, 0.5, 1000, OrAuto.auto(), 0);

  private static final int EXPLORATION = 250;
  private static final float EXAGGERATION = 12;
  private static final int CHECK_EVERY = 50;
  private static final int PATIENCE = 300;
  private static final double LEAST_GRADIENT = 1e-7;
  private static final double START = 1e-4;
  private static final int BLOCK = 256;

  public TSne {
    Check.that(perplexity >= 1, "perplexity", perplexity, "at least 1");
    Check.that(angle >= 0 && angle <= 0.7, "angle", angle, "in [0, 0.7]");
    Check.that(
        iterations >= EXPLORATION, "iterations", iterations, "at least 250, the exploration");
    if (!learningRate.isAuto()) {
      double rate = learningRate.value();
      Check.that(rate > 0 && Double.isFinite(rate), "learning_rate", rate, "above 0");
    }
  }

  /** With another perplexity. */
  public TSne withPerplexity(double value) {
    return new TSne(value, angle, iterations, learningRate, seed);
  }

  /** With another number of updates. */
  public TSne withIterations(int value) {
    return new TSne(perplexity, angle, value, learningRate, seed);
  }

  /** With another seed. */
  public TSne withSeed(long value) {
    return new TSne(perplexity, angle, iterations, learningRate, value);
  }

  /** The same with no more perplexity than a number of points allows. */
  public TSne forAtMost(int points) {
    return withPerplexity(Math.max(1, Math.min(perplexity, Math.floorDiv(points - 1, 3))));
  }

  /** What hears how far it is. */
  @FunctionalInterface
  public interface Watcher {
    /** Called every 50 iterations with the divergence so far. */
    void iterated(int iteration, int ofIterations, double divergence);
  }

  /**
   * What came out.
   *
   * @param map a point a row
   * @param divergence KL(P ‖ Q) at the end, in nats
   * @param iterations that ran
   */
  public record Result(PointMap map, double divergence, int iterations) {}

  /**
   * Makes the map.
   *
   * @throws LinnetException if there are fewer points than the perplexity takes, or a feature is
   *     not finite
   */
  public Result map(FeatureTable features, Watcher watcher) {
    int n = features.rows();
    if (n - 1 < 3 * perplexity) {
      throw new LinnetException(
          n < 4
              ? "t-SNE: got %d points; must be at least 4; take more pictures".formatted(n)
              : ("perplexity: got %s with %d points; must be at most (points − 1) / 3 = %d; lower"
                      + " it or take more pictures")
                  .formatted(number(perplexity), n, (n - 1) / 3));
    }
    Rows.checkFinite(features);
    int k = Math.min(n - 1, (int) (3 * perplexity + 1));
    Affinities p = Affinities.of(Neighbors.within(features, k), n, perplexity);
    return new Descent(p, start(features)).run(watcher);
  }

  private static String number(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }

  /** The first two components at a deviation of 1e-4, x then y. */
  private double[][] start(FeatureTable features) {
    int n = features.rows();
    double[][] places = new double[2][n];
    int count = Math.min(2, features.width());
    Pca pca = Pca.of(features, count);
    double deviation = Math.sqrt(pca.variance(0));
    if (deviation == 0) {
      RandomState random = RandomState.of(seed);
      for (int i = 0; i < n; i++) {
        places[0][i] = START * random.nextGaussian();
        places[1][i] = START * random.nextGaussian();
      }
      return places;
    }
    double[] scores = pca.scores(features);
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < count; c++) {
        places[c][i] = START * Math.rint(scores[i * count + c] / deviation * 4096) / 4096;
      }
    }
    return places;
  }

  /** Gradient descent with momentum and gains. */
  private final class Descent {
    private final Affinities p;
    private final int n;
    private final double[] x;
    private final double[] y;
    private final double[] stepX;
    private final double[] stepY;
    private final double[] gainX;
    private final double[] gainY;
    private final double[] forceX;
    private final double[] forceY;
    private final double[] z;
    private final double[] gradients;
    private final double[] divergences;
    private final Quadtree tree;
    private final double rate;

    Descent(Affinities p, double[][] start) {
      this.p = p;
      n = start[0].length;
      x = start[0];
      y = start[1];
      stepX = new double[n];
      stepY = new double[n];
      gainX = new double[n];
      gainY = new double[n];
      forceX = new double[n];
      forceY = new double[n];
      z = new double[n];
      gradients = new double[n];
      divergences = new double[n];
      tree = new Quadtree(n);
      rate = learningRate.isAuto() ? Math.max(n / EXAGGERATION / 4, 50) : learningRate.value();
    }

    Result run(Watcher watcher) {
      phase(0, EXPLORATION, EXPLORATION, EXAGGERATION, 0.5, watcher);
      Arrays.fill(stepX, 0);
      Arrays.fill(stepY, 0);
      int done = phase(EXPLORATION, iterations, PATIENCE, 1, 0.8, watcher);
      float[] left = new float[n];
      float[] up = new float[n];
      for (int i = 0; i < n; i++) {
        left[i] = (float) x[i];
        up[i] = (float) y[i];
      }
      // Of the places at the end: that of the last update is of those before it.
      double divergence = divergence(sumOfForces());
      return new Result(new PointMap(left, up), divergence, done);
    }

    /** Returns the number of iterations that were done in all. */
    private int phase(
        int first, int last, int patience, float exaggeration, double momentum, Watcher watcher) {
      Arrays.fill(gainX, 1);
      Arrays.fill(gainY, 1);
      double best = Double.POSITIVE_INFINITY;
      int bestAt = first;
      for (int i = first; i < last; i++) {
        boolean check = (i + 1) % CHECK_EVERY == 0;
        double sum = sumOfForces();
        double divergence = check ? divergence(sum) : 0;
        Blocks.run(n, BLOCK, (from, to) -> step(from, to, exaggeration, momentum, 1 / sum));
        for (int point = 0; point < n; point++) {
          x[point] += stepX[point];
          y[point] += stepY[point];
        }
        if (check) {
          watcher.iterated(i + 1, iterations, divergence);
          if (divergence < best) {
            best = divergence;
            bestAt = i;
          } else if (i - bestAt > patience) {
            return i + 1;
          }
          if (Math.sqrt(Arrays.stream(gradients).sum()) <= LEAST_GRADIENT) {
            return i + 1;
          }
        }
      }
      return last;
    }

    /** The repulsion of each point, and Z. */
    private double sumOfForces() {
      tree.build(x, y);
      Blocks.run(n, BLOCK, (from, to) -> tree.repel(from, to, angle * angle, forceX, forceY, z));
      double sum = 0;
      for (double part : z) {
        sum += part;
      }
      return Math.max(sum, Double.MIN_NORMAL);
    }

    private double divergence(double sum) {
      Blocks.run(
          n,
          BLOCK,
          (from, to) -> {
            for (int i = from; i < to; i++) {
              double part = 0;
              for (int e = p.start[i]; e < p.start[i + 1]; e++) {
                double dx = x[i] - x[p.column[e]];
                double dy = y[i] - y[p.column[e]];
                double q = 1 / (1 + dx * dx + dy * dy) / sum;
                part += p.p[e] * Math.log(Math.max(p.p[e], Float.MIN_NORMAL) / q);
              }
              divergences[i] = part;
            }
          });
      double divergence = 0;
      for (double part : divergences) {
        divergence += part;
      }
      return divergence;
    }

    /** Notes the steps of some points, which are taken once all have seen the same places. */
    private void step(int from, int to, float exaggeration, double momentum, double perSum) {
      int[] column = p.column;
      float[] share = p.p;
      for (int i = from; i < to; i++) {
        double atX = x[i];
        double atY = y[i];
        double pullX = 0;
        double pullY = 0;
        for (int e = p.start[i]; e < p.start[i + 1]; e++) {
          double dx = atX - x[column[e]];
          double dy = atY - y[column[e]];
          double pull = share[e] / (1 + dx * dx + dy * dy);
          pullX += pull * dx;
          pullY += pull * dy;
        }
        double gradX = 4 * (exaggeration * pullX - forceX[i] * perSum);
        double gradY = 4 * (exaggeration * pullY - forceY[i] * perSum);
        gradients[i] = gradX * gradX + gradY * gradY;
        gainX[i] = gain(gainX[i], stepX[i], gradX);
        gainY[i] = gain(gainY[i], stepY[i], gradY);
        stepX[i] = momentum * stepX[i] - rate * gainX[i] * gradX;
        stepY[i] = momentum * stepY[i] - rate * gainY[i] * gradY;
      }
    }
  }

  private static double gain(double gain, double step, double gradient) {
    return Math.max(0.01, step * gradient < 0 ? gain + 0.2 : gain * 0.8);
  }
}
