package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.models.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ModelsVerbTest {
  @TempDir private Path folder;

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
                    .containsExactly(
                        "name",
                        "family",
                        "parameters",
                        "macs",
                        "input",
                        "source",
                        "activation_bytes",
                        "top1",
                        "top5",
                        "accuracy_data",
                        "accuracy_source",
                        "weights",
                        "license",
                        "paper",
                        "year"));
    assertThat(json.get("models")).hasSizeGreaterThanOrEqualTo(130);
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
  void the_published_accuracy_comes_with_its_source() {
    JsonNode model = Run.of("models", "resnet50", "--json").json().get("models").get(0);
    assertThat(model.get("top1").asDouble()).isEqualTo(80.382);
    assertThat(model.get("top5").asDouble()).isEqualTo(94.598);
    assertThat(model.get("accuracy_data").asText()).isEqualTo("ImageNet-1k");
    assertThat(model.get("accuracy_source").asText())
        .isEqualTo("timm results-imagenet.csv, 7479d451");
    assertThat(model.get("weights").asText()).isEqualTo("hf://timm/resnet50.a1_in1k");
    assertThat(model.get("license").asText()).isEqualTo("apache-2.0");
    assertThat(model.get("paper").asText()).isEqualTo("He et al., CVPR 2016, arXiv:1512.03385");
    assertThat(model.get("year").asInt()).isEqualTo(2016);
    JsonNode none = Run.of("models", "lenet5", "--json").json().get("models").get(0);
    assertThat(none.get("top1").isNull()).isTrue();
  }

  @Test
  void people_get_a_table() {
    assertThat(Run.of("models", "squeezenet*").answered())
        .isEqualTo(
            """
            name           family      parameters      MACs  activations      input  top-1  top-5  source
            squeezenet1_0  squeezenet      1.25 M  818.92 M      47.8 MB  3×224×224  58.09  80.42  torchvision
            squeezenet1_1  squeezenet      1.24 M  349.15 M      27.8 MB  3×224×224  58.18  80.62  torchvision
            """);
  }

  @Test
  void one_name_shows_what_is_known_about_it() {
    assertThat(Run.of("models", "lenet5").answered())
        .isEqualTo(
            """
            name        lenet5
            family      lenet
            paper       LeCun et al., Proceedings of the IEEE 86 (11), 1998
            definition  paper
            parameters  61,706
            MACs        416,520
            activations 0.1 MB in fp32
            classes     10
            pictures    input_size [1, 28, 28], interpolation bilinear, crop_pct 1.0, crop_mode center, mean [0.1307], std [0.3081]
            weights     none published
            accuracy    none published
            options     none
            """);
    assertThat(Run.of("models", "resnet18").answered())
        .isEqualTo(
            """
            name        resnet18
            family      resnet
            paper       He et al., CVPR 2016, arXiv:1512.03385
            definition  timm
            parameters  11,689,512
            MACs        1,814,073,344
            activations 32.9 MB in fp32
            classes     1000
            pictures    input_size [3, 224, 224], interpolation bicubic, crop_pct 0.95, crop_mode center, mean [0.485, 0.456, 0.406], std [0.229, 0.224, 0.225]
            weights     hf://timm/resnet18.a1_in1k (apache-2.0)
            accuracy    top-1 71.49 %, top-5 90.08 % on ImageNet-1k at 224 pixels; timm results-imagenet.csv, 7479d451
            options     activation, padding, squeeze_excite, width, output_stride, drop_block_rate
            """);
  }

  @Test
  void accuracy_is_drawn_against_cost() throws IOException {
    Path page = folder.resolve("zoo.html");
    assertThat(Run.of("models", "resnet??", "--plot", page.toString()).answered())
        .isEqualTo(page + ": 3 networks; 4 have no published accuracy on ImageNet-1k\n");
    assertThat(Files.readString(page))
        .startsWith("<!DOCTYPE html>")
        .contains("<b>resnet50</b>", "top-1, % against MACs", "top-1, % against parameters")
        .doesNotContain("<script", "<b>resnet20</b>");
  }

  @Test
  void the_page_has_a_name_of_its_own() {
    Run.in(folder, "models", "resnet50", "--plot").answered();
    JsonNode json = Run.in(folder, "models", "resnet50", "--plot", "--json").json();
    assertThat(json.get("plot").asText()).isEqualTo(folder.resolve("models-2.html").toString());
    assertThat(folder.resolve("models.html")).exists();
    assertThat(folder.resolve("models-2.html")).exists();
  }

  @Test
  void what_cannot_be_drawn_is_refused() throws IOException {
    Run.of("models", "--plot", "resnet*")
        .failed(
            2,
            "linnet: --plot: got \"resnet*\"; must be a file that ends with .html; a pattern comes"
                + " first");
    Run.of("models", "lenet5", "--plot", folder.resolve("x.html").toString())
        .failed(
            1,
            "linnet: --plot: none of the networks named has a published accuracy on ImageNet-1k");
    Path taken = Files.createFile(folder.resolve("taken.html"));
    Run.of("models", "resnet50", "--plot", taken.toString())
        .failed(1, "linnet: --plot: " + taken + " exists already; choose another name");
  }

  @Test
  void a_pattern_that_fits_nothing_finds_the_nearest() {
    Run.of("models", "lenet6")
        .failed(1, "linnet: \"lenet6\": no network has this name; did you mean \"lenet5\"?");
    Run.of("models", "xyzzy*")
        .failed(1, "linnet: \"xyzzy*\": no network has this name; \"linnet models\" lists all");
  }
}
