package dev.linnet.models;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/**
 * Papers, published weights and the cards of {@code docs/models}. {@code mvn test -pl linnet-core
 * -Dtest=ModelCardTest -Dlinnet.update=true} writes the cards anew.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ModelCardTest {
  @Test
  void every_name_of_the_zoo_has_a_row_and_no_other() {
    assertThat(ModelCard.all().keySet()).containsExactlyInAnyOrderElementsOf(Zoo.names());
  }

  @Test
  void every_family_has_words_and_no_other() throws IOException {
    assertThat(CardText.families().keySet())
        .containsExactlyInAnyOrderElementsOf(CardText.members().keySet());
    assertThat(CardText.families().values())
        .allSatisfy(family -> assertThat(family.about()).isNotBlank());
  }

  @Test
  void a_family_with_networks_that_are_not_recorded_says_how_they_are_checked() throws IOException {
    Set<String> recorded = CardText.recorded();
    Map<String, CardText.FamilyRow> families = CardText.families();
    for (ZooModel model : Zoo.models()) {
      if (!recorded.contains(model.name())) {
        CardText.FamilyRow family = requireNonNull(families.get(model.family()), model.family());
        assertThat(family.note()).as(model.name()).isNotBlank();
      }
    }
  }

  @Test
  void the_cards_on_disk_are_those_that_are_generated() throws IOException {
    Map<String, String> cards = CardText.all();
    if (Boolean.getBoolean("linnet.update")) {
      for (Map.Entry<String, String> card : cards.entrySet()) {
        Files.writeString(CardText.FOLDER.resolve(card.getKey()), card.getValue(), UTF_8);
      }
    }
    try (Stream<Path> files = Files.list(CardText.FOLDER)) {
      List<String> onDisk =
          files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith(".md")).toList();
      assertThat(onDisk).containsExactlyInAnyOrderElementsOf(cards.keySet());
    }
    for (Map.Entry<String, String> card : cards.entrySet()) {
      assertThat(Files.readString(CardText.FOLDER.resolve(card.getKey()), UTF_8))
          .as("%s; if the change is meant, run again with -Dlinnet.update=true", card.getKey())
          .isEqualTo(card.getValue());
    }
  }

  @Test
  void an_accuracy_was_measured_at_the_size_of_the_input() {
    for (ZooModel model : Zoo.models()) {
      Optional<ModelCard.Accuracy> accuracy = model.card().accuracy();
      if (accuracy.isPresent()) {
        assertThat(accuracy.get().side())
            .as(model.name())
            .isEqualTo(model.published().preprocessing().input().height());
        assertThat(accuracy.get().top1()).as(model.name()).isBetween(50.0, 95.0);
      }
    }
  }

  @Test
  void a_card_says_what_was_published() {
    ModelCard card = Zoo.find("resnet50").card();
    assertThat(card)
        .isEqualTo(
            new ModelCard(
                "He et al., CVPR 2016, arXiv:1512.03385",
                2016,
                Optional.of("hf://timm/resnet50.a1_in1k"),
                Optional.of("apache-2.0"),
                Optional.of(
                    new ModelCard.Accuracy(
                        ModelCard.IMAGENET,
                        80.382,
                        Optional.of(94.598),
                        224,
                        "timm results-imagenet.csv, 7479d451"))));
  }

  @Test
  void what_nobody_published_is_empty() {
    ModelCard card = Zoo.find("nasnetamobile").card();
    assertThat(card.weights()).isEmpty();
    assertThat(card.license()).isEmpty();
    assertThat(card.accuracy()).isEmpty();
  }
}
