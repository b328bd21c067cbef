package dev.linnet.data;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.linnet.testing.Fuzzing;
import java.nio.file.Path;
import java.util.Map;

/** Any bytes as data sets; CONTRIBUTING says how to look for more. */
class DataFuzzTest {
  private static final DataOptions OPTIONS =
      DataOptions.of(Places.of(Map.of())).withHoldout(Holdout.NONE);

  /** Pictures and labels of the same bytes: at least one of the two is wrong, or both are tiny. */
  @FuzzTest(maxDuration = "10m")
  void idx(byte[] bytes) {
    Fuzzing.check(bytes, DataFuzzTest::open, "train-images-idx3-ubyte", "train-labels-idx1-ubyte");
  }

  @FuzzTest(maxDuration = "10m")
  void idxPacked(byte[] bytes) {
    Fuzzing.check(
        bytes, DataFuzzTest::open, "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz");
  }

  @FuzzTest(maxDuration = "10m")
  void cifar(byte[] bytes) {
    Fuzzing.check(bytes, DataFuzzTest::open, "train.bin", "test.bin");
  }

  @FuzzTest(maxDuration = "10m")
  void tar(byte[] bytes) {
    Fuzzing.check(bytes, folder -> open(folder.resolve("pictures.tar")), "pictures.tar");
  }

  private static void open(Path data) {
    DataSource source = DataSources.open(data.toString(), OPTIONS);
    source.fingerprint();
  }
}
