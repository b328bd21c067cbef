package dev.linnet.data;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.testing.Fuzzing;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Any bytes as data sets; CONTRIBUTING says how to look for more. */
class DataFuzzTest {
  private static final DataOptions OPTIONS =
      DataOptions.of(Places.of(Map.of())).withHoldout(Holdout.NONE);

  private static final byte[] PNG = Samples.png(1);

  @FuzzTest(maxDuration = "10m")
  void idx(byte[] bytes) {
    Fuzzing.check(
        two(bytes, "train-labels-idx1-ubyte", "train-images-idx3-ubyte"), DataFuzzTest::open);
  }

  @FuzzTest(maxDuration = "10m")
  void idxPacked(byte[] bytes) {
    Fuzzing.check(
        two(bytes, "train-labels-idx1-ubyte.gz", "train-images-idx3-ubyte.gz"), DataFuzzTest::open);
  }

  @FuzzTest(maxDuration = "10m")
  void cifar(byte[] bytes) {
    Fuzzing.check(two(bytes, "test.bin", "train.bin"), DataFuzzTest::open);
  }

  /** Two files: the first byte says the length of the first, in steps of 2. */
  private static Map<String, byte[]> two(byte[] bytes, String first, String second) {
    int begin = Math.min(1, bytes.length);
    int steps = bytes.length == 0 ? 0 : bytes[0] & 0xff;
    int end = Math.min(bytes.length, begin + 2 * steps);
    return Map.of(
        first,
        Arrays.copyOfRange(bytes, begin, end),
        second,
        Arrays.copyOfRange(bytes, end, bytes.length));
  }

  @FuzzTest(maxDuration = "10m")
  void tar(byte[] bytes) {
    Fuzzing.check(bytes, folder -> open(folder.resolve("pictures.tar")), "pictures.tar");
  }

  @FuzzTest(maxDuration = "10m")
  void zip(byte[] bytes) {
    Fuzzing.check(bytes, folder -> open(folder.resolve("pictures.zip")), "pictures.zip");
  }

  @FuzzTest(maxDuration = "10m")
  void voc(byte[] bytes) {
    Fuzzing.check(
        Map.of("Annotations/a.xml", bytes, "JPEGImages/a.png", PNG), DataFuzzTest::openBoxes);
  }

  @FuzzTest(maxDuration = "10m")
  void coco(byte[] bytes) {
    Fuzzing.check(
        Map.of("annotations/instances_train.json", bytes, "train/a.png", PNG),
        DataFuzzTest::openBoxes);
  }

  private static void open(Path data) {
    DataSource source = DataSources.open(data.toString(), OPTIONS);
    source.fingerprint();
  }

  /** Each box is read too, as a picture of its own. */
  private static void openBoxes(Path data) {
    PictureSet set =
        DataSources.open(data.toString(), OPTIONS.withBoxes(Boxes.CROP)).need(Split.TRAIN);
    for (int i = 0; i < Math.min(set.size(), 100); i++) {
      try {
        set.info(i);
        set.read(i, DecodeOptions.DEFAULT);
      } catch (BadPictureException e) {
        // which loaders bear
      }
    }
  }
}
