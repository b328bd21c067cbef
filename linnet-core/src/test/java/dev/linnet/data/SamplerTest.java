package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Picture;
import dev.linnet.testing.Seeds;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SamplerTest {
  private static final List<String> CLASSES = List.of("a", "b", "c", "empty");

  /** Labels without pictures: 60 of a, 30 of b, 10 of c. */
  private record Labels(int size) implements PictureSet {
    @Override
    public List<String> classes() {
      return CLASSES;
    }

    @Override
    public int label(int index) {
      return index % 10 < 6 ? 0 : index % 10 < 9 ? 1 : 2;
    }

    @Override
    public String name(int index) {
      return String.valueOf(index);
    }

    @Override
    public Picture read(int index, DecodeOptions options) {
      throw new UnsupportedOperationException("no pictures");
    }

    @Override
    public PictureInfo info(int index) {
      throw new UnsupportedOperationException("no pictures");
    }

    @Override
    public String fingerprint() {
      return "labels";
    }
  }

  private static final PictureSet SET = new Labels(100);

  @Seeds(20)
  void grouped_batches_have_as_many_pictures_of_each_of_their_classes(RandomState random) {
    GroupedSampler sampler = new GroupedSampler(6, OptionalInt.of(3));
    int[] order = sampler.order(SET, random);
    assertThat(order).hasSize(100);
    for (int begin = 0; begin + 6 <= 100; begin += 6) {
      int[] batch = Arrays.copyOfRange(order, begin, begin + 6);
      assertThat(batch).doesNotHaveDuplicates();
      int[] counts = perClass(batch);
      assertThat(Arrays.stream(counts).filter(count -> count == 3).count()).isEqualTo(2);
      assertThat(Arrays.stream(counts).sum()).isEqualTo(6);
    }
    int[] counts = perClass(Arrays.copyOf(order, 96)); // 32 groups of three, three classes
    assertThat(counts[0]).isBetween(30, 33);
    assertThat(counts[1]).isBetween(30, 33);
    assertThat(counts[2]).isBetween(30, 33);
    int[] pictures = perPicture(Arrays.copyOf(order, 96));
    for (int i = 0; i < 100; i++) {
      int most = SET.label(i) == 2 ? 4 : SET.label(i) == 1 ? 2 : 1;
      assertThat(pictures[i]).as("picture %d", i).isBetween(most == 4 ? 3 : most - 1, most);
    }
  }

  @Test
  void groups_follow_the_state_and_repeat_pictures_only_where_there_are_too_few() {
    GroupedSampler sampler = new GroupedSampler(60, OptionalInt.of(20));
    int[] order = sampler.order(SET, RandomState.of(3));
    assertThat(sampler.order(SET, RandomState.of(3))).isEqualTo(order);
    assertThat(sampler.order(SET, RandomState.of(4))).isNotEqualTo(order);
    int[] pictures = perPicture(Arrays.copyOf(order, 60));
    for (int i = 0; i < 100; i++) {
      assertThat(pictures[i]).isLessThanOrEqualTo(SET.label(i) == 2 ? 2 : 1);
    }
  }

  @Test
  void the_pictures_of_a_class_are_four_or_as_many_as_the_classes_need() {
    assertThat(new GroupedSampler(64, OptionalInt.empty()).pictures(100)).isEqualTo(4);
    assertThat(new GroupedSampler(64, OptionalInt.empty()).pictures(10)).isEqualTo(8);
    assertThat(new GroupedSampler(64, OptionalInt.empty()).pictures(2)).isEqualTo(32);
    assertThat(new GroupedSampler(6, OptionalInt.empty()).pictures(100)).isEqualTo(3);
    assertThat(new GroupedSampler(4, OptionalInt.empty()).pictures(2)).isEqualTo(2);
    assertThat(new GroupedSampler(12, OptionalInt.of(3)).pictures(4)).isEqualTo(3);
  }

  @Test
  void a_batch_that_cannot_be_filled_is_one_line() {
    assertThatThrownBy(() -> new GroupedSampler(7, OptionalInt.empty()).pictures(100))
        .hasMessage(
            "batch: got 7, which is no number of classes times one of pictures; must be one, such"
                + " as 6, because sampling is grouped");
    assertThatThrownBy(() -> new GroupedSampler(10, OptionalInt.of(4)).pictures(100))
        .hasMessage(
            "batch: got 10; must be two or more times sampling.pictures, which is 4, such as 8");
    assertThatThrownBy(() -> new GroupedSampler(64, OptionalInt.of(4)).pictures(3))
        .hasMessage(
            "batch: got 64, which takes 16 classes of 4 pictures (sampling.pictures), but only 3"
                + " have training pictures; must be at most 12, or more pictures of a class");
  }

  private static int[] perClass(int[] order) {
    int[] counts = new int[CLASSES.size()];
    for (int index : order) {
      counts[SET.label(index)]++;
    }
    return counts;
  }

  private static int[] perPicture(int[] order) {
    int[] counts = new int[SET.size()];
    for (int index : order) {
      counts[index]++;
    }
    return counts;
  }

  @Seeds(20)
  void uniform_has_each_picture_once(RandomState random) {
    assertThat(perPicture(Sampler.UNIFORM.order(SET, random))).containsOnly(1);
  }

  @Seeds(50)
  void balanced_has_each_class_as_often_and_pictures_in_turn(RandomState random) {
    int[] order = ClassSampler.BALANCED.order(SET, random);
    assertThat(order).hasSize(100);
    int[] classes = perClass(order);
    assertThat(classes[0]).isBetween(33, 34);
    assertThat(classes[1]).isBetween(33, 34);
    assertThat(classes[2]).isBetween(33, 34);
    assertThat(classes[3]).isZero();
    int[] pictures = perPicture(order);
    for (int i = 0; i < pictures.length; i++) {
      int least = List.of(0, 1, 3).get(SET.label(i));
      assertThat(pictures[i]).isBetween(least, least + 1);
    }
  }

  @Test
  void shares_are_right_in_the_mean() {
    double[] sums = new double[4];
    Sampler sampler = new ClassSampler(Map.of("a", 0.25, "c", 3.3));
    for (int epoch = 0; epoch < 2000; epoch++) {
      int[] classes = perClass(sampler.order(SET, RandomState.of(7).at(epoch)));
      for (int c = 0; c < 4; c++) {
        sums[c] += classes[c] / 2000.0;
      }
    }
    double all = 60 * 0.25 + 30 + 10 * 3.3;
    assertThat(sums)
        .containsExactly(
            new double[] {100 * 15 / all, 100 * 30 / all, 100 * 33 / all, 0}, Offset.offset(0.05));
  }

  @Test
  void a_class_with_the_weight_0_does_not_come() {
    int[] order = new ClassSampler(Map.of("a", 0.0, "c", 0.0)).order(SET, RandomState.of(1));
    assertThat(perClass(order)).containsExactly(0, 100, 0, 0);
  }

  @Test
  void classes_are_spread_over_the_epoch() {
    int[] order = ClassSampler.BALANCED.order(SET, RandomState.of(3));
    assertThat(perClass(Arrays.copyOf(order, 50))[2]).isBetween(8, 26);
  }

  @Test
  void weights_that_leave_nothing_are_refused() {
    ClassSampler none = new ClassSampler(Map.of("a", 0.0, "b", 0.0, "c", 0.0));
    assertThatThrownBy(() -> none.order(SET, RandomState.of(1)))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "sampling.weights: no class with training pictures has a weight above 0; give one a"
                + " weight");
  }

  @Test
  void repeated_pictures_follow_each_other_and_the_epoch_keeps_its_length() {
    int[] once = Sampler.UNIFORM.order(SET, RandomState.of(5));
    int[] order = new RepeatedSampler(Sampler.UNIFORM, 3).order(SET, RandomState.of(5));
    assertThat(order).hasSize(100);
    assertThat(Arrays.copyOf(order, 7))
        .containsExactly(once[0], once[0], once[0], once[1], once[1], once[1], once[2]);
    assertThat(Arrays.stream(perPicture(order)).filter(count -> count == 3)).hasSize(33);
    assertThat(new RepeatedSampler(Sampler.UNIFORM, 1).order(SET, RandomState.of(5)))
        .isEqualTo(once);
    assertThatThrownBy(() -> new RepeatedSampler(Sampler.UNIFORM, 0))
        .hasMessage("repeats: got 0; must be at least 1");
  }

  @Seeds(10)
  void the_same_state_gives_the_same_order(RandomState random) {
    for (Sampler sampler :
        List.of(
            Sampler.UNIFORM,
            ClassSampler.BALANCED,
            new ClassSampler(Map.of("b", 5.0)),
            new RepeatedSampler(ClassSampler.BALANCED, 2))) {
      assertThat(sampler.order(SET, random.at(1))).isEqualTo(sampler.order(SET, random.at(1)));
      assertThat(sampler.order(SET, random.at(1))).isNotEqualTo(sampler.order(SET, random.at(2)));
    }
  }
}
