package dev.linnet.loss.similarity;

import dev.linnet.base.Check;
import dev.linnet.tensor.Tensor;

/**
 * Contrastive loss: pairs of a class are pulled together, others pushed beyond a margin.
 *
 * <pre>
 *   loss = mean over pairs of a class of ½·D² + mean over other pairs of ½·[m − D]₊²
 * </pre>
 *
 * <p>Hadsell, Chopra and LeCun, CVPR 2006, Eq. 4, D the Euclidean distance. The paper sums over
 * pairs that it draws; here they are all pairs of a batch, most of which are of different classes,
 * so that each kind has a mean of its own.
 *
 * @param margin m, in (0, 100]; embeddings of length 1 are at most 2 apart
 */
public record Contrastive(double margin) implements PairLoss {
  public Contrastive {
    Check.that(margin > 0 && margin <= 100, "loss.margin", margin, "in (0, 100]");
  }

  @Override
  public Tensor forward(Tensor embeddings, Tensor labels) {
    Rows rows = Rows.of("contrastive loss", embeddings, labels);
    Tensor squares = rows.squaredDistances();
    Tensor missing = squares.sqrt().neg().add(margin).relu();
    Tensor together = Rows.mean(squares, rows.same());
    return together.add(Rows.mean(missing.mul(missing), rows.different())).mul(0.5);
  }
}
