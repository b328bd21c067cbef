package dev.linnet.models;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass(allowZeroInvocations = true)
@MethodSource("networks")
class SweepTest extends Sweep {
  SweepTest(Swept swept) {
    super(swept);
  }

  static Stream<Swept> networks() {
    return Swept.small();
  }
}
