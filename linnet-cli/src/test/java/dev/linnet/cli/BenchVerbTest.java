package dev.linnet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.tensor.Fusion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class BenchVerbTest {
  private static final List<String> STEP_KEYS =
      List.of(
          "verb",
          "model",
          "batch",
          "size",
          "dtype",
          "ms",
          "min_ms",
          "images_per_s",
          "warmup_s",
          "threads",
          "torch");

  @Test
  void training_steps_are_told_with_the_keys_of_the_peer() {
    JsonNode json =
        Run.of("bench", "train", "lenet5", "--batch", "2", "--steps=2", "--dtype=fp32", "--json")
            .json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsAll(STEP_KEYS)
        .contains("optimizer", "fused", "memory", "rss_mb")
        .hasSize(STEP_KEYS.size() + 4);
    assertThat(json.get("model").asText()).isEqualTo("lenet5");
    assertThat(json.get("batch").asInt()).isEqualTo(2);
    assertThat(json.get("size").asInt()).isEqualTo(28);
    assertThat(json.get("dtype").asText()).isEqualTo("fp32");
    assertThat(json.get("memory").asText()).isEqualTo("usual");
    assertThat(json.get("min_ms").asDouble())
        .isPositive()
        .isLessThanOrEqualTo(json.get("ms").asDouble());
    assertThat(json.get("images_per_s").asDouble()).isPositive();
    assertThat(json.get("rss_mb").asInt()).isGreaterThan(10);
  }

  @Test
  void fused_kernels_can_be_left_out() {
    JsonNode json =
        Run.of("bench", "train", "lenet5", "--batch=2", "--steps=1", "--no-fused", "--json").json();
    assertThat(json.get("fused").asText()).isEqualTo("none");
  }

  @Test
  void a_profile_is_told_by_phase_operator_and_layer(@TempDir Path folder) throws IOException {
    Path trace = folder.resolve("step.json");
    JsonNode json =
        Run.of(
                "bench",
                "train",
                "lenet5",
                "--batch=2",
                "--steps=1",
                "--warmup=1",
                "--dtype=fp32",
                "--profile",
                "--depth=1",
                "--trace=" + trace,
                "--json")
            .json();
    assertThat(json.get("profiled_ms").asDouble()).isPositive();
    assertThat(json.get("overhead_percent").isNumber()).isTrue();
    assertThat(json.get("copy_gb_per_s").asDouble()).isPositive();
    assertThat(json.get("matmul_gflop_per_s_bf16").asDouble()).isPositive();
    JsonNode profile = json.get("profile");
    assertThat(profile.fieldNames()).toIterable().containsExactly("phases", "operators", "layers");
    assertThat(profile.get("phases").get(0).fieldNames())
        .toIterable()
        .containsExactly("phase", "ms", "share");
    assertThat(profile.get("operators").findValuesAsText("operator"))
        .contains("conv2d 5×5", "conv2d 5×5, back", "max_pool2d", "fused_sgd");
    assertThat(profile.get("operators").get(0).fieldNames())
        .toIterable()
        .containsExactly("operator", "calls", "ms", "share", "bytes", "flops", "at_best_ms");
    assertThat(profile.get("layers").findValuesAsText("layer")).contains("conv1", "fc2", "(loss)");
    assertThat(profile.get("layers").get(0).fieldNames())
        .toIterable()
        .containsExactly("layer", "forward_ms", "backward_ms", "share", "at_best_ms");
    JsonNode spans = new ObjectMapper().readTree(trace.toFile()).get("traceEvents");
    assertThat(spans.findValuesAsText("name")).contains("step", "backward", "conv1", "conv2d 5×5");
    assertThat(spans.get(0).fieldNames())
        .toIterable()
        .containsExactly("name", "cat", "ph", "ts", "dur", "pid", "tid", "args");
  }

  @Test
  void a_profile_for_people_is_three_tables() {
    String answer =
        Run.of("bench", "train", "lenet5", "--batch=2", "--steps=1", "--warmup=1", "--profile")
            .answered();
    assertThat(answer)
        .containsPattern("(?m)^phase +ms +%$")
        .containsPattern("(?m)^operator +calls +ms +% +MB +GB/s +GFLOP/s +roofline %$")
        .containsPattern("(?m)^layer +forward ms +backward ms +% +roofline %$")
        .containsPattern("(?m)^conv2d 5×5, back +2 ");
  }

  @Test
  void what_goes_with_a_profile_alone_is_refused_without(@TempDir Path folder) {
    Run.of("bench", "train", "lenet5", "--trace", "step.json")
        .failed(2, "linnet: --trace: goes with --profile alone; add it");
    Run.of("bench", "train", "lenet5", "--depth", "3")
        .failed(2, "linnet: --depth: goes with --profile alone; add it");
    Run.of("bench", "train", "resnet20", "--profile", "--memory=low")
        .failed(2, "linnet: --memory low: does not go with --profile; leave one of them out");
    Run.of("bench", "train", "lenet5", "--memory=low")
        .failed(
            2,
            "linnet: --memory: got low; must be usual for lenet5, which has no blocks to compute"
                + " again");
    Run.of("bench", "train", "lenet5", "--profile", "--yield")
        .failed(2, "linnet: --yield: does not go with --profile; leave one of them out");
    Run.of("bench", "train", "lenet5", "--profile", "--depth", "0")
        .failed(2, "linnet: --depth: got 0; must be at least 1");
    Run.of("bench", "train", "lenet5", "--profile", "--trace", folder.toString())
        .failed(1, "linnet: --trace: " + folder + " exists already; choose another name");
    Run.of("bench", "train", "lenet6", "--profile")
        .failed(
            1,
            "linnet: model: got \"lenet6\"; must be a name of the zoo; did you mean \"lenet5\"?");
  }

  @Test
  void the_machine_is_told_with_its_limits() {
    JsonNode json = Run.of("bench", "machine", "--json").json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "verb",
            "instructions",
            "threads",
            "copy_gb_per_s",
            "copy_gb_per_s_1_thread",
            "matmul_gflop_per_s_fp32",
            "conv3x3_gflop_per_s_fp32",
            "matmul_gflop_per_s_bf16",
            "conv3x3_gflop_per_s_bf16",
            "measured_s",
            "torch",
            "rss_mb");
    assertThat(json.get("conv3x3_gflop_per_s_fp32").asDouble()).isPositive();
  }

  @Test
  void adamw_can_be_timed_too() {
    JsonNode json =
        Run.of(
                "bench",
                "train",
                "resnet20",
                "--batch=2",
                "--steps=1",
                "--warmup=0",
                "--size=16",
                "--dtype=bf16",
                "--optimizer=adamw",
                "--json")
            .json();
    assertThat(json.get("optimizer").asText()).isEqualTo("adamw");
    assertThat(json.get("size").asInt()).isEqualTo(16);
  }

  @Test
  void an_optimizer_is_timed_alone() {
    JsonNode json =
        Run.of("bench", "optimizer", "lenet5", "--optimizer=lamb", "--steps=2", "--json").json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "verb", "model", "optimizer", "ms", "min_ms", "threads", "torch", "rss_mb");
    assertThat(json.get("optimizer").asText()).isEqualTo("lamb");
    assertThat(json.get("ms").asDouble()).isPositive();
  }

  @Test
  void forward_passes_are_told_with_the_keys_of_the_peer() {
    JsonNode json = Run.of("bench", "infer", "lenet5", "--batch=1", "--steps=1", "--json").json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsAll(STEP_KEYS)
        .contains("rss_mb", "fused", "compile_s")
        .hasSize(STEP_KEYS.size() + 3);
  }

  @Test
  void forward_passes_are_timed_for_latency_and_for_throughput() {
    JsonNode one =
        Run.of("bench", "infer", "lenet5", "--mode=latency", "--warmup=0", "--json").json();
    assertThat(one.get("batch").asInt()).isEqualTo(1);
    assertThat(one.get("fused").asText()).isEqualTo(Fusion.provider().orElse("none"));
    JsonNode many =
        Run.of(
                "bench",
                "infer",
                "lenet5",
                "--mode=throughput",
                "--warmup=0",
                "--no-fused",
                "--json")
            .json();
    assertThat(many.get("batch").asInt()).isEqualTo(32);
    assertThat(many.get("fused").asText()).isEqualTo("none");
    assertThat(many.get("compile_s").asDouble()).isZero();
  }

  @Test
  void a_trick_is_timed_alone() {
    JsonNode json =
        Run.of("bench", "trick", "cutmix", "--batch=2", "--size=16", "--steps=1", "--json").json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "verb", "trick", "batch", "size", "dtype", "ms", "min_ms", "threads", "torch",
            "rss_mb");
    assertThat(json.get("trick").asText()).isEqualTo("cutmix");
    assertThat(json.get("ms").asDouble()).isPositive();
    Run.of("bench", "trick", "cutmx")
        .failed(
            1,
            "linnet: trick: got \"cutmx\"; must be one of a recipe with defaults; did you mean"
                + " \"cutmix\"?");
    Run.of("bench", "trick", "zero_gamma")
        .failed(
            1,
            "linnet: trick: got \"zero_gamma\"; must be one that changes batches or features;"
                + " others cost what \"linnet bench train\" and \"linnet bench data\" say");
  }

  @Test
  void the_start_is_told_in_seconds() {
    JsonNode json = Run.of("bench", "start", "--json").json();
    assertThat(json.fieldNames()).toIterable().containsExactly("verb", "s", "rss_mb");
    assertThat(json.get("s").asDouble()).isPositive();
  }

  @Test
  void without_json_it_is_a_list_for_people() {
    assertThat(Run.of("bench", "start").answered()).startsWith("verb            start\ns  ");
  }

  @Test
  void reading_with_augmentation_is_told_as_such(@TempDir Path folder) {
    Path data = Pictures.folders(folder.resolve("data"), 20);
    JsonNode json =
        Run.of(
                "bench",
                "data",
                data.toString(),
                "--augment=rand",
                "--size=16",
                "--workers=1",
                "--seconds=0.01",
                "--json")
            .json();
    assertThat(json.get("augment").asText()).isEqualTo("rand");
    assertThat(json.get("images_per_s").asDouble()).isPositive();
  }

  @Test
  void what_cannot_be_timed_is_refused() {
    Run.of("bench", "train", "lenet6")
        .failed(
            1,
            "linnet: model: got \"lenet6\"; must be a name of the zoo; did you mean \"lenet5\"?");
    Run.of("bench", "train", "lenet5", "--batch", "0")
        .failed(2, "linnet: --batch: got 0; must be at least 1");
    Run.of("bench", "infer", "lenet5", "--size", "-1")
        .failed(2, "linnet: --size: got -1; must be at least 1");
    Run.of("bench", "train", "lenet5", "--size", "32")
        .failed(
            1,
            "linnet: lenet5: got pictures of 32×32 pixels; must be 28×28; resize them, or choose a"
                + " network that takes any size, such as resnet20");
    Run.of("bench")
        .failed(
            2,
            "linnet: \"linnet bench\" needs a verb: train, infer, trick, optimizer, data, tsne,"
                + " start, machine; see \"linnet bench --help\"");
  }
}
