package dev.linnet.explain;

import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;

/**
 * Grad-CAM weighs each map of a layer by the mean gradient of the class.
 *
 * <pre>
 *   αₖ = mean over (i, j) of ∂yᶜ / ∂Aₖ(i, j);     map = relu(Σₖ αₖ · Aₖ)
 * </pre>
 *
 * <ul>
 *   <li>Paper: Selvaraju et al., ICCV 2017, arXiv:1610.02391, eq. 1 and 2. yᶜ is the logit.
 *   <li>Cost: one pass forward and one back to the layer. Card: docs/explain/grad-cam.md.
 * </ul>
 */
public record GradCam() implements Attribution {
  /** Nothing can be set. */
  public static final GradCam DEFAULT = new GradCam();

  private static final Dims PLACES = Dims.keeping(2, 3);

  @Override
  public String key() {
    return "grad-cam";
  }

  @Override
  public Tensor maps(Subject subject, Tensor pictures, int... classes) {
    return Scope.keeping(
        key(),
        () -> {
          Subject.Differentiated found = subject.differentiated(pictures, classes);
          Tensor weights = found.gradients().mean(PLACES);
          return Subject.overChannels(found.maps().mul(weights)).relu();
        });
  }
}
