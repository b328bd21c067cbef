package dev.linnet.models;

import dev.linnet.base.Check;
import dev.linnet.nn.Padding;
import dev.linnet.tensor.Nonlinearity;

/**
 * Arguments common to all networks.
 *
 * @param classes outputs, at least 1: classes, or the width of the embedding
 * @param inChannels colors of the pictures, at least 1
 * @param dropRate probability of dropout before the last layer, or where its paper has it (Wide
 *     ResNet: within the blocks); in [0, 1)
 * @param dropPathRate probability with which the last block's branch is left out; earlier blocks'
 *     grow linearly from 0; in [0, 1)
 * @param zeroGamma whether residual branches start at 0
 * @param parts exchangeable parts
 * @param output what it puts out
 */
public record ModelOptions(
    int classes,
    int inChannels,
    double dropRate,
    double dropPathRate,
    ZeroGamma zeroGamma,
    Parts parts,
    Output output) {
  /** 1000 classes, 3 channels, nothing dropped. {@link ZooModel#options} are a name's own. */
  public static final ModelOptions DEFAULT =
      new ModelOptions(1000, 3, 0, 0, ZeroGamma.USUAL, Parts.PUBLISHED, Output.LOGITS);

  public ModelOptions {
    Check.that(classes >= 1, "classes", classes, "at least 1");
    Check.that(inChannels >= 1, "in_channels", inChannels, "at least 1");
    Check.that(dropRate >= 0 && dropRate < 1, "drop_rate", dropRate, "in [0, 1)");
    Check.that(dropPathRate >= 0 && dropPathRate < 1, "drop_path_rate", dropPathRate, "in [0, 1)");
  }

  /** Another number of outputs. */
  public ModelOptions withClasses(int value) {
    return new ModelOptions(value, inChannels, dropRate, dropPathRate, zeroGamma, parts, output);
  }

  /** Another number of colors. */
  public ModelOptions withInChannels(int value) {
    return new ModelOptions(classes, value, dropRate, dropPathRate, zeroGamma, parts, output);
  }

  /** Another probability of dropout. */
  public ModelOptions withDropRate(double value) {
    return new ModelOptions(classes, inChannels, value, dropPathRate, zeroGamma, parts, output);
  }

  /** Another rate of stochastic depth. */
  public ModelOptions withDropPathRate(double value) {
    return new ModelOptions(classes, inChannels, dropRate, value, zeroGamma, parts, output);
  }

  /** Another start of residual branches. */
  public ModelOptions withZeroGamma(ZeroGamma value) {
    return new ModelOptions(classes, inChannels, dropRate, dropPathRate, value, parts, output);
  }

  /** Other parts. */
  public ModelOptions withParts(Parts value) {
    return new ModelOptions(classes, inChannels, dropRate, dropPathRate, zeroGamma, value, output);
  }

  /** Another output. */
  public ModelOptions withOutput(Output value) {
    return new ModelOptions(classes, inChannels, dropRate, dropPathRate, zeroGamma, parts, value);
  }

  /** The activation function of the blocks, where the network's own is the given one. */
  Nonlinearity activation(Nonlinearity published) {
    return parts.activation().orElse(published);
  }

  /** The border of the convolutions, where the network's own is the given one. */
  Padding padding(Padding published) {
    return parts.padding().given().map(Parts.Border::padding).orElse(published);
  }

  /** Whether blocks weigh their channels, where the network's own choice is the given one. */
  boolean squeezeExcite(boolean published) {
    return parts.squeezeExcite().orElse(published);
  }

  /** The factor on the channels, where the network's own is the given one. */
  double width(double published) {
    return parts.width().orElse(published);
  }

  /** How often the last map divides the picture's side. */
  int outputStride() {
    return parts.outputStride().orElse(32);
  }

  /** Whether training also has the heads in the middle that the network was published with. */
  boolean auxiliary() {
    return parts.auxiliary().orElse(false);
  }

  /** Whether branches are shaken where the network would leave them out. */
  boolean shakeDrop() {
    return parts.shakeDrop().orElse(false);
  }

  /** The rate of DropBlock, 0 for none. */
  double dropBlockRate() {
    return parts.dropBlockRate().orElse(0.0);
  }
}
