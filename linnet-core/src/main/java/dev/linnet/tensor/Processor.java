package dev.linnet.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What the processor can do, as far as it decides how Linnet computes.
 *
 * @param flags the kernel's names of its instruction sets; none where the system does not tell
 */
public record Processor(Set<String> flags) {
  private static final List<String> FOR_NUMBERS =
      List.of("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8");

  public Processor {
    flags = Set.copyOf(flags);
  }

  /** This machine's. */
  public static Processor here() {
    try {
      List<String> lines = Files.readAllLines(Path.of("/proc/cpuinfo"));
      for (String line : lines) {
        if (line.startsWith("flags")) {
          return new Processor(
              Set.of(line.substring(line.indexOf(':') + 1).strip().split(" ", -1)));
        }
      }
    } catch (IOException e) {
      return new Processor(Set.of());
    }
    return new Processor(Set.of());
  }

  /** Its instruction sets for numbers in rows, of those that libtorch and oneDNN make use of. */
  public List<String> vectorSets() {
    return FOR_NUMBERS.stream().filter(flags::contains).toList();
  }

  /**
   * What {@code dtype: auto} means in training on the processor: bf16 where it multiplies bf16 in
   * hardware (AMX tiles, or AVX-512's dot products), else fp32. A rule by flags and not by a
   * measurement, so that a machine always gives the same.
   */
  public DType trainingType() {
    return flags.contains("amx_bf16") || flags.contains("avx512_bf16")
        ? DType.BFLOAT16
        : DType.FLOAT32;
  }
}
