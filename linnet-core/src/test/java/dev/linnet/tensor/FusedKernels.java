package dev.linnet.tensor;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;

/** What tests of fused kernels have in common: a scope, and the kernels. */
abstract class FusedKernels {
  private final Scope scope = Scope.open("test of fused kernels");

  @BeforeEach
  void need() {
    Assumptions.assumeTrue(
        Fusion.provider().isPresent(), "skipped: no fused kernels here, " + Fusion.reason());
  }

  @AfterEach
  void close() {
    scope.close();
  }
}
