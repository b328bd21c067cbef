package dev.linnet.weights;

import dev.linnet.models.Classifier;
import dev.linnet.models.Preprocessing;
import java.util.List;

/**
 * A network with weights from a file, ready to predict; whoever got it closes it.
 *
 * @param model in evaluation mode; many threads may use it at once
 * @param classNames in the order of the logits: as the weights say, else {@link
 *     ImageNetClass#ownNames} where a network made for ImageNet has 1000; else empty
 * @param preprocessing what the weights want to see
 */
public record Pretrained(Classifier model, List<String> classNames, Preprocessing preprocessing)
    implements AutoCloseable {
  public Pretrained {
    classNames = List.copyOf(classNames);
  }

  /** Frees the weights. Closing twice is harmless. */
  @Override
  public void close() {
    model.close();
  }
}
