package dev.linnet.models;

import dev.linnet.tensor.Tensor;

/**
 * The head of a network, for features that were computed before: its pictures [N, F, 1, 1] are what
 * {@link Classifier#pool} gave. Parameters, their names and modes are those of the whole network,
 * which it shares; closing it closes the network.
 */
public final class HeadOnly extends Classifier {
  private final Classifier whole;

  /**
   * @param whole whose {@link Classifier#pool} gives rows [N, F]: see {@link #fits}
   */
  public HeadOnly(Classifier whole) {
    super(ModelOptions.DEFAULT.withClasses(whole.classes()).withInChannels(whole.numFeatures()));
    this.whole = child("", whole);
    named(whole.architecture());
  }

  /**
   * Whether the head works on rows and nothing else is trained: not where it works on maps, as
   * SqueezeNet's, nor where there are heads in the middle.
   */
  public static boolean fits(Classifier whole) {
    return whole.headsOnRows();
  }

  /** The rows as they are. */
  @Override
  public Tensor features(Tensor x) {
    return x;
  }

  @Override
  public Tensor pool(Tensor features) {
    return features.reshape(features.dim(0), features.dim(1));
  }

  @Override
  public Tensor head(Tensor pooled) {
    return whole.head(pooled);
  }
}
