package dev.linnet.tricks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.image.ImageSize;
import dev.linnet.testing.Golden;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Every table of magnitudes against those of torchvision and timm: golden/images/policies.json. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class MagnitudesTest {
  private static final JsonNode TABLES = Golden.json("images/policies.json");

  @Test
  void magnitudes_of_auto_augment_equal_torchvision() {
    compare("autoaugment_10_bins", BinnedMagnitudes.AUTO_AUGMENT);
  }

  @Test
  void magnitudes_of_rand_augment_equal_torchvision() {
    compare("randaugment_31_bins", BinnedMagnitudes.RAND_AUGMENT);
  }

  @Test
  void magnitudes_of_aug_mix_equal_torchvision() {
    compare("augmix_10_bins", BinnedMagnitudes.AUG_MIX_ALL);
  }

  @Test
  void magnitudes_of_trivial_augment_equal_torchvision() {
    compare(
        TABLES.get("trivialaugment_wide_31_bins"), BinnedMagnitudes.WIDE, new ImageSize(224, 224));
  }

  private static void compare(String table, BinnedMagnitudes magnitudes) {
    Map<String, ImageSize> sizes =
        Map.of(
            "97x61",
            new ImageSize(61, 97),
            "224x224",
            new ImageSize(224, 224),
            "32x32",
            new ImageSize(32, 32));
    assertThat(TABLES.get(table).fieldNames())
        .toIterable()
        .containsExactlyInAnyOrderElementsOf(sizes.keySet());
    sizes.forEach((name, size) -> compare(TABLES.get(table).get(name), magnitudes, size));
  }

  private static void compare(JsonNode table, BinnedMagnitudes magnitudes, ImageSize size) {
    assertThat(magnitudes.operators()).containsAll(() -> table.fieldNames());
    table
        .properties()
        .forEach(
            entry -> {
              String name = entry.getKey();
              JsonNode row = entry.getValue();
              assertThat(magnitudes.isSigned(name)).isEqualTo(row.get("signed").asBoolean());
              assertThat(magnitudes.operator(name).hasAmount())
                  .as(name)
                  .isEqualTo(row.get("values").isArray());
              if (row.get("values").isArray()) {
                assertThat(row.get("values")).hasSize(magnitudes.bins());
                for (int bin = 0; bin < magnitudes.bins(); bin++) {
                  double expected = row.get("values").get(bin).asDouble();
                  check(name, bin, expected, magnitudes, size);
                }
              }
            });
  }

  /** Translations are recorded before torchvision cuts them, enhancements as distances from 1. */
  private static void check(
      String name, int bin, double expected, BinnedMagnitudes magnitudes, ImageSize size) {
    double plus = magnitudes.amount(name, bin, false, size);
    double minus = magnitudes.amount(name, bin, true, size);
    switch (magnitudes.operator(name)) {
      case TRANSLATE_X, TRANSLATE_Y -> {
        assertThat(plus).as(name).isEqualTo((int) expected);
        assertThat(minus).as(name).isEqualTo(-(int) expected);
      }
      case BRIGHTNESS, COLOR, CONTRAST, SHARPNESS -> {
        assertThat(plus).as(name).isCloseTo(1 + expected, within(1e-6));
        assertThat(minus).as(name).isCloseTo(1 - expected, within(1e-6));
      }
      default -> {
        assertThat(plus).as(name).isCloseTo(expected, within(1e-6 * Math.max(1, expected)));
        assertThat(minus).as(name).isEqualTo(magnitudes.isSigned(name) ? -plus : plus);
      }
    }
  }

  @Test
  void the_order_of_operators_is_that_of_torchvision_and_timm() {
    JsonNode order = TABLES.get("order_of_operators");

    assertThat(BinnedMagnitudes.RAND_AUGMENT.operators()).isEqualTo(names(order, "randaugment"));
    assertThat(BinnedMagnitudes.WIDE.operators()).isEqualTo(names(order, "trivialaugment_wide"));
    assertThat(BinnedMagnitudes.AUG_MIX_ALL.operators()).isEqualTo(names(order, "augmix"));
    assertThat(TimmMagnitudes.PLAIN.operators()).isEqualTo(names(order, "timm_rand"));
    assertThat(TimmMagnitudes.INCREASING.operators())
        .isEqualTo(names(order, "timm_rand_increasing"));
  }

  private static List<String> names(JsonNode order, String list) {
    return order.get(list).valueStream().map(JsonNode::asText).toList();
  }

  @Test
  void the_paper_s_aug_mix_leaves_out_what_imagenet_c_has() {
    assertThat(BinnedMagnitudes.AUG_MIX.operators())
        .isEqualTo(BinnedMagnitudes.AUG_MIX_ALL.operators().subList(0, 9));
  }

  @Test
  void levels_equal_timm() {
    JsonNode recorded = TABLES.get("timm_levels");
    ImageSize size = new ImageSize(100, 200);
    recorded
        .get("values")
        .properties()
        .forEach(
            entry -> {
              String name = entry.getKey();
              if (name.equals("TranslateX") || name.equals("TranslateY")) {
                return; // in pixels of a constant: only timm's detection policies have them
              }
              for (int i = 0; i < recorded.get("levels").size(); i++) {
                double level = recorded.get("levels").get(i).asDouble();
                double amount = TimmMagnitudes.ALL.amount(name, level, false, size);
                double expected =
                    switch (name) {
                      // as a part of the side, and to the left
                      case "TranslateXRel" -> -200 * entry.getValue().get(i).asDouble();
                      case "TranslateYRel" -> -100 * entry.getValue().get(i).asDouble();
                      // timm's operator takes 1 less the factor
                      case "Desaturate" -> 1 - entry.getValue().get(i).asDouble();
                      case "AutoContrast", "Equalize", "Invert" -> 0;
                      default -> entry.getValue().get(i).asDouble();
                    };
                assertThat(amount).as("%s at %s", name, level).isCloseTo(expected, within(1e-6));
              }
            });
  }

  @Test
  void the_other_branch_of_timm_is_negative_or_below_one() {
    ImageSize size = new ImageSize(100, 200);

    assertThat(TimmMagnitudes.ALL.amount("Rotate", 9, true, size)).isEqualTo(-27);
    assertThat(TimmMagnitudes.ALL.amount("ColorIncreasing", 9, true, size))
        .isCloseTo(0.19, within(1e-12));
    assertThat(TimmMagnitudes.ALL.amount("ColorIncreasing", 10, true, size))
        .isCloseTo(0.1, within(1e-12));
    assertThat(TimmMagnitudes.ALL.isSigned("Color")).isFalse();
    assertThat(TimmMagnitudes.ALL.isSigned("TranslateYRel")).isTrue();
  }
}
