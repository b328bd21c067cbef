package dev.linnet.explain;

import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;

/**
 * Grad-CAM++ weighs each map by its positive gradients, each with a weight of its own, so that
 * several objects of the class count alike.
 *
 * <pre>
 *   aₖ(i, j) = g² / (2·g² + g³ · Σ Aₖ),   g = ∂yᶜ / ∂Aₖ(i, j);   0 where g = 0
 *   wₖ = Σ over (i, j) of aₖ(i, j) · relu(g);     map = relu(Σₖ wₖ · Aₖ)
 * </pre>
 *
 * <ul>
 *   <li>Paper: Chattopadhyay et al., WACV 2018, arXiv:1710.11063, eq. 7, 10 and 19. As in the
 *       authors' code and the package grad-cam, yᶜ counts as the exponential of the logit in the
 *       higher derivatives, whose common factor is left out, and 1e-6 keeps the denominator off 0.
 *   <li>Cost: as Grad-CAM. Card: docs/explain/grad-cam++.md.
 * </ul>
 */
public record GradCamPlusPlus() implements Attribution {
  /** Nothing can be set. */
  public static final GradCamPlusPlus DEFAULT = new GradCamPlusPlus();

  private static final double EPS = 1e-6;
  private static final Dims PLACES = Dims.keeping(2, 3);

  @Override
  public String key() {
    return "grad-cam++";
  }

  @Override
  public Tensor maps(Subject subject, Tensor pictures, int... classes) {
    return Scope.keeping(
        key(),
        () -> {
          Subject.Differentiated found = subject.differentiated(pictures, classes);
          Tensor g = found.gradients();
          Tensor squared = g.mul(g);
          Tensor cubed = squared.mul(g);
          Tensor sums = found.maps().sum(PLACES);
          Tensor shares = squared.div(squared.mul(2).add(cubed.mul(sums)).add(EPS));
          // Where g = 0 the share is 0 already: 0 / ε.
          Tensor weights = shares.mul(g.relu()).sum(PLACES);
          return Subject.overChannels(found.maps().mul(weights)).relu();
        });
  }
}
