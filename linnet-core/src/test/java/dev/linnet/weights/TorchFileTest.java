package dev.linnet.weights;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files in {@code golden/torch}, which {@code tools/golden/torch_files.py} wrote, and broken ones.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TorchFileTest {
  @TempDir private Path folder;
  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  private static Path golden(String name) {
    try {
      return Path.of(
          requireNonNull(TorchFileTest.class.getResource("/golden/torch/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path file() {
    return folder.resolve("w.pth");
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(file(), bytes);
  }

  private static void refuses(Path file, String why) {
    assertThatThrownBy(() -> TensorFile.open(file))
        .isInstanceOf(LinnetException.class)
        .hasMessage(file + ": " + why);
  }

  private static void broken(Path file, String why) {
    refuses(file, "is no valid file of torch.save: " + why);
  }

  // ------------------------------------------------------------------ what PyTorch wrote

  @ParameterizedTest
  @ValueSource(strings = {"zip.pth", "legacy.pth", "protocol5.pth"})
  void every_type_is_read(String name) {
    try (TensorFile file = TensorFile.open(golden(name))) {
      assertThat(file).isInstanceOf(TorchFile.class);
      assertThat(file.tensor("float").toFloats()).containsExactly(0, .25f, .5f, .75f, 1, 1.25f);
      assertThat(file.tensor("half").toFloats()).containsExactly(0, .25f, .5f, .75f, 1, 1.25f);
      assertThat(file.tensor("brain").toFloats()).containsExactly(0, .25f, .5f, .75f, 1, 1.25f);
      assertThat(file.tensor("double").toDoubles()[5]).isEqualTo(5 / 3.0);
      assertThat(file.tensor("long").toLongs()).containsExactly(-3, -2, -1, 0, 1, 2);
      assertThat(file.tensor("int").toLongs()).containsExactly(0, 1, 2, 3, 4, 5);
      assertThat(file.tensor("short").toLongs()).containsExactly(0, 1, 2, 3, 4, 5);
      assertThat(file.tensor("byte").toLongs()).containsExactly(-1, 0, 1, 2, 3, 4);
      assertThat(file.tensor("ubyte").toLongs()).containsExactly(0, 50, 100, 150, 200, 250);
      assertThat(file.tensor("bool").toLongs()).containsExactly(1, 0, 1, 0, 1, 0);
      assertThat(file.tensor("scalar").item()).isEqualTo(7);
      assertThat(file.tensor("parameter").toFloats()).containsExactly(0, 1, 2, 3, 4, 5);
      assertThat(file.tensor("none").shape()).isEqualTo(Shape.of(0, 3));
      assertThat(file.tensor("ünïcode \"name\"").item()).isEqualTo(1);
      assertThat(file.dtype("brain")).isEqualTo(DType.BFLOAT16);
      assertThat(file.shape("float")).isEqualTo(Shape.of(2, 3));
      assertThat(file.names()).hasSize(20).startsWith("float", "half", "brain");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.pth", "legacy.pth", "protocol5.pth"})
  void parts_of_a_shared_storage_are_read_by_their_strides(String name) {
    try (TensorFile file = TensorFile.open(golden(name))) {
      assertThat(file.tensor("whole").count()).isEqualTo(24);
      assertThat(file.tensor("part").toFloats()).containsExactly(8, 9, 10, 11);
      assertThat(file.tensor("transposed").shape()).isEqualTo(Shape.of(6, 4));
      assertThat(file.tensor("transposed").contiguous().toFloats())
          .startsWith(0, 6, 12, 18, 1, 7, 13, 19)
          .endsWith(5, 11, 17, 23);
      assertThat(file.tensor("steps").toFloats()).containsExactly(1, 6, 11, 16, 21);
      assertThat(file.tensor("repeated").contiguous().toFloats()).containsExactly(3, 3, 3, 4, 4, 4);
      assertThat(file.tensor("nhwc").shape()).isEqualTo(Shape.of(1, 2, 3, 4));
      float[] ramp = new float[24];
      for (int i = 0; i < ramp.length; i++) {
        ramp[i] = i;
      }
      assertThat(file.tensor("nhwc").contiguous().toFloats()).containsExactly(ramp);
    }
  }

  @Test
  void tensors_of_a_shared_storage_do_not_share_memory() {
    try (TensorFile file = TensorFile.open(golden("zip.pth"))) {
      Tensor repeated = file.tensor("repeated");
      repeated.narrow(1, 0, 1).fill(9);
      assertThat(repeated.contiguous().toFloats()).containsExactly(9, 3, 3, 9, 4, 4);
      assertThat(file.tensor("whole").toFloats()[3]).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"checkpoint.pth", "checkpoint_legacy.pth"})
  void of_a_training_checkpoint_the_averaged_weights_are_taken(String name) {
    try (TensorFile file = TensorFile.open(golden(name))) {
      assertThat(file.names()).containsExactly("weight", "bias");
      assertThat(file.tensor("weight").toFloats()).containsExactly(2, 3);
      assertThat(file.tensor("bias").toFloats()).containsExactly(4);
    }
  }

  @Test
  void a_network_instead_of_its_state_is_refused_by_its_name() {
    refuses(
        golden("module.pth"),
        "its pickle names \"torch.nn.modules.linear.Linear\", which builds no tensor; refused, and"
            + " nothing was executed; in Python save the network's state_dict(), or a safetensors"
            + " file");
  }

  @Test
  void what_holds_no_tensors_is_refused() {
    refuses(
        golden("list.pth"),
        "holds no dictionary of tensors; in Python save the network's state_dict()");
    refuses(
        golden("empty.pth"),
        "its dictionary has no tensors (its keys are epoch, lr); must be a state dict, or have one"
            + " under state_dict_ema, model_ema, state_dict, model");
    refuses(
        golden("script.pt"),
        "is a TorchScript program, not weights; in Python save its state_dict() with torch.save");
  }

  @Test
  void a_tensor_that_is_not_there_is_named() {
    try (TensorFile file = TensorFile.open(golden("zip.pth"))) {
      assertThatThrownBy(() -> file.tensor("x"))
          .hasMessage(golden("zip.pth") + ": has no tensor \"x\"");
    }
  }

  // ------------------------------------------------------------------ what a file is

  @Test
  void what_is_known_not_to_be_weights_is_said() throws IOException {
    refuses(
        write("version https://git-lfs.github.com/spec/v1\noid".getBytes(StandardCharsets.UTF_8)),
        "is a pointer of Git LFS, not the weights; fetch them with: git lfs pull");
    refuses(
        write("\n<!DOCTYPE html>".getBytes(StandardCharsets.UTF_8)),
        "is a web page, not weights; download the file itself");
    byte[] tar = new byte[512];
    System.arraycopy("ustar".getBytes(StandardCharsets.UTF_8), 0, tar, 257, 5);
    refuses(
        write(tar),
        "is a tar, such as PyTorch wrote before version 0.1.10; load it in Python and save it again"
            + " with torch.save");
    String none =
        "is no file of weights; must be safetensors, model.safetensors.index.json, or a state dict"
            + " that torch.save wrote";
    refuses(write("hello".getBytes(StandardCharsets.UTF_8)), none);
    refuses(write(new byte[0]), none + "; the file is empty");
    refuses(folder, "is a folder; must be a file of weights");
    refuses(folder.resolve("none.pth"), "no such file of weights");
    Path device = Path.of("/dev/null");
    Assumptions.assumeTrue(Files.exists(device), "needs a Unix device");
    refuses(device, "is a pipe or a device; must be a file of weights");
  }

  @Test
  void a_pickle_of_something_else_is_refused() throws IOException {
    refuses(
        write(PickleBytes.start().ops("N").end()),
        "is a pickle, but not one of torch.save; in Python save the network's state_dict() with"
            + " torch.save");
    refuses(
        write(PickleBytes.start().global("os", "system").text("id").raw(0x85).ops("R").end()),
        "its pickle names \"os.system\", which builds no tensor; refused, and nothing was"
            + " executed; in Python save the network's state_dict(), or a safetensors file");
  }

  // ------------------------------------------------------------------ broken zips

  private static byte[] onePickle(long count) {
    return PickleBytes.start()
        .ops("}")
        .text("a")
        .tensor("0", count, 0, new long[] {count}, new long[] {1})
        .ops("s")
        .end();
  }

  @Test
  void a_deflated_zip_is_read_too() throws IOException {
    byte[] data = new byte[4000];
    data[4 * 7 + 3] = 0x40;
    ZipBytes zip = new ZipBytes().add(ZipBytes.Entry.deflated("a/data.pkl", onePickle(1000)));
    write(zip.add(ZipBytes.Entry.deflated("a/data/0", data)).withComment(9).bytes());
    try (TensorFile file = TensorFile.open(file())) {
      assertThat(file.tensor("a").toFloats()[7]).isEqualTo(2);
    }
  }

  @Test
  void a_deflated_storage_that_ends_early_is_refused() throws IOException {
    ZipBytes zip = new ZipBytes().add("a/data.pkl", onePickle(100));
    ZipBytes.Entry storage = ZipBytes.Entry.deflated("a/data/0", new byte[300]);
    write(zip.add(storage.withSizes(400, storage.packed())).bytes());
    try (TensorFile file = TensorFile.open(file())) {
      assertThatThrownBy(() -> file.tensor("a"))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              file()
                  + ": is no valid file of torch.save: its entry \"a/data/0\" cannot be unpacked");
    }
  }

  @Test
  void storages_must_be_there_in_their_length() throws IOException {
    broken(
        write(new ZipBytes().add("a/data.pkl", onePickle(6)).bytes()),
        "its storage \"0\" is missing");
    broken(
        write(new ZipBytes().add("a/data.pkl", onePickle(6)).add("a/data/0", new byte[23]).bytes()),
        "its storage \"0\" has 23 bytes; must be 24");
  }

  @Test
  void a_zip_of_something_else_is_refused() throws IOException {
    refuses(
        write(new ZipBytes().add("a.txt", new byte[3]).bytes()),
        "is a zip without data.pkl, so no file of torch.save; it may have to be unpacked");
    byte[] pickle = onePickle(1);
    broken(
        write(new ZipBytes().add("a/data.pkl", pickle).add("b/data.pkl", pickle).bytes()),
        "it has more than one data.pkl");
    refuses(
        write(
            new ZipBytes()
                .add("a/data.pkl", pickle)
                .add("a/byteorder", "big".getBytes(StandardCharsets.UTF_8))
                .bytes()),
        "its numbers are big-endian; only little-endian files are read: load and save it on a"
            + " machine of that kind");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/etc/passwd", "../x", "a/../../x", "a/..", "a\\..\\x", "C:/x", "..", "a/../b"})
  void entries_that_lead_elsewhere_are_refused(String name) throws IOException {
    broken(
        write(new ZipBytes().add("a/data.pkl", onePickle(0)).add(name, new byte[1]).bytes()),
        "its entry \"" + name + "\" has a path that leads out of the file");
  }

  @ParameterizedTest
  @ValueSource(ints = {0120777, 0020666, 0060666, 0010666, 0140666})
  void links_devices_pipes_and_sockets_are_refused(int mode) throws IOException {
    ZipBytes.Entry link = ZipBytes.Entry.stored("a/link", new byte[] {'/'}).withMode(mode);
    broken(
        write(new ZipBytes().add("a/data.pkl", onePickle(0)).add(link).bytes()),
        "its entry \"a/link\" is a link or a device");
  }

  @Test
  void entries_that_overlap_are_refused() throws IOException {
    byte[] pickle = onePickle(6);
    ZipBytes.Entry storage = ZipBytes.Entry.stored("a/data/0", new byte[24]);
    ZipBytes.Entry second = ZipBytes.Entry.stored("a/data/1", new byte[24]);
    long first = 30L + "a/data.pkl".length() + pickle.length;
    broken(
        write(
            new ZipBytes()
                .add("a/data.pkl", pickle)
                .add(storage.withSizes(90, 90))
                .add(second)
                .bytes()),
        "its entry \"a/data/0\" overlaps the next one or the table");
    broken(
        write(new ZipBytes().add("a/data.pkl", pickle).add(storage).add(second.at(first)).bytes()),
        "its entry \"a/data/1\" overlaps the next one or the table");
    broken(
        write(new ZipBytes().add("a/data.pkl", pickle).add(storage.withSizes(99, 99)).bytes()),
        "its entry \"a/data/0\" overlaps the next one or the table");
    broken(
        write(new ZipBytes().add("a/data.pkl", pickle).add(storage).add(storage).bytes()),
        "its entry \"a/data/0\" is there twice");
  }

  @Test
  void entries_whose_sizes_cannot_be_are_refused() throws IOException {
    String why = "its entry \"a/data/0\" has sizes that cannot be";
    ZipBytes.Entry storage = ZipBytes.Entry.stored("a/data/0", new byte[24]);
    byte[] pickle = onePickle(6);
    broken(
        write(new ZipBytes().add("a/data.pkl", pickle).add(storage.withSizes(25, 24)).bytes()),
        why);
    broken(
        write(
            new ZipBytes()
                .add("a/data.pkl", pickle)
                .add(storage.withSizes(Long.MIN_VALUE, Long.MIN_VALUE))
                .bytes()),
        why);
    broken(
        write(
            new ZipBytes()
                .add("a/data.pkl", pickle)
                .add(storage.withSizes(1L << 62, 1L << 62))
                .bytes()),
        "its entry \"a/data/0\" overlaps the next one or the table");
    broken(
        write(
            new ZipBytes()
                .add("a/data.pkl", pickle)
                .add(storage.withMethod(8, 0).withSizes(1L << 40, 24))
                .bytes()),
        why);
    broken(
        write(new ZipBytes().add("a/data.pkl", pickle).add(storage.withMethod(0, 1)).bytes()),
        "its entry \"a/data/0\" is encrypted or packed by a method that torch.save does not use");
    broken(
        write(new ZipBytes().add("a/data.pkl", pickle).add(storage.withMethod(12, 0)).bytes()),
        "its entry \"a/data/0\" is encrypted or packed by a method that torch.save does not use");
  }

  @Test
  void a_table_that_points_astray_is_refused() throws IOException {
    byte[] good = new ZipBytes().add("a/data.pkl", onePickle(0)).bytes();
    byte[] bad = good.clone();
    bad[good.length - 22 + 10] = 2; // entries
    broken(write(bad), "its table is broken at entry 1");
    bad = good.clone();
    Arrays.fill(bad, good.length - 22 + 16, good.length - 22 + 20, (byte) 0xff);
    broken(write(bad), "its table should lie at 4294967295, but does not");
    bad = good.clone();
    Arrays.fill(bad, good.length - 22 + 12, good.length - 22 + 16, (byte) 0xff);
    broken(write(bad), "its table claims 1 entries in 4294967295 bytes");
    broken(write(Arrays.copyOf(good, good.length - 10)), "its table is missing; it is cut short");
    bad = good.clone();
    bad[30] = 'b'; // the local header's name
    broken(write(bad), "its entry \"a/data.pkl\" does not begin where its table says");
  }

  @Test
  void a_zip_cut_short_anywhere_is_refused() throws IOException {
    byte[] good = Files.readAllBytes(golden("zip.pth"));
    for (int length = 4; length < good.length; length += 97) {
      write(Arrays.copyOf(good, length));
      assertThatThrownBy(() -> TensorFile.open(file()))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              file() + ": is no valid file of torch.save: its table is missing; it is cut short");
    }
  }

  // ------------------------------------------------------------------ broken files of the old
  // format

  @Test
  void an_old_file_cut_short_anywhere_is_refused() throws IOException {
    byte[] good = Files.readAllBytes(golden("legacy.pth"));
    for (int length = 3; length < good.length; length += 13) {
      write(Arrays.copyOf(good, length));
      assertThatThrownBy(() -> TensorFile.open(file()))
          .isInstanceOf(LinnetException.class)
          .hasMessageStartingWith(file() + ": is no valid file of torch.save: ");
    }
  }

  @Test
  void storages_of_an_old_file_must_follow_in_their_length() throws IOException {
    broken(write(old(6, 7, 24)), "its storage \"0\" has 7 elements; must be 6");
    broken(
        write(old(6, Long.MIN_VALUE, 24)),
        "its storage \"0\" has -9223372036854775808 elements; must be 6");
    broken(
        write(old(6, 6, 23)),
        "its storage \"0\" has 24 bytes, of which 23 are there; it is cut short");
    ByteArrayOutputStream out = TorchBytes.legacyStart();
    out.writeBytes(onePickle(6));
    byte[] start = out.toByteArray();
    out.writeBytes(PickleBytes.start().ops("]").end());
    broken(write(out.toByteArray()), "its storage \"0\" is missing");
    out = new ByteArrayOutputStream();
    out.writeBytes(start);
    out.writeBytes(PickleBytes.start().ops("]").text("1").ops("a").end());
    broken(write(out.toByteArray()), "its list of storages does not fit its tensors");
    out = new ByteArrayOutputStream();
    out.writeBytes(start);
    out.writeBytes(PickleBytes.start().ops("N").end());
    broken(write(out.toByteArray()), "it has no list of storages");
  }

  private static byte[] old(long claimed, long counted, int bytes) {
    ByteArrayOutputStream out = TorchBytes.legacyStart();
    out.writeBytes(onePickle(claimed));
    out.writeBytes(PickleBytes.start().ops("]").text("0").ops("a").end());
    out.writeBytes(TorchBytes.count(counted));
    out.writeBytes(new byte[bytes]);
    return out.toByteArray();
  }

  // ------------------------------------------------------------------ anything

  @ParameterizedTest
  @ValueSource(strings = {"zip.pth", "legacy.pth", "checkpoint.pth"})
  void mutated_files_are_refused_or_read_but_never_crash(String name) throws IOException {
    byte[] good = Files.readAllBytes(golden(name));
    RandomState random = RandomState.of(5);
    for (int i = 0; i < 1000; i++) {
      byte[] bad = good.clone();
      for (int k = 0; k <= random.nextInt(5); k++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      write(bad);
      try (TensorFile file = TensorFile.open(file())) {
        Scope.run("mutated", () -> file.names().forEach(file::tensor));
      } catch (LinnetException e) {
        assertThat(requireNonNull(e.getMessage())).startsWith(file() + ": ").doesNotContain("\n");
      }
    }
  }

  @Test
  void what_the_tests_write_is_what_they_read() throws IOException {
    Map<String, Tensor> tensors =
        Map.of("a", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3), "b", Tensor.scalar(3));
    for (byte[] bytes : new byte[][] {TorchBytes.zip(tensors), TorchBytes.legacy(tensors)}) {
      try (TensorFile file = TensorFile.open(write(bytes))) {
        assertThat(file.tensor("a").toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(file.tensor("b").item()).isEqualTo(3);
      }
    }
  }
}
