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
}
