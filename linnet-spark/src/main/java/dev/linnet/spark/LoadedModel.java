package dev.linnet.spark;

import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.train.FeatureExtractor;
import dev.linnet.train.Predictor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A network with its weights in native memory. Any thread; whoever opens it closes it. */
final class LoadedModel implements AutoCloseable {
  private final SavedModel saved;
  private final DType dtype;
  private @Nullable Predictor predictor;

  /**
   * @param dtype type of convolutions and matrix products, or null for the usual one
   */
  LoadedModel(SavedModel saved, @Nullable DType dtype) {
    this.saved = saved;
    this.dtype = dtype == null ? saved.usualType() : dtype;
  }

  SavedModel saved() {
    return saved;
  }

  /**
   * One predictor for all tasks, as the verb makes it.
   *
   * @throws dev.linnet.base.LinnetException if the network names no classes
   */
  synchronized Predictor predictor() {
    if (predictor == null) {
      predictor = saved.predictor(Device.CPU, dtype, saved.usualAugmentation());
    }
    return predictor;
  }

  FeatureExtractor extractor(String layer) {
    return new FeatureExtractor(saved.pretrained().model(), Device.CPU, dtype).of(List.of(layer));
  }

  /** Frees the network. Closing twice is harmless. */
  @Override
  public void close() {
    saved.close();
  }
}
