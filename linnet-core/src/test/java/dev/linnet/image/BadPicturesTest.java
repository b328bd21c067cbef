package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** One clear line for everything that is no picture. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class BadPicturesTest {

  private static AbstractThrowableAssert<?, ?> assertRefused(byte[] file, String name) {
    return assertThatThrownBy(() -> Decoder.decode(file, name, DecodeOptions.DEFAULT))
        .isInstanceOf(BadPictureException.class);
  }

  private static byte[] file(String name) {
    return GoldenPictures.bytes("formats/" + name);
  }

  /** A PNG header that promises a size. */
  private static byte[] promising(int width, int height) {
    byte[] file = file("pixel.png");
    ByteBuffer.wrap(file).putInt(16, width).putInt(20, height);
    return file;
  }

  @Test
  void an_empty_file() {
    assertRefused(new byte[0], "zero.jpg").hasMessage("zero.jpg: the file is empty (0 bytes)");
  }

  @Test
  void a_text_file_named_jpg() {
    byte[] text = "Dear reader,\nhello".getBytes(StandardCharsets.UTF_8);

    assertRefused(text, "letter.jpg")
        .hasMessage(
            "letter.jpg: no picture of a known format (it begins with \"Dear reader,\"); must be"
                + " one of JPEG, PNG, WEBP, BMP, GIF, TIFF");
  }

  @Test
  void bytes_of_another_kind() {
    assertRefused(new byte[] {0x7F, 'E', 'L', 'F', 2}, "größe/猫 1.png")
        .hasMessage(
            "größe/猫 1.png: no picture of a known format (it begins with 7f 45 4c 46 02); must be"
                + " one of JPEG, PNG, WEBP, BMP, GIF, TIFF");
  }

  @Test
  void files_that_are_cut_short() {
    for (String name :
        List.of(
            "baseline_420.jpg",
            "progressive.jpg",
            "rgb8.png",
            "lossy.webp",
            "lossless.webp",
            "rgb24.bmp",
            "rle8.bmp",
            "palette.gif",
            "raw.tiff")) {
      byte[] whole = file(name);
      for (double part : new double[] {0.4, 0.8, 0.99}) {
        int length = (int) (whole.length * part);
        String kind = ImageHeader.read(whole, name).format().name();

        assertRefused(Arrays.copyOf(whole, length), name)
            .hasMessage(
                "%s: the %s is cut short (%d bytes); get the file anew"
                    .formatted(name, kind, length));
      }
    }
  }

  @Test
  void files_that_end_in_their_header() {
    for (String name :
        List.of("grey.jpg", "rgb8.png", "lossy.webp", "rgb24.bmp", "palette.gif", "raw.tiff")) {
      byte[] whole = file(name);
      for (int length = 13; length < 24; length++) {
        assertRefused(Arrays.copyOf(whole, length), name)
            .hasMessageMatching(name + ": the [A-Z]+ is (cut short|broken).*; get the file anew");
      }
    }
  }

  @Test
  void a_photo_without_its_end_marker_is_cut_short() {
    byte[] whole = file("baseline_444.jpg");

    assertRefused(Arrays.copyOf(whole, whole.length - 2), "a.jpg")
        .hasMessageStartingWith("a.jpg: the JPEG is cut short");
  }

  @Test
  void bytes_behind_the_end_marker_do_no_harm() {
    assertThat(GoldenPictures.picture("formats/trailing_bytes.jpg").size())
        .isEqualTo(ImageSize.square(68));
  }

  @Test
  void a_flipped_bit_in_a_png() {
    byte[] file = file("rgb8.png");
    file[file.length / 2] ^= 4;

    assertRefused(file, "a.png")
        .hasMessage("a.png: the PNG is broken: a checksum is wrong at byte 33; get the file anew");
  }

  @Test
  void a_gif_whose_codes_make_no_sense() {
    byte[] file = file("palette.gif");
    int frame = 13 + 3 * 32;
    assertThat(file[frame]).isEqualTo((byte) ',');
    byte[] bits = file.clone();
    bits[frame + 10] = 60;
    byte[] codes = file.clone();
    Arrays.fill(codes, frame + 12, frame + 60, (byte) 0xFF);
    byte[] end = file.clone();
    end[frame + 11] = 0;

    assertRefused(bits, "a.gif")
        .hasMessage("a.gif: the GIF is broken: 60 bits per index; get the file anew");
    assertRefused(codes, "a.gif")
        .hasMessage("a.gif: the GIF is broken: a code that makes no sense; get the file anew");
    assertRefused(end, "a.gif")
        .hasMessage("a.gif: the GIF is broken: its codes end before its pixels; get the file anew");
  }

  @Test
  void a_photo_without_its_tables() {
    byte[] file = file("baseline_444.jpg");
    for (int i = 2; i < file.length - 1; i++) {
      if (file[i] == (byte) 0xFF
          && file[i + 1] == (byte) 0xDB) { // quantization tables become a comment
        file[i + 1] = (byte) 0xFE;
      }
    }

    assertRefused(file, "a.jpg").hasMessage("a.jpg: the JPEG cannot be decoded; get the file anew");
  }

  @Test
  void a_picture_over_the_limit_is_refused_by_its_header() {
    assertRefused(promising(12_000, 9_000), "big.png")
        .hasMessage(
            "big.png: got 12000x9000, 108000000 pixels; must be at most 89478485; to read it,"
                + " raise --max-pixels");
  }

  @Test
  void the_limit_can_be_set() {
    DecodeOptions narrow = DecodeOptions.DEFAULT.withMaxPixels(68 * 68 - 1);
    byte[] file = file("grey8.png");

    assertThatThrownBy(() -> Decoder.decode(file, "a.png", narrow))
        .hasMessage(
            "a.png: got 68x68, 4624 pixels; must be at most 4623; to read it, raise"
                + " --max-pixels");
    assertThat(Decoder.decode(file, "a.png", narrow.withMaxPixels(68 * 68)).size())
        .isEqualTo(ImageSize.square(68));
  }

  @Test
  void a_picture_larger_than_an_array_is_refused_whatever_the_limit() {
    DecodeOptions wide = DecodeOptions.DEFAULT.withMaxPixels(Long.MAX_VALUE);

    assertThatThrownBy(() -> Decoder.decode(promising(100_000, 10_000), "big.png", wide))
        .hasMessage(
            "big.png: got 100000x10000, 1000000000 pixels; a picture can have 715827879 at most;"
                + " make it smaller with another program");
  }

  @Test
  void sizes_that_no_picture_has() {
    assertRefused(promising(0, 5), "a.png")
        .hasMessage("a.png: the PNG is broken: a size of 0x5; get the file anew");
    assertRefused(promising(-1, 5), "a.png")
        .hasMessage("a.png: the PNG is broken: a size of 4294967295x5; get the file anew");
  }

  @Test
  void a_palette_png_without_its_palette() {
    byte[] file = file("palette8.png");
    file[37] = 't'; // PLTE becomes tLTE, which readers skip

    assertRefused(file, "a.png")
        .hasMessage("a.png: the PNG is broken: it has no palette; get the file anew");
  }

  @Test
  void a_gif_without_a_frame() {
    byte[] file = "GIF89a\1\0\1\0\0\0\0;".getBytes(StandardCharsets.ISO_8859_1);

    assertRefused(file, "a.gif")
        .hasMessage("a.gif: the GIF is broken: it has no frame; get the file anew");
  }

  @Test
  void training_and_evaluation_refuse_what_the_decoder_refuses() {
    byte[] half = Arrays.copyOf(file("baseline_420.jpg"), 1500);
    String line = "a.jpg: the JPEG is cut short (1500 bytes); get the file anew";

    assertThatThrownBy(
            () ->
                RandomResizedCrop.of(ImageSize.square(8))
                    .decode(
                        half, "a.jpg", DecodeOptions.DEFAULT, dev.linnet.base.RandomState.of(1)))
        .hasMessage(line);
    assertThatThrownBy(
            () ->
                EvalTransform.of(ImageSize.square(8), 1, Interpolation.BILINEAR)
                    .decode(half, "a.jpg", DecodeOptions.DEFAULT))
        .hasMessage(line);
  }
}
