package dev.linnet.loss.similarity;

import dev.linnet.base.Check;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Tensor;

/**
 * NT-Xent, the normalized cross entropy with a temperature: which of all others of the batch are of
 * the anchor's class.
 *
 * <pre>
 *   loss = mean over anchors i of −1/|P(i)| · Σ_{p ∈ P(i)} log exp(s_ip/τ) / Σ_{a ≠ i} exp(s_ia/τ)
 *   s: cosine;  P(i): the others with i's label
 * </pre>
 *
 * <p>Chen et al., ICML 2020, arXiv:2002.05709 (SimCLR), Eq. 1, where each picture has one other
 * view; with several of a class the supervised contrastive loss of Khosla et al., NeurIPS 2020,
 * arXiv:2004.11362, Eq. 2. An anchor that is alone in its class is left out of the mean.
 *
 * @param temperature τ, in (0, 100]
 */
public record NtXent(double temperature) implements PairLoss {
  public NtXent {
    Check.that(
        temperature > 0 && temperature <= 100, "loss.temperature", temperature, "in (0, 100]");
  }

  @Override
  public Tensor forward(Tensor embeddings, Tensor labels) {
    Rows rows = Rows.of("NT-Xent", embeddings, labels);
    Tensor others = rows.self().neg().add(1);
    Tensor logP = Rows.only(rows.cosines().div(temperature), others).logSoftmax(1);
    Tensor same = rows.same();
    Tensor positives = same.sum(Dims.of(1));
    Tensor each =
        logP.mul(same).sum(Dims.of(1)).div(positives.clamp(1, (double) rows.size())).neg();
    return Rows.mean(each, positives.clamp(0, 1));
  }
}
