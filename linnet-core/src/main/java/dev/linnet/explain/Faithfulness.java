package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whether the places that a heatmap points at are those that the answer needs: deletion takes
 * pixels away, those with the largest numbers first, insertion puts them into a blurred picture,
 * and the probability of the class is watched.
 *
 * <pre>
 *   score = area under the probability over the share of pixels taken away or put in, by trapezoids
 * </pre>
 *
 * <p>Deletion is good near 0, insertion near 1; both are to be compared with those of another map,
 * such as {@link #random}. Petsiuk, Das and Saenko, BMVC 2018, arXiv:1806.07421, §4.1 and the
 * authors' code: what is taken away gets the mean color, the blur is a window of 11×11, pixels of
 * equal numbers follow from the last to the first.
 *
 * @param steps into which the pixels are divided, at least 1; the authors' 224 are 224 pixels each
 *     of a picture of 224×224
 */
public record Faithfulness(int steps) {
  public static final Faithfulness DEFAULT = new Faithfulness(224);

  private static final int BATCH = 16;
  private static final int KERNEL = 11;
  private static final double SIGMA = 5;

  public Faithfulness {
    Check.that(steps >= 1, "steps", steps, "at least 1");
  }

  /**
   * What was measured.
   *
   * @param deletion area under {@code deleted}, in [0, 1]
   * @param insertion area under {@code inserted}, in [0, 1]
   * @param deleted probabilities of the class, from the whole picture to none of it
   * @param inserted probabilities of the class, from the blurred picture to the whole
   */
  public record Scores(
      double deletion, double insertion, List<Double> deleted, List<Double> inserted) {
    public Scores {
      deleted = List.copyOf(deleted);
      inserted = List.copyOf(inserted);
    }
  }

  /**
   * Measures a map.
   *
   * @param picture [1, C, H, W], normalized
   * @param label the class that the map explains
   * @param map of the picture's size
   */
  public Scores measure(Subject subject, Tensor picture, int label, Heatmap map) {
    Check.that(
        map.size().height() == picture.dim(2) && map.size().width() == picture.dim(3),
        "map",
        map.size(),
        "of the picture's size, " + picture.dim(3) + "x" + picture.dim(2));
    int[] order = order(map.toArray());
    Scope scope = Scope.open("faithfulness");
    try {
      float[] whole = picture.toFloats();
      float[] blurred = blurred(picture).toFloats();
      List<Double> deleted =
          probabilities(subject, picture, label, order, whole, new float[whole.length]);
      List<Double> inserted = probabilities(subject, picture, label, order, blurred, whole);
      return new Scores(area(deleted), area(inserted), deleted, inserted);
    } finally {
      scope.close();
    }
  }

  /** A map of random numbers, whose scores a good map must beat. */
  public static Heatmap random(int height, int width, RandomState random) {
    float[] values = new float[height * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble();
    }
    return Heatmap.of(values, height, width);
  }

  /** Positions, the largest number first, the last among equals. */
  private static int[] order(float[] values) {
    Integer[] positions = new Integer[values.length];
    Arrays.setAll(positions, i -> values.length - 1 - i);
    Arrays.sort(positions, (a, b) -> Float.compare(values[b], values[a]));
    return Arrays.stream(positions).mapToInt(Integer::intValue).toArray();
  }

  /** While pixels of one picture become those of another. */
  private List<Double> probabilities(
      Subject subject, Tensor like, int label, int[] order, float[] from, float[] to) {
    int each = (order.length + steps - 1) / steps;
    int count = (order.length + each - 1) / each + 1;
    float[] now = from.clone();
    int channels = now.length / order.length;
    List<Double> all = new ArrayList<>();
    for (int start = 0; start < count; start += BATCH) {
      int some = Math.min(BATCH, count - start);
      float[] batch = new float[some * now.length];
      for (int i = 0; i < some; i++) {
        System.arraycopy(now, 0, batch, i * now.length, now.length);
        int end = Math.min(order.length, (start + i + 1) * each);
        for (int k = (start + i) * each; k < end; k++) {
          for (int c = 0; c < channels; c++) {
            int at = c * order.length + order[k];
            now[at] = to[at];
          }
        }
      }
      Scope.run(
          "step",
          () -> {
            Tensor pictures =
                Tensor.of(batch, some, channels, like.dim(2), like.dim(3))
                    .to(like.device())
                    .channelsLast();
            int[] same = new int[some];
            Arrays.fill(same, label);
            Tensor probabilities = subject.logits(pictures).softmax(1);
            for (double p : Subject.chosen(probabilities, same).toDoubles()) {
              all.add(p);
            }
          });
    }
    return all;
  }

  private static double area(List<Double> values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    sum -= (values.get(0) + values.get(values.size() - 1)) / 2;
    return sum / (values.size() - 1);
  }

  /** With the authors' window, zeros behind the border. */
  private static Tensor blurred(Tensor picture) {
    float[] line = line();
    Tensor rows = Tensor.of(line, 1, 1, KERNEL, 1).to(picture.device());
    Tensor columns = Tensor.of(line, 1, 1, 1, KERNEL).to(picture.device());
    int pad = KERNEL / 2;
    long channels = picture.dim(1);
    return picture
        .reshape(channels, 1, picture.dim(2), picture.dim(3))
        .conv2d(rows, null, Window.of(1, 1, pad, 0), 1)
        .conv2d(columns, null, Window.of(1, 1, 0, pad), 1)
        .reshape(1, channels, picture.dim(2), picture.dim(3));
  }

  /**
   * A Gaussian of the window's width whose tails are folded back at the window's ends: what SciPy's
   * {@code gaussian_filter} makes of a single 1 in its middle.
   */
  private static float[] line() {
    int radius = (int) (4 * SIGMA + 0.5);
    double sum = 0;
    for (int t = -radius; t <= radius; t++) {
      sum += Math.exp(-0.5 * t * t / (SIGMA * SIGMA));
    }
    float[] line = new float[KERNEL];
    for (int j = 0; j < KERNEL; j++) {
      double value = 0;
      for (int t = -radius; t <= radius; t++) {
        int at = Math.floorMod(j + t, 2 * KERNEL);
        if (Math.min(at, 2 * KERNEL - 1 - at) == KERNEL / 2) {
          value += Math.exp(-0.5 * t * t / (SIGMA * SIGMA)) / sum;
        }
      }
      line[j] = (float) value;
    }
    return line;
  }
}
