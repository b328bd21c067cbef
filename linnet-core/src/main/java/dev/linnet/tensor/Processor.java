package dev.linnet.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the processor can do, as far as it decides how Linnet computes.
 *
 * @param maker as it names itself, such as {@code GenuineIntel}; empty where the system does not
 *     tell
 * @param flags the kernel's names of its instruction sets; none where the system does not tell
 */
public record Processor(String maker, Set<String> flags) {
  private static final List<String> FOR_NUMBERS =
      List.of("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8");

  public Processor {
    flags = Set.copyOf(flags);
  }

  /** This machine's. */
  public static Processor here() {
    Map<String, String> said = new HashMap<>();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
        int colon = line.indexOf(':');
        if (colon > 0) { // all cores say the same
          said.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
        }
      }
    } catch (IOException e) {
      return new Processor("", Set.of());
    }
    String flags = said.getOrDefault("flags", "");
    return new Processor(
        said.getOrDefault("vendor_id", ""),
        flags.isEmpty() ? Set.of() : Set.of(flags.split(" ", -1)));
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

  /**
   * Whether it multiplies fp32 faster than bf16 unless it does so on tiles (AMX): Intel's from
   * Sapphire Rapids on, whose dot products in bf16 run at half the rate of their products in fp32;
   * tiles can be hidden by a virtual machine. A rule, as {@link #trainingType} is.
   */
  boolean halvesAreSlow() {
    return maker.equals("GenuineIntel")
        && flags.contains("avx512_bf16")
        && flags.contains("avx512_fp16");
  }
}
