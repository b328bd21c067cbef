package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Integrated gradients add up the gradient of the class on the straight way from a picture of the
 * mean color x' to the picture x, so that all pixels together give the change of the answer.
 *
 * <pre>
 *   IG = (x − x') · ∫ from 0 to 1 of ∂yᶜ(x' + t·(x − x')) / ∂x dt
 *   completeness: Σ IG = yᶜ(x) − yᶜ(x');     map = Σ over channels of IG
 * </pre>
 *
 * <ul>
 *   <li>Paper: Sundararajan, Taly and Yan, ICML 2017, arXiv:1703.01365, eq. 1, proposition 1.
 *   <li>Default: 50 steps of Gauss–Legendre and a baseline of 0 after normalization, as captum.
 *       Networks with ReLU bend in many places: where the sum misses the change of the answer by
 *       more than {@code completeness}, the way is cut into pieces, and the piece that misses its
 *       own change most is halved again and again.
 *   <li>Cost: a pass forward and back each step. Card: docs/explain/integrated-gradients.md.
 * </ul>
 *
 * @param steps points of Gauss–Legendre, in [1, 1000]
 * @param completeness by how much the sum may miss the change of the answer, as a share of it,
 *     above 0
 * @param mostSteps at most so many gradients when the way is cut into pieces; 0 for never
 */
public record IntegratedGradients(int steps, double completeness, int mostSteps)
    implements Attribution {
  static final String KEY = "integrated-gradients";
  public static final IntegratedGradients DEFAULT = new IntegratedGradients(50, 1e-3, 512);

  private static final int BATCH = 16;
  private static final int PIECES = 32;
  private static final int HALVED_AT_ONCE = BATCH / 2;

  public IntegratedGradients {
    Check.that(steps >= 1 && steps <= 1000, "steps", steps, "in [1, 1000]");
    Check.that(completeness > 0, "completeness", completeness, "above 0");
    Check.that(mostSteps >= 0, "most_steps", mostSteps, "at least 0");
  }

  @Override
  public String key() {
    return KEY;
  }

  @Override
  public double shownShare() {
    return 0.99;
  }

  @Override
  public Tensor maps(Subject subject, Tensor pictures, int... classes) {
    return Scope.keeping(
        KEY, () -> Subject.overChannels(attributions(subject, pictures, classes).attributions()));
  }

  /**
   * What {@link #attributions} found.
   *
   * @param attributions IG, [N, C, H, W]
   * @param gaps of each picture: by how much the sum misses the change of the answer, as a share of
   *     it
   */
  public record Integrated(Tensor attributions, List<Double> gaps) {
    public Integrated {
      gaps = List.copyOf(gaps);
    }
  }

  /** IG of every number of the pictures, in the innermost scope. */
  public Integrated attributions(Subject subject, Tensor pictures, int... classes) {
    List<Double> gaps = new ArrayList<>();
    Tensor all =
        Scope.keeping(
            KEY,
            () -> {
              List<Tensor> rows = new ArrayList<>();
              for (int i = 0; i < classes.length; i++) {
                Way way = new Way(subject, pictures.narrow(0, i, 1), classes[i]);
                rows.add(Scope.keeping("picture", () -> integrate(way)));
                gaps.add(way.gap);
              }
              return Tensor.cat(rows, 0);
            });
    return new Integrated(all, gaps);
  }

  private Tensor integrate(Way way) {
    Tensor smooth = way.gaussLegendre(steps);
    if (Math.abs(way.gap) <= completeness || mostSteps < PIECES) {
      return smooth;
    }
    double gap = way.gap;
    Tensor cut = way.pieces(completeness, mostSteps);
    if (Math.abs(way.gap) <= Math.abs(gap)) {
      return cut;
    }
    way.gap = gap;
    return smooth;
  }

  /** The way from the baseline to one picture. */
  private static final class Way {
    private final Subject subject;
    private final Tensor picture;
    private final int label;
    private final double change;
    private double gap;

    Way(Subject subject, Tensor picture, int label) {
      this.subject = subject;
      this.picture = picture;
      this.label = label;
      double[] ends = answers(0, 1);
      change = ends[1] - ends[0];
    }

    Tensor gaussLegendre(int n) {
      GaussLegendre rule = GaussLegendre.of(n);
      Tensor sum = Tensor.zeros(picture.dtype(), picture.device(), picture.shape().toArray());
      for (int start = 0; start < n; start += BATCH) {
        int count = Math.min(BATCH, n - start);
        double[] at = new double[count];
        double[] weights = new double[count];
        for (int i = 0; i < count; i++) {
          at[i] = rule.point(start + i);
          weights[i] = rule.weight(start + i);
        }
        Scope.run(
            "steps",
            () -> {
              Tensor gradients = subject.inputGradient(points(at), repeated(count));
              sum.addInPlace(gradients.mul(column(weights)).sum(Dims.keeping(0)));
            });
      }
      return finished(sum);
    }

    /**
     * A piece of the way with the gradient in its middle.
     *
     * @param before answer at its start
     * @param middle answer in its middle
     * @param after answer at its end
     * @param found what its gradient says that the answer changes by
     */
    private record Piece(
        double from,
        double to,
        double before,
        double middle,
        double after,
        double found,
        Tensor gradient) {
      double missed() {
        return found - (after - before);
      }
    }

    Tensor pieces(double completeness, int most) {
      double[] edges = new double[PIECES + 1];
      for (int i = 0; i <= PIECES; i++) {
        edges[i] = (double) i / PIECES;
      }
      double[] answers = answers(edges);
      List<Piece> pieces = new ArrayList<>(between(edges, answers));
      int spent = PIECES;
      while (Math.abs(missed(pieces)) > completeness * Math.abs(change)
          && spent + 2 * HALVED_AT_ONCE <= most) {
        pieces.sort(Comparator.comparingDouble(piece -> -Math.abs(piece.missed())));
        List<Piece> halved = new ArrayList<>();
        for (Piece piece : pieces.subList(0, HALVED_AT_ONCE)) {
          double middle = (piece.from() + piece.to()) / 2;
          halved.addAll(
              between(
                  new double[] {piece.from(), middle, piece.to()},
                  new double[] {piece.before(), piece.middle(), piece.after()}));
        }
        List<Piece> next = new ArrayList<>(pieces.subList(HALVED_AT_ONCE, pieces.size()));
        next.addAll(halved);
        pieces = next;
        spent += 2 * HALVED_AT_ONCE;
      }
      Tensor sum = Tensor.zeros(picture.dtype(), picture.device(), picture.shape().toArray());
      for (Piece piece : pieces) {
        sum.addInPlace(piece.gradient(), piece.to() - piece.from());
      }
      return finished(sum);
    }

    private static double missed(List<Piece> pieces) {
      double sum = 0;
      for (Piece piece : pieces) {
        sum += piece.missed();
      }
      return sum;
    }

    /** The pieces between some edges, at which the answers are known. */
    private List<Piece> between(double[] edges, double[] answers) {
      List<Piece> pieces = new ArrayList<>();
      int count = edges.length - 1;
      for (int start = 0; start < count; start += BATCH) {
        int from = start;
        int some = Math.min(BATCH, count - start);
        double[] middles = new double[some];
        for (int i = 0; i < some; i++) {
          middles[i] = (edges[start + i] + edges[start + i + 1]) / 2;
        }
        Scope scope = Scope.open("pieces");
        try {
          Tensor points = points(middles);
          double[] inMiddle = answersAt(points, some);
          Tensor gradients = subject.inputGradient(points, repeated(some));
          double[] found = gradients.mul(picture).sum(Dims.of(1, 2, 3)).toDoubles();
          for (int i = 0; i < some; i++) {
            double left = edges[from + i];
            double right = edges[from + i + 1];
            pieces.add(
                new Piece(
                    left,
                    right,
                    answers[from + i],
                    inMiddle[i],
                    answers[from + i + 1],
                    found[i] * (right - left),
                    scope.keep(gradients.narrow(0, i, 1).copy())));
          }
        } finally {
          scope.close();
        }
      }
      return pieces;
    }

    private Tensor finished(Tensor integral) {
      Tensor attributions = integral.mul(picture);
      double sum = attributions.sum().item();
      gap = change == 0 ? sum : (sum - change) / change;
      return attributions;
    }

    private double[] answers(double... at) {
      double[] all = new double[at.length];
      for (int start = 0; start < at.length; start += BATCH) {
        double[] some = Arrays.copyOfRange(at, start, Math.min(at.length, start + BATCH));
        int from = start;
        Scope.run(
            "answers",
            () -> {
              double[] found = answersAt(points(some), some.length);
              System.arraycopy(found, 0, all, from, found.length);
            });
      }
      return all;
    }

    private double[] answersAt(Tensor points, int count) {
      return Subject.chosen(subject.logits(points), repeated(count)).toDoubles();
    }

    /** x' + t·(x − x') for each t, where x' = 0. */
    private Tensor points(double[] at) {
      return picture.mul(column(at)).channelsLast();
    }

    private Tensor column(double[] values) {
      float[] floats = new float[values.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) values[i];
      }
      return Tensor.of(floats, floats.length, 1, 1, 1).to(picture.device());
    }

    private int[] repeated(int count) {
      int[] same = new int[count];
      Arrays.fill(same, label);
      return same;
    }
  }
}
