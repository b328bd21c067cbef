package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.RandomState;
import dev.linnet.testing.Seeds;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Where boxes lie after a picture was turned, resized and cut. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class BoxPlacesTest {
  private static final ImageSize SIZE = new ImageSize(7, 11);

  private static final List<EvalTransform.CropMode> MODES =
      List.of(
          EvalTransform.CropMode.CENTER,
          EvalTransform.CropMode.SQUASH,
          EvalTransform.CropMode.BORDER);

  private static Picture numbered() {
    byte[] pixels = new byte[(int) SIZE.area()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) i;
    }
    return Picture.of(SIZE, 1, pixels);
  }

  @Test
  void a_part_of_a_turned_picture_is_the_turned_part() {
    Picture picture = numbered();
    Box part = new Box(1, 2, new ImageSize(3, 5));
    for (int orientation = 1; orientation <= 8; orientation++) {
      ImageHeader header = new ImageHeader(ImageFormat.JPEG, SIZE, 1, orientation);
      Turn turn = new Turn(orientation);

      assertThat(turn.upright(picture).crop(header.upright(part)))
          .as("orientation " + orientation)
          .isEqualTo(turn.upright(picture.crop(part)));
      assertThat(header.stored(header.upright(part))).isEqualTo(part);
    }
  }

  @Test
  void an_outline_lies_inside_its_box_and_the_picture() {
    Picture picture = Picture.filled(new ImageSize(5, 6), 9, 9, 9);
    List<Integer> red = List.of(255, 0, 0);

    Picture drawn = picture.outlined(new Box(1, 3, new ImageSize(3, 9)), red, 1);

    StringBuilder text = new StringBuilder();
    for (int row = 0; row < 5; row++) {
      for (int column = 0; column < 6; column++) {
        text.append(drawn.level(row, column, 0) == 255 ? '#' : '.');
      }
      text.append('\n');
    }
    assertThat(text.toString())
        .isEqualTo(
            """
            ......
            ...###
            ...#..
            ...###
            ......
            """);
  }

  /** A white part on black, and where white remains. */
  @Seeds(60)
  void a_box_goes_where_its_pixels_go(RandomState random) {
    ImageSize size = new ImageSize(30 + random.nextInt(80), 30 + random.nextInt(80));
    int top = random.nextInt(size.height() - 12);
    int left = random.nextInt(size.width() - 12);
    Box part =
        new Box(
            top,
            left,
            new ImageSize(
                10 + random.nextInt(size.height() - top - 10),
                10 + random.nextInt(size.width() - left - 10)));
    EvalTransform transform =
        EvalTransform.of(
                new ImageSize(24 + random.nextInt(40), 24 + random.nextInt(40)),
                random.nextDouble(0.6, 1),
                Interpolation.NEAREST)
            .withMode(MODES.get(random.nextInt(3)));
    byte[] pixels = new byte[(int) size.area()];
    for (int row = part.top(); row < part.bottom(); row++) {
      for (int column = part.left(); column < part.right(); column++) {
        pixels[row * size.width() + column] = (byte) 255;
      }
    }

    Optional<Box> there = transform.place(part, size);

    Picture result = transform.apply(Picture.of(size, 1, pixels));
    int[] edges = {Integer.MAX_VALUE, Integer.MAX_VALUE, 0, 0};
    for (int row = 0; row < result.height(); row++) {
      for (int column = 0; column < result.width(); column++) {
        if (result.level(row, column, 0) > 127) {
          edges[0] = Math.min(edges[0], row);
          edges[1] = Math.min(edges[1], column);
          edges[2] = Math.max(edges[2], row + 1);
          edges[3] = Math.max(edges[3], column + 1);
        }
      }
    }
    if (there.isEmpty()) {
      assertThat(Math.min((long) edges[2] - edges[0], (long) edges[3] - edges[1]))
          .isLessThanOrEqualTo(1);
      return;
    }
    Box box = there.orElseThrow();
    int[] placed = {box.top(), box.left(), box.bottom(), box.right()};
    for (int edge = 0; edge < 4; edge++) {
      assertThat(placed[edge]).isCloseTo(edges[edge], within(1)); // half pixels go either way
    }
  }
}
