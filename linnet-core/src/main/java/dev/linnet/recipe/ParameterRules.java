package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.internal.About;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which learning rate and which decay a parameter has: keys that every optimizer takes.
 *
 * @param weightDecay λ in [0, 1]; auto: {@link Chooser} has the choice
 * @param decayNormAndBias whether biases and norms decay as well as the weights of convolutions and
 *     linear layers
 * @param layerDecay factor from a layer's learning rate to that of the layer before it, in (0, 1];
 *     the head has the full rate
 * @param groups rates and decays by the parameters' names
 */
public record ParameterRules(
    @About("decay of the weights") OrAuto<Double> weightDecay,
    @About("whether biases and norms decay too") boolean decayNormAndBias,
    @About("factor from a layer's learning rate to that of the layer before; none: all alike")
        OrNone<Double> layerDecay,
    @About("learning rates and decays by the parameters' names; the first match counts")
        List<Group> groups) {
  public ParameterRules {
    groups = List.copyOf(groups);
    Check.that(
        weightDecay.isAutoOr(decay -> decay >= 0 && decay <= 1),
        "optimizer.weight_decay",
        weightDecay,
        "in [0, 1], or auto");
    Check.that(
        layerDecay.isNoneOr(factor -> factor > 0 && factor <= 1),
        "optimizer.layer_decay",
        layerDecay,
        "in (0, 1], or none");
  }

  /** Without layer-wise decay and groups. */
  public ParameterRules(OrAuto<Double> weightDecay, boolean decayNormAndBias) {
    this(weightDecay, decayNormAndBias, OrNone.none(), List.of());
  }

  /** Decay of the weights only, as timm has it. */
  static ParameterRules of(double weightDecay) {
    return new ParameterRules(OrAuto.of(weightDecay), false);
  }

  /** These rules with another decay. */
  public ParameterRules withWeightDecay(OrAuto<Double> value) {
    return new ParameterRules(value, decayNormAndBias, layerDecay, groups);
  }

  /** These rules with layer-wise decay, or none. */
  public ParameterRules withLayerDecay(OrNone<Double> value) {
    return new ParameterRules(weightDecay, decayNormAndBias, value, groups);
  }

  /** These rules with other groups. */
  public ParameterRules withGroups(List<Group> value) {
    return new ParameterRules(weightDecay, decayNormAndBias, layerDecay, value);
  }

  /**
   * Parameters by their names.
   *
   * @param match regular expression that is found in the names; {@code ^} and {@code $} are their
   *     ends
   * @param lrScale multiplies the learning rate, in [0, 1000]
   * @param weightDecay λ in [0, 1], of biases and norms too; auto: the optimizer's
   */
  public record Group(
      @About("regular expression, found in the names of parameters") String match,
      @About("factor on the learning rate") double lrScale,
      @About("decay, of biases and norms too; auto: that of the optimizer")
          OrAuto<Double> weightDecay) {
    /** All parameters, as they are; the reader wants groups to say which. */
    public static final Group DEFAULT = new Group("", 1, OrAuto.auto());

    public Group {
      String problem = problem(match);
      Check.that(
          problem.isEmpty(),
          "optimizer.groups.match",
          match,
          "a regular expression, such as \"^layer4\": " + problem);
      Check.that(
          lrScale >= 0 && lrScale <= 1000, "optimizer.groups.lr_scale", lrScale, "in [0, 1000]");
      Check.that(
          weightDecay.isAutoOr(decay -> decay >= 0 && decay <= 1),
          "optimizer.groups.weight_decay",
          weightDecay,
          "in [0, 1], or auto");
    }

    private static String problem(String regex) {
      try {
        Pattern.compile(regex);
        return "";
      } catch (PatternSyntaxException e) {
        return e.getDescription();
      }
    }
  }
}
