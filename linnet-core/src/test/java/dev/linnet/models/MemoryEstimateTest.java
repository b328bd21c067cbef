package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.tensor.DType;
import dev.linnet.tensor.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class MemoryEstimateTest {
  @Test
  void the_state_has_weight_gradient_and_copies_of_each_parameter() {
    assertThat(estimate("resnet20", 4, 32, 1, DType.FLOAT32).stateBytes()).isEqualTo(269722 * 12L);
    assertThat(estimate("resnet20", 4, 32, 3, DType.BFLOAT16).stateBytes()).isEqualTo(269722 * 22L);
  }

  @Test
  void activations_grow_with_the_batch_and_halve_in_16_bit() {
    long one = estimate("resnet20", 1, 32, 1, DType.FLOAT32).activationBytes();
    assertThat(estimate("resnet20", 8, 32, 1, DType.FLOAT32).activationBytes())
        .isCloseTo(8 * one, within(8L));
    double pictures = 1.15 * 3 * 32 * 32 * 4;
    assertThat(estimate("resnet20", 1, 32, 1, DType.BFLOAT16).activationBytes() - pictures)
        .isCloseTo((one - pictures) / 2, within(8.0));
  }

  @Test
  void what_is_frozen_keeps_nothing_for_the_way_back() {
    MemoryEstimate all = estimate("resnet20", 8, 32, 1, DType.FLOAT32);
    MemoryEstimate three = estimate("resnet20", 8, 32, 1, DType.FLOAT32, m -> m.trainTop(3));
    MemoryEstimate head = estimate("resnet20", 8, 32, 1, DType.FLOAT32, m -> m.trainTop(0));
    long ofHead = 64 * 10 + 10;
    assertThat(head.stateBytes()).isEqualTo(4 * (269722 + 2 * ofHead));
    assertThat(head.activationBytes()).isLessThan(all.activationBytes() / 6);
    assertThat(three.activationBytes())
        .isBetween(head.activationBytes(), all.activationBytes() / 2);
    assertThat(three.stateBytes()).isBetween(head.stateBytes(), all.stateBytes());
  }

  /** Stage 1: two maps of the stem, three outputs of blocks, three inside, two in work. */
  @Test
  void of_blocks_that_are_computed_again_the_inputs_and_one_inside_count() {
    MemoryEstimate low = estimate("resnet20", 2, 32, 1, DType.FLOAT32, m -> m.keep(Memory.LOW));
    assertThat(low.activationBytes())
        .isCloseTo((long) (1.15 * 2 * 32 * 32 * 4 * (3 + 10 * 16)), within(1L));
    MemoryEstimate usual = estimate("resnet20", 2, 32, 1, DType.FLOAT32);
    assertThat(low.stateBytes()).isEqualTo(usual.stateBytes());
    assertThat(low.activationBytes()).isLessThan(usual.activationBytes() / 2);
  }

  @Test
  void the_largest_batch_is_the_last_that_fits() {
    MemoryEstimate sixteen = estimate("resnet18", 16, 224, 1, DType.FLOAT32);
    assertThat(sixteen.largestBatch(sixteen.totalBytes())).isEqualTo(16);
    assertThat(sixteen.largestBatch(sixteen.totalBytes() - 1000)).isEqualTo(15);
    assertThat(sixteen.largestBatch(1000)).isZero();
  }

  @ParameterizedTest
  @CsvSource("resnet20, 256, 32, FLOAT32, USUAL")
  void the_estimate_is_near_what_is_measured(
      String name, int batch, int side, DType dtype, Memory memory) throws Exception {
    compare(name, batch, side, dtype, memory);
  }

  @Tag("slow")
  @ParameterizedTest
  @CsvSource({
    "resnet18, 32, 128, FLOAT32, USUAL",
    "resnet20, 1024, 32, BFLOAT16, USUAL",
    "resnet50, 16, 224, FLOAT32, USUAL",
    "resnet50, 16, 224, BFLOAT16, USUAL",
    "resnet18, 1, 64, FLOAT32, USUAL",
    "resnet50, 16, 224, BFLOAT16, LOW"
  })
  void the_estimate_is_near_what_is_measured_in_longer_steps(
      String name, int batch, int side, DType dtype, Memory memory) throws Exception {
    compare(name, batch, side, dtype, memory);
  }

  private static void compare(String name, int batch, int side, DType dtype, Memory memory)
      throws Exception {
    double measured = measured(name, batch, side, dtype, memory);
    double estimated =
        estimate(name, batch, side, 1, dtype, model -> model.keep(memory)).totalBytes();
    assertThat(estimated / measured).isBetween(1 / 1.5, 1.5);
  }

  private static MemoryEstimate estimate(
      String name, int batch, int side, int copies, DType dtype) {
    return estimate(name, batch, side, copies, dtype, model -> {});
  }

  private static MemoryEstimate estimate(
      String name,
      int batch,
      int side,
      int copies,
      DType dtype,
      Consumer<? super Classifier> setting) {
    ZooModel zoo = Zoo.find(name);
    try (Classifier declared = zoo.declare(zoo.options())) {
      setting.accept(declared);
      return MemoryEstimate.ofTraining(
          zoo.record(zoo.options(), Shape.of(batch, 3, side, side), setting),
          MemoryEstimate.Weights.of(declared),
          copies,
          dtype);
    }
  }

  private static long measured(String name, int batch, int side, DType dtype, Memory memory)
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Files.exists(Path.of("/proc/self/status")), "skipped: no /proc on this system");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
                "-cp",
                System.getProperty("java.class.path"),
                MeasuredStep.class.getName(),
                name,
                Integer.toString(batch),
                Integer.toString(side),
                dtype.name(),
                memory.name())
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    if (memory == Memory.LOW) { // as the launcher has it
      builder.environment().put("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=4194304");
    }
    Process process = builder.start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    assertThat(process.waitFor()).isZero();
    long bytes = Long.parseLong(lines.get(lines.size() - 1).replaceAll("\\D", ""));
    return bytes;
  }
}
