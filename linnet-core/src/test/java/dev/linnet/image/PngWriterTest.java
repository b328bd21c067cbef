package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.testing.Seeds;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PngWriterTest {

  @Seeds(20)
  void what_is_written_reads_back_equal(long seed, RandomState random) {
    int channels = seed % 2 == 0 ? 1 : 3;
    Picture picture = RandomPictures.noise(RandomPictures.size(200, random), channels, random);
    ColorMode color = channels == 1 ? ColorMode.GRAY : ColorMode.RGB;

    assertThat(
            Decoder.decode(
                PngWriter.write(picture), "a.png", DecodeOptions.DEFAULT.withColor(color)))
        .isEqualTo(picture);
  }

  @Test
  void a_grey_picture_is_a_grey_file() {
    byte[] file = PngWriter.write(Picture.filled(ImageSize.square(3), 7));

    assertThat(ImageHeader.read(file, "a.png").channels()).isEqualTo(1);
  }
}
