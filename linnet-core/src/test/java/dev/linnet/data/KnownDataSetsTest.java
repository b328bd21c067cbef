package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.testing.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The data sets that are really there: the built-in one, a system package's, the shared ones. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class KnownDataSetsTest {
  @TempDir Path temp;

  @Test
  void digits_are_in_the_jar_and_a_tenth_of_their_training_pictures_chooses() {
    DataSource digits = DataSources.open("digits", options(Map.of()));

    assertThat(digits.layout()).isEqualTo("IDX");
    assertThat(digits.classes())
        .isEqualTo(List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
    assertThat(digits.need(Split.TRAIN).size() + digits.need(Split.VAL).size()).isEqualTo(10_000);
    assertThat(digits.need(Split.VAL).size()).isBetween(995, 1005);
    assertThat(digits.need(Split.TEST).size()).isEqualTo(2_000);
    assertThat(digits.warnings()).isEmpty();
    PictureSet test = digits.evaluated();
    assertThat(test.name(17)).isEqualTo("t10k-images-idx3-ubyte[17]");
    assertThat(test.info(0)).isEqualTo(new PictureInfo("idx", ImageSize.square(28), 1, 1));
    assertThat(test.label(0)).isEqualTo(7); // the first test picture of MNIST
    assertThat(test.read(0, DecodeOptions.DEFAULT.withColor(ColorMode.GRAY)).channels()).isOne();
    assertThat(test.read(0, DecodeOptions.DEFAULT).channels()).isEqualTo(3);
  }

  @Test
  void fashion_mnist_is_found_where_the_debian_package_puts_it() {
    assumeThat(Path.of("/usr/share/datasets/fashion-mnist")).isDirectory();

    DataSource fashion =
        DataSources.open("fashion-mnist", options(Map.of()).withHoldout(Holdout.NONE));

    assertThat(fashion.train().size()).isEqualTo(60_000);
    assertThat(fashion.need(Split.TEST).size()).isEqualTo(10_000);
    assertThat(fashion.set(Split.VAL)).isEmpty();
    assertThat(fashion.choosing()).isEmpty();
    assertThat(fashion.classes()).startsWith("T-shirt/top").endsWith("Ankle boot");
    assertThat(fashion.drawn().isEmpty()).isTrue();
  }

  @Test
  void a_tar_for_each_split_in_LINNET_DATA_is_read_in_place() {
    Path shared = Shared.path("data");
    assumeThat(Files.isDirectory(shared.resolve("cifar10"))).isTrue();

    DataSource cifar =
        DataSources.open("cifar10", options(Map.of("LINNET_DATA", shared.toString())));

    assertThat(cifar.layout()).isEqualTo("a tar of class folders for each split");
    assertThat(cifar.classes()).hasSize(10).startsWith("airplane").endsWith("truck");
    assertThat(cifar.train().size()).isEqualTo(45_000);
    assertThat(cifar.need(Split.VAL).size()).isEqualTo(5_000);
    assertThat(cifar.need(Split.TEST).size()).isEqualTo(10_000);
    PictureSet test = cifar.evaluated();
    assertThat(test.name(0)).isEqualTo("test/airplane/0000.jpg");
    assertThat(test.read(0, DecodeOptions.DEFAULT).size()).isEqualTo(ImageSize.square(32));
  }

  @Test
  void the_val_of_a_folder_with_train_and_val_chooses() {
    Path ants = Shared.path("data/hymenoptera");
    assumeThat(Files.isDirectory(ants)).isTrue();

    DataSource source = DataSources.open(ants.toString(), options(Map.of()));

    assertThat(source.layout()).isEqualTo("class folders in splits");
    assertThat(source.classes()).containsExactly("ants", "bees");
    assertThat(source.train().size()).isEqualTo(244);
    assertThat(source.choosing().map(PictureSet::size)).contains(153);
    assertThat(source.evaluated().size()).isEqualTo(153);
    assertThat(source.drawn().isEmpty()).isTrue();
  }

  private DataOptions options(Map<String, String> environment) {
    Map<String, String> all = new java.util.HashMap<>(environment);
    all.put("LINNET_CACHE", temp.toString());
    return DataOptions.of(Places.of(all));
  }
}
