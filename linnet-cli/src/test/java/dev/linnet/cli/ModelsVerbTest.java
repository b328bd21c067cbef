package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.models.Zoo;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ModelsVerbTest {
  @Test
  void every_network_is_listed_with_exactly_the_documented_keys() {
    JsonNode json = Run.of("models", "--json").json();
    assertThat(json.fieldNames()).toIterable().containsExactly("models");
    assertThat(json.get("models"))
        .extracting(row -> row.get("name").asText())
        .containsExactlyElementsOf(Zoo.names());
    assertThat(json.get("models"))
        .allSatisfy(
            row ->
                assertThat(row.fieldNames())
                    .toIterable()
                    .containsExactly("name", "family", "parameters", "macs", "input", "source"));
  }

  @Test
  void a_pattern_chooses_names() {
    JsonNode models = Run.of("models", "RESNET5?", "--json").json().get("models");
    assertThat(models)
        .extracting(row -> row.get("name").asText())
        .containsExactly("resnet50", "resnet56");
    assertThat(models.get(0).get("parameters").asLong()).isEqualTo(25_557_032);
    assertThat(models.get(0).get("macs").asLong()).isEqualTo(4_089_184_256L);
    assertThat(models.get(0).get("input")).extracting(JsonNode::asInt).containsExactly(3, 224, 224);
    assertThat(models.get(0).get("source").asText()).isEqualTo("timm");
  }

  @Test
  void people_get_a_table() {
    assertThat(Run.of("models", "lenet5").answered())
        .isEqualTo(
            """
            name    family  parameters    MACs    input  source
            lenet5  lenet       0.06 M  0.42 M  1×28×28  paper
            """);
  }

  @Test
  void a_pattern_that_fits_nothing_finds_the_nearest() {
    Run.of("models", "lenet6")
        .failed(1, "linnet: \"lenet6\": no network has this name; did you mean \"lenet5\"?");
    Run.of("models", "xyzzy*")
        .failed(1, "linnet: \"xyzzy*\": no network has this name; \"linnet models\" lists all");
  }
}
