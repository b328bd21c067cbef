package dev.linnet.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class SafeTensorsTest {
  @TempDir private Path folder;
  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  private Path file() {
    return folder.resolve("w.safetensors");
  }

  private Path file(String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json);
    return Files.write(file(), bytes.array());
  }

  private void refuses(Path file, String why) {
    assertThatThrownBy(() -> SafeTensors.open(file))
        .isInstanceOf(LinnetException.class)
        .hasMessage(file + ": is no valid safetensors file: " + why);
  }

  @Test
  void what_is_written_is_read_in_every_type() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (DType dtype : DType.values()) {
      tensors.put("t." + dtype, Tensor.of(new float[] {0, 1, 1, 0, 1, 0}, 2, 3).to(dtype));
    }
    tensors.put("scalar", Tensor.scalar(3));
    tensors.put(
        "nhwc", Tensor.normal(0, 1, RandomState.of(1), DType.FLOAT32, 2, 3, 4, 5).channelsLast());
    SafeTensors.write(file(), tensors, Map.of("format", "pt"));
    try (SafeTensors read = SafeTensors.open(file())) {
      assertThat(read.names()).containsExactlyInAnyOrderElementsOf(tensors.keySet());
      assertThat(read.metadata()).containsExactly(Map.entry("format", "pt"));
      tensors.forEach((name, t) -> assertThat(read.tensor(name).equalBits(t)).as(name).isTrue());
    }
  }

  @Test
  void the_same_tensors_give_the_bytes_of_the_reference_writer() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("b", Tensor.of(new float[] {1.5f, -2}, 2));
    tensors.put("a", Tensor.of(new float[] {0.25f}, 1, 1));
    tensors.put("n", Tensor.of(new long[] {7}, 1));
    SafeTensors.write(file(), tensors, Map.of("format", "pt"));
    // safetensors 0.8.0 in Python: save_file({"b": …, "a": …, "n": …}, f, {"format": "pt"})
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"n\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[8,12]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20]}}";
    byte[] bytes = Files.readAllBytes(file());
    assertThat(new String(bytes, 8, bytes.length - 28, StandardCharsets.UTF_8).stripTrailing())
        .isEqualTo(header);
    assertThat((bytes.length - 28) % 8).isZero();
  }

  /** {@code golden/python.safetensors}, which {@code tools/golden/safetensors_file.py} wrote. */
  @Test
  void a_file_of_the_reference_library_is_read_and_written_again_byte_by_byte() throws Exception {
    Path golden = Path.of(SafeTensorsTest.class.getResource("/golden/python.safetensors").toURI());
    try (SafeTensors read = SafeTensors.open(golden)) {
      assertThat(read.tensor("z.weight").toFloats()).containsExactly(0, .25f, .5f, .75f, 1, 1.25f);
      assertThat(read.tensor("half").toFloats()).containsExactly(0, .25f, .5f, .75f, 1, 1.25f);
      assertThat(read.tensor("brain").toFloats()).containsExactly(0, .25f, .5f, .75f, 1, 1.25f);
      assertThat(read.tensor("double").toDoubles()[5]).isEqualTo(5 / 3.0);
      assertThat(read.tensor("long").toLongs()).containsExactly(-3, -2, -1, 0, 1, 2);
      assertThat(read.tensor("byte").toLongs()).containsExactly(-1, 0, 1, 2, 3, 4);
      assertThat(read.tensor("ubyte").toLongs()).containsExactly(0, 50, 100, 150, 200, 250);
      assertThat(read.tensor("bool").toLongs()).containsExactly(1, 0, 1, 0, 1, 0);
      assertThat(read.tensor("scalar").item()).isEqualTo(7);
      assertThat(read.shape("none")).isEqualTo(Shape.of(0, 3));
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      read.names().forEach(name -> tensors.put(name, read.tensor(name)));
      SafeTensors.write(file(), tensors, read.metadata());
    }
    assertThat(Files.readAllBytes(file())).isEqualTo(Files.readAllBytes(golden));
  }

  @Test
  void an_open_file_stays_when_another_takes_its_name() {
    Tensor large = Tensor.normal(0, 1, RandomState.of(3), DType.FLOAT32, 100, 1000);
    SafeTensors.write(file(), Map.of("a", Tensor.of(new float[] {1}), "l", large), Map.of());
    try (SafeTensors read = SafeTensors.open(file())) {
      SafeTensors.write(file(), Map.of("b", large.neg()), Map.of()); // the open file stays
      assertThat(read.tensor("l").equalBits(large)).isTrue();
    }
  }

  @Test
  void large_tensors_are_read_in_pieces() {
    Tensor large = Tensor.normal(0, 1, RandomState.of(3), DType.FLOAT32, 787, 1001);
    SafeTensors.write(file(), Map.of("a", Tensor.of(new long[] {1}, 1), "l", large), Map.of());
    try (SafeTensors read = SafeTensors.open(file())) {
      assertThat(read.tensor("l").equalBits(large)).isTrue();
      Tensor other = Tensor.zeros(DType.FLOAT32, Device.CPU, 787, 1001);
      assertThat(read.read(Map.of("l", other))).isZero();
      assertThat(other.equalBits(large)).isTrue();
      Tensor turned = Tensor.zeros(DType.FLOAT64, Device.CPU, 1001, 787).transpose(0, 1);
      assertThat(read.read(Map.of("l", turned))).isZero();
      assertThat(turned.to(DType.FLOAT32).contiguous().equalBits(large)).isTrue();
    }
  }

  @Test
  void a_file_that_shrinks_while_it_is_open_is_an_error() throws IOException {
    SafeTensors.write(file(), Map.of("a", Tensor.of(new float[] {1, 2, 3})), Map.of());
    byte[] all = Files.readAllBytes(file());
    try (SafeTensors read = SafeTensors.open(file())) {
      Files.write(file(), Arrays.copyOf(all, all.length - 1));
      assertThatThrownBy(() -> read.tensor("a"))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              file() + ": cannot be read (it ends early; was it changed while it was read?)");
    }
  }

  @Test
  void a_file_that_is_not_there_is_named() {
    assertThatThrownBy(() -> SafeTensors.open(file()))
        .hasMessage(file() + ": no such file of weights");
  }

  @Test
  void a_truncated_file_is_refused() throws IOException {
    SafeTensors.write(file(), Map.of("a", Tensor.of(new float[] {1, 2, 3})), Map.of());
    byte[] all = Files.readAllBytes(file());
    Files.write(file(), Arrays.copyOf(all, all.length - 1));
    refuses(file(), "its tensors have 12 bytes, but the file holds 11; it is cut short");
    Files.write(file(), Arrays.copyOf(all, 20));
    refuses(
        file(),
        "its header claims " + (all.length - 20) + " bytes, the file has 20; it may be cut short");
    Files.write(file(), new byte[5]);
    refuses(file(), "it has 5 bytes, too few for a header");
  }

  @Test
  void a_header_of_two_to_the_63_bytes_is_refused() throws IOException {
    Files.write(file(), new byte[] {0, 0, 0, 0, 0, 0, 0, (byte) 0x80, '{', '}'});
    refuses(file(), "its header claims 9223372036854775808 bytes, the file has 10");
  }

  @Test
  void lies_about_ranges_are_refused() throws IOException {
    String two =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[%d,%d]}}";
    refuses(
        file(two.formatted(4, 12), 12),
        "tensor \"b\" begins at byte 4 of the data, but the one before ends at 8: they overlap");
    refuses(
        file(two.formatted(12, 20), 20),
        "tensor \"b\" begins at byte 12 of the data, but the one before ends at 8: there is a"
            + " hole");
    refuses(
        file(two.formatted(8, 17), 17),
        "tensor \"b\" has 8 bytes by its shape, but the range [8, 17)");
    refuses(file(two.formatted(8, 16), 20), "its tensors have 16 bytes, but the file holds 20");
  }

  @Test
  void lies_about_shapes_and_types_are_refused() throws IOException {
    String one = "{\"a\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[0,4]}}";
    refuses(
        file(one.formatted("F32", "[4294967296,4294967296]"), 4),
        "tensor \"a\" has too many elements: [4294967296,4294967296]");
    refuses(
        file(one.formatted("F32", "[0,4294967296,4294967296]"), 4),
        "tensor \"a\" has too many elements: [0,4294967296,4294967296]");
    refuses(
        file(one.formatted("F32", "[9223372036854775808]"), 4),
        "tensor \"a\": shape and data_offsets must be lists of numbers ≥ 0");
    refuses(
        file(one.formatted("F32", "[-1]"), 4),
        "tensor \"a\": shape and data_offsets must be lists of numbers ≥ 0");
    refuses(
        file(one.formatted("Q4", "[1]"), 4),
        "tensor \"a\" has the type \"Q4\"; must be one of I64, F64, F32, I32, BF16, F16, I16, I8,"
            + " U8, BOOL");
  }

  @Test
  void a_key_that_stands_twice_is_refused() throws IOException {
    String a = "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
    assertThatThrownBy(() -> SafeTensors.open(file("{" + a + "," + a + "}", 4)))
        .isInstanceOf(LinnetException.class)
        .hasMessageContaining("its header is broken: Duplicate field 'a'");
  }

  @Test
  void mutated_files_are_refused_or_read_but_never_crash() throws IOException {
    SafeTensors.write(file(), Map.of("a", Tensor.of(new float[] {1, 2, 3})), Map.of("k", "v"));
    byte[] good = Files.readAllBytes(file());
    RandomState random = RandomState.of(5);
    for (int i = 0; i < 500; i++) {
      byte[] bad = good.clone();
      for (int k = 0; k <= random.nextInt(3); k++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      Files.write(file(), bad);
      try (SafeTensors read = SafeTensors.open(file())) {
        read.names().forEach(read::tensor);
      } catch (LinnetException e) {
        assertThat(e).hasMessageContaining("w.safetensors");
      }
    }
  }
}
