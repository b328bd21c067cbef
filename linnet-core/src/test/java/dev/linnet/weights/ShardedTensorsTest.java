package dev.linnet.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ShardedTensorsTest {
  private static final String ONE = "model-00001-of-00002.safetensors";
  private static final String TWO = "model-00002-of-00002.safetensors";

  @TempDir private Path folder;
  private final Scope scope = Scope.open("test");

  @BeforeEach
  void writeShards() {
    SafeTensors.write(
        folder.resolve(ONE),
        Map.of("a", Tensor.of(new float[] {1, 2}, 2), "b", Tensor.of(new long[] {3}, 1)),
        Map.of());
    SafeTensors.write(folder.resolve(TWO), Map.of("c", Tensor.of(new float[] {4}, 1, 1)), Map.of());
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private Path index() {
    return folder.resolve("model.safetensors.index.json");
  }

  private void write(String json) throws IOException {
    Files.writeString(index(), json);
  }

  private static String map(String entries) {
    return "{\"metadata\": {\"total_size\": 20}, \"weight_map\": {" + entries + "}}";
  }

  private static String all() {
    return "\"a\": \"" + ONE + "\", \"c\": \"" + TWO + "\", \"b\": \"" + ONE + "\"";
  }

  private void refuses(String why) {
    assertThatThrownBy(() -> TensorFile.open(index()))
        .isInstanceOf(LinnetException.class)
        .hasMessage(index() + ": is no valid index of weights: " + why);
  }

  @Test
  void the_files_of_an_index_are_named_once() throws IOException {
    write(map(all()));
    assertThat(WeightsFolder.files(index()))
        .containsExactly(index(), folder.resolve(ONE), folder.resolve(TWO));
  }

  @Test
  void every_tensor_comes_from_its_file() throws IOException {
    write(map(all()));
    try (TensorFile file = TensorFile.open(index())) {
      assertThat(file).isInstanceOf(ShardedTensors.class);
      assertThat(file.names()).containsExactly("a", "c", "b");
      assertThat(file.tensor("a").toFloats()).containsExactly(1, 2);
      assertThat(file.tensor("b").toLongs()).containsExactly(3);
      assertThat(file.shape("c")).isEqualTo(Shape.of(1, 1));
      assertThat(file.dtype("b")).isEqualTo(DType.INT64);
      assertThatThrownBy(() -> file.tensor("x")).hasMessage(index() + ": has no tensor \"x\"");
    }
  }

  @Test
  void index_and_files_must_agree() throws IOException {
    write(map("\"a\": \"" + ONE + "\", \"b\": \"" + ONE + "\", \"x\": \"" + TWO + "\""));
    refuses("tensor \"x\" is not in " + TWO + ", as it says");
    write(map("\"a\": \"" + ONE + "\", \"c\": \"" + TWO + "\""));
    refuses("it does not say that tensor \"b\" is in " + ONE);
    Files.delete(folder.resolve(TWO));
    write(map(all()));
    assertThatThrownBy(() -> TensorFile.open(index()))
        .hasMessage(folder.resolve(TWO) + ": no such file of weights");
  }

  @Test
  void files_of_torch_save_may_be_shards_too() throws IOException {
    Files.write(folder.resolve(TWO), TorchBytes.zip(Map.of("c", Tensor.of(new float[] {4}, 1, 1))));
    write(map(all()));
    try (TensorFile file = TensorFile.open(index())) {
      assertThat(file.names()).containsExactly("a", "c", "b");
      assertThat(file.tensor("a").toFloats()).containsExactly(1, 2);
      assertThat(file.tensor("c").toFloats()).containsExactly(4);
    }
  }

  @Test
  void an_index_that_names_an_index_is_refused() throws IOException {
    write(map("\"a\": \"model.safetensors.index.json\""));
    refuses("it names model.safetensors.index.json, which is an index too");
  }

  @Test
  void a_name_of_two_lines_is_quoted_in_one() throws IOException {
    write(map("\"a\\n\\u001b[31m\": \"x\", \"a\\n\\u001b[31m\": \"y\""));
    refuses("it is no JSON: Duplicate field 'a??[31m'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/etc/passwd", "../w.safetensors", "a/b.safetensors", "..", "C:x", ""})
  void a_file_outside_the_folder_is_refused(String file) throws IOException {
    write(map("\"a\": \"" + file + "\""));
    refuses(
        "tensor \"a\" should lie in \"" + file + "\"; must be the name of a file beside the index");
  }

  @Test
  void an_index_that_is_none_is_refused() throws IOException {
    write("{\"a\": 1}");
    refuses("it has no \"weight_map\" from tensors to files");
    write("{\"weight_map\": {}}");
    refuses("it has no \"weight_map\" from tensors to files");
    write("{\"weight_map\": {\"a\": 7}}");
    refuses("tensor \"a\" should lie in \"7\"; must be the name of a file beside the index");
    write(map("\"a\": \"" + ONE + "\", \"a\": \"" + TWO + "\""));
    refuses("it is no JSON: Duplicate field 'a'");
    Files.write(index(), "{\"ü\": 1}".getBytes(StandardCharsets.ISO_8859_1));
    refuses("it is not UTF-8");
    write("{" + "\"a\":[".repeat(1) + "[".repeat(2000));
    assertThatThrownBy(() -> TensorFile.open(index()))
        .isInstanceOf(LinnetException.class)
        .hasMessageStartingWith(index() + ": is no valid index of weights: it is no JSON: ");
  }
}
