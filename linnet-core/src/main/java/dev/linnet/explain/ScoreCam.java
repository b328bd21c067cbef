package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Corners;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Score-CAM needs no gradients: it lets each map of a layer through as a mask over the picture and
 * weighs the map by how sure of the class the network then is.
 *
 * <pre>
 *   Hₖ = Aₖ at the picture's size, from 0 to 1;     sₖ = yᶜ(x · Hₖ)
 *   α = softmax of s over k;     map = relu(Σₖ αₖ · Aₖ)
 * </pre>
 *
 * <ul>
 *   <li>Paper: Wang et al., CVPR Workshops 2020, arXiv:1910.01279, eq. 5 to 8. The answer to the
 *       baseline, which all scores have in common, goes in the softmax. yᶜ is the logit, as in the
 *       package grad-cam.
 *   <li>Cost: a pass forward for each channel of the layer, often hundreds. Card:
 *       docs/explain/score-cam.md.
 * </ul>
 *
 * @param batch masked pictures at once, at least 1
 */
public record ScoreCam(int batch) implements Attribution {
  public static final ScoreCam DEFAULT = new ScoreCam(16);

  private static final double EPS = 1e-8;
  private static final Dims PLACES = Dims.keeping(2, 3);

  public ScoreCam {
    Check.that(batch >= 1, "batch", batch, "at least 1");
  }

  @Override
  public String key() {
    return "score-cam";
  }

  @Override
  public Tensor maps(Subject subject, Tensor pictures, int... classes) {
    return Autograd.off(
        () ->
            Scope.keeping(
                key(),
                () -> {
                  Tensor maps = subject.activations(pictures);
                  List<Tensor> rows = new ArrayList<>();
                  for (int i = 0; i < classes.length; i++) {
                    Tensor own = maps.narrow(0, i, 1);
                    Tensor scores = scores(subject, pictures.narrow(0, i, 1), own, classes[i]);
                    Tensor weights = scores.softmax(0).reshape(1, maps.dim(1), 1, 1);
                    rows.add(Subject.overChannels(own.mul(weights)).relu());
                  }
                  return Tensor.cat(rows, 0);
                }));
  }

  /** s [C] of a picture [1, ·, H, W] with maps [1, C, h, w]. */
  private Tensor scores(Subject subject, Tensor picture, Tensor maps, int label) {
    int channels = (int) maps.dim(1);
    List<Tensor> scores = new ArrayList<>();
    for (int start = 0; start < channels; start += batch) {
      int first = start;
      int count = Math.min(batch, channels - start);
      scores.add(
          Scope.keeping(
              "masks",
              () -> {
                Tensor some = maps.narrow(1, first, count).transpose(0, 1).contiguous();
                Tensor masks = some.resizeBilinear(picture.dim(2), picture.dim(3), Corners.ALIGNED);
                Tensor low = masks.neg().max(PLACES).neg();
                Tensor high = masks.max(PLACES);
                masks = masks.sub(low).div(high.sub(low).add(EPS));
                Tensor masked = picture.mul(masks).channelsLast();
                int[] same = new int[count];
                Arrays.fill(same, label);
                return Subject.chosen(subject.logits(masked), same);
              }));
    }
    return Tensor.cat(scores, 0);
  }
}
