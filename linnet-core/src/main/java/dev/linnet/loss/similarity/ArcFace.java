package dev.linnet.loss.similarity;

import dev.linnet.base.Check;
import dev.linnet.tensor.Tensor;

/**
 * ArcFace: the cross entropy of cosines with the class weights, after the angle to the right one
 * was made larger by a margin.
 *
 * <pre>
 *   cos θ_k = cosine of the embedding and weight k;      z_k = s·cos θ_k
 *   of the right class z = s·cos(θ + m), and s·(cos θ − m·sin m) where θ + m &gt; π
 *   loss = cross entropy of z, mean over the batch
 * </pre>
 *
 * <p>Deng et al., CVPR 2019, arXiv:1801.07698, Eq. 3; beyond π as in the authors' code, which keeps
 * the loss falling with θ.
 *
 * @param margin m, in radians, in [0, 1.5]
 * @param scale s, in (0, 1000]
 */
public record ArcFace(double margin, double scale) implements ProxyLoss {
  private static final double EDGE = 1e-7; // the derivative of sin θ is infinite at ±1

  public ArcFace {
    Check.that(margin >= 0 && margin <= 1.5, "loss.margin", margin, "in [0, 1.5]");
    Check.that(scale > 0 && scale <= 1000, "loss.scale", scale, "in (0, 1000]");
  }

  @Override
  public Tensor forward(Tensor embeddings, Tensor labels, Tensor proxies) {
    Rows rows = Rows.of("ArcFace", embeddings, labels);
    Tensor cos = rows.cosines("ArcFace", proxies).clamp(-1 + EDGE, 1 - EDGE);
    Tensor sin = cos.mul(cos).neg().add(1).sqrt();
    Tensor farther = cos.mul(Math.cos(margin)).sub(sin.mul(Math.sin(margin))); // cos(θ + m)
    Tensor beyond = cos.sub(margin * Math.sin(margin));
    Tensor within = cos.gt(Math.cos(Math.PI - margin)).to(cos.dtype());
    Tensor moved = farther.mul(within).add(beyond.mul(within.neg().add(1)));
    Tensor logits = cos.add(rows.oneHot(proxies).mul(moved.sub(cos))).mul(scale);
    return logits.crossEntropy(labels, null, 0);
  }
}
