package dev.linnet.tricks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.image.ImageSize;
import dev.linnet.tensor.Box;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class CutMixTest {
  private static final JsonNode GOLDEN = Golden.json("semantics.json").get("mixing").get("cutmix");

  private final Scope scope = Scope.open("cutmix test");

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void boxes_and_shares_are_timms() {
    for (JsonNode row : GOLDEN) {
      ImageSize size = new ImageSize(row.get("height").asInt(), row.get("width").asInt());
      Box box =
          CutMix.box(
              size, row.get("lambda").asDouble(), row.get("cy").asInt(), row.get("cx").asInt());
      assertThat(List.of(box.top(), bottom(box), box.left(), right(box)))
          .as(row.toString())
          .containsExactlyElementsOf(integers(row.get("timm_box_y1y2x1x2")));
      CutMix.Plan plan = CutMix.Plan.of(Permutation.reversed(2), box);
      Tensor targets = CutMix.mixed(oneHot(), plan, size);
      double lambda = row.get("timm_lambda").asDouble();
      assertThat(targets.toDoubles())
          .containsExactly(
              new double[] {lambda, 1 - lambda, 0, 0, 0, 1 - lambda, lambda, 0, 0, 0},
              offset(1e-6));
    }
  }

  /** Of odd sides the authors and torchvision leave out the last row and column, timm does not. */
  @Test
  void boxes_differ_from_the_authors_in_odd_sides_alone() {
    for (JsonNode row : GOLDEN) {
      List<Integer> timm = integers(row.get("timm_box_y1y2x1x2"));
      List<Integer> authors = integers(row.get("paper_box_y1y2x1x2"));
      assertThat(integers(row.get("torchvision_box_y1y2x1x2"))).isEqualTo(authors);
      for (int i = 0; i < timm.size(); i++) {
        assertThat(timm.get(i) - authors.get(i)).isBetween(0, i % 2);
      }
    }
  }

  @Seeds(50)
  void a_pixel_is_from_the_picture_or_its_partner_and_the_label_counts_them(RandomState random) {
    Batch batch = Batches.random(random, 5, 2, 1 + random.nextInt(9), 2 + random.nextInt(9));
    CutMix.Plan plan = CutMix.DEFAULT.draw(random, batch).orElseThrow();
    Batch mixed = CutMix.DEFAULT.apply(batch, plan);
    Box box = plan.pastes().get(0).box();
    Permutation partner = plan.pastes().get(0).partner();
    ImageSize size = batch.imageSize();
    Tensor soft = batch.softTargets();
    for (int row = 0; row < batch.size(); row++) {
      int pasted = 0;
      for (int y = 0; y < size.height(); y++) {
        for (int x = 0; x < size.width(); x++) {
          boolean inside = y >= box.top() && y < bottom(box) && x >= box.left() && x < right(box);
          pasted += inside ? 1 : 0;
          int from = inside ? partner.partner(row) : row;
          assertThat(pixel(mixed, row, y, x)).isEqualTo(pixel(batch, from, y, x));
        }
      }
      double share = (double) pasted / size.area();
      Tensor expected = soft.select(0, row).lerp(soft.select(0, partner.partner(row)), share);
      assertThat(mixed.targets().select(0, row).toDoubles())
          .containsExactly(expected.toDoubles(), offset(1e-6));
    }
  }

  @Seeds(20)
  void with_more_images_each_label_counts_by_what_is_seen_at_the_end(RandomState random) {
    Batch batch = Batches.random(random, 6, 1, 6, 5);
    CutMix four = new CutMix(1, 1, 3 + random.nextInt(2), 0.5);
    CutMix.Plan plan = four.draw(random, batch).orElseThrow();
    assertThat(plan.pastes()).hasSize(four.images() - 1);
    Batch mixed = four.apply(batch, plan);
    Tensor soft = batch.softTargets();
    for (int row = 0; row < batch.size(); row++) {
      double[] expected = new double[5];
      for (int y = 0; y < 6; y++) {
        for (int x = 0; x < 5; x++) {
          int from = row;
          for (CutMix.Paste paste : plan.pastes()) {
            Box box = paste.box();
            if (y >= box.top() && y < bottom(box) && x >= box.left() && x < right(box)) {
              from = paste.partner().partner(row);
            }
          }
          assertThat(pixel(mixed, row, y, x)).isEqualTo(pixel(batch, from, y, x));
          double[] label = soft.select(0, from).toDoubles();
          for (int k = 0; k < 5; k++) {
            expected[k] += label[k] / 30;
          }
        }
      }
      assertThat(mixed.targets().select(0, row).toDoubles())
          .containsExactly(expected, offset(1e-6));
    }
  }

  @Test
  void where_mixup_is_on_too_each_batch_gets_one_of_them() {
    Batch batch = Batches.random(RandomState.of(1), 4, 3, 8, 8);
    MixupOrCutMix both = new MixupOrCutMix(new Mixup(1, 1), new CutMix(1, 1, 2, 0.25));
    int pasted = 0;
    for (int i = 0; i < 400; i++) {
      Optional<UnaryOperator<Batch>> plan = both.draw(RandomState.of(i), batch);
      Batch mixed = both.apply(batch, plan.orElseThrow());
      pasted += hasOnlyPixelsOf(batch, mixed) ? 1 : 0;
    }
    assertThat(pasted).isBetween(75, 125);
  }

  /** True if every corner of every picture is one of a picture of the batch. */
  private static boolean hasOnlyPixelsOf(Batch batch, Batch mixed) {
    for (int corner = 0; corner < 4; corner++) {
      int y = 7 * (corner / 2);
      int x = 7 * (corner % 2);
      List<Float> given = new ArrayList<>();
      for (int row = 0; row < batch.size(); row++) {
        given.add(pixel(batch, row, y, x)[0]);
      }
      for (int row = 0; row < batch.size(); row++) {
        if (!given.contains(pixel(mixed, row, y, x)[0])) {
          return false;
        }
      }
    }
    return true;
  }

  @Test
  void pictures_of_one_pixel_are_refused() {
    Batch batch = Batches.random(RandomState.of(1), 4, 3, 1, 1);
    RandomState random = RandomState.of(2);
    assertThatThrownBy(() -> CutMix.DEFAULT.draw(random, batch))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "cutmix: got pictures of 1×1 pixels; must have at least two pixels, or no box can be"
                + " cut out of them; choose a larger --size");
  }

  @Test
  void wrong_numbers_are_named() {
    assertThatThrownBy(() -> new CutMix(-1, 1, 2, 0.5))
        .hasMessage("cutmix.alpha: got -1.0; must be in (0, 10]");
    assertThatThrownBy(() -> new CutMix(1, -0.5, 2, 0.5))
        .hasMessage("cutmix.probability: got -0.5; must be in [0, 1]");
    assertThatThrownBy(() -> new CutMix(1, 1, 5, 0.5))
        .hasMessage("cutmix.images: got 5; must be 2, 3 or 4");
    assertThatThrownBy(() -> new CutMix(1, 1, 2, 2))
        .hasMessage("cutmix.switch_prob: got 2.0; must be in [0, 1]");
  }

  private static Tensor oneHot() {
    return Tensor.of(new long[] {0, 1}).oneHot(5);
  }

  private static float[] pixel(Batch batch, int row, int y, int x) {
    return batch.images().select(0, row).crop(new Box(y, x, 1, 1)).toFloats();
  }

  private static int bottom(Box box) {
    return box.top() + box.height();
  }

  private static int right(Box box) {
    return box.left() + box.width();
  }

  private static List<Integer> integers(JsonNode node) {
    return node.valueStream().map(JsonNode::asInt).toList();
  }
}
