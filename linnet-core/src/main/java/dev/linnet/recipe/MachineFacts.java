package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.tensor.DType;

/**
 * What is known about the machine when a recipe's {@code auto} values are chosen.
 *
 * @param cores processors that the run may use, at least 1
 * @param dtype the number format that {@code dtype: auto} means here
 */
public record MachineFacts(int cores, DType dtype) {
  public MachineFacts {
    Check.that(cores >= 1, "cores", cores, "at least 1");
  }
}
