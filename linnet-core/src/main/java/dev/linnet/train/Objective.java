package dev.linnet.train;

import dev.linnet.data.Batch;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Tensor;
import java.util.Map;

/**
 * What training minimizes: runs the network over a batch and makes one loss of it. {@link
 * Supervised} compares the logits with the targets; others go round it and add terms.
 *
 * <p>For one thread; whoever made it closes it.
 */
public interface Objective extends AutoCloseable {
  /**
   * Runs the network and gives the loss; called in training mode, inside {@link
   * dev.linnet.tensor.Autocast} where the training has it. It may be called twice for a batch.
   *
   * @param batch prepared, on the network's device
   */
  Outcome of(Classifier model, Batch batch);

  /** What it trains beside the network, by name: part of the state of a run, not of its weights. */
  default Map<String, Parameter> parameters() {
    return Map.of();
  }

  /** Frees what it holds, not the network. Closing twice is harmless. */
  @Override
  default void close() {}

  /**
   * What came of a batch.
   *
   * @param loss a scalar to call {@code backward()} on, mean over the batch
   * @param logits of the network [N, classes], for the training accuracy
   */
  record Outcome(Tensor loss, Tensor logits) {
    /** The same logits with another loss. */
    public Outcome with(Tensor otherLoss) {
      return new Outcome(otherLoss, logits);
    }
  }
}
