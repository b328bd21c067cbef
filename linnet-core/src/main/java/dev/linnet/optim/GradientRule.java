package dev.linnet.optim;

import java.util.List;
import java.util.OptionalDouble;

/** What is done to the gradients of an update before the optimizer sees them. */
public interface GradientRule {

  /**
   * Changes the gradients in place; parameters without one do not count.
   *
   * @param groups the parameters, with their weight decay: {@link Optimizer#groups}
   * @return ‖g‖ of all gradients before, where the rule may hide or spread what is not finite: then
   *     not finite if a gradient is not
   */
  OptionalDouble apply(List<ParameterGroup> groups);
}
