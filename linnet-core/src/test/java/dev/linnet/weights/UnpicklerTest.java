package dev.linnet.weights;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.Shape;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pickles written by hand; those of PyTorch are in {@link TorchFileTest}. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class UnpicklerTest {
  private static final Path FILE = Path.of("w.pth");
  private static final Duration SHORT = Duration.ofSeconds(10);

  @TempDir private Path folder;

  private static PickleBytes pickle() {
    return PickleBytes.start();
  }

  private static void broken(PickleBytes pickle, String why) {
    assertThatThrownBy(() -> Assertions.assertTimeoutPreemptively(SHORT, () -> pickle.load(FILE)))
        .isInstanceOf(LinnetException.class)
        .hasMessage("w.pth: is no valid file of torch.save: " + why);
  }

  private static void refused(PickleBytes pickle, String what) {
    assertThatThrownBy(() -> pickle.load(FILE))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "w.pth: its pickle "
                + what
                + ", which builds no tensor; refused, and nothing was executed; in Python save the"
                + " network's state_dict(), or a safetensors file");
  }

  // ------------------------------------------------------------------ what it reads

  @Test
  void plain_values_come_out_as_in_python() {
    PickleBytes pickle = pickle().ops("(N").raw(0x88, 0x89).ops("K").raw(200).ops("M").raw(1, 2);
    pickle.ops("J").raw(0xff, 0xff, 0xff, 0xff).raw(0x8a, 0).raw(0x8a, 1, 0x80);
    pickle.raw(0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1).ops("G").raw(0x3f, 0xf8, 0, 0, 0, 0, 0, 0);
    pickle.text("ünï").ops("U").raw(1, 0xe9).raw(0x8c, 1, 'a').ops("C").raw(2, 7, 7).ops("t");
    assertThat(((Unpickler.Tuple) pickle.load(FILE)).items())
        .containsExactly(
            Unpickler.Nothing.NONE,
            true,
            false,
            200L,
            513L,
            -1L,
            0L,
            -128L,
            BigInteger.ONE.shiftLeft(64),
            1.5,
            "ünï",
            "é",
            "a",
            new Unpickler.Inert("bytes"));
  }

  @Test
  void containers_are_filled_and_remembered() {
    PickleBytes pickle = pickle().ops("}q").raw(0).text("a").ops("]r").u32(300);
    pickle.number(1).ops("a(").number(2).number(3).ops("es");
    pickle.text("b").ops("j").u32(300).ops("s(").text("c").number(4).raw(0x85).text("d");
    pickle.number(5).number(6).raw(0x86).ops("u");
    assertThat(pickle.load(FILE))
        .isEqualTo(
            Map.of(
                "a",
                List.of(1L, 2L, 3L),
                "b",
                List.of(1L, 2L, 3L),
                "c",
                new Unpickler.Tuple(List.of(4L)),
                "d",
                new Unpickler.Tuple(List.of(5L, 6L))));
  }

  @Test
  void a_tensor_says_where_its_elements_lie() {
    TorchTensor tensor =
        (TorchTensor)
            pickle().tensor("7", 100, 4, new long[] {2, 3}, new long[] {10, 1}).load(FILE);
    assertThat(tensor.storage()).isEqualTo("7");
    assertThat(tensor.offset()).isEqualTo(4);
    assertThat(tensor.shape()).isEqualTo(Shape.of(2, 3));
    assertThat(tensor.isContiguous()).isFalse();
    assertThat(tensor.span()).isEqualTo(13);
  }

  @Test
  void what_stands_in_checkpoints_is_a_thing_without_content() {
    PickleBytes pickle = pickle().global("argparse", "Namespace").ops(")").raw(0x81);
    pickle.ops("}").text("lr").number(1).ops("sb");
    assertThat(pickle.load(FILE)).isEqualTo(new Unpickler.Inert("argparse.Namespace"));
  }

  @Test
  void the_items_of_an_ordered_dict_of_python_2_are_read() {
    PickleBytes pickle = pickle().global("collections", "OrderedDict").ops("(](](").text("k");
    pickle.number(1).ops("eetR");
    assertThat(pickle.load(FILE)).isEqualTo(Map.of("k", 1L));
  }

  // ------------------------------------------------------------------ what would run code

  @ParameterizedTest
  @CsvSource({
    "os, system",
    "posix, system",
    "nt, system",
    "builtins, eval",
    "builtins, exec",
    "builtins, getattr",
    "builtins, __import__",
    "__builtin__, eval",
    "subprocess, Popen",
    "functools, partial",
    "operator, attrgetter",
    "runpy, _run_code",
    "importlib, import_module",
    "torch, load",
    "torch.hub, load",
    "torch.storage, _load_from_bytes",
    "torch.jit, load",
    "torch._utils, _rebuild_tensor_v2.__globals__",
    "torch._utils.os, system",
    "torch.nn.modules.linear, Linear",
    "numpy.core.multiarray, _reconstruct",
    "collections, defaultdict",
    "dev.linnet.base, AtomicFile",
    "java.lang, Runtime",
  })
  void a_global_that_builds_no_tensor_is_refused_by_its_name(String module, String name) {
    Path canary = folder.resolve("canary");
    String what = "names \"" + module + "." + name + "\"";
    refused(pickle().global(module, name).text("touch " + canary).raw(0x85).ops("R"), what);
    refused(
        pickle().text(module).text(name).raw(0x93).text("touch " + canary).raw(0x85).ops("R"),
        what);
    assertThat(Files.exists(canary)).isFalse();
  }

  @Test
  void the_name_of_a_global_is_fit_for_a_terminal() {
    refused(
        pickle().global("os\u001b[31m", "x".repeat(200)),
        "names \"os?[31m." + "x".repeat(92) + "…\"");
  }

  @Test
  void what_is_on_the_list_does_only_what_it_is_there_for() {
    refused(pickle().global("torch", "FloatStorage").ops(")R"), "calls \"torch.FloatStorage\"");
    refused(pickle().global("torch", "Tensor").ops(")R"), "calls \"torch.Tensor\"");
    refused(pickle().global("torch", "Tensor").ops(")").raw(0x81), "creates \"torch.Tensor\"");
    refused(pickle().text("os.system").ops(")R"), "calls what is no function");
    refused(pickle().ops("N)").raw(0x81), "creates what is no type");
    refused(
        pickle().tensor("0", 1, 0, new long[] {1}, new long[] {1}).ops("}b"),
        "changes what is no dictionary");
    PickleBytes typed = pickle().global("torch._tensor", "_rebuild_from_type_v2").ops("(");
    typed.global("collections", "OrderedDict").global("torch", "Tensor").ops(")}tR");
    refused(typed, "builds a tensor by what is no builder of tensors");
  }

  @ParameterizedTest
  @ValueSource(ints = {'i', 'o', 'I', 'S', 'V', 'F', 'L', 'p', 'g', 'd', 'l', 'P', 0x82, 0x92, 0})
  void opcodes_that_torch_save_does_not_write_are_refused(int opcode) {
    broken(
        pickle().ops("(").raw(opcode),
        "its pickle has the opcode 0x%02x, which torch.save does not write".formatted(opcode));
  }

  // ------------------------------------------------------------------ what would take for ever

  @Test
  void nesting_costs_no_stack() {
    PickleBytes lists = pickle().ops("]", 500_000).ops("a", 499_999);
    assertThat(lists.load(FILE)).isInstanceOf(List.class);
    PickleBytes tuples = pickle().ops(")");
    for (int i = 0; i < 500_000; i++) {
      tuples.raw(0x85);
    }
    assertThat(tuples.load(FILE)).isInstanceOf(Unpickler.Tuple.class);
  }

  @Test
  void a_deep_container_as_a_key_is_not_looked_into() {
    PickleBytes deep = pickle().ops("})");
    for (int i = 0; i < 500_000; i++) {
      deep.raw(0x85);
    }
    assertThat((Map<?, ?>) deep.ops("Ns").load(FILE)).hasSize(1);
  }

  @Test
  void endless_stacks_and_marks_are_refused() {
    broken(pickle().ops("]", 1_000_001), "its pickle nests too deeply");
    broken(pickle().ops("(", 1001), "its pickle nests too deeply");
    broken(pickle().ops("N0", 1_000_001), "its pickle takes more than 2000000 steps");
  }

  @Test
  void a_list_that_doubles_itself_holds_references_only() {
    PickleBytes laughs = pickle().ops("]q").raw(0).ops("0");
    for (int i = 1; i < 200; i++) {
      laughs.ops("](").ops("h").raw(i - 1).ops("h").raw(i - 1).ops("eq").raw(i).ops("0");
    }
    Assertions.assertTimeoutPreemptively(SHORT, () -> laughs.ops("h").raw(199).load(FILE));
  }

  @Test
  void a_remembered_list_cannot_be_read_again_and_again() {
    PickleBytes pickle = pickle().ops("](");
    for (int i = 0; i < 1000; i++) {
      pickle.number(i).ops("N").raw(0x86);
    }
    pickle.ops("e").raw(0x85).ops("q").raw(0).ops("0");
    for (int i = 0; i < 3000; i++) {
      pickle.global("collections", "OrderedDict").ops("h").raw(0).ops("R0");
    }
    broken(pickle, "its pickle takes more than 2000000 steps");
  }

  @Test
  void a_list_may_hold_itself() {
    PickleBytes pickle = pickle().ops("]q").raw(0).ops("h").raw(0).ops("a");
    assertThat((List<?>) pickle.load(FILE)).hasSize(1);
  }

  @Test
  void lengths_are_checked_before_memory_is_taken() {
    broken(pickle().ops("X").u32(0xffffffffL), "its pickle has a text of 4294967295 bytes");
    broken(
        pickle().raw(0x8d).u64(Long.MIN_VALUE),
        "its pickle has a text of 9223372036854775808 bytes");
    broken(pickle().ops("T").u32(0x7fffffff), "its pickle has a text of 2147483647 bytes");
    broken(
        pickle().ops("X").u32(1000),
        "its pickle claims 1000 bytes at position 7, where 1 are left");
    broken(
        pickle().ops("B").u32(0xffffffffL),
        "its pickle claims 4294967295 bytes at position 7, where 1 are left");
    broken(
        pickle().raw(0x8e).u64(-1),
        "its pickle claims 18446744073709551615 bytes at position 11, where 1 are left");
    broken(pickle().raw(0x8b).u32(0x80000000L), "its pickle has an integer of 2147483648 bytes");
    broken(pickle().ops("c" + "a".repeat(2000)), "its pickle has a name of more than 1000 bytes");
  }

  // ------------------------------------------------------------------ tensors that lie

  @Test
  void tensors_outside_their_storage_are_refused() {
    tensor(
        "a tensor of sizes [2, 3] and strides [3, 1] from 1 does not lie in its storage of 6"
            + " elements",
        6,
        1,
        new long[] {2, 3},
        new long[] {3, 1});
    tensor(
        "a tensor of sizes [1] and strides [1] from -1 does not lie in its storage of 6 elements",
        6,
        -1,
        new long[] {1},
        new long[] {1});
    tensor(
        "a tensor of sizes [2] and strides [-1] from 3 counts below 0",
        6,
        3,
        new long[] {2},
        new long[] {-1});
    tensor("a tensor has 2 sizes and 1 strides", 6, 0, new long[] {1, 1}, new long[] {1});
  }

  @Test
  void products_that_overflow_are_refused() {
    long big = 1L << 32;
    tensor(
        "a tensor of sizes [4294967296, 4294967296] and strides [0, 0] from 0 has too many"
            + " elements",
        6,
        0,
        new long[] {big, big},
        new long[] {0, 0});
    tensor(
        "a tensor of sizes [3] and strides [9223372036854775807] from 0 has too many elements",
        6,
        0,
        new long[] {3},
        new long[] {Long.MAX_VALUE});
    tensor(
        "a tensor of sizes [4611686018427387904] and strides [0] from 0 has too many elements",
        6,
        0,
        new long[] {1L << 62},
        new long[] {0});
    tensor(
        "a tensor of sizes [0, 4294967296, 4294967296] and strides [1, 1, 1] from 0 has too many"
            + " elements",
        6,
        0,
        new long[] {0, big, big},
        new long[] {1, 1, 1});
    tensor(
        "a tensor of sizes [1000000000] and strides [0] from 0 repeats 6 elements too often",
        6,
        0,
        new long[] {1_000_000_000},
        new long[] {0});
    tensor(
        "its storage \"0\" claims 4611686018427387904 elements",
        1L << 62,
        0,
        new long[] {1},
        new long[] {1});
    tensor("its storage \"0\" claims -1 elements", -1, 0, new long[] {0}, new long[] {1});
  }

  private static void tensor(String why, long count, long offset, long[] sizes, long[] strides) {
    broken(pickle().tensor("0", count, offset, sizes, strides), why);
  }

  @Test
  void storages_that_lie_are_refused() {
    broken(
        pickle().storage("FloatStorage", "0", 5).storage("FloatStorage", "0", 6),
        "its storage \"0\" is of two types or lengths");
    broken(
        pickle().storage("FloatStorage", "0", 5).storage("LongStorage", "0", 5),
        "its storage \"0\" is of two types or lengths");
    broken(pickle().ops("NQ"), "its pickle has something else where a tuple must be");
    broken(pickle().ops(")Q"), "its pickle refers to what is no storage");
    PickleBytes view = pickle().ops("(").text("storage").global("torch", "FloatStorage");
    view.text("0").text("cpu").number(5).text("v").number(3).number(3).raw(0x87).ops("tQ");
    broken(view, "its storage \"0\" of 5 elements has a view of 3 from 3");
  }

  // ------------------------------------------------------------------ what is broken

  @Test
  void broken_programs_are_refused() {
    broken(pickle(), "its pickle takes from an empty stack");
    broken(pickle().ops("NN(0a"), "its pickle has something else where a list must be");
    broken(pickle().ops("N(a"), "its pickle takes from an empty stack");
    broken(pickle().ops("t"), "its pickle looks for a mark that is not there");
    broken(pickle().ops("h").raw(3), "its pickle recalls 3, which it did not store");
    broken(pickle().ops("}(Nu"), "its pickle sets items of what is no dictionary");
    broken(pickle().ops("NNNs"), "its pickle sets items of what is no dictionary");
    broken(pickle().ops("NN").raw(0x93), "its pickle has something else where a text must be");
    broken(pickle().ops("X").u32(1).raw(0xff), "its pickle has a text that is not UTF-8");
    broken(pickle().raw(0x80, 6), "its pickle has protocol 6; must be at most 5");
  }

  @Test
  void a_pickle_that_does_not_end_is_refused() {
    byte[] all = pickle().text("hello").end();
    for (int length = 0; length < all.length; length++) {
      byte[] some = Arrays.copyOf(all, length);
      PickleInput in = new PickleInput(FILE, new ByteArrayInputStream(some), some.length);
      assertThatThrownBy(() -> new Unpickler(FILE, in).load())
          .isInstanceOf(LinnetException.class)
          .hasMessageStartingWith("w.pth: is no valid file of torch.save: its pickle ");
    }
  }

  @Test
  void mutated_pickles_are_refused_or_read_but_never_crash() {
    PickleBytes good = pickle().ops("}(").text("a");
    good.tensor("0", 6, 0, new long[] {2, 3}, new long[] {3, 1}).text("b").ops("](").number(1);
    byte[] all = good.ops("Neu").end();
    RandomState random = RandomState.of(5);
    for (int i = 0; i < 20_000; i++) {
      byte[] bad = all.clone();
      for (int k = 0; k <= random.nextInt(3); k++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      try {
        PickleInput in = new PickleInput(FILE, new ByteArrayInputStream(bad), bad.length);
        new Unpickler(FILE, in).load();
      } catch (LinnetException e) {
        assertThat(requireNonNull(e.getMessage())).startsWith("w.pth: ").doesNotContain("\n");
      }
    }
  }
}
