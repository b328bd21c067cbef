package dev.linnet.loss.similarity;

import dev.linnet.base.Check;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * Proxy-Anchor: each proxy pulls the pictures of its class and pushes all others, the harder the
 * more.
 *
 * <pre>
 *   loss = 1/|P⁺| Σ_{p ∈ P⁺} log(1 + Σ_{x of p's class} exp(−α·(s(x, p) − δ)))
 *        + 1/|P|  Σ_{p ∈ P}  log(1 + Σ_{other x} exp(α·(s(x, p) + δ)))
 *   s: cosine;  P: all proxies, P⁺: those whose class is in the batch
 * </pre>
 *
 * <p>Kim et al., CVPR 2020, arXiv:2003.13911, Eq. 4.
 *
 * @param margin δ, in [0, 1]
 * @param alpha α, in (0, 1000]
 */
public record ProxyAnchor(double margin, double alpha) implements ProxyLoss {
  public ProxyAnchor {
    Check.that(margin >= 0 && margin <= 1, "loss.margin", margin, "in [0, 1]");
    Check.that(alpha > 0 && alpha <= 1000, "loss.alpha", alpha, "in (0, 1000]");
  }

  @Override
  public Tensor forward(Tensor embeddings, Tensor labels, Tensor proxies) {
    Rows rows = Rows.of("Proxy-Anchor", embeddings, labels);
    Tensor s = rows.cosines("Proxy-Anchor", proxies);
    Tensor own = rows.oneHot(proxies);
    Tensor pull = logOfOneMore(Rows.only(s.sub(margin).mul(-alpha), own));
    Tensor push = logOfOneMore(Rows.only(s.add(margin).mul(alpha), own.neg().add(1)));
    return Rows.mean(pull, own.max(Dims.of(0))).add(push.mean());
  }

  /** log(1 + Σ over the pictures of exp z), one a proxy. */
  private static Tensor logOfOneMore(Tensor z) {
    Tensor one = z.narrow(0, 0, 1).detach().mul(0);
    return Tensor.cat(List.of(one, z), 0).logSoftmax(0).select(0, 0).neg();
  }
}
