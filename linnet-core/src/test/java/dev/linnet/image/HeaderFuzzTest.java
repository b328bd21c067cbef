package dev.linnet.image;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.linnet.testing.Fuzzing;
import java.util.Map;

/** Any bytes as the header of a picture; CONTRIBUTING says how to look for more. */
class HeaderFuzzTest {
  @FuzzTest(maxDuration = "10m")
  void header(byte[] bytes) {
    Fuzzing.check(Map.of(), folder -> ImageHeader.read(bytes, "fuzz"));
  }
}
