package dev.linnet.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureLoader;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TestTimeViewsTest {
  private final Scope scope = Scope.open("views test");

  @AfterEach
  void close() {
    scope.close();
  }

  private static TestTimeViews views(TestTimeAugmentation how, double cropPct) {
    ImageSize size = new ImageSize(14, 14);
    return TestTimeViews.of(
        how,
        new PictureLoader.Reading(
            DecodeOptions.DEFAULT,
            EvalTransform.of(size, cropPct, Interpolation.BICUBIC),
            size,
            Normalization.IMAGENET));
  }

  /** Three logits that depend on where in the picture something is. */
  private static Tensor network(Tensor x) {
    return x.narrow(2, 0, 3).narrow(3, 0, 1).reshape(x.dim(0), 3);
  }

  @Test
  void without_augmentation_logits_are_the_networks() {
    Tensor x = Tensor.normal(0, 1, RandomState.of(1), DType.FLOAT32, 2, 1, 14, 14);
    Tensor logits = views(TestTimeAugmentation.NONE, 1).logits(x, TestTimeViewsTest::network);
    assertThat(logits.equalBits(network(x))).isTrue();
  }

  @Test
  void a_flip_averages_the_probabilities_of_picture_and_mirror_image() {
    Tensor x = Tensor.normal(0, 3, RandomState.of(1), DType.FLOAT32, 2, 1, 14, 14);
    Tensor logits = views(TestTimeAugmentation.FLIP, 1).logits(x, TestTimeViewsTest::network);
    Tensor mean = network(x).softmax(1).add(network(x.flip(3)).softmax(1)).div(2);
    assertThat(logits.exp().toFloats()).containsExactly(mean.toFloats(), Offset.offset(1e-6f));
  }

  @Test
  void probabilities_that_vanish_still_have_a_logarithm() {
    Tensor x = Tensor.zeros(DType.FLOAT32, Device.CPU, 1, 1, 14, 14);
    UnaryOperator<Tensor> sure = y -> Tensor.of(new float[] {0, -1000}, 1, 2);
    assertThat(views(TestTimeAugmentation.FLIP, 1).logits(x, sure).toFloats())
        .containsExactly(0, -1000);
  }

  @Test
  void ten_crops_are_corners_and_center_with_their_mirror_images() {
    TestTimeViews views = views(TestTimeAugmentation.TEN_CROP, 0.875);
    assertThat(views.reading().size()).isEqualTo(new ImageSize(16, 16));
    Tensor x = Tensor.arange(256).to(DType.FLOAT32).reshape(1, 1, 16, 16);
    List<Float> corners = new ArrayList<>();
    views.logits(
        x,
        view -> {
          assertThat(view.shape().toArray()).containsExactly(1, 1, 14, 14);
          corners.add(view.toFloats()[0]);
          return network(view);
        });
    assertThat(corners).containsExactly(0f, 13f, 2f, 15f, 32f, 45f, 34f, 47f, 17f, 30f);
  }

  @Test
  void where_evaluation_cuts_nothing_the_crops_are_of_a_larger_picture() {
    assertThat(views(TestTimeAugmentation.TEN_CROP, 1).reading().size())
        .isEqualTo(new ImageSize(16, 16));
    assertThat(views(TestTimeAugmentation.FLIP, 1).reading().size())
        .isEqualTo(new ImageSize(14, 14));
  }
}
