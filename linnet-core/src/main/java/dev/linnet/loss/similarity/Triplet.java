package dev.linnet.loss.similarity;

import dev.linnet.base.Check;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * Triplet loss with batch-hard mining: each picture against the farthest of its class and the
 * nearest of another.
 *
 * <pre>
 *   loss = mean over anchors a of φ(max_p D(a, p) − min_n D(a, n))      D: Euclidean distance
 *   φ(x) = [m + x]₊, or with the soft margin log(1 + exp x)
 * </pre>
 *
 * <p>Hermans, Beyer and Leibe, 2017, arXiv:1703.07737, Eq. 5 and §2.2. An anchor that is alone in
 * its class, or sees one class only, is left out of the mean.
 *
 * @param margin m, in (0, 100]; empty: the soft margin
 */
public record Triplet(OptionalDouble margin) implements PairLoss {
  public Triplet {
    double m = margin.orElse(1);
    Check.that(m > 0 && m <= 100, "loss.margin", m, "in (0, 100], or none");
  }

  @Override
  public Tensor forward(Tensor embeddings, Tensor labels) {
    Rows rows = Rows.of("triplet loss", embeddings, labels);
    Tensor distances = rows.squaredDistances().sqrt();
    Tensor same = rows.same();
    Tensor different = rows.different();
    Tensor farthest = Rows.only(distances, same).max(Dims.of(1));
    Tensor nearest = Rows.only(distances.neg(), different).max(Dims.of(1)).neg();
    Tensor x = farthest.sub(nearest);
    Tensor each =
        margin.isPresent()
            ? x.add(margin.getAsDouble()).relu()
            : x.binaryCrossEntropy(x.detach().mul(0)); // log(1 + exp x)
    Tensor anchors = same.max(Dims.of(1)).mul(different.max(Dims.of(1)));
    return Rows.mean(each, anchors);
  }
}
