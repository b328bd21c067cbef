package dev.linnet.models;

import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("slow")
@ParameterizedClass(allowZeroInvocations = true)
@MethodSource("networks")
class LargeSweepTest extends Sweep {
  LargeSweepTest(Swept swept) {
    super(swept);
  }

  static Stream<Swept> networks() {
    return Swept.large();
  }

  /** Asked for by itself: some two hundred networks are compiled twice. */
  @Override
  @Test
  void compiled_for_inference_it_gives_the_same() {
    Assumptions.assumeTrue(
        Boolean.getBoolean("linnet.compiled"),
        "skipped: large networks are compiled with -Dlinnet.compiled=true only");
    super.compiled_for_inference_it_gives_the_same();
  }
}
