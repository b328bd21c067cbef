package dev.linnet.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ImageNetClassTest {
  @Test
  void there_are_a_thousand_in_the_order_of_their_wordnet_ids() {
    List<String> ids = ImageNetClass.all().stream().map(ImageNetClass::wordNetId).toList();
    assertThat(ids).hasSize(1000).isSorted().doesNotHaveDuplicates();
    assertThat(ids).allMatch(id -> id.matches("n\\d{8}"));
  }

  @Test
  void the_first_names_tell_the_classes_apart() {
    assertThat(ImageNetClass.ownNames())
        .hasSize(1000)
        .doesNotHaveDuplicates()
        .startsWith("tench", "goldfish", "great white shark")
        .endsWith("ear", "toilet tissue")
        .noneMatch(String::isBlank);
    assertThat(ImageNetClass.ownNames().get(134)).isEqualTo("crane bird");
    assertThat(ImageNetClass.ownNames().get(517)).isEqualTo("crane");
  }

  @Test
  void a_class_has_all_names_of_wordnet() {
    assertThat(ImageNetClass.all().get(0))
        .isEqualTo(new ImageNetClass("n01440764", List.of("tench", "Tinca tinca")));
    assertThat(ImageNetClass.all().get(639).names())
        .containsExactly("maillot tank suit", "maillot", "tank suit");
  }
}
