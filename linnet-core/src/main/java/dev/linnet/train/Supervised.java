package dev.linnet.train;

import dev.linnet.data.Batch;
import dev.linnet.loss.Loss;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.Tensor;

/**
 * The plain objective: the loss of the logits, and that of the heads in the middle by their
 * weights.
 *
 * @param loss of logits and targets
 */
public record Supervised(Loss loss) implements Objective {
  @Override
  public Outcome of(Classifier model, Batch batch) {
    Classifier.Outputs outputs = model.outputs(batch.images());
    Tensor sum = loss.forward(outputs.logits(), batch.targets());
    for (Classifier.Outputs.Weighted middle : outputs.auxiliary()) {
      sum = sum.add(loss.forward(middle.logits(), batch.targets()).mul(middle.weight()));
    }
    return new Outcome(sum, outputs.logits());
  }
}
