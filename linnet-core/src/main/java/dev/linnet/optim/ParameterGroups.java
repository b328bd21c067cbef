package dev.linnet.optim;

import dev.linnet.nn.Module;
import dev.linnet.nn.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sorts the parameters of a network into groups. */
public final class ParameterGroups {
  private ParameterGroups() {}

  /**
   * The trained parameters of a network: one group, or one without and one with weight decay (in
   * this order; an empty one is left out).
   *
   * @param weightDecay λ of the parameters that are decayed, at least 0
   */
  public static List<ParameterGroup> of(Module module, double weightDecay, Decay decay) {
    Map<String, Parameter> without = new LinkedHashMap<>();
    Map<String, Parameter> with = new LinkedHashMap<>();
    module
        .parameters()
        .forEach((name, p) -> (isDecayed(name, p, decay) ? with : without).put(name, p));
    List<ParameterGroup> groups = new ArrayList<>();
    if (!without.isEmpty()) {
      groups.add(new ParameterGroup(without, 0, 1));
    }
    if (!with.isEmpty()) {
      groups.add(new ParameterGroup(with, weightDecay, 1));
    }
    return List.copyOf(groups);
  }

  private static boolean isDecayed(String name, Parameter parameter, Decay decay) {
    return switch (decay) {
      case ALL -> true;
      case WEIGHTS_ONLY ->
          parameter.shape().rank() > 1 && !name.endsWith(".bias") && parameter.decays();
    };
  }
}
