package dev.linnet.optim;

import dev.linnet.base.Check;
import dev.linnet.nn.Parameter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Parameters that are updated with the same numbers.
 *
 * @param parameters by their full name, in order; at least one
 * @param weightDecay λ, at least 0
 * @param lrScale multiplies the learning rate, at least 0
 */
public record ParameterGroup(
    Map<String, Parameter> parameters, double weightDecay, double lrScale) {
  public ParameterGroup {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    Check.that(!parameters.isEmpty(), "parameters", "none", "at least one");
    Check.that(
        weightDecay >= 0 && weightDecay < Double.POSITIVE_INFINITY,
        "weight_decay",
        weightDecay,
        "a number of at least 0");
    Check.that(
        lrScale >= 0 && lrScale < Double.POSITIVE_INFINITY,
        "lr_scale",
        lrScale,
        "a number of at least 0");
  }
}
