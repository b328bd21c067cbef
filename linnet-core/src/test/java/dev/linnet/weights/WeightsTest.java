package dev.linnet.weights;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier;
import dev.linnet.models.Preprocessing;
import dev.linnet.models.Zoo;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files of PyTorch and shards into networks, and what does not fit. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class WeightsTest {
  @TempDir private Path folder;
  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  private static Classifier model(String name, int classes, int channels, int seed) {
    return Zoo.create(
        name,
        Zoo.find(name).options().withClasses(classes).withInChannels(channels),
        Device.CPU,
        RandomState.of(seed));
  }

  private Path file() {
    return folder.resolve("w.pth");
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(file(), bytes);
  }

  private static Map<String, Tensor> renamed(
      Map<String, Tensor> tensors, UnaryOperator<String> rename) {
    Map<String, Tensor> result = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> result.put(rename.apply(name), tensor));
    return result;
  }

  private static void areEqual(Classifier got, Classifier want) {
    want.state()
        .forEach(
            (name, p) ->
                assertThat(got.state(name).value().equalBits(p.value())).as(name).isTrue());
  }

  private void loads(Classifier want) {
    try (Pretrained got = WeightsFolder.loadFile("resnet20", file(), Device.CPU)) {
      areEqual(got.model(), want);
    }
  }

  private void refuses(String architecture, String why) {
    assertThatThrownBy(() -> WeightsFolder.loadFile(architecture, file(), Device.CPU))
        .isInstanceOf(LinnetException.class)
        .hasMessage(file() + ": " + why);
  }

  // ------------------------------------------------------------------ what fits

  @Test
  void state_dicts_of_both_formats_are_read_bit_by_bit() throws IOException {
    try (Classifier model = model("resnet20", 7, 1, 1)) {
      write(TorchBytes.zip(TorchBytes.state(model)));
      loads(model);
      write(TorchBytes.legacy(TorchBytes.state(model)));
      loads(model);
    }
  }

  @Test
  void common_wrappings_are_taken_off() throws IOException {
    try (Classifier model = model("resnet20", 4, 3, 1)) {
      Map<String, Tensor> state = TorchBytes.state(model);
      for (String key : List.of("state_dict_ema", "model_ema", "state_dict", "model")) {
        write(TorchBytes.zip(state, key));
        loads(model);
      }
      for (String prefix : List.of("module.", "_orig_mod.", "module._orig_mod.")) {
        write(TorchBytes.zip(renamed(state, name -> prefix + name), "state_dict"));
        loads(model);
      }
      SafeTensors.write(file(), renamed(state, name -> "module." + name), Map.of());
      loads(model);
    }
  }

  @Test
  void a_name_with_and_without_its_wrapper_is_refused() throws IOException {
    Tensor one = Tensor.scalar(1);
    Map<String, Tensor> twice = new LinkedHashMap<>();
    twice.put("a", one);
    twice.put("module.a", one);
    write(TorchBytes.zip(twice));
    refuses("resnet20", "has \"a\" twice, under two names");
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT16", "BFLOAT16"})
  void sixteen_bit_state_dicts_are_read_into_fp32(DType dtype) throws IOException {
    try (Classifier model = model("resnet20", 4, 3, 1)) {
      Map<String, Tensor> half = new LinkedHashMap<>();
      TorchBytes.state(model)
          .forEach((name, t) -> half.put(name, t.dtype().isFloating() ? t.to(dtype) : t));
      write(TorchBytes.zip(half));
      try (Pretrained got = WeightsFolder.loadFile("resnet20", file(), Device.CPU)) {
        Parameter weight = got.model().state("conv1.weight");
        assertThat(weight.dtype()).isEqualTo(DType.FLOAT32);
        assertThat(weight.value().toFloats())
            .containsExactly(requireNonNull(half.get("conv1.weight")).to(DType.FLOAT32).toFloats());
      }
    }
  }

  @Test
  void heads_that_only_help_training_are_skipped_and_said() throws IOException {
    try (Classifier model = model("resnet20", 4, 3, 1)) {
      Map<String, Tensor> state = TorchBytes.state(model);
      state.put("aux1.fc.weight", Tensor.scalar(1));
      state.put("AuxLogits.fc.bias", Tensor.scalar(1));
      write(TorchBytes.zip(state));
      assertThat(logged(Level.INFO, () -> loads(model)))
          .containsExactly(
              file()
                  + ": skips 2 tensors of heads that only help training (aux1.fc.weight,"
                  + " AuxLogits.fc.bias)");
    }
  }

  @Test
  void numbers_that_are_not_finite_are_counted_in_a_warning() throws IOException {
    try (Classifier model = model("resnet20", 4, 3, 1)) {
      Map<String, Tensor> state = TorchBytes.state(model);
      Tensor large = Autograd.off(() -> requireNonNull(state.get("layer3.2.conv2.weight")).copy());
      large.narrow(0, 0, 4).fill(Double.NaN); // 4 of 64 × 64 × 3 × 3
      state.put("layer3.2.conv2.weight", large);
      write(TorchBytes.legacy(state));
      assertThat(
              logged(
                  Level.WARNING,
                  () -> WeightsFolder.loadFile("resnet20", file(), Device.CPU).close()))
          .containsExactly(
              file()
                  + ": 2304 of its numbers are infinite or NaN; its predictions will be"
                  + " meaningless");
    }
  }

  // ------------------------------------------------------------------ folders

  private void saveFolder(Classifier model) throws IOException {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < model.classes(); i++) {
      names.add("class " + i);
    }
    WeightsFolder.save(folder, model, names, Preprocessing.IMAGENET);
    Files.delete(folder.resolve("model.safetensors"));
    assertThat(WeightsFolder.isOne(folder)).isFalse();
  }

  @Test
  void a_folder_may_have_a_state_dict() throws IOException {
    try (Classifier model = model("resnet20", 4, 3, 1)) {
      saveFolder(model);
      Files.write(folder.resolve("pytorch_model.bin"), TorchBytes.zip(TorchBytes.state(model)));
      assertThat(WeightsFolder.isOne(folder)).isTrue();
      try (Pretrained got = WeightsFolder.load(folder, Device.CPU)) {
        areEqual(got.model(), model);
        assertThat(got.classNames()).startsWith("class 0");
      }
    }
  }

  @Test
  void a_folder_may_have_shards() throws IOException {
    try (Classifier model = model("resnet20", 4, 3, 1)) {
      saveFolder(model);
      List<Map<String, Tensor>> shards = List.of(new LinkedHashMap<>(), new LinkedHashMap<>());
      List<String> lines = new ArrayList<>();
      TorchBytes.state(model)
          .forEach(
              (name, t) -> {
                int shard = name.startsWith("layer2") ? 1 : 0;
                shards.get(shard).put(name, t);
                lines.add("\"%s\": \"s%d.safetensors\"".formatted(name, shard));
              });
      for (int i = 0; i < 2; i++) {
        SafeTensors.write(folder.resolve("s" + i + ".safetensors"), shards.get(i), Map.of());
      }
      Files.writeString(
          folder.resolve("model.safetensors.index.json"),
          "{\"weight_map\": {" + String.join(", ", lines) + "}}");
      assertThat(WeightsFolder.isOne(folder)).isTrue();
      try (Pretrained got = WeightsFolder.load(folder, Device.CPU)) {
        areEqual(got.model(), model);
      }
    }
  }

  @Test
  void a_folder_may_have_shards_of_torch_save() throws IOException {
    try (Classifier model = model("resnet20", 4, 3, 1)) {
      saveFolder(model);
      Map<String, Tensor> first = TorchBytes.state(model);
      Map<String, Tensor> second = new LinkedHashMap<>();
      List<String> lines = new ArrayList<>();
      for (String name : List.copyOf(first.keySet())) {
        boolean inSecond = name.startsWith("layer2");
        if (inSecond) {
          second.put(name, requireNonNull(first.remove(name)));
        }
        lines.add("\"%s\": \"%d.bin\"".formatted(name, inSecond ? 2 : 1));
      }
      Files.write(folder.resolve("1.bin"), TorchBytes.zip(first));
      Files.write(folder.resolve("2.bin"), TorchBytes.legacy(second));
      Files.writeString(
          folder.resolve("pytorch_model.bin.index.json"),
          "{\"weight_map\": {" + String.join(", ", lines) + "}}");
      assertThat(WeightsFolder.isOne(folder)).isTrue();
      try (Pretrained got = WeightsFolder.load(folder, Device.CPU)) {
        areEqual(got.model(), model);
      }
    }
  }

  // ------------------------------------------------------------------ what does not fit

  @Test
  void a_state_dict_of_another_model_is_named() throws IOException {
    try (Classifier model = model("resnet32", 4, 3, 1)) {
      write(TorchBytes.zip(renamed(TorchBytes.state(model), name -> "module." + name)));
    }
    refuses(
        "resnet44",
        "does not fit resnet44: 60 missing (layer1.5.conv1.weight, layer1.5.bn1.weight,"
            + " layer1.5.bn1.bias, layer1.5.bn1.running_mean, layer1.5.bn1.running_var and 55"
            + " more); by its names and shapes it most likely is resnet32");
  }

  @Test
  void what_is_missing_unexpected_and_different_is_listed_by_name() throws IOException {
    try (Classifier model = model("resnet20", 4, 3, 1)) {
      Map<String, Tensor> state = TorchBytes.state(model);
      state.remove("bn1.bias");
      state.put("bn1.\u001b[2Jextra", Tensor.scalar(1));
      state.put("conv1.weight", Tensor.zeros(DType.FLOAT32, Device.CPU, 16, 3, 5, 5));
      write(TorchBytes.zip(state));
    }
    refuses(
        "resnet20",
        "does not fit resnet20: 1 missing (bn1.bias); 1 unexpected (bn1.?[2Jextra); 1 different"
            + " (conv1.weight: [16, 3, 5, 5] in the file, [16, 3, 3, 3] in the network)");
  }

  @Test
  void a_state_dict_of_no_model_of_the_zoo_gets_no_guess() throws IOException {
    write(TorchBytes.zip(Map.of("embeddings.weight", Tensor.scalar(1))));
    assertThatThrownBy(() -> WeightsFolder.loadFile("resnet20", file(), Device.CPU))
        .hasMessageStartingWith(file() + ": does not fit resnet20: ")
        .hasMessageEndingWith("; 1 unexpected (embeddings.weight)");
  }

  // ------------------------------------------------------------------ what may be another

  @Test
  void a_head_of_another_size_is_replaced_only_when_asked() throws IOException {
    try (Classifier from = model("resnet20", 10, 3, 1);
        Classifier to = model("resnet20", 4, 3, 2)) {
      write(TorchBytes.zip(TorchBytes.state(from)));
      float[] head = to.state("fc.weight").value().toFloats();
      assertThatThrownBy(() -> WeightsFolder.loadInto(file(), to, Fit.STRICT))
          .hasMessage(
              file()
                  + ": its head \"fc\" has 10 classes, the network 4; make the network with 10"
                  + " classes, and replace the head afterwards for others");
      assertThat(WeightsFolder.loadInto(file(), to, Fit.ADAPT))
          .containsExactly(
              file() + ": its head \"fc\" has 10 classes; the network keeps its own with 4");
      assertThat(to.state("fc.weight").value().toFloats()).containsExactly(head);
      assertThat(to.state("conv1.weight").value().equalBits(from.state("conv1.weight").value()))
          .isTrue();
    }
  }

  @Test
  void a_head_that_is_missing_is_kept_only_when_asked() throws IOException {
    try (Classifier from = model("resnet20", 10, 3, 1);
        Classifier to = model("resnet20", 1234, 3, 2)) {
      Map<String, Tensor> state = TorchBytes.state(from);
      state.keySet().removeIf(name -> name.startsWith("fc."));
      write(TorchBytes.zip(state));
      assertThatThrownBy(() -> WeightsFolder.loadInto(file(), to, Fit.STRICT))
          .hasMessage(file() + ": does not fit resnet20: 2 missing (fc.weight, fc.bias)");
      assertThat(WeightsFolder.loadInto(file(), to, Fit.ADAPT))
          .containsExactly(
              file() + ": has no head \"fc\"; the network keeps its own with 1234 classes");
    }
  }

  @Test
  void the_first_convolution_is_adapted_to_other_colors_as_in_timm() throws IOException {
    try (Classifier from = model("resnet20", 4, 3, 1);
        Classifier gray = model("resnet20", 4, 1, 2);
        Classifier five = model("resnet20", 4, 5, 2)) {
      write(TorchBytes.zip(TorchBytes.state(from)));
      float[] w = from.state("conv1.weight").value().contiguous().toFloats();
      assertThat(WeightsFolder.loadInto(file(), gray, Fit.ADAPT))
          .containsExactly(
              file() + ": its first convolution \"conv1\" is adapted from 3 colors to 1");
      float[] one = gray.state("conv1.weight").value().contiguous().toFloats();
      assertThat(one[0]).isEqualTo(w[0] + w[9] + w[18], within());
      WeightsFolder.loadInto(file(), five, Fit.ADAPT);
      Tensor many = five.state("conv1.weight").value().contiguous();
      assertThat(many.shape()).isEqualTo(Shape.of(16, 5, 3, 3));
      assertThat(many.toFloats()[9]).isEqualTo(w[9] * 3 / 5, within());
      assertThat(many.toFloats()[36]).isEqualTo(w[9] * 3 / 5, within());
    }
  }

  @Test
  void both_convolutions_that_see_the_colors_are_adapted() throws IOException {
    try (Classifier from = model("repvgg_a0", 4, 3, 1);
        Classifier gray = model("repvgg_a0", 4, 1, 2)) {
      write(TorchBytes.zip(TorchBytes.state(from)));
      assertThat(WeightsFolder.loadInto(file(), gray, Fit.ADAPT))
          .containsExactly(
              file()
                  + ": its first convolution \"stem.conv_kxk.conv\" is adapted from 3 colors to 1",
              file()
                  + ": its first convolution \"stem.conv_1x1.conv\" is adapted from 3 colors to 1");
      float[] w = from.state("stem.conv_1x1.conv.weight").value().contiguous().toFloats();
      float[] one = gray.state("stem.conv_1x1.conv.weight").value().contiguous().toFloats();
      assertThat(one[0]).isEqualTo(w[0] + w[1] + w[2], within());
    }
  }

  @Test
  void a_bare_file_says_the_colors_of_both_convolutions() throws IOException {
    try (Classifier gray = model("repvgg_a0", 4, 1, 1)) {
      write(TorchBytes.zip(TorchBytes.state(gray)));
      try (Pretrained loaded = WeightsFolder.loadFile("repvgg_a0", file(), Device.CPU)) {
        assertThat(loaded.model().inChannels()).isEqualTo(1);
        assertThat(loaded.model().classes()).isEqualTo(4);
      }
    }
  }

  private static Offset<Float> within() {
    return Offset.offset(1e-6f);
  }

  @Test
  void a_body_of_another_network_does_not_fit_even_when_asked() throws IOException {
    try (Classifier from = model("resnet32", 10, 3, 1);
        Classifier to = model("resnet20", 4, 3, 2)) {
      write(TorchBytes.zip(TorchBytes.state(from)));
      float[] before = to.state("conv1.weight").value().toFloats();
      assertThatThrownBy(() -> WeightsFolder.loadInto(file(), to, Fit.ADAPT))
          .isInstanceOf(LinnetException.class)
          .hasMessageEndingWith("; by its names and shapes it most likely is resnet32");
      assertThat(to.state("conv1.weight").value().toFloats()).containsExactly(before);
    }
  }

  // ------------------------------------------------------------------ tools

  private static List<String> logged(Level level, Runnable action) {
    List<String> lines = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            if (line.getLevel().equals(level)) {
              lines.add(new SimpleFormatter().formatMessage(line));
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("dev.linnet.weights");
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      action.run();
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    return lines;
  }
}
