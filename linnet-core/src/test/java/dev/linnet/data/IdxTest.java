package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.testing.Seeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class IdxTest {
  private static final String IMAGES = "train-images-idx3-ubyte";
  private static final String LABELS = "train-labels-idx1-ubyte";

  @TempDir Path temp;

  private DataSource open() {
    return DataSources.open(temp.toString(), Samples.options(temp.resolve("..")));
  }

  private String message() {
    try {
      open();
    } catch (LinnetException e) {
      return String.valueOf(e.getMessage()).replace(temp.toString(), "TEMP");
    }
    throw new AssertionError("was opened");
  }

  private void write(String name, byte[] content) {
    Samples.file(temp.resolve(name), content);
  }

  @Test
  void pictures_and_labels_are_read_as_they_are_written() {
    Samples.idx(temp, "train", 9);
    Samples.idx(temp, "t10k", 4);

    DataSource source = open();

    assertThat(source.layout()).isEqualTo("IDX");
    assertThat(source.classes()).containsExactly("0", "1", "2");
    assertThat(Samples.sizes(source)).isEqualTo("train 6, val 3, test 4");
    PictureSet test = source.need(Split.TEST);
    byte[] all = Samples.picture(7, new ImageSize(8, 3), 1).pixels();
    assertThat(test.read(1, DecodeOptions.DEFAULT.withColor(ColorMode.GRAY)))
        .isEqualTo(Picture.of(new ImageSize(2, 3), 1, Arrays.copyOfRange(all, 6, 12)));
    assertThat(test.label(2)).isEqualTo(2);
    assertThat(test.name(3)).isEqualTo("t10k-images-idx3-ubyte[3]");
  }

  @ParameterizedTest
  @CsvSource({"-idx,.gz", ".idx,''", ".idx,.gz"})
  void gzip_and_the_other_spelling_are_the_same_data_set(String idx, String ending)
      throws IOException {
    Samples.idx(temp, "train", 9);
    String plain = open().fingerprint();
    for (String name : List.of(IMAGES, LABELS)) {
      byte[] content = Files.readAllBytes(temp.resolve(name));
      Files.delete(temp.resolve(name));
      String other = name.replace("-idx", idx) + ending;
      write(other, ending.isEmpty() ? content : Samples.gzip(content));
    }

    DataSource source = open();

    assertThat(source.classes()).hasSize(3);
    assertThat(source.train().size()).isEqualTo(6);
    if (idx.equals("-idx")) {
      assertThat(source.fingerprint()).isEqualTo(plain);
    }
  }

  @Test
  void the_names_of_classes_may_stand_beside() {
    Samples.idx(temp, "train", 9);
    write("classes.txt", "shirt\n\nshoe\r\nbag\n".getBytes(StandardCharsets.UTF_8));

    assertThat(open().classes()).containsExactly("shirt", "shoe", "bag");
  }

  @Test
  void the_fingerprint_sees_the_pixels() throws IOException {
    Samples.idx(temp, "train", 9);
    String before = open().fingerprint();
    byte[] images = Files.readAllBytes(temp.resolve(IMAGES));
    images[20]++;
    write(IMAGES, images);

    assertThat(open().fingerprint()).isNotEqualTo(before);
  }

  @Test
  void a_file_of_the_wrong_length_is_said() throws IOException {
    Samples.idx(temp, "train", 9);
    byte[] images = Files.readAllBytes(temp.resolve(IMAGES));
    write(IMAGES, Arrays.copyOf(images, 60));

    assertThat(message())
        .isEqualTo(
            "TEMP/train-images-idx3-ubyte: the header promises 9 pictures of 3x2, 70 bytes, but"
                + " there are 60; fetch it again");

    write(IMAGES, Arrays.copyOf(images, 71));
    assertThat(message())
        .isEqualTo(
            "TEMP/train-images-idx3-ubyte: the header promises 9 pictures of 3x2, 70 bytes, but"
                + " there are more; fetch it again");
  }

  @Test
  void a_header_that_lies_allocates_nothing() throws IOException {
    Samples.idx(temp, "train", 9);
    write(IMAGES, Samples.idx(0x803, new byte[54], Integer.MAX_VALUE, Integer.MAX_VALUE, 2));
    assertThat(message())
        .isEqualTo(
            "TEMP/train-images-idx3-ubyte: the header promises 2147483647 pictures of"
                + " 2x2147483647, which no file of this format holds; fetch it again");

    write(IMAGES, Samples.idx(0x803, new byte[54], 2_000_000_000, 1, 1));
    assertThat(message())
        .isEqualTo(
            "TEMP/train-images-idx3-ubyte: the header promises 2000000000 pictures of 1x1,"
                + " 2000000016 bytes, but there are 70; fetch it again");

    write(IMAGES, Samples.idx(0x803, new byte[54], -1, 2, 3));
    assertThat(message())
        .isEqualTo(
            "TEMP/train-images-idx3-ubyte: the header promises 4294967295 in dimension 0; must be"
                + " in [1, 2^31); fetch it again");
  }

  @Test
  void a_gzip_that_would_fill_the_heap_is_refused_by_its_header() throws IOException {
    Samples.idx(temp, "train", 9);
    Files.delete(temp.resolve(IMAGES));
    byte[] images = Samples.idx(0x803, new byte[54], 2_000_000, 32, 32);
    write(IMAGES + ".gz", Samples.gzip(images));
    assertThat(message())
        .isEqualTo(
            "TEMP/train-images-idx3-ubyte.gz: the header promises 2000000 pictures of 32x32, more"
                + " than the %d MB that a gzipped file may take in memory; unpack it"
                    .formatted(TarReader.HELD_MOST >> 20));
  }

  @Test
  void a_file_of_another_kind_is_said() {
    Samples.idx(temp, "train", 9);
    write(IMAGES, Samples.idx(0x801, new byte[54], 9, 2, 3));
    assertThat(message())
        .isEqualTo(
            "TEMP/train-images-idx3-ubyte: is no IDX file of pictures: begins with 00000801; must"
                + " begin with 00000803; fetch it again");

    write(IMAGES, new byte[2]);
    assertThat(message())
        .isEqualTo(
            "TEMP/train-images-idx3-ubyte: is no IDX file of pictures: begins with 2 bytes; must"
                + " begin with 00000803; fetch it again");
  }

  @Test
  void a_gzip_that_is_cut_short_is_said() throws IOException {
    Samples.idx(temp, "train", 9);
    byte[] gz = Samples.gzip(Files.readAllBytes(temp.resolve(IMAGES)));
    Files.delete(temp.resolve(IMAGES));
    write(IMAGES + ".gz", Arrays.copyOf(gz, gz.length - 20));

    assertThat(message())
        .isEqualTo(
            "TEMP/train-images-idx3-ubyte.gz: cannot be read (Unexpected end of ZLIB input"
                + " stream); fetch it again");
  }

  @Test
  void labels_must_be_there_and_as_many() throws IOException {
    Samples.idx(temp, "train", 9);
    write(LABELS, Samples.idx(0x801, new byte[8], 8));
    assertThat(message())
        .isEqualTo(
            "TEMP/train-labels-idx1-ubyte: 8 labels for the 9 pictures of"
                + " TEMP/train-images-idx3-ubyte; both files must be of one data set");

    Files.delete(temp.resolve(LABELS));
    assertThat(message())
        .isEqualTo(
            "TEMP/train-images-idx3-ubyte: has no labels beside it; put the file of the same name"
                + " with labels-idx1 there");

    write(LABELS, Samples.idx(0x801, new byte[8], 8));
    Files.delete(temp.resolve(IMAGES));
    assertThat(message())
        .isEqualTo("TEMP: has labels but no pictures; put the file train-images-idx3-ubyte there");
  }

  @Test
  void a_label_without_a_name_is_said() {
    Samples.idx(temp, "train", 9);
    write("classes.txt", "shirt\nshoe\n".getBytes(StandardCharsets.UTF_8));

    assertThat(message())
        .isEqualTo(
            "TEMP/train-labels-idx1-ubyte: label 2 of picture 2; must be below 2, the number of"
                + " classes");
  }

  @Test
  void files_in_several_folders_are_refused() {
    Samples.idx(temp.resolve("one"), "train", 9);
    Samples.idx(temp.resolve("two"), "t10k", 9);

    assertThat(message())
        .isEqualTo("TEMP: IDX files in several folders (one/, two/); name one of them");
  }

  @Seeds(100)
  void a_damaged_file_gives_pictures_or_one_line(RandomState random) throws IOException {
    Samples.idx(temp, "train", 9);
    String name = random.nextBoolean(0.5) ? IMAGES : LABELS;
    byte[] content = Files.readAllBytes(temp.resolve(name));
    content[random.nextInt(16)] = (byte) random.nextInt(256);
    write(name, content);
    try {
      open().train().read(0, DecodeOptions.DEFAULT);
    } catch (LinnetException e) {
      assertThat(String.valueOf(e.getMessage()).lines()).hasSize(1);
    }
  }
}
