package dev.linnet.train.probe;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;

/**
 * Minimizes a smooth convex function by limited-memory BFGS: Nocedal and Wright, Numerical
 * Optimization, 2nd edition, Algorithms 7.4 and 7.5, with steps that are halved until the function
 * falls enough (Armijo, c = 1e-4).
 */
final class Lbfgs {
  private static final int HISTORY = 10;
  private static final int HALVINGS = 30;
  private static final double ARMIJO = 1e-4;

  private Lbfgs() {}

  /** A function's value and gradient at a point. */
  static final class At {
    private final double value;
    private final double[] gradient;

    /** Takes the gradient over. */
    At(double value, double[] gradient) {
      this.value = value;
      this.gradient = gradient;
    }
  }

  /** A step s = x' − x, y that the gradient changed by, and ρ = 1 / (yᵀs). */
  private static final class Pair {
    private final double[] s;
    private final double[] y;
    private final double rho;

    Pair(double[] s, double[] y, double rho) {
      this.s = s;
      this.y = y;
      this.rho = rho;
    }
  }

  /**
   * The minimum's place.
   *
   * @param start overwritten
   * @param tolerance ends where the largest part of the gradient is at most this
   * @param most steps
   */
  static double[] minimize(
      Function<double[], At> function, double[] start, double tolerance, int most) {
    double[] x = start;
    At at = function.apply(x);
    Deque<Pair> pairs = new ArrayDeque<>();
    for (int step = 0; step < most && largest(at.gradient) > tolerance; step++) {
      double[] direction = direction(at.gradient, pairs);
      double slope = dot(direction, at.gradient);
      double length = pairs.isEmpty() ? Math.min(1, 1 / norm(at.gradient)) : 1;
      double[] moved = x;
      At next = at;
      boolean fell = false;
      for (int halving = 0; halving < HALVINGS && !fell; halving++) {
        moved = along(x, direction, length);
        next = function.apply(moved);
        fell = next.value <= at.value + ARMIJO * length * slope;
        length /= 2;
      }
      if (!fell) {
        return x; // as far as numbers of this precision go
      }
      double[] s = difference(moved, x);
      double[] y = difference(next.gradient, at.gradient);
      double curvature = dot(s, y);
      if (curvature > 1e-12 * norm(s) * norm(y)) {
        pairs.addLast(new Pair(s, y, 1 / curvature));
        if (pairs.size() > HISTORY) {
          pairs.removeFirst();
        }
      }
      x = moved;
      at = next;
    }
    return x;
  }

  /** −H·g by the two loops of Algorithm 7.4. */
  private static double[] direction(double[] gradient, Deque<Pair> pairs) {
    double[] q = gradient.clone();
    List<Double> alphas = new ArrayList<>();
    for (Pair pair : (Iterable<Pair>) pairs::descendingIterator) {
      double alpha = pair.rho * dot(pair.s, q);
      alphas.add(alpha);
      add(q, pair.y, -alpha);
    }
    if (!pairs.isEmpty()) {
      Pair last = pairs.getLast();
      scale(q, 1 / (last.rho * dot(last.y, last.y)));
    }
    int at = alphas.size();
    for (Pair pair : pairs) {
      double beta = pair.rho * dot(pair.y, q);
      add(q, pair.s, alphas.get(--at) - beta);
    }
    scale(q, -1);
    return q;
  }

  private static double[] along(double[] x, double[] direction, double length) {
    double[] moved = x.clone();
    add(moved, direction, length);
    return moved;
  }

  private static double[] difference(double[] a, double[] b) {
    double[] d = a.clone();
    add(d, b, -1);
    return d;
  }

  private static void add(double[] to, double[] what, double times) {
    for (int i = 0; i < to.length; i++) {
      to[i] += times * what[i];
    }
  }

  private static void scale(double[] x, double factor) {
    for (int i = 0; i < x.length; i++) {
      x[i] *= factor;
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double norm(double[] x) {
    return Math.sqrt(dot(x, x));
  }

  private static double largest(double[] x) {
    double most = 0;
    for (double part : x) {
      most = Math.max(most, Math.abs(part));
    }
    return most;
  }
}
