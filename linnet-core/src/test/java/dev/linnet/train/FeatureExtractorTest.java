package dev.linnet.train;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Zoo;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FeatureExtractorTest {
  @TempDir Path folder;

  private static Classifier network() {
    ModelOptions options = ModelOptions.DEFAULT.withClasses(3);
    Classifier network = Zoo.create("resnet20", options, Device.CPU, RandomState.of(5));
    network.eval();
    return network;
  }

  private static FeatureExtractor of(Classifier network, String... layers) {
    return new FeatureExtractor(network, Device.CPU, DType.FLOAT32).of(List.of(layers));
  }

  @Test
  void the_head_makes_the_logits_of_the_pooled_features() {
    try (Classifier network = network();
        Scope scope = Scope.open("test")) {
      Tensor images = Tensor.normal(0, 1, RandomState.of(1), DType.FLOAT32, 2, 3, 32, 32);
      Map<String, Tensor> rows = of(network, FeatureExtractor.POOLED).rows(images);
      Tensor pooled = requireNonNull(rows.get(FeatureExtractor.POOLED));
      assertThat(Autograd.off(() -> network.head(pooled)).toFloats())
          .containsExactly(Autograd.off(() -> network.forward(images)).toFloats());
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void maps_are_averaged_over_height_and_width() {
    try (Classifier network = network();
        Scope scope = Scope.open("test")) {
      Tensor images = Tensor.normal(0, 1, RandomState.of(1), DType.FLOAT32, 2, 3, 32, 32);
      String layer = network.levels().get(1).module();
      Map<String, Tensor> rows = of(network, layer, FeatureExtractor.POOLED).rows(images);
      Tensor maps = Autograd.off(() -> network.featureMaps(images, 1)).get(0);
      assertThat(requireNonNull(rows.get(layer)).toFloats())
          .containsExactly(maps.mean(Dims.of(2, 3)).toFloats());
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void a_layer_that_does_not_exist_is_refused_with_the_nearest_name() {
    try (Classifier network = network();
        Scope scope = Scope.open("test")) {
      Tensor images = Tensor.zeros(DType.FLOAT32, Device.CPU, 1, 3, 32, 32);
      assertThatThrownBy(() -> of(network, "layr2").rows(images))
          .isInstanceOf(LinnetException.class)
          .hasMessageStartingWith(
              "layer: got \"layr2\"; must be a layer of the network; did you mean ");
      assertThatThrownBy(() -> of(network, network.headName()).rows(images))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "layer: got \""
                  + network.headName()
                  + "\"; must be a layer that features pass; that before the head is"
                  + " \"pre_logits\"");
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void a_table_that_was_saved_is_read_again() {
    FeatureTable table =
        FeatureTable.of(
            new float[] {1, 2, 3, 4, 5, 6}, 2, new int[] {0, 1, 0}, new int[] {7, 8, 9});
    Path file = folder.resolve("features.safetensors");
    table.save(file, Map.of("layer", "layer4"));
    FeatureTable read = FeatureTable.load(file);
    assertThat(read.toArray()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(read.targets()).containsExactly(0, 1, 0);
    assertThat(read.index(2)).isEqualTo(9);
    assertThat(read.select(2, 0).toArray()).containsExactly(5, 6, 1, 2);
  }

  @Test
  void other_files_are_no_tables() throws Exception {
    Path file = folder.resolve("other.safetensors");
    FeatureTable.of(new float[] {1}, 1, new int[] {0}, new int[] {0}).save(file, Map.of());
    String text = new String(Files.readAllBytes(file), ISO_8859_1);
    Files.write(file, text.replace("\"targets\"", "\"tragets\"").getBytes(ISO_8859_1));
    assertThatThrownBy(() -> FeatureTable.load(file))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            file
                + ": is no table of features; must have features [rows, width] as float32, targets"
                + " and indices [rows] as int64; write it again");
  }
}
