package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.RandomState;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TransformsTest {
  private static final Picture FACE = GoldenPictures.picture("operators/src_face.png");

  @Test
  void a_flip_mirrors_each_row() {
    Picture flipped = new RandomHorizontalFlip(1).apply(FACE, RandomState.of(0));

    assertThat(flipped.level(5, 0, 1)).isEqualTo(FACE.level(5, FACE.width() - 1, 1));
    assertThat(flipped.flipHorizontal()).isEqualTo(FACE);
  }

  @Test
  void a_flip_happens_as_often_as_its_probability_says() {
    RandomHorizontalFlip flip = new RandomHorizontalFlip(0.3);
    RandomState random = RandomState.of(1);
    int flipped = 0;
    for (int i = 0; i < 2000; i++) {
      flipped += flip.apply(FACE, random).equals(FACE) ? 0 : 1;
    }

    assertThat(flipped).isBetween(540, 660);
  }

  @Test
  void pad_crop_is_a_window_of_the_padded_picture() {
    PadCrop crop = new PadCrop(4, FACE.size());
    Picture padded = FACE.pad(4);
    for (int seed = 0; seed < 20; seed++) {
      RandomState random = RandomState.of(seed);
      int top = random.nextInt(9);
      int left = random.nextInt(9);

      assertThat(crop.apply(FACE, RandomState.of(seed)))
          .isEqualTo(padded.crop(new Box(top, left, FACE.size())));
    }
  }

  @Test
  void pad_crop_reaches_every_window_and_no_other() {
    Picture picture = RandomPictures.noise(ImageSize.square(3), 1, RandomState.of(5));
    PadCrop crop = new PadCrop(1, ImageSize.square(3));
    RandomState random = RandomState.of(6);

    long different =
        java.util.stream.Stream.generate(() -> crop.apply(picture, random))
            .limit(500)
            .distinct()
            .count();

    assertThat(different).isEqualTo(9);
  }

  @Test
  void pad_crop_pads_a_picture_that_is_smaller_than_its_window() {
    PadCrop crop = new PadCrop(0, ImageSize.square(5));

    assertThat(crop.apply(Picture.filled(ImageSize.square(1), 9), RandomState.of(1)).size())
        .isEqualTo(ImageSize.square(5));
  }

  @Test
  void a_sequence_applies_its_steps_in_order_from_one_state() {
    RandomResizedCrop crop = RandomResizedCrop.of(ImageSize.square(16));
    RandomHorizontalFlip flip = RandomHorizontalFlip.DEFAULT;
    RandomState random = RandomState.of(11);
    Picture expected = flip.apply(crop.apply(FACE, random), random);

    assertThat(Sequence.of(crop, flip).apply(FACE, RandomState.of(11))).isEqualTo(expected);
    assertThat(
            Sequence.of(crop, flip)
                .decode(PngWriter.write(FACE), "a", DecodeOptions.DEFAULT, RandomState.of(11)))
        .isEqualTo(expected);
  }

  @Test
  void an_empty_sequence_changes_nothing() {
    assertThat(Sequence.of().apply(FACE, RandomState.of(0))).isEqualTo(FACE);
    assertThat(
            Sequence.of()
                .decode(PngWriter.write(FACE), "a", DecodeOptions.DEFAULT, RandomState.of(0)))
        .isEqualTo(FACE);
  }

  @Test
  void evaluation_from_a_file_equals_evaluation_of_the_decoded_picture() {
    for (String file : List.of("formats/shapes_420.jpg", "formats/orientation_6.jpg")) {
      byte[] bytes = GoldenPictures.bytes(file);
      for (EvalTransform.CropMode mode : EvalTransform.CropMode.values()) {
        for (ColorMode color : ColorMode.values()) {
          EvalTransform transform =
              EvalTransform.of(new ImageSize(20, 28), 0.9, Interpolation.BICUBIC).withMode(mode);
          DecodeOptions options = DecodeOptions.DEFAULT.withColor(color);

          assertThat(transform.decode(bytes, file, options))
              .isEqualTo(transform.apply(Decoder.decode(bytes, file, options)));
        }
      }
    }
  }

  @Test
  void a_crop_outside_the_picture_is_black() {
    Picture outside = FACE.crop(new Box(-30, 200, new ImageSize(4, 5)));

    assertThat(outside).isEqualTo(Picture.filled(new ImageSize(4, 5), 0, 0, 0));
  }

  @Test
  void pixels_are_copies() {
    byte[] pixels = {1, 2, 3};
    Picture picture = Picture.of(ImageSize.square(1), 3, pixels);
    pixels[0] = 9;
    picture.pixels()[1] = 9;

    assertThat(picture.pixels()).containsExactly(1, 2, 3);
  }

  @Test
  void wrong_values_are_named() {
    assertThatThrownBy(() -> new ImageSize(0, 4)).hasMessage("height: got 0; must be at least 1");
    assertThatThrownBy(() -> new ImageSize(4, -1)).hasMessage("width: got -1; must be at least 1");
    assertThatThrownBy(() -> new PadCrop(-1, ImageSize.square(4)))
        .hasMessage("padding: got -1; must be at least 0");
    assertThatThrownBy(() -> new RandomHorizontalFlip(1.5))
        .hasMessage("flip: got 1.5; must be in [0, 1]");
    assertThatThrownBy(() -> EvalTransform.of(ImageSize.square(4), 0, Interpolation.BOX))
        .hasMessage("crop_pct: got 0.0; must be in (0, 1]");
    assertThatThrownBy(() -> DecodeOptions.DEFAULT.withMaxPixels(0))
        .hasMessage("max_pixels: got 0; must be at least 1");
    assertThatThrownBy(() -> Picture.of(ImageSize.square(2), 3, new byte[11]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pixels: got 11 bytes; 2x2 with 3 channels has 12");
  }
}
