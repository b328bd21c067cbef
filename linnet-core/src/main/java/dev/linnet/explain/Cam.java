package dev.linnet.explain;

import dev.linnet.base.LinnetException;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.Window;
import org.jspecify.annotations.Nullable;

/**
 * A class activation map weighs the last maps by the weights of the class in the linear layer
 * behind their mean, so that the mean of the map and the bias are the logit.
 *
 * <pre>
 *   yᶜ = bᶜ + Σₖ wₖᶜ · mean(fₖ);     map(i, j) = Σₖ wₖᶜ · fₖ(i, j)
 * </pre>
 *
 * <ul>
 *   <li>Paper: Zhou et al., CVPR 2016, arXiv:1512.04150, eq. 1 and 2.
 *   <li>Networks: maps → mean → one linear layer; also maps → 1×1 convolution → relu → mean, as
 *       SqueezeNet. Whether a network is one is measured: the map must give back the logits.
 *   <li>Cost: one pass forward. Card: docs/explain/cam.md.
 * </ul>
 */
public record Cam() implements Attribution {
  /** Nothing can be set. */
  public static final Cam DEFAULT = new Cam();

  private static final Dims PLACES = Dims.of(2, 3);
  private static final double TOLERANCE = 1e-3;

  @Override
  public String key() {
    return "cam";
  }

  /**
   * {@inheritDoc}
   *
   * <p>The layer of the subject is not looked at: the maps are the last ones.
   */
  @Override
  public Tensor maps(Subject subject, Tensor pictures, int... classes) {
    Classifier model = subject.model();
    return Autograd.off(
        () ->
            Scope.keeping(
                key(),
                () -> {
                  Tensor logits = model.forward(pictures);
                  Subject.chosen(logits, classes); // refuses a class that there is not
                  Tensor features = model.features(pictures);
                  Tensor maps = features.rank() == 4 ? classMaps(model, features, logits) : null;
                  if (maps == null) {
                    throw new LinnetException(
                        ("%s: %s does not answer with the mean of its last maps and one linear"
                                + " layer; use %s, %s, %s, %s, %s or %s")
                            .formatted(
                                key(),
                                model.architecture(),
                                GradCam.DEFAULT.key(),
                                GradCamPlusPlus.DEFAULT.key(),
                                ScoreCam.DEFAULT.key(),
                                IntegratedGradients.KEY,
                                SmoothGrad.KEY,
                                Occlusion.KEY));
                  }
                  long[] chosen = new long[classes.length];
                  for (int i = 0; i < chosen.length; i++) {
                    chosen[i] = i * logits.dim(1) + classes[i];
                  }
                  return maps.reshape(-1, maps.dim(2), maps.dim(3))
                      .rows(Tensor.of(chosen).to(maps.device()));
                }));
  }

  /**
   * The maps of all classes [N, K, h, w] whose means are the logits, apart from the bias; null
   * where the network is none of the two kinds.
   */
  private static @Nullable Tensor classMaps(Classifier model, Tensor features, Tensor logits) {
    Tensor weight = model.state(model.headName() + ".weight").value();
    long channels = features.dim(1);
    if (weight.count() != logits.dim(1) * channels || features.dim(2) * features.dim(3) == 1) {
      return null;
    }
    Tensor maps =
        features.conv2d(
            weight.reshape(logits.dim(1), channels, 1, 1), null, Window.square(1, 0, 1), 1);
    Tensor biased = maps;
    if (model.state().containsKey(model.headName() + ".bias")) {
      Tensor bias = model.state(model.headName() + ".bias").value();
      biased = maps.add(bias.reshape(1, logits.dim(1), 1, 1));
    }
    if (differ(biased.mean(PLACES), logits) <= TOLERANCE) {
      return maps;
    }
    Tensor activated = biased.relu();
    return differ(activated.mean(PLACES), logits) <= TOLERANCE ? activated : null;
  }

  /** ‖a − b‖ / ‖b‖. */
  private static double differ(Tensor a, Tensor b) {
    double norm = b.norm().item();
    return a.sub(b).norm().item() / Math.max(norm, 1e-12);
  }
}
