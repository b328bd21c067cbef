package dev.linnet.models;

import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
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
}
