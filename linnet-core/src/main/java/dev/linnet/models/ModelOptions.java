package dev.linnet.models;

import dev.linnet.base.Check;

/**
 * Arguments common to all networks.
 *
 * @param classes outputs, at least 1
 * @param inChannels colors of the pictures, at least 1
 * @param dropRate probability of dropout before the last layer, in [0, 1)
 * @param dropPathRate probability with which the last block's branch is left out; earlier blocks'
 *     grow linearly from 0; in [0, 1)
 * @param zeroGamma whether residual branches start at 0
 */
public record ModelOptions(
    int classes, int inChannels, double dropRate, double dropPathRate, ZeroGamma zeroGamma) {
  /** 1000 classes, 3 channels, nothing dropped. {@link ZooModel#options} are a name's own. */
  public static final ModelOptions DEFAULT = new ModelOptions(1000, 3, 0, 0, ZeroGamma.USUAL);

  public ModelOptions {
    Check.that(classes >= 1, "classes", classes, "at least 1");
    Check.that(inChannels >= 1, "in_channels", inChannels, "at least 1");
    Check.that(dropRate >= 0 && dropRate < 1, "drop_rate", dropRate, "in [0, 1)");
    Check.that(dropPathRate >= 0 && dropPathRate < 1, "drop_path_rate", dropPathRate, "in [0, 1)");
  }

  /** Another number of outputs. */
  public ModelOptions withClasses(int value) {
    return new ModelOptions(value, inChannels, dropRate, dropPathRate, zeroGamma);
  }

  /** Another number of colors. */
  public ModelOptions withInChannels(int value) {
    return new ModelOptions(classes, value, dropRate, dropPathRate, zeroGamma);
  }

  /** Another probability of dropout. */
  public ModelOptions withDropRate(double value) {
    return new ModelOptions(classes, inChannels, value, dropPathRate, zeroGamma);
  }

  /** Another rate of stochastic depth. */
  public ModelOptions withDropPathRate(double value) {
    return new ModelOptions(classes, inChannels, dropRate, value, zeroGamma);
  }

  /** Another start of residual branches. */
  public ModelOptions withZeroGamma(ZeroGamma value) {
    return new ModelOptions(classes, inChannels, dropRate, dropPathRate, value);
  }
}
