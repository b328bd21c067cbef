package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.internal.About;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.Descent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sharpness-aware minimization takes the gradient at the worst weights nearby, so that training
 * ends in flat minima.
 *
 * <pre>
 *   g = ∇L(w)        ε = ρ·g/‖g‖                      adaptive: ε = ρ·T²g/‖Tg‖,  T = |w| + 0.01
 *   the update is made at w, with the gradient ∇L(w + ε)
 * </pre>
 *
 * <ul>
 *   <li>Paper: Foret et al., ICLR 2021, arXiv:2010.01412, Algorithm 1; adaptive: Kwon et al., ICML
 *       2021, arXiv:2102.11600, Algorithm 1, with T = 1 for biases, as in the authors' code.
 *   <li>Default: ρ = 0.05; adaptive ones take about ten times as much.
 *   <li>Cost: twice the forward and backward passes, and a copy of the weights.
 *   <li>ε is that of each batch, also where gradients of several are accumulated (m-sharpness, §3
 *       of the paper). Running statistics are those of the first pass, and both draw the same
 *       random numbers.
 * </ul>
 *
 * @param rho ρ, the radius of the neighborhood, in (0, 100]
 * @param adaptive whether the neighborhood is scaled by the size of each weight
 */
public record Sam(
    @About("radius of the neighborhood, in (0, 100]") double rho,
    @About("whether the neighborhood is scaled by the size of each weight") boolean adaptive)
    implements Descent {
  /** The paper's value for most experiments. */
  public static final Sam DEFAULT = new Sam(0.05, false);

  private static final double ETA = 0.01; // of the adaptive paper, for weights near 0
  private static final double TINY = 1e-12;

  public Sam {
    Check.that(rho > 0 && rho <= 100, "sam.rho", rho, "in (0, 100]");
  }

  @Override
  public double gradient(Weights weights, Pass pass) {
    Scope scope = Scope.open("sam");
    try {
      Map<Parameter, Tensor> accumulated = Autograd.off(() -> setAside(weights));
      double loss = pass.run();
      Map<Parameter, Tensor> before = Autograd.off(() -> climb(weights));
      Autograd.off(() -> giveBack(weights, accumulated));
      pass.run();
      Autograd.off(() -> before.forEach((p, value) -> p.value().detach().set(value)));
      return loss;
    } finally {
      scope.close();
    }
  }

  /** Copies of the gradients of earlier batches, which are zero then. */
  private static Map<Parameter, Tensor> setAside(Weights weights) {
    Map<Parameter, Tensor> aside = new LinkedHashMap<>();
    for (Parameter p : weights.trained().values()) {
      Tensor g = p.value().grad();
      if (g != null) {
        aside.put(p, g.copy());
        g.zero();
      }
    }
    return aside;
  }

  /** Moves the weights to w + ε; gives what they and the buffers were. */
  private Map<Parameter, Tensor> climb(Weights weights) {
    Map<Parameter, Tensor> before = new LinkedHashMap<>();
    weights.buffers().values().forEach(p -> before.put(p, p.value().detach().copy()));
    Map<Parameter, Tensor> steps = new LinkedHashMap<>();
    List<Tensor> lengths = new ArrayList<>();
    weights
        .trained()
        .forEach(
            (name, p) -> {
              Tensor g = p.value().grad();
              if (g == null) {
                return;
              }
              if (adaptive && name.endsWith("weight")) {
                Tensor t = p.value().detach().abs().add(ETA);
                Tensor scaled = g.mul(t);
                lengths.add(scaled);
                steps.put(p, scaled.mul(t));
              } else {
                lengths.add(g);
                steps.put(p, g);
              }
            });
    double norm = Foreach.norm(lengths);
    if (Double.isFinite(norm)) { // else the update is refused anyway
      steps.forEach(
          (p, step) -> {
            Tensor w = p.value().detach();
            before.put(p, w.copy());
            w.addInPlace(step, rho / (norm + TINY));
          });
    }
    return before;
  }

  private static void giveBack(Weights weights, Map<Parameter, Tensor> accumulated) {
    for (Parameter p : weights.trained().values()) {
      Tensor g = p.value().grad();
      Tensor earlier = accumulated.get(p);
      if (g != null && earlier != null) {
        g.set(earlier);
      } else {
        p.value().clearGrad();
      }
    }
  }
}
