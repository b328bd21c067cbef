package dev.linnet.tricks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.image.ImageSize;
import dev.linnet.tensor.Box;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Seeds;
import dev.linnet.tricks.RandomErasing.Erased;
import dev.linnet.tricks.RandomErasing.Mode;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Cutout and random erasing. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ErasingTest {
  private static final JsonNode GOLDEN = Golden.json("semantics.json").get("mixing");

  private final Scope scope = Scope.open("erasing test");

  @AfterEach
  void close() {
    scope.close();
  }

  private static RandomErasing always(Mode mode, int count) {
    return new RandomErasing(
        1, RandomErasing.DEFAULT.scale(), RandomErasing.DEFAULT.ratio(), mode, count);
  }

  // ------------------------------------------------------------------ Cutout

  @Test
  void squares_are_the_authors() {
    for (JsonNode row : GOLDEN.get("cutout")) {
      ImageSize size = new ImageSize(row.get("height").asInt(), row.get("width").asInt());
      Box box =
          new Cutout(row.get("length").asInt())
              .box(size, row.get("cy").asInt(), row.get("cx").asInt());
      assertThat(
              new double[] {
                box.top(), box.top() + box.height(), box.left(), box.left() + box.width()
              })
          .containsExactly(Golden.doubles(row.get("box_y1y2x1x2")));
    }
  }

  @Seeds(20)
  void inside_its_square_a_picture_is_0_and_outside_as_it_was(RandomState random) {
    Batch batch = Batches.random(random, 3, 2, 8, 9);
    Cutout cutout = new Cutout(2 + random.nextInt(7));
    Cutout.Plan plan = cutout.draw(random, batch).orElseThrow();
    Batch erased = cutout.apply(batch, plan);
    Tensor expected = batch.images().copy();
    for (int row = 0; row < 3; row++) {
      expected.select(0, row).crop(plan.boxes().get(row)).fill(0);
    }
    assertThat(erased.images().equalBits(expected)).isTrue();
    assertThat(erased.targets()).isSameAs(batch.targets());
  }

  @Test
  void a_square_without_pixels_is_refused() {
    assertThatThrownBy(() -> new Cutout(1)).hasMessage("cutout.size: got 1; must be in [2, 8192]");
  }

  // ------------------------------------------------------------------ random erasing

  @Test
  void sides_are_timms() {
    JsonNode golden = GOLDEN.get("random_erasing_timm");
    assertThat(RandomErasing.DEFAULT.scale().get(0)).isEqualTo(golden.get("min_area").asDouble());
    for (JsonNode row : golden.get("rows")) {
      ImageSize size = new ImageSize(row.get("height").asInt(), row.get("width").asInt());
      Optional<ImageSize> sides =
          RandomErasing.DEFAULT.sides(
              size, 1, row.get("u_area").asDouble(), row.get("u_log_ratio").asDouble());
      assertThat(sides.isPresent()).as(row.toString()).isEqualTo(row.get("accepted").asBoolean());
      sides.ifPresent(
          s ->
              assertThat(s)
                  .isEqualTo(
                      new ImageSize(row.get("erase_h").asInt(), row.get("erase_w").asInt())));
    }
  }

  @Seeds(50)
  void rectangles_lie_within_and_share_the_area(RandomState random) {
    int count = 1 + random.nextInt(4);
    RandomErasing erasing = always(Mode.CONST, count);
    Batch batch = Batches.random(random, 4, 1, 20, 30);
    RandomErasing.Plan plan = erasing.draw(random, batch).orElseThrow();
    for (int row = 0; row < 4; row++) {
      int picture = row;
      List<Box> boxes =
          plan.erased().stream().filter(e -> e.row() == picture).map(Erased::box).toList();
      assertThat(boxes).hasSizeBetween(0, count);
      long area = 0;
      for (Box box : boxes) {
        assertThat(box.top() + box.height()).isLessThanOrEqualTo(20);
        assertThat(box.left() + box.width()).isLessThanOrEqualTo(30);
        area += box.area();
      }
      assertThat(area).isLessThanOrEqualTo((long) (600 / 3.0 * 1.3)); // sides are rounded
    }
    Batch erased = erasing.apply(batch, plan);
    Tensor expected = batch.images().copy();
    plan.erased().forEach(e -> expected.select(0, e.row()).crop(e.box()).fill(0));
    assertThat(erased.images().equalBits(expected)).isTrue();
  }

  @Test
  void a_color_is_one_number_a_channel_and_pixels_are_many() {
    Batch batch = Batches.random(RandomState.of(1), 64, 3, 16, 16);
    for (Mode mode : List.of(Mode.RAND, Mode.PIXEL)) {
      RandomErasing erasing = always(mode, 1);
      RandomErasing.Plan plan = erasing.draw(RandomState.of(2), batch).orElseThrow();
      Batch erased = erasing.apply(batch, plan);
      double sum = 0;
      double squares = 0;
      int numbers = 0;
      for (Erased e : plan.erased()) {
        for (int channel = 0; channel < 3; channel++) {
          float[] part =
              erased.images().select(0, e.row()).select(0, channel).crop(e.box()).toFloats();
          for (float value : part) {
            if (mode == Mode.RAND) {
              assertThat(value).isEqualTo(part[0]);
            }
            sum += value;
            squares += value * value;
            numbers++;
          }
        }
      }
      double slack = mode == Mode.RAND ? 0.35 : 0.06;
      assertThat(sum / numbers).isBetween(-slack, slack);
      assertThat(squares / numbers).isBetween(1 - slack, 1 + slack);
      assertThat(erasing.apply(batch, plan).images().equalBits(erased.images()))
          .as("applying draws nothing from the plan")
          .isTrue();
    }
  }

  @Test
  void half_of_the_pictures_are_erased() {
    Batch batch = Batches.random(RandomState.of(1), 1000, 1, 4, 4);
    RandomErasing.Plan plan = RandomErasing.DEFAULT.draw(RandomState.of(3), batch).orElseThrow();
    assertThat(plan.erased()).hasSizeBetween(400, 560); // some rectangles have no pixel
  }

  @Test
  void pictures_too_small_for_any_rectangle_stay() {
    Batch batch = Batches.random(RandomState.of(1), 8, 1, 1, 1);
    assertThat(always(Mode.PIXEL, 3).draw(RandomState.of(3), batch)).isEmpty();
  }

  @Test
  void wrong_numbers_are_named() {
    List<Double> scale = List.of(0.02, 0.33);
    List<Double> ratio = List.of(0.3, 3.3);
    assertThatThrownBy(() -> new RandomErasing(2, scale, ratio, Mode.CONST, 1))
        .hasMessage("random_erasing.probability: got 2.0; must be in [0, 1]");
    assertThatThrownBy(() -> new RandomErasing(1, List.of(0.5, 0.1), ratio, Mode.CONST, 1))
        .hasMessage(
            "random_erasing.scale: got [0.5, 0.1]; must be two rising numbers in (0, 1], such as"
                + " [0.02, 0.33]");
    assertThatThrownBy(() -> new RandomErasing(1, scale, List.of(0.0, 1.0), Mode.CONST, 1))
        .hasMessage(
            "random_erasing.ratio: got [0.0, 1.0]; must be two rising numbers in [0.01, 100], such"
                + " as [0.3, 3.3]");
    assertThatThrownBy(() -> new RandomErasing(1, scale, ratio, Mode.CONST, 0))
        .hasMessage("random_erasing.count: got 0; must be in [1, 100]");
  }
}
