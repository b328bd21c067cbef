package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Occlusion sensitivity covers one part of the picture after the other and looks how much the
 * answer drops.
 *
 * <pre>
 *   map(p) = mean over the windows W that hold p of yᶜ(x) − yᶜ(x with W in the mean color)
 * </pre>
 *
 * <ul>
 *   <li>Paper: Zeiler and Fergus, ECCV 2014, arXiv:1311.2901, §4.2, who cover with grey and move by
 *       a few pixels. Windows at the border are cut off, as in captum.
 *   <li>Default: windows of a seventh of the shorter side that move by half of theirs: 169 passes.
 *       The paper states no size.
 *   <li>Cost: a pass forward each window. Card: docs/explain/occlusion.md.
 * </ul>
 *
 * @param window side of the window, as a share of the picture's shorter side, in (0, 1]
 * @param step by which it moves, as a share of its side, in (0, 1]
 */
public record Occlusion(double window, double step) implements Attribution {
  static final String KEY = "occlusion";
  public static final Occlusion DEFAULT = new Occlusion(1 / 7.0, 0.5);

  private static final int BATCH = 16;

  public Occlusion {
    Check.that(window > 0 && window <= 1, "window", window, "in (0, 1]");
    Check.that(step > 0 && step <= 1, "step", step, "in (0, 1]");
  }

  @Override
  public String key() {
    return KEY;
  }

  @Override
  public Tensor maps(Subject subject, Tensor pictures, int... classes) {
    return Scope.keeping(
        KEY,
        () -> {
          List<Tensor> rows = new ArrayList<>();
          for (int i = 0; i < classes.length; i++) {
            int picture = i;
            rows.add(
                Scope.keeping(
                    "picture",
                    () -> map(subject, pictures.narrow(0, picture, 1), classes[picture])));
          }
          return Tensor.stack(rows, 0);
        });
  }

  /** Where a window lies; what is outside the picture is cut off. */
  private record Place(int top, int left) {}

  private Tensor map(Subject subject, Tensor picture, int label) {
    int height = (int) picture.dim(2);
    int width = (int) picture.dim(3);
    int side = Math.max(1, (int) Math.round(window * Math.min(height, width)));
    int stride = Math.max(1, (int) Math.round(step * side));
    List<Place> places = new ArrayList<>();
    for (int top : starts(height, side, stride)) {
      for (int left : starts(width, side, stride)) {
        places.add(new Place(top, left));
      }
    }
    double whole = Subject.chosen(subject.logits(picture), label).item();
    float[] sums = new float[height * width];
    int[] counts = new int[height * width];
    for (int start = 0; start < places.size(); start += BATCH) {
      List<Place> some = places.subList(start, Math.min(places.size(), start + BATCH));
      double[] answers = covered(subject, picture, label, side, some);
      for (int i = 0; i < some.size(); i++) {
        int bottom = Math.min(height, some.get(i).top() + side);
        int right = Math.min(width, some.get(i).left() + side);
        for (int row = some.get(i).top(); row < bottom; row++) {
          for (int column = some.get(i).left(); column < right; column++) {
            sums[row * width + column] += (float) (whole - answers[i]);
            counts[row * width + column]++;
          }
        }
      }
    }
    for (int i = 0; i < sums.length; i++) {
      sums[i] /= Math.max(1, counts[i]);
    }
    return Tensor.of(sums, height, width);
  }

  /** From 0 by steps until a window reaches the end. */
  private static int[] starts(int length, int side, int stride) {
    int count = (length - side + stride - 1) / stride + 1;
    int[] starts = new int[count];
    for (int i = 0; i < count; i++) {
      starts[i] = i * stride;
    }
    return starts;
  }

  private static double[] covered(
      Subject subject, Tensor picture, int label, int side, List<Place> places) {
    Scope scope = Scope.open("covered");
    try {
      int n = places.size();
      int height = (int) picture.dim(2);
      int width = (int) picture.dim(3);
      Tensor batch = picture.expand(n, picture.dim(1), height, width).copy().channelsLast();
      for (int i = 0; i < n; i++) {
        Place place = places.get(i);
        batch
            .select(0, i)
            .narrow(1, place.top(), Math.min(side, height - place.top()))
            .narrow(2, place.left(), Math.min(side, width - place.left()))
            .zero();
      }
      int[] same = new int[n];
      Arrays.fill(same, label);
      return Subject.chosen(subject.logits(batch), same).toDoubles();
    } finally {
      scope.close();
    }
  }
}
