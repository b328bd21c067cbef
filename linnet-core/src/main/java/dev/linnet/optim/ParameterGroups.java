package dev.linnet.optim;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.nn.Module;
import dev.linnet.nn.Parameter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Sorts the parameters of a network into groups, by decay, by layer and by name. Immutable.
 *
 * @param weightDecay λ of the parameters that are decayed, at least 0
 * @param decay which they are
 * @param lrScales factor on the learning rate by parameter name; 1 where there is none
 * @param rules rates and decays by name; the first that matches counts
 */
public record ParameterGroups(
    double weightDecay, Decay decay, Map<String, Double> lrScales, List<Rule> rules) {
  public ParameterGroups {
    lrScales = Map.copyOf(lrScales);
    rules = List.copyOf(rules);
  }

  /**
   * Parameters by their names.
   *
   * @param match found in their names
   * @param lrScale multiplies the learning rate, beside the layer's factor
   * @param weightDecay λ of all of them, also of norms and biases; empty: as if there were no rule
   */
  public record Rule(Pattern match, double lrScale, OptionalDouble weightDecay) {
    /**
     * A rule that leaves the decay as it is.
     *
     * @param match regular expression that is found in the names
     */
    public static Rule of(String match, double lrScale) {
      return new Rule(Pattern.compile(match), lrScale, OptionalDouble.empty());
    }

    /** This rule with a decay. */
    public Rule withWeightDecay(double value) {
      return new Rule(match, lrScale, OptionalDouble.of(value));
    }

    boolean matches(String name) {
      return match.matcher(name).find();
    }
  }

  /** One learning rate for all parameters. */
  public static ParameterGroups of(double weightDecay, Decay decay) {
    return new ParameterGroups(weightDecay, decay, Map.of(), List.of());
  }

  /** {@code of(weightDecay, decay).over(module)}. */
  public static List<ParameterGroup> of(Module module, double weightDecay, Decay decay) {
    return of(weightDecay, decay).over(module);
  }

  /**
   * Learning rates that fall from layer to layer towards the input: factor^(last − layer), as timm
   * and BEiT (Bao et al., ICLR 2022, arXiv:2106.08254, appendix) have them.
   *
   * @param factor in (0, 1]
   * @param layers number of the layer by parameter name; the highest is the head's
   */
  public ParameterGroups withLayerDecay(double factor, Map<String, Integer> layers) {
    int last = layers.isEmpty() ? 0 : Collections.max(layers.values());
    Map<String, Double> scales = new LinkedHashMap<>();
    layers.forEach((name, layer) -> scales.put(name, Math.pow(factor, last - layer)));
    return new ParameterGroups(weightDecay, decay, scales, rules);
  }

  /** These groups and one more rule, which comes after the others. */
  public ParameterGroups with(Rule rule) {
    List<Rule> more = new ArrayList<>(rules);
    more.add(rule);
    return new ParameterGroups(weightDecay, decay, lrScales, more);
  }

  /**
   * The trained parameters of a network that are not frozen, those without weight decay first, each
   * group with the parameters in the network's order; there is no empty one.
   *
   * @throws LinnetException if a rule matches no parameter; with the nearest names
   */
  public List<ParameterGroup> over(Module module) {
    Map<String, Parameter> parameters = module.parameters();
    rules.forEach(rule -> check(rule, module));
    Map<Numbers, Map<String, Parameter>> sorted = new LinkedHashMap<>();
    parameters.forEach(
        (name, parameter) -> {
          if (parameter.isTrained()) {
            sorted
                .computeIfAbsent(numbers(name, parameter), n -> new LinkedHashMap<>())
                .put(name, parameter);
          }
        });
    List<ParameterGroup> without = new ArrayList<>();
    List<ParameterGroup> with = new ArrayList<>();
    sorted.forEach(
        (numbers, group) ->
            (numbers.decayed() ? with : without)
                .add(new ParameterGroup(group, numbers.weightDecay(), numbers.lrScale())));
    without.addAll(with);
    return List.copyOf(without);
  }

  /** What a group shares; decayed ones are apart even where λ is 0. */
  private record Numbers(boolean decayed, double weightDecay, double lrScale) {}

  private Numbers numbers(String name, Parameter parameter) {
    double lrScale = lrScales.getOrDefault(name, 1.0);
    boolean decayed = isDecayed(name, parameter);
    Optional<Rule> rule = rules.stream().filter(r -> r.matches(name)).findFirst();
    if (rule.isPresent()) {
      lrScale *= rule.get().lrScale();
      if (rule.get().weightDecay().isPresent()) {
        double own = rule.get().weightDecay().getAsDouble();
        return new Numbers(own > 0, own, lrScale);
      }
    }
    return new Numbers(decayed, decayed ? weightDecay : 0, lrScale);
  }

  /** What is wrong with a rule for a network, with the nearest names; empty: it matches. */
  public static Optional<String> problem(Rule rule, Module module) {
    Set<String> names = module.parameters().keySet();
    if (names.stream().anyMatch(rule::matches)) {
      return Optional.empty();
    }
    Set<String> modules = new LinkedHashSet<>(); // and parameters, by their dotted names
    for (String name : names) {
      for (int dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
        modules.add(name.substring(0, dot));
      }
      modules.add(name);
    }
    String plain = rule.match().pattern().replaceAll("\\\\[.]", ".").replaceAll("[^\\w.]", "");
    return Optional.of(
        "is found in no parameter's name; "
            + Nearest.didYouMean(
                plain, modules, "they begin with \"" + names.iterator().next() + "\""));
  }

  private static void check(Rule rule, Module module) {
    Optional<String> problem = problem(rule, module);
    if (problem.isPresent()) {
      throw new LinnetException(
          "optimizer.groups: match \"" + rule.match().pattern() + "\" " + problem.get());
    }
  }

  private boolean isDecayed(String name, Parameter parameter) {
    return switch (decay) {
      case ALL -> true;
      case WEIGHTS_ONLY ->
          parameter.shape().rank() > 1 && !name.endsWith(".bias") && parameter.decays();
    };
  }
}
