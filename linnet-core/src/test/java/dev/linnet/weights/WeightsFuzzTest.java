package dev.linnet.weights;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.linnet.tensor.Scope;
import dev.linnet.testing.Fuzzing;
import java.nio.file.Path;

/** Any bytes as weights and as their description; CONTRIBUTING says how to look for more. */
class WeightsFuzzTest {
  private static final String FILE = "weights";

  @FuzzTest(maxDuration = "10m")
  void safetensors(byte[] bytes) {
    Fuzzing.check(bytes, folder -> readAll(folder.resolve(FILE)), FILE);
  }

  @FuzzTest(maxDuration = "10m")
  void torchZip(byte[] bytes) {
    Fuzzing.check(bytes, folder -> readAll(folder.resolve(FILE)), FILE);
  }

  @FuzzTest(maxDuration = "10m")
  void torchLegacy(byte[] bytes) {
    Fuzzing.check(bytes, folder -> readAll(folder.resolve(FILE)), FILE);
  }

  @FuzzTest(maxDuration = "10m")
  void index(byte[] bytes) {
    Fuzzing.check(bytes, folder -> ShardedTensors.open(folder.resolve(FILE)).close(), FILE);
  }

  @FuzzTest(maxDuration = "10m")
  void config(byte[] bytes) {
    Fuzzing.check(bytes, WeightsFolder::config, "config.json");
  }

  private static void readAll(Path path) {
    try (TensorFile file = TensorFile.open(path)) {
      for (String name : file.names()) {
        Scope.run("fuzz", () -> file.tensor(name));
      }
    }
  }
}
