package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class DecoderTest {
  private static final ImageSize SIZE = new ImageSize(3, 5);

  private static Picture gradient() {
    byte[] pixels = new byte[45];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i * 5);
    }
    return Picture.of(SIZE, 3, pixels);
  }

  @Test
  void a_written_png_reads_back_equal() {
    byte[] file = PngWriter.write(gradient());

    assertThat(Decoder.decode(file, "a.png", DecodeOptions.DEFAULT)).isEqualTo(gradient());
  }

  @Test
  void an_empty_file_is_named() {
    assertThatThrownBy(() -> Decoder.decode(new byte[0], "zero.jpg", DecodeOptions.DEFAULT))
        .isInstanceOf(BadPictureException.class)
        .hasMessage("zero.jpg: the file is empty (0 bytes)");
  }

  @Test
  void a_text_file_is_named_with_its_beginning() {
    byte[] text = "Dear reader,\nhello".getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> Decoder.decode(text, "letter.jpg", DecodeOptions.DEFAULT))
        .isInstanceOf(BadPictureException.class)
        .hasMessage(
            "letter.jpg: no picture of a known format (it begins with \"Dear reader,\"); must be"
                + " one of JPEG, PNG, WEBP, BMP, GIF, TIFF");
  }

  @Test
  void a_picture_over_the_limit_is_refused_by_its_header() {
    byte[] file = PngWriter.write(gradient());

    assertThatThrownBy(() -> Decoder.decode(file, "a.png", DecodeOptions.DEFAULT.withMaxPixels(14)))
        .isInstanceOf(BadPictureException.class)
        .hasMessage(
            "a.png: got 5x3, 15 pixels; must be at most 14; to read it, raise --max-pixels");
  }
}
