package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TurnedSetTest {
  @TempDir Path temp;

  @Test
  void each_class_comes_in_four_positions() {
    Samples.pictures(temp.resolve("set"), "a/1.png", "a/2.png", "b/3.png");
    PictureSet set =
        DataSources.open(
                temp.resolve("set").toString(), Samples.options(temp).withHoldout(Holdout.NONE))
            .train();
    TurnedSet turned = TurnedSet.of(set);

    assertThat(turned.size()).isEqualTo(12);
    assertThat(turned.classes())
        .containsExactly(
            "a",
            "a turned by 90°",
            "a turned by 180°",
            "a turned by 270°",
            "b",
            "b turned by 90°",
            "b turned by 180°",
            "b turned by 270°");
    assertThat(turned.name(9)).isEqualTo("b/3.png turned by 90°");
    assertThat(turned.label(9)).isEqualTo(5);
    assertThat(turned.fingerprint()).hasSize(64).isNotEqualTo(set.fingerprint());

    Picture upright = set.read(2, DecodeOptions.DEFAULT);
    assertThat(turned.read(8, DecodeOptions.DEFAULT)).isEqualTo(upright);
    Picture right = turned.read(9, DecodeOptions.DEFAULT);
    assertThat(right.size()).isEqualTo(upright.size().transposed());
    assertThat(turned.info(9).size()).isEqualTo(right.size());
    assertThat(turned.info(10).size()).isEqualTo(new ImageSize(10, 12));
    Picture around = turned.read(10, DecodeOptions.DEFAULT);
    Picture left = turned.read(11, DecodeOptions.DEFAULT);
    for (int y = 0; y < 10; y++) {
      for (int x = 0; x < 12; x++) {
        int level = upright.level(y, x, 1);
        assertThat(right.level(x, 9 - y, 1)).isEqualTo(level);
        assertThat(around.level(9 - y, 11 - x, 1)).isEqualTo(level);
        assertThat(left.level(11 - x, y, 1)).isEqualTo(level);
      }
    }
  }
}
