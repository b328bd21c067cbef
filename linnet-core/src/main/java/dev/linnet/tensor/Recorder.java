package dev.linnet.tensor;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Hears of the operators that run; a scope and the scopes inside it share one. */
interface Recorder {
  /** Notes an operator that has run just now. */
  void add(
      String operator,
      Map<String, Object> attributes,
      long macs,
      Tensor result,
      @Nullable Tensor... inputs);

  /** Whether fused kernels are left aside, so that what they consist of is heard of. */
  boolean wantsPlain();

  /** Whether {@link #trace} is heard. */
  default boolean traces() {
    return false;
  }

  /** What made a tensor that {@link #add} was told of, or that has no inputs. */
  default void trace(Tensor result, Tensor.Code code, @Nullable Tensor... inputs) {}

  /** From now on, who reads a tensor reads another, which has its memory. */
  default void renamed(Tensor before, Tensor now) {}

  /** Something happens that cannot be done again. */
  default void refuse(String what) {}
}
