package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.testing.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks and figures. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class DataCheckTest {
  @TempDir Path temp;

  private DataSource open() {
    return DataSources.open(
        temp.resolve("set").toString(), Samples.options(temp).withHoldout(Holdout.NONE));
  }

  @Test
  void a_check_finds_all_that_is_wrong() throws IOException {
    Samples.pictures(temp, "set/train/a/1.png", "set/train/a/2.png", "set/train/b/1.png");
    Samples.pictures(temp, "set/val/a/1.png", "set/train/alone/1.png");
    byte[] png = Samples.png("set/train/a/1.png".hashCode());
    Samples.file(temp.resolve("set/train/a/again.png"), png);
    Samples.file(temp.resolve("set/train/b/again.png"), png);
    Samples.file(temp.resolve("set/val/b/again.png"), Samples.png("set/train/b/1.png".hashCode()));
    Samples.file(
        temp.resolve("set/train/b/text.jpg"), "no picture".getBytes(StandardCharsets.UTF_8));
    Samples.file(temp.resolve("set/train/b/empty.png"), new byte[0]);
    Samples.file(temp.resolve("set/train/b/cut.png"), Arrays.copyOf(png, png.length / 2));
    Samples.file(
        temp.resolve("set/train/b/tiny.png"),
        PngWriter.write(Samples.picture(3, ImageSize.square(1), 1)));
    Samples.file(temp.resolve("set/train/b/notes.txt"), new byte[1]);
    Samples.file(temp.resolve("set/train/b/turned.jpg"), oriented());

    AtomicInteger heard = new AtomicInteger();
    DataCheck.Report report =
        DataCheck.run(open(), DecodeOptions.DEFAULT, 3, (done, total) -> heard.incrementAndGet());

    assertThat(report.findings().stream().map(f -> f.kind() + " " + f).map(this::plain))
        .satisfiesExactly(
            f -> assertThat(f).startsWith("BROKEN TEMP/train/b/cut.png: "),
            f -> assertThat(f).startsWith("BROKEN TEMP/train/b/empty.png: "),
            f -> assertThat(f).startsWith("BROKEN TEMP/train/b/text.jpg: "),
            f ->
                assertThat(f)
                    .isEqualTo(
                        "TWO_CLASSES TEMP/train/b/again.png: the same picture as"
                            + " TEMP/train/a/1.png, but of the class \"b\" and not \"a\""),
            f ->
                assertThat(f)
                    .isEqualTo(
                        "TWO_SPLITS TEMP/val/b/again.png: the same picture as TEMP/train/b/1.png,"
                            + " but in val and not in train"),
            f ->
                assertThat(f)
                    .isEqualTo(
                        "TWICE TEMP/train/a/again.png: the same picture as TEMP/train/a/1.png"),
            f -> assertThat(f).isEqualTo("LONELY_CLASS class \"alone\": one picture only"),
            f ->
                assertThat(f)
                    .isEqualTo(
                        "ORIENTED TEMP/train/b/turned.jpg: EXIF orientation 6: turned where"
                            + " orientation is apply, as it is stored where it is ignore"),
            f -> assertThat(f).isEqualTo("TINY TEMP/train/b/tiny.png: 1x1 pixels"),
            f ->
                assertThat(f)
                    .isEqualTo("NOTICE TEMP: 1 file is by name no picture: train/b/notes.txt"),
            f ->
                assertThat(f)
                    .isEqualTo(
                        "NOTICE TEMP: a class has one picture only, which stays in train:"
                            + " \"alone\""));
    assertThat(report.pictures()).isEqualTo(Map.of(Split.TRAIN, 11, Split.VAL, 2));
    assertThat(heard).hasValue(13);
    assertThat(report.formats())
        .isEqualTo(Map.of("png, color", 8, "png, grey", 1, "jpeg, color", 1));
    assertThat(report.smallest()).isEqualTo(ImageSize.square(1));
    assertThat(report.count(DataCheck.Kind.BROKEN)).isEqualTo(3);
  }

  private String plain(String text) {
    return text.replace(temp.resolve("set").toString(), "TEMP");
  }

  /** A JPEG that a camera wrote on its side. */
  private static byte[] oriented() throws IOException {
    Path photos = Shared.path("data/hymenoptera/train/ants");
    Path photo;
    try (Stream<Path> list = Files.list(photos)) {
      photo = list.sorted().findFirst().orElseThrow();
    }
    byte[] jpeg = Files.readAllBytes(photo);
    byte[] exif = {
      (byte) 0xFF,
      (byte) 0xE1,
      0,
      34,
      'E',
      'x',
      'i',
      'f',
      0,
      0,
      'M',
      'M',
      0,
      42,
      0,
      0,
      0,
      8,
      0,
      1,
      0x01,
      0x12,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      6,
      0,
      0,
      0,
      0,
      0,
      0
    };
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    out.write(exif);
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  @Test
  void figures_are_those_of_the_pixels() {
    byte[] dark = new byte[4 * 4];
    byte[] light = new byte[2 * 6];
    Arrays.fill(light, (byte) 255);
    Samples.file(
        temp.resolve("set/a/dark.png"), PngWriter.write(Picture.of(ImageSize.square(4), 1, dark)));
    Samples.file(
        temp.resolve("set/a/light.png"),
        PngWriter.write(Picture.of(new ImageSize(2, 6), 1, light)));
    Samples.file(temp.resolve("set/b/broken.png"), new byte[7]);

    DataStats stats = DataStats.of(open().train(), DecodeOptions.DEFAULT, 100, 2);

    assertThat(stats.pictures()).isEqualTo(2);
    assertThat(stats.broken()).isEqualTo(1);
    assertThat(stats.perClass()).containsExactly(2, 1);
    assertThat(stats.heights()).isEqualTo(new DataStats.Spread(2, 2, 2, 2, 4));
    assertThat(stats.widths()).isEqualTo(new DataStats.Spread(4, 4, 4, 4, 6));
    assertThat(stats.formats()).isEqualTo(Map.of("png", 2));
    assertThat(stats.channels()).isEqualTo(Map.of(1, 2));
    double mean = 12.0 / 28;
    assertThat(stats.normalization().mean()).hasSize(3);
    assertThat(stats.normalization().mean().get(1)).isCloseTo(mean, within(1e-12));
    assertThat(stats.normalization().std().get(2))
        .isCloseTo(Math.sqrt(mean * (1 - mean)), within(1e-12));
  }

  @Test
  void mean_and_deviation_of_mnist_are_the_known_ones() {
    DataSource digits = DataSources.open("digits", Samples.options(temp).withHoldout(Holdout.NONE));

    Normalization found =
        DataStats.normalization(
            digits.train(), DecodeOptions.DEFAULT.withColor(ColorMode.GRAY), 10_000, 2);

    assertThat(found.mean().get(0)).isCloseTo(0.1307, within(0.002)); // of all 60,000
    assertThat(found.std().get(0)).isCloseTo(0.3081, within(0.002));
  }

  @Test
  void levels_that_never_vary_divide_by_one_level() {
    byte[] png = PngWriter.write(Picture.filled(ImageSize.square(4), 10, 20, 30));
    Samples.file(temp.resolve("set/a/1.png"), png);
    Samples.file(temp.resolve("set/b/1.png"), png);

    assertThat(DataStats.normalization(open().train(), DecodeOptions.DEFAULT, 10, 1))
        .isEqualTo(
            new Normalization(
                List.of(10 / 255.0, 20 / 255.0, 30 / 255.0),
                List.of(1 / 255.0, 1 / 255.0, 1 / 255.0)));
  }
}
