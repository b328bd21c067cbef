package dev.linnet.cli;

import dev.linnet.base.Check;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The options that every verb has, before or behind its name. */
final class Common {
  private static final List<String> DTYPES = List.of("auto", "fp32", "bf16", "fp16");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "print this help")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      scope = ScopeType.INHERIT,
      description = "print the version")
  boolean version;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "print the answer as one JSON object")
  boolean json;

  @Option(
      names = "--quiet",
      scope = ScopeType.INHERIT,
      description = "print no progress; warnings and errors stay")
  boolean quiet;

  @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "say more on the way")
  boolean verbose;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "print the stack trace of an error")
  boolean debug;

  @Option(
      names = "--device",
      scope = ScopeType.INHERIT,
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description = "auto, cpu, cuda or cuda:N; auto takes CUDA where there is one")
  String device = "auto";

  @Option(
      names = "--dtype",
      scope = ScopeType.INHERIT,
      paramLabel = "TYPE",
      description =
          "auto, fp32, bf16 or fp16; auto trains in bf16 where the processor is made for it")
  @Nullable String dtype;

  @Option(
      names = "--threads",
      scope = ScopeType.INHERIT,
      paramLabel = "N",
      description = "threads that compute; default: the cores")
  @Nullable Integer threads;

  @Option(
      names = "--seed",
      scope = ScopeType.INHERIT,
      paramLabel = "N",
      description = "seed of every random draw")
  @Nullable Long seed;

  /** Refuses values that no verb can do anything with. */
  void check() {
    Check.that(
        device.matches("auto|cpu|cuda(:\\d{1,3})?"),
        "--device",
        device,
        "auto, cpu, cuda or cuda:N");
    if (dtype != null) {
      Check.that(DTYPES.contains(dtype), "--dtype", dtype, "auto, fp32, bf16 or fp16");
    }
    if (threads != null) {
      Check.that(threads >= 1 && threads <= 1024, "--threads", threads, "in [1, 1024]");
    }
    if (seed != null) {
      Check.that(seed >= 0, "--seed", seed, "at least 0");
    }
  }
}
