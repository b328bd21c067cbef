package dev.linnet.explain;

import dev.linnet.tensor.Corners;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A way to say how much each place of a picture speaks for a class.
 *
 * <p>Immutable records whose {@code DEFAULT} has the paper's settings; for any thread.
 */
public interface Attribution {
  /** What a command calls it, such as {@code grad-cam}. */
  String key();

  /**
   * Explains some pictures, each for a class of its own.
   *
   * @param subject the network
   * @param pictures its input [N, C, H, W], normalized
   * @param classes index of the class of each picture
   * @return [N, h, w], float32, in the innermost scope; of the size of the layer's maps or of the
   *     pictures
   * @throws dev.linnet.base.LinnetException if the method cannot explain this network, in one line
   */
  Tensor maps(Subject subject, Tensor pictures, int... classes);

  /** The share of all places that are not cut off when the map is shown: 1, or a little less. */
  default double shownShare() {
    return 1;
  }

  /** All ways with their defaults. */
  static List<Attribution> all() {
    return List.of(
        Cam.DEFAULT,
        GradCam.DEFAULT,
        GradCamPlusPlus.DEFAULT,
        ScoreCam.DEFAULT,
        IntegratedGradients.DEFAULT,
        SmoothGrad.DEFAULT,
        Occlusion.DEFAULT);
  }

  /**
   * As {@link #maps}, each as large as its picture: a smaller one is interpolated linearly.
   *
   * @return a map a picture
   */
  default List<Heatmap> explain(Subject subject, Tensor pictures, int... classes) {
    Scope scope = Scope.open(key());
    try {
      int height = (int) pictures.dim(2);
      int width = (int) pictures.dim(3);
      Tensor maps = maps(subject, pictures, classes);
      if (maps.dim(1) != height || maps.dim(2) != width) {
        maps = maps.unsqueeze(1).resizeBilinear(height, width, Corners.AT_BORDERS).squeeze(1);
      }
      List<Heatmap> all = new ArrayList<>();
      for (int i = 0; i < classes.length; i++) {
        all.add(Heatmap.of(maps.select(0, i).toFloats(), height, width));
      }
      return all;
    } finally {
      scope.close();
    }
  }
}
