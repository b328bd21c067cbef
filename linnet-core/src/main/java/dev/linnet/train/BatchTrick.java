package dev.linnet.train;

import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import java.util.Optional;

/**
 * A trick that changes batches: drawing is apart from doing, so that doing is a pure function.
 *
 * @param <P> what will happen to one batch
 */
public interface BatchTrick<P> {
  /** Draws what will happen to a batch, or nothing. */
  Optional<P> draw(RandomState random, Batch batch);

  /** Returns a new batch; the given one stays as it is. */
  Batch apply(Batch batch, P plan);

  /** Draws and applies. */
  default Batch drawAndApply(RandomState random, Batch batch) {
    return draw(random, batch).map(plan -> apply(batch, plan)).orElse(batch);
  }
}
