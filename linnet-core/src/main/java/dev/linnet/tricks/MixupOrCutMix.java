package dev.linnet.tricks;

import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.train.BatchTrick;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Mixup and CutMix together: each batch gets one of them, CutMix with probability {@link
 * CutMix#switchProb}, as in timm. A recipe that has both has this in their place.
 *
 * @param mixup what a batch gets that does not get CutMix
 * @param cutmix what the others get
 */
public record MixupOrCutMix(Mixup mixup, CutMix cutmix)
    implements BatchTrick<UnaryOperator<Batch>> {
  @Override
  public Optional<UnaryOperator<Batch>> draw(RandomState random, Batch batch) {
    return random.nextBoolean(cutmix.switchProb())
        ? drawn(cutmix, random, batch)
        : drawn(mixup, random, batch);
  }

  @Override
  public Batch apply(Batch batch, UnaryOperator<Batch> plan) {
    return plan.apply(batch);
  }

  private static <P> Optional<UnaryOperator<Batch>> drawn(
      BatchTrick<P> trick, RandomState random, Batch batch) {
    return trick.draw(random, batch).map(plan -> mixed -> trick.apply(mixed, plan));
  }
}
