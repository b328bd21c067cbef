package dev.linnet.train;

import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A trick that changes what a module of the network puts out in training, and the targets with it;
 * drawing is apart from doing, so that doing is a pure function.
 *
 * @param <P> what will happen to one batch
 */
public interface FeatureTrick<P> {
  /** In the place of a module's name: the pictures themselves. */
  String PICTURES = "";

  /**
   * Full names of the modules after which it may act, or {@link #PICTURES}.
   *
   * @throws dev.linnet.base.LinnetException if the network has no such place
   */
  List<String> places(Classifier model);

  /**
   * Draws what will happen to a batch, or nothing.
   *
   * @param maps what the modules of {@link #places} put out for the batch, by name
   * @throws dev.linnet.base.LinnetException if it cannot act on such maps
   */
  Optional<P> draw(RandomState random, Batch batch, Map<String, Shape> maps);

  /** The place of a plan, one of {@link #places}. */
  String place(P plan);

  /** New features in the place of those [N, …] of {@link #place}; gradients go through. */
  Tensor features(Tensor features, P plan);

  /** Targets [N, K] as the features are mixed; rows still sum to 1. */
  Tensor targets(Tensor targets, P plan);
}
