package dev.linnet.train;

import dev.linnet.base.Check;
import dev.linnet.optim.GradientRule;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The numbers of a training that are no objects of their own.
 *
 * @param epochs passes over the training pictures, at least 1
 * @param accumulate batches whose gradients make one update, at least 1
 * @param device where to compute
 * @param dtype type of convolutions and matrix products; weights stay fp32
 * @param seed key of every random draw
 * @param gradientRules what is done to the gradients of an update, in order
 * @param earlyStopping when to give up
 * @param checkpointEvery time between full saves inside an epoch
 * @param tricks what changes batches, in order
 * @param descent where the gradient of a batch is taken
 * @param featureTrick what changes features
 * @param unfreezing which layers are trained, and from when on
 * @param identity what a run to resume must share, by name, such as the model and the data's hash
 */
public record TrainOptions(
    int epochs,
    int accumulate,
    Device device,
    DType dtype,
    long seed,
    List<GradientRule> gradientRules,
    Optional<EarlyStopping> earlyStopping,
    Duration checkpointEvery,
    List<BatchTrick<?>> tricks,
    Descent descent,
    Optional<FeatureTrick<?>> featureTrick,
    Unfreezing unfreezing,
    Map<String, String> identity) {
  public TrainOptions {
    Check.that(epochs >= 1, "epochs", epochs, "at least 1");
    Check.that(accumulate >= 1, "accumulate", accumulate, "at least 1");
    gradientRules = List.copyOf(gradientRules);
    tricks = List.copyOf(tricks);
    identity = Map.copyOf(identity);
  }

  /**
   * Ends a run whose validation no longer improves.
   *
   * @param patience epochs without a better top-1, at least 1
   * @param minDelta percentage points that count as better, at least 0
   */
  public record EarlyStopping(int patience, double minDelta) {
    public EarlyStopping {
      Check.that(patience >= 1, "early_stopping.patience", patience, "at least 1");
      Check.that(minDelta >= 0, "early_stopping.min_delta", minDelta, "at least 0");
    }
  }
}
