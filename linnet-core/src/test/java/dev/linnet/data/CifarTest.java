package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.LinnetException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CifarTest {
  private static final String NAMES =
      "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";

  @TempDir Path temp;

  private DataSource open() {
    return DataSources.open(temp.toString(), Samples.options(temp));
  }

  private String message() {
    try {
      open();
    } catch (LinnetException e) {
      return String.valueOf(e.getMessage()).replace(temp.toString(), "TEMP");
    }
    throw new AssertionError("was opened");
  }

  private void ten() {
    for (int i = 1; i <= 5; i++) {
      write("data_batch_" + i + ".bin", Samples.cifar(1, i, i, 9));
    }
    write("test_batch.bin", Samples.cifar(1, 3, 4));
    write("batches.meta.txt", NAMES.getBytes(StandardCharsets.UTF_8));
  }

  private void write(String name, byte[] content) {
    Samples.file(temp.resolve("cifar-10-batches-bin").resolve(name), content);
  }

  @Test
  void the_batches_of_ten_classes_are_one_train() {
    ten();

    DataSource source =
        DataSources.open(temp.toString(), Samples.options(temp).withHoldout(Holdout.NONE));

    assertThat(source.layout()).isEqualTo("CIFAR binary");
    assertThat(source.classes()).hasSize(10).startsWith("airplane", "automobile");
    assertThat(Samples.sizes(source)).isEqualTo("train 15, test 2");
    PictureSet train = source.train();
    assertThat(train.name(4)).isEqualTo("data_batch_2.bin[1]");
    assertThat(train.label(3)).isEqualTo(2);
    assertThat(train.label(5)).isEqualTo(9);
    assertThat(train.info(0)).isEqualTo(new PictureInfo("cifar", ImageSize.square(32), 3, 1));
    assertThat(train.read(4, DecodeOptions.DEFAULT))
        .isEqualTo(Picture.filled(ImageSize.square(32), 1, 11, 21));
  }

  @Test
  void the_fine_labels_of_a_hundred_classes_count() {
    write("train.bin", Samples.cifar(2, 19, 99, 0));
    write("test.bin", Samples.cifar(2, 49));

    DataSource source =
        DataSources.open(temp.toString(), Samples.options(temp).withHoldout(Holdout.NONE));

    assertThat(source.classes()).hasSize(100).startsWith("0", "1");
    assertThat(source.train().label(1)).isEqualTo(99);
    assertThat(source.need(Split.TEST).label(0)).isEqualTo(49);
  }

  @Test
  void a_batch_of_the_wrong_length_is_said() {
    ten();
    write("data_batch_3.bin", Arrays.copyOf(Samples.cifar(1, 1, 2), 6000));
    assertThat(message())
        .isEqualTo(
            "TEMP/cifar-10-batches-bin/data_batch_3.bin: 6000 bytes; must be a multiple of 3073,"
                + " one record a picture; fetch it again");

    write("data_batch_3.bin", new byte[0]);
    assertThat(message())
        .isEqualTo(
            "TEMP/cifar-10-batches-bin/data_batch_3.bin: 0 bytes; must be a multiple of 3073, one"
                + " record a picture; fetch it again");
  }

  @Test
  void a_label_out_of_range_is_said() {
    ten();
    write("test_batch.bin", Samples.cifar(1, 3, 200));

    assertThat(message())
        .isEqualTo(
            "TEMP/cifar-10-batches-bin/test_batch.bin: label 200 of picture 1; must be below 10;"
                + " fetch it again");
  }

  @Test
  void a_missing_batch_is_said() {
    write("data_batch_1.bin", Samples.cifar(1, 1, 2));
    write("data_batch_3.bin", Samples.cifar(1, 1, 2));

    assertThat(message())
        .isEqualTo(
            "TEMP: data_batch_2.bin is missing; CIFAR-10 has data_batch_1.bin to"
                + " data_batch_5.bin");
  }
}
