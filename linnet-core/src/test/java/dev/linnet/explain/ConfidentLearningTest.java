package dev.linnet.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Picture;
import dev.linnet.image.Resize;
import dev.linnet.train.FeatureTable;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ConfidentLearningTest {
  @Test
  void a_picture_that_is_surely_of_another_class_is_a_suspect() {
    // Thresholds: class 0 (0.9 + 0.8 + 0.05) / 3 = 0.583, class 1 (0.9 + 0.6) / 2 = 0.75.
    float[] p = {0.9f, 0.1f, 0.8f, 0.2f, 0.05f, 0.95f, 0.1f, 0.9f, 0.4f, 0.6f};
    List<ConfidentLearning.Suspect> suspects =
        ConfidentLearning.suspects(p, new int[] {0, 0, 0, 1, 1}, 2);
    assertThat(suspects).hasSize(1);
    assertThat(suspects.get(0).row()).isEqualTo(2);
    assertThat(suspects.get(0).suggested()).isEqualTo(1);
    assertThat(suspects.get(0).margin())
        .isCloseTo(-0.9, org.assertj.core.api.Assertions.within(1e-6));
  }

  @Test
  void a_smaller_copy_is_a_duplicate_and_another_picture_is_none() {
    byte[] pixels = new byte[64 * 64];
    byte[] others = new byte[64 * 64];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (127 + 120 * Math.sin(i % 64 / 9.0 + i / 64.0 / 17.0));
      others[i] = (byte) (127 + 120 * Math.sin(i % 64 / 3.0 - i / 64.0 / 5.0));
    }
    Picture one = Picture.of(ImageSize.square(64), 1, pixels);
    Picture copy = Resize.apply(one, ImageSize.square(40), Interpolation.BILINEAR);
    Picture other = Picture.of(ImageSize.square(64), 1, others);
    FeatureTable features =
        FeatureTable.of(new float[] {1, 2, 2, 4.1f, 1, 2}, 2, new int[3], new int[] {0, 1, 2});
    List<Duplicates.Pair> pairs = Duplicates.of(features, List.of(one, copy, other));
    assertThat(pairs).hasSize(1);
    assertThat(pairs.get(0).first()).isZero();
    assertThat(pairs.get(0).second()).isEqualTo(1);
  }
}
