package dev.linnet.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier;
import dev.linnet.models.InputSize;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Parts;
import dev.linnet.models.Preprocessing;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class WeightsFolderTest {
  @TempDir private Path folder;
  private final Scope scope = Scope.open("test");

  @AfterEach
  void close() {
    scope.close();
  }

  // ------------------------------------------------------------------ there and back

  @ParameterizedTest
  @CsvSource({"lenet5, 1, 28", "resnet20, 3, 32", "resnet20, 1, 28", "resnet18d, 3, 40"})
  void what_is_saved_is_loaded_bit_by_bit(String name, int channels, int side) {
    List<String> names = names(7);
    Preprocessing preprocessing =
        Preprocessing.IMAGENET
            .withColors(Collections.nCopies(channels, 0.25), Collections.nCopies(channels, 0.125))
            .withInput(new InputSize(channels, side, side + 1))
            .withInterpolation("bilinear")
            .withCropPct(0.9);
    try (Classifier model = model(name, 7, channels)) {
      WeightsFolder.save(folder, model, names, preprocessing);
      assertThat(WeightsFolder.isOne(folder)).isTrue();
      try (Pretrained loaded = WeightsFolder.load(folder, Device.CPU)) {
        assertThat(loaded.classNames()).isEqualTo(names);
        assertThat(loaded.preprocessing()).isEqualTo(preprocessing);
        assertThat(loaded.model().architecture()).isEqualTo(name);
        assertThat(loaded.model().isTraining()).isFalse();
        model
            .state()
            .forEach(
                (n, p) ->
                    assertThat(loaded.model().state(n).value().equalBits(p.value()))
                        .as(n)
                        .isTrue());
        Tensor x = pictures(2, channels, name.equals("lenet5") ? 28 : side);
        assertThat(loaded.model().forward(x).equalBits(model.forward(x))).isTrue();
      }
    }
  }

  @Test
  void exchanged_parts_are_saved_by_timms_names_and_loaded() throws IOException {
    Parts parts =
        Parts.PUBLISHED
            .withActivation(Nonlinearity.HARDSWISH)
            .withPadding(Parts.Border.SAME)
            .withOutputStride(16)
            .withWidth(0.5)
            .withSqueezeExcite(Parts.Presence.WITHOUT);
    ZooModel zoo = Zoo.find("mobilenetv3_small_100");
    try (Classifier model =
        zoo.create(zoo.options().withClasses(7).withParts(parts), Device.CPU, RandomState.of(1))) {
      WeightsFolder.save(folder, model, names(7), zoo.published().preprocessing());
      assertThat(Files.readString(config()).replaceAll("\\s+", " "))
          .contains(
              "\"model_args\" : { \"act_layer\" : \"hard_swish\", \"pad_type\" : \"same\","
                  + " \"output_stride\" : 16, \"width\" : 0.5, \"squeeze_excite\" : false }");
      try (Pretrained loaded = WeightsFolder.load(folder, Device.CPU)) {
        assertThat(loaded.model().parts()).isEqualTo(parts);
        Tensor x = pictures(2, 3, 64);
        assertThat(loaded.model().forward(x).equalBits(model.forward(x))).isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"act_layer\": \"mish\"|model_args.act_layer: got \"mish\"; must be one of identity, relu,"
            + " relu6, silu, gelu, hard_swish, hard_sigmoid, sigmoid, tanh",
        "\"pad_type\": \"reflect\"|model_args.pad_type: got \"reflect\"; must be one of \"\", same,"
            + " symmetric",
        "\"output_stride\": 12|output_stride: got 12; must be 8, 16, 32 or auto",
        "\"output_stride\": \"8\"|model_args.output_stride: got \"8\"; must be a whole number",
        "\"aux_logits\": true|model_options.auxiliary: mobilenetv2_035 has no such option; it has"
            + " activation, padding, squeeze_excite, width, output_stride",
        "\"aux_logits\": 1|model_args.aux_logits: got 1; must be one of true, false",
        "\"width\": 9|width: got 9.0; must be in (0, 8], or auto",
        "\"global_pool\": \"max\"|model_args.global_pool: got \"max\"; Linnet builds \"avg\" only",
        "\"stem_type\": \"deep\"|model_args.stem_type: got \"deep\"; Linnet does not build this"
            + " variation",
      })
  void arguments_that_cannot_be_are_refused(String argument, String message) throws IOException {
    Files.writeString(
        config(), "{\"architecture\": \"mobilenetv2_035\", \"model_args\": {" + argument + "}}");
    assertThatThrownBy(() -> WeightsFolder.config(folder))
        .isInstanceOf(LinnetException.class)
        .hasMessage(config() + ": " + message);
  }

  @Test
  void arguments_that_change_nothing_and_the_old_flat_layout_are_read() throws IOException {
    Files.writeString(
        config(),
        """
        {"architecture": "resnet18", "num_classes": 3, "input_size": [3, 160, 192],
         "crop_pct": 0.5, "crop_mode": "squash", "mean": [0.5, 0.5, 0.5], "label_names": ["a", "b", "c"],
         "model_args": {"output_stride": 32, "aux_logits": false, "global_pool": "avg"}}
        """);
    WeightsConfig read = WeightsFolder.config(folder);
    assertThat(read.options().classes()).isEqualTo(3);
    assertThat(read.options().parts()).isEqualTo(Parts.PUBLISHED);
    assertThat(read.classNames()).containsExactly("a", "b", "c");
    assertThat(read.preprocessing())
        .isEqualTo(
            Zoo.find("resnet18")
                .published()
                .preprocessing()
                .withInput(new InputSize(3, 160, 192))
                .withCropPct(0.5)
                .withCropMode("squash")
                .withColors(List.of(0.5, 0.5, 0.5), List.of(0.229, 0.224, 0.225)));
  }

  @Test
  void the_same_weights_give_the_same_bytes() throws IOException {
    try (Classifier model = model("resnet20", 4, 3)) {
      save(model);
      byte[] config = Files.readAllBytes(config());
      byte[] weights = Files.readAllBytes(weights());
      save(model);
      assertThat(Files.readAllBytes(config())).isEqualTo(config);
      assertThat(Files.readAllBytes(weights())).isEqualTo(weights);
    }
  }

  @Test
  void the_config_is_in_the_layout_of_timm() throws IOException {
    try (Classifier model = model("resnet18d", 2, 1)) {
      WeightsFolder.save(
          folder,
          model,
          List.of("cat", "Vögel"),
          Preprocessing.IMAGENET.withColors(List.of(0.5), List.of(0.25)));
    }
    assertThat(Files.readString(config()))
        .isEqualTo(
            """
            {
              "architecture" : "resnet18d",
              "num_classes" : 2,
              "num_features" : 512,
              "global_pool" : "avg",
              "label_names" : [ "cat", "Vögel" ],
              "model_args" : {
                "in_chans" : 1
              },
              "pretrained_cfg" : {
                "input_size" : [ 1, 224, 224 ],
                "fixed_input_size" : false,
                "interpolation" : "bicubic",
                "crop_pct" : 0.875,
                "crop_mode" : "center",
                "mean" : [ 0.5 ],
                "std" : [ 0.25 ],
                "num_classes" : 2,
                "first_conv" : "conv1.0",
                "classifier" : "fc"
              }
            }
            """);
  }

  @Test
  void two_first_convolutions_are_a_list_as_in_timm() throws IOException {
    try (Classifier model = model("repvgg_a0", 2, 3)) {
      WeightsFolder.save(folder, model, List.of("cat", "dog"), Preprocessing.IMAGENET);
    }
    assertThat(Files.readString(config()))
        .contains("\"first_conv\" : [ \"stem.conv_kxk.conv\", \"stem.conv_1x1.conv\" ],");
  }

  @Test
  void a_rate_of_drop_block_is_kept_by_timms_name() throws IOException {
    ZooModel zoo = Zoo.find("resnet18");
    ModelOptions options =
        zoo.options().withClasses(2).withParts(Parts.PUBLISHED.withDropBlockRate(0.1));
    try (Classifier model = zoo.create(options, Device.CPU, RandomState.of(1))) {
      WeightsFolder.save(folder, model, names(2), zoo.published().preprocessing());
      assertThat(Files.readString(config()).replaceAll("\\s+", " "))
          .contains("\"model_args\" : { \"drop_block_rate\" : 0.1 }");
      try (Pretrained loaded = WeightsFolder.load(folder, Device.CPU)) {
        assertThat(loaded.model().parts()).isEqualTo(model.parts());
      }
    }
  }

  /** ShakeDrop scales the branches in evaluation too, by its rate. */
  @Test
  void a_network_of_shaken_branches_keeps_its_rate() throws IOException {
    ZooModel zoo = Zoo.find("pyramidnet110_a48");
    ModelOptions options =
        zoo.options()
            .withDropPathRate(0.5)
            .withParts(Parts.PUBLISHED.withShakeDrop(Parts.Presence.WITH));
    try (Classifier model = zoo.create(options, Device.CPU, RandomState.of(1))) {
      WeightsFolder.save(folder, model, names(10), zoo.published().preprocessing());
      assertThat(Files.readString(config()).replaceAll("\\s+", " "))
          .contains("\"model_args\" : { \"shake_drop\" : true, \"drop_path_rate\" : 0.5 }");
      try (Pretrained loaded = WeightsFolder.load(folder, Device.CPU)) {
        Tensor x = pictures(2, 3, 16);
        assertThat(loaded.model().forward(x).equalBits(model.forward(x))).isTrue();
      }
    }
    String text = Files.readString(config());
    Files.writeString(config(), text.replace("\"drop_path_rate\" : 0.5", "\"drop_path_rate\" : 0"));
    assertThatThrownBy(() -> WeightsFolder.load(folder, Device.CPU))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            config()
                + ": drop_path_rate: got 0.0; must be above 0 where shake_drop is on, such as its"
                + " paper's 0.5");
  }

  @Test
  void the_files_that_are_read_are_named() {
    try (Classifier model = model("resnet20", 4, 3)) {
      save(model);
    }
    Path weights = folder.resolve("model.safetensors");
    assertThat(WeightsFolder.files(folder)).containsExactly(config(), weights);
    assertThat(WeightsFolder.files(weights)).containsExactly(weights);
  }

  @Test
  void weights_are_read_into_a_network_in_place() {
    try (Classifier model = model("resnet20", 4, 3);
        Classifier other = Zoo.create("resnet20", model4(), Device.CPU, RandomState.of(99))) {
      save(model);
      Tensor own = other.state("conv1.weight").value();
      WeightsFolder.loadInto(folder, other);
      assertThat(other.state("conv1.weight").value()).isSameAs(own);
      assertThat(own.equalBits(model.state("conv1.weight").value())).isTrue();
      assertThat(own.requiresGrad()).isTrue();
    }
  }

  @Test
  void sixteen_bit_files_are_read_into_fp32() {
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      try (Classifier model = model("resnet20", 4, 3)) {
        save(model);
        rewrite(model, (name, t) -> t.dtype().isFloating() ? t.to(dtype) : t);
        try (Pretrained loaded = WeightsFolder.load(folder, Device.CPU)) {
          Tensor rounded = model.state("conv1.weight").value().to(dtype).to(DType.FLOAT32);
          assertThat(loaded.model().state("conv1.weight").value().equalBits(rounded)).isTrue();
        }
      }
    }
  }

  @Test
  void counters_of_batches_may_be_missing_as_in_torch() {
    try (Classifier model = model("resnet20", 4, 3)) {
      save(model);
      rewrite(model, (name, t) -> name.endsWith("num_batches_tracked") ? null : t);
      try (Pretrained loaded = WeightsFolder.load(folder, Device.CPU)) {
        assertThat(loaded.model().state("bn1.num_batches_tracked").value().item()).isZero();
      }
    }
  }

  @Test
  void a_bare_file_says_its_classes_itself() {
    try (Classifier model = model("resnet20", 4, 3)) {
      save(model);
      try (Pretrained loaded = WeightsFolder.loadFile("resnet20", weights(), Device.CPU)) {
        assertThat(loaded.model().classes()).isEqualTo(4);
        assertThat(loaded.classNames()).isEmpty();
        assertThat(loaded.preprocessing())
            .isEqualTo(Zoo.find("resnet20").published().preprocessing());
      }
    }
  }

  @Test
  void one_loaded_classifier_serves_many_threads() throws Exception {
    try (Classifier model = model("resnet20", 4, 3)) {
      save(model);
    }
    try (Pretrained loaded = WeightsFolder.load(folder, Device.CPU)) {
      List<float[]> alone =
          IntStream.range(0, 16).mapToObj(i -> logits(loaded.model(), i)).toList();
      ExecutorService threads = Executors.newFixedThreadPool(8);
      List<Future<float[]>> together = new ArrayList<>();
      for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 16; i++) {
          int seed = i;
          together.add(threads.submit(() -> logits(loaded.model(), seed)));
        }
      }
      for (int i = 0; i < together.size(); i++) {
        assertThat(together.get(i).get()).containsExactly(alone.get(i % 16));
      }
      threads.shutdown();
    }
  }

  private static float[] logits(Classifier model, int seed) {
    try (Scope own = Scope.open("predict " + seed)) {
      assertThat(own.name()).endsWith(" " + seed);
      Tensor x = Tensor.normal(0, 1, RandomState.of(seed), DType.FLOAT32, 1, 3, 32, 32);
      return Autograd.off(() -> model.forward(x.channelsLast())).toFloats();
    }
  }

  // ------------------------------------------------------------------ what does not fit

  @Test
  void weights_of_another_network_are_named() throws IOException {
    try (Classifier model = model("resnet32", 4, 3)) {
      save(model);
    }
    edit("resnet32", "resnet20");
    refuses(
        weights()
            + ": does not fit resnet20: 72 unexpected (layer1.3.bn1.num_batches_tracked,"
            + " layer1.3.bn2.num_batches_tracked, layer1.4.bn1.num_batches_tracked,"
            + " layer1.4.bn2.num_batches_tracked, layer2.3.bn1.num_batches_tracked and 67 more);"
            + " by its names and shapes it most likely is resnet32");
    edit("resnet20", "resnet44");
    assertThatThrownBy(() -> WeightsFolder.load(folder, Device.CPU))
        .hasMessage(
            weights()
                + ": does not fit resnet44: 60 missing (layer1.5.conv1.weight, layer1.5.bn1.weight,"
                + " layer1.5.bn1.bias, layer1.5.bn1.running_mean, layer1.5.bn1.running_var and 55"
                + " more); by its names and shapes it most likely is resnet32");
  }

  @Test
  void shapes_that_differ_are_named() throws IOException {
    try (Classifier model = model("resnet20", 4, 1)) {
      save(model);
    }
    edit("\"in_chans\" : 1", "\"in_chans\" : 3");
    refuses(
        weights()
            + ": does not fit resnet20: 1 different (conv1.weight: [16, 1, 3, 3] in the file,"
            + " [16, 3, 3, 3] in the network)");
  }

  @Test
  void types_that_differ_are_named() {
    try (Classifier model = model("resnet20", 4, 3)) {
      save(model);
      rewrite(model, (name, t) -> name.equals("fc.bias") ? t.to(DType.INT32) : t);
    }
    refuses(
        weights()
            + ": does not fit resnet20: 1 different (fc.bias: int32 in the file, fp32 in the"
            + " network)");
  }

  @Test
  void another_number_of_classes_is_said_of_the_head() throws IOException {
    try (Classifier model = model("resnet20", 4, 3)) {
      save(model);
    }
    Files.writeString(
        config(),
        Files.readString(config())
            .replace("\"num_classes\" : 4", "\"num_classes\" : 10")
            .replaceAll("\"label_names\".*\n", ""));
    refuses(
        weights()
            + ": its head \"fc\" has 4 classes, the network 10; make the network with 4 classes,"
            + " and replace the head afterwards for others");
  }

  @Test
  void a_network_that_does_not_fit_stays_as_it_was() {
    try (Classifier model = model("resnet20", 4, 3);
        Classifier other = model("resnet32", 4, 3)) {
      save(model);
      float[] before = other.state("conv1.weight").value().toFloats();
      assertThatThrownBy(() -> WeightsFolder.loadInto(folder, other))
          .isInstanceOf(LinnetException.class);
      assertThat(other.state("conv1.weight").value().toFloats()).containsExactly(before);
    }
  }

  @Test
  void numbers_that_are_not_finite_are_counted_in_a_warning() {
    List<String> warnings = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            warnings.add(new SimpleFormatter().formatMessage(line));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("dev.linnet.weights");
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try (Classifier model = model("resnet20", 4, 3)) {
      Autograd.off(
          () -> {
            model.state("fc.bias").value().fill(Double.NaN);
            model.state("bn1.bias").value().narrow(0, 0, 3).fill(Double.POSITIVE_INFINITY);
          });
      save(model);
      WeightsFolder.load(folder, Device.CPU).close();
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    assertThat(warnings)
        .containsExactly(
            weights()
                + ": 7 of its numbers are infinite or NaN; its predictions will be meaningless");
  }

  @Test
  void a_truncated_file_is_refused() throws IOException {
    try (Classifier model = model("resnet20", 4, 3)) {
      save(model);
    }
    byte[] all = Files.readAllBytes(weights());
    Files.write(weights(), Arrays.copyOf(all, all.length / 2));
    assertThatThrownBy(() -> WeightsFolder.load(folder, Device.CPU))
        .isInstanceOf(LinnetException.class)
        .hasMessageStartingWith(weights() + ": is no valid safetensors file: its tensors have ")
        .hasMessageEndingWith("; it is cut short");
  }

  // ------------------------------------------------------------------ what the config says

  @Test
  void a_folder_without_config_is_refused() {
    refuses(
        config()
            + ": no such file; a folder of weights has config.json and model.safetensors; for a"
            + " bare file of weights name its network, as in: resnet50 --weights FILE");
    assertThat(WeightsFolder.isOne(folder)).isFalse();
  }

  @Test
  void a_folder_without_weights_is_refused() throws IOException {
    Files.writeString(config(), "{\"architecture\": \"resnet20\"}");
    refuses(
        folder
            + ": has no weights; must have one of model.safetensors, model.safetensors.index.json,"
            + " pytorch_model.bin, pytorch_model.bin.index.json");
  }

  @Test
  void a_config_that_is_no_json_is_refused() throws IOException {
    write("{\"architecture\": ");
    assertThatThrownBy(() -> WeightsFolder.config(folder))
        .isInstanceOf(LinnetException.class)
        .hasMessageStartingWith(config() + ": is no valid JSON: Unexpected end-of-input");
    write("{\"architecture\": \"resnet20\", \"architecture\": \"resnet32\"}");
    refuses(config() + ": is no valid JSON: Duplicate field 'architecture' (line 1)");
    write("[1, 2]");
    refuses(config() + ": is no JSON object; see a folder that Linnet wrote");
    Files.write(config(), new byte[] {'{', (byte) 0xff, '}'});
    refuses(config() + ": is not UTF-8");
    write("");
    refuses(config() + ": is no JSON object; see a folder that Linnet wrote");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{}|has no \"architecture\"; must be a name of the zoo",
        "{\"architecture\": 5}|has no \"architecture\"; must be a name of the zoo",
        "{\"architecture\": \"lenet6\"}|model: got \"lenet6\"; must be a name of the zoo; did you"
            + " mean \"lenet5\"?",
        "{A, \"num_classes\": 0}|classes: got 0; must be at least 1",
        "{A, \"num_classes\": 1e3}|num_classes: got 1000.0; must be a whole number",
        "{A, \"num_classes\": 9223372036854775808}|num_classes: got 9223372036854775808; must be a"
            + " whole number",
        "{A, \"label_names\": [\"a\", \"b\"]}|label_names: got 2 names; must be one for each of"
            + " the 10 classes",
        "{A, \"label_names\": [\"a\", 5]}|label_names: has no name for class 1",
        "{A, \"label_names\": {\"0\": \"a\", \"2\": \"b\"}}|label_names: has no name for class 1",
        "{A, \"pretrained_cfg\": 5}|pretrained_cfg: got 5; must be an object",
        "{A, \"pretrained_cfg\": {\"input_size\": [3, 0, 5]}}|pretrained_cfg.input_size: got"
            + " [3,0,5]; must be [channels, height, width], each at least 1",
        "{A, \"pretrained_cfg\": {\"input_size\": \"big\"}}|pretrained_cfg.input_size: got \"big\";"
            + " must be a list of numbers",
        "{A, \"pretrained_cfg\": {\"mean\": [0.5, 0.5]}}|pretrained_cfg.mean: got [0.5,0.5]; must"
            + " be 3 numbers",
        "{A, \"pretrained_cfg\": {\"std\": [1, 0, 1]}}|std: got [1.0, 0.0, 1.0]; must be above 0 in"
            + " each channel",
        "{A, \"pretrained_cfg\": {\"crop_pct\": 1.5}}|crop_pct: got 1.5; must be in (0, 1]",
        "{A, \"pretrained_cfg\": {\"crop_pct\": \"all\"}}|pretrained_cfg.crop_pct: got \"all\";"
            + " must be a number",
        "{A, \"pretrained_cfg\": {\"interpolation\": \"random\"}}|interpolation: got random; must"
            + " be one of bilinear, bicubic, nearest, lanczos, box, hamming",
        "{A, \"model_args\": {\"stem_width\": 64}}|model_args.stem_width: got 64; Linnet does not"
            + " build this variation",
        "{A, \"model_args\": {\"global_pool\": \"max\"}}|model_args.global_pool: got \"max\";"
            + " Linnet builds \"avg\" only",
        "{A, \"model_args\": {\"in_chans\": 0}}|in_channels: got 0; must be at least 1",
      })
  void what_a_config_cannot_say_is_refused(String json, String why) throws IOException {
    write(json.replace("{A", "{\"architecture\": \"resnet20\""));
    refuses(config() + ": " + why);
  }

  @Test
  void what_a_config_leaves_out_is_as_published() throws IOException {
    write("{\"architecture\": \"resnet50d\", \"something\": [1]}");
    WeightsConfig config = WeightsFolder.config(folder);
    ZooModel zoo = Zoo.find("resnet50d");
    assertThat(config.options()).isEqualTo(zoo.options());
    assertThat(config.preprocessing()).isEqualTo(zoo.published().preprocessing());
    assertThat(config.classNames()).hasSize(1000).startsWith(ImageNetClass.ownNames().get(0));
  }

  @Test
  void a_config_of_timm_is_understood() throws IOException {
    write(
        """
        {"architecture": "resnet34", "num_classes": 2, "num_features": 512, "global_pool": "avg",
         "label_names": {"0": "ant", "1": "bee"},
         "model_args": {"num_classes": 2, "in_chans": 1, "global_pool": "avg", "drop_rate": 0.1},
         "pretrained_cfg": {"tag": "a1_in1k", "input_size": [3, 160, 192], "fixed_input_size": false,
          "interpolation": "bilinear", "crop_pct": 0.9, "crop_mode": "center",
          "mean": [0.3, 0.4, 0.5], "std": [0.5], "num_classes": 1000, "pool_size": null,
          "first_conv": "conv1", "classifier": "fc"}}
        """);
    WeightsConfig config = WeightsFolder.config(folder);
    assertThat(config.options().classes()).isEqualTo(2);
    assertThat(config.options().inChannels()).isEqualTo(1);
    assertThat(config.options().dropRate()).isEqualTo(0.1);
    assertThat(config.classNames()).containsExactly("ant", "bee");
    assertThat(config.preprocessing().input()).isEqualTo(new InputSize(1, 160, 192));
    assertThat(config.preprocessing().interpolation()).isEqualTo("bilinear");
    assertThat(config.preprocessing().mean()).hasSize(1);
    assertThat(config.preprocessing().mean().get(0)).isCloseTo(0.4, offset(1e-12));
    assertThat(config.preprocessing().std()).containsExactly(0.5);
  }

  @Test
  void names_must_be_as_many_as_classes() {
    try (Classifier model = model("resnet20", 4, 3)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> WeightsFolder.save(folder, model, names(3), Preprocessing.IMAGENET))
          .withMessage("got 3 names for 4 classes");
    }
  }

  // ------------------------------------------------------------------ tools

  private Path config() {
    return folder.resolve("config.json");
  }

  private Path weights() {
    return folder.resolve("model.safetensors");
  }

  private void write(String json) throws IOException {
    Files.writeString(config(), json);
  }

  private void edit(String from, String to) throws IOException {
    String text = Files.readString(config());
    assertThat(text).contains(from);
    write(text.replace(from, to));
  }

  private void refuses(String line) {
    assertThatThrownBy(() -> WeightsFolder.load(folder, Device.CPU))
        .isInstanceOf(LinnetException.class)
        .hasMessage(line);
  }

  private void save(Classifier model) {
    WeightsFolder.save(
        folder,
        model,
        names(model.classes()),
        Zoo.find(model.architecture()).published().preprocessing());
  }

  /** A change of a tensor by its name; null takes it away. */
  private interface Change {
    @Nullable Tensor apply(String name, Tensor tensor);
  }

  private void rewrite(Classifier model, Change change) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    model
        .state()
        .forEach(
            (name, p) -> {
              Tensor changed = change.apply(name, p.value().detach());
              if (changed != null) {
                tensors.put(name, changed);
              }
            });
    SafeTensors.write(weights(), tensors, Map.of("format", "pt"));
  }

  private static List<String> names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "class " + i).toList();
  }

  private static ModelOptions model4() {
    return Zoo.find("resnet20").options().withClasses(4);
  }

  private static Classifier model(String name, int classes, int channels) {
    return Zoo.create(
        name,
        Zoo.find(name).options().withClasses(classes).withInChannels(channels),
        Device.CPU,
        RandomState.of(1));
  }

  private static Tensor pictures(int n, int channels, int side) {
    return Tensor.normal(0, 1, RandomState.of(5), DType.FLOAT32, n, channels, side, side)
        .channelsLast();
  }
}
