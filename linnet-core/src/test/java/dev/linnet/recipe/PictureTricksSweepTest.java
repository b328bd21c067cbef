package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureEdit;
import dev.linnet.image.PictureTransform;
import dev.linnet.train.PictureTrick;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every trick on pictures must do, whichever there are. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PictureTricksSweepTest {
  private static final List<ImageSize> SIZES =
      List.of(
          ImageSize.square(1), new ImageSize(2, 5), new ImageSize(33, 28), ImageSize.square(64));

  static Stream<Named<PictureTrick>> tricks() {
    return Kinds.TRICKS.stream()
        .filter(kind -> PictureTrick.class.isAssignableFrom(kind.type()))
        .map(
            kind -> {
              Tricks one = new Tricks(List.of(Records.defaultOf(kind.type()).orElseThrow()));
              Recipe recipe = Recipes.plain().withSize(32).withTricks(one);
              return Named.of(kind.name(), Ingredients.pictureTricks(recipe).get(0));
            });
  }

  private static Picture noise(ImageSize size, int channels, RandomState random) {
    byte[] pixels = new byte[(int) size.area() * channels];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.nextInt();
    }
    return Picture.of(size, channels, pixels);
  }

  @ParameterizedTest
  @MethodSource("tricks")
  void keeps_size_and_channels_and_gives_the_same_picture_for_the_same_state(PictureTrick trick) {
    for (ImageSize size : SIZES) {
      for (int channels : new int[] {1, 3}) {
        Picture picture = noise(size, channels, RandomState.of(size.width()));
        byte[] before = picture.pixels();
        for (int seed = 0; seed < 30; seed++) {
          Picture result = trick.transform().apply(picture, RandomState.of(seed));

          assertThat(result.size()).isEqualTo(size);
          assertThat(result.channels()).isEqualTo(channels);
          assertThat(trick.transform().apply(picture, RandomState.of(seed))).isEqualTo(result);
        }
        assertThat(picture.pixels()).as("the given picture").isEqualTo(before);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tricks")
  void draws_by_state_and_size_alone_and_says_what_it_drew(PictureTrick trick) {
    ImageSize size = new ImageSize(33, 28);
    Picture color = noise(size, 3, RandomState.of(1));
    PictureTransform transform = trick.transform();
    for (int seed = 0; seed < 50; seed++) {
      RandomState drawn = RandomState.of(seed);
      RandomState applied = RandomState.of(seed);
      List<PictureEdit> edits = trick.draw(drawn, size);
      Picture result = color;
      for (PictureEdit edit : edits) {
        result = edit.apply(result);
      }

      assertThat(transform.apply(color, applied)).isEqualTo(result);
      assertThat(applied.position()).as("draws").isEqualTo(drawn.position());
      assertThat(edits)
          .allSatisfy(edit -> assertThat(edit.toString()).matches("[0-9A-Z][^\\n@]{2,200}"));
    }
  }

  @ParameterizedTest
  @MethodSource("tricks")
  void changes_some_pictures_and_not_all_in_the_same_way(PictureTrick trick) {
    Picture color = noise(ImageSize.square(32), 3, RandomState.of(1));
    List<Picture> results = new ArrayList<>();
    for (int seed = 0; seed < 40; seed++) {
      results.add(trick.transform().apply(color, RandomState.of(seed)));
    }

    assertThat(results).anySatisfy(result -> assertThat(result).isNotEqualTo(color));
    assertThat(results.stream().distinct().count()).isGreaterThan(1);
  }
}
