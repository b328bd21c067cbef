package dev.linnet.cli;

import dev.linnet.base.LinnetException;
import dev.linnet.data.ByteCount;
import dev.linnet.data.PixelFolder;
import dev.linnet.data.Places;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Decoder;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.Fusion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code doctor} finds.
 *
 * @param facts by area and name: texts, whole numbers, truth values or lists of texts
 * @param findings what is wrong or could be better
 */
record Checkup(Map<String, Map<String, Object>> facts, List<Finding> findings) {
  private static final long GIB = 1L << 30;
  private static final long LITTLE_MEMORY = 4 * GIB;
  private static final long CACHE_NEEDS = GIB;

  /** Instruction sets that decide how fast libtorch computes. */
  private static final List<String> TOLD_FLAGS =
      List.of("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_int8");

  /**
   * What is wrong or could be better.
   *
   * @param what what it is
   * @param mend how to mend it
   * @param isBroken whether it keeps Linnet from working
   */
  record Finding(String what, String mend, boolean isBroken) {}

  /** Looks at this machine and process. */
  static Checkup of(Shell shell, Common common) {
    Checkup checkup = new Checkup(new LinkedHashMap<>(), new ArrayList<>());
    checkup.lookAtMachine();
    checkup.lookAtJava();
    checkup.lookAtEngine(common);
    checkup.lookAtPictures(shell.environment());
    checkup.lookAtTerminal(shell);
    checkup.lookAtLauncher(shell.environment());
    return checkup;
  }

  private void lookAtMachine() {
    Map<String, Object> machine = area("machine");
    machine.put("system", property("os.name") + " " + property("os.version"));
    machine.put("architecture", property("os.arch"));
    machine.put("processor", valueIn("/proc/cpuinfo", "model name", property("os.arch")));
    List<String> flags = List.of(valueIn("/proc/cpuinfo", "flags", "").split(" ", -1));
    machine.put("instructions", TOLD_FLAGS.stream().filter(flags::contains).toList());
    machine.put("cores", Runtime.getRuntime().availableProcessors());
    long memory = kibibytes(valueIn("/proc/meminfo", "MemTotal", "0 kB"));
    long free = kibibytes(valueIn("/proc/meminfo", "MemAvailable", "0 kB"));
    if (memory > 0) {
      machine.put("memory", gibibytes(memory));
      machine.put("memory_free", gibibytes(free));
    }
    if (memory > 0 && free < LITTLE_MEMORY) {
      hint(
          "only " + gibibytes(free) + " of memory are free",
          "large networks need more; choose a smaller --batch or --size");
    }
  }

  private void lookAtJava() {
    Map<String, Object> java = area("java");
    java.put("version", property("java.version") + " (" + property("java.vendor") + ")");
    java.put("home", property("java.home"));
    java.put("heap", gibibytes(Runtime.getRuntime().maxMemory()));
  }

  private void lookAtEngine(Common common) {
    Map<String, Object> engine = area("engine");
    lookAtCache(engine);
    try {
      engine.put("libtorch", Engine.version());
      Device device = Device.parse(common.device);
      engine.put("device", device.toString());
      engine.put("threads", Engine.threads());
      engine.put("loads", true);
      engine.put("fused_kernels", Fusion.provider().orElse("none"));
      engine.put("multiplies_bf16_in", Fusion.products(DType.BFLOAT16).toString());
      if (Fusion.provider().isEmpty()) {
        hint(
            "no fused kernels (" + Fusion.reason() + ")",
            "training works, and takes longer; see docs/decisions/0025-onednn.md");
      }
    } catch (LinnetException e) {
      engine.put("loads", true);
      broken(String.valueOf(e.getMessage()), "use --device cpu");
    } catch (LinkageError | RuntimeException e) {
      engine.put("loads", false);
      cannotLoad("libtorch", e);
    }
  }

  /** The native libraries are unpacked there on first use. */
  private void lookAtCache(Map<String, Object> engine) {
    Path cache = cacheFolder();
    engine.put("unpacked_to", cache.toString());
    Path existing = cache.toAbsolutePath();
    while (existing.getParent() != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (!Files.isWritable(existing)) {
      broken(
          cache + " cannot be written",
          "the native libraries are unpacked there; choose another folder by"
              + " LINNET_JAVA_OPTS=-Dorg.bytedeco.javacpp.cachedir=FOLDER");
      return;
    }
    try {
      long space = Files.getFileStore(existing).getUsableSpace();
      if (space < CACHE_NEEDS && !Files.exists(cache)) {
        broken(
            "only " + gibibytes(space) + " of disk are free at " + cache,
            "the native libraries need 0.5 GiB there; make room, or choose another folder by"
                + " LINNET_JAVA_OPTS=-Dorg.bytedeco.javacpp.cachedir=FOLDER");
      }
    } catch (IOException e) {
      hint("the free space of " + cache + " is unknown", "see that 0.5 GiB are free");
    }
  }

  private static Path cacheFolder() {
    String given = System.getProperty("org.bytedeco.javacpp.cachedir", "");
    return given.isEmpty() ? Path.of(property("user.home"), ".javacpp", "cache") : Path.of(given);
  }

  private void lookAtPictures(Map<String, String> environment) {
    Map<String, Object> pictures = area("pictures");
    PixelFolder decoded = new PixelFolder(Places.of(environment).cache());
    PixelFolder.Usage usage = decoded.usage();
    pictures.put(
        "decoded",
        usage.files() == 0
            ? "none in " + decoded.path()
            : "%s of %d sets in %s; to free them: rm -r %s"
                .formatted(
                    ByteCount.shown(usage.bytes()), usage.files(), decoded.path(), decoded.path()));
    try {
      Picture gray = Picture.of(new ImageSize(1, 1), 1, new byte[] {7});
      Picture read = Decoder.decode(PngWriter.write(gray), "a pixel", DecodeOptions.DEFAULT);
      pictures.put("loads", read.height() == 1);
    } catch (LinkageError | RuntimeException e) {
      pictures.put("loads", false);
      cannotLoad("OpenCV", e);
    }
  }

  private void cannotLoad(String library, Throwable why) {
    broken(
        library + " cannot be loaded: " + firstLine(why),
        "see that the natives of this platform are in the class path and that "
            + cacheFolder()
            + " can be written");
  }

  private void lookAtTerminal(Shell shell) {
    Map<String, Object> terminal = area("terminal");
    terminal.put("answers", shown(shell.outTerminal()));
    terminal.put("progress", shown(shell.errTerminal()));
  }

  private static String shown(Terminal terminal) {
    if (!terminal.interactive()) {
      return "no terminal";
    }
    return terminal.width() + " columns, " + (terminal.colors() ? "colors" : "no colors");
  }

  private void lookAtLauncher(Map<String, String> environment) {
    Map<String, Object> launcher = area("launcher");
    if (property("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
      for (String variable : List.of("GOMP_SPINCOUNT", "GLIBC_TUNABLES")) {
        String value = environment.getOrDefault(variable, "");
        launcher.put(variable, value.isEmpty() ? "not set" : value);
        if (value.isEmpty()) {
          hint(variable + " is not set", "start by ./linnet, which sets it: steps are faster so");
        }
      }
    }
    for (String setting : List.of("maxphysicalbytes", "nopointergc")) {
      String value = System.getProperty("org.bytedeco.javacpp." + setting, "");
      launcher.put(setting, value.isEmpty() ? "not set" : value);
      if (value.isEmpty()) {
        hint(setting + " is not set", "start by ./linnet, which sets it: steps are faster so");
      }
    }
  }

  private Map<String, Object> area(String name) {
    return facts.computeIfAbsent(name, n -> new LinkedHashMap<>());
  }

  private void hint(String what, String mend) {
    findings.add(new Finding(what, mend, false));
  }

  private void broken(String what, String mend) {
    findings.add(new Finding(what, mend, true));
  }

  /** The value behind a name in a file of lines such as {@code name : value}. */
  private static String valueIn(String file, String name, String otherwise) {
    try {
      for (String line : Files.readAllLines(Path.of(file))) {
        int colon = line.indexOf(':');
        if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
          return line.substring(colon + 1).strip();
        }
      }
      return otherwise;
    } catch (IOException e) {
      return otherwise;
    }
  }

  private static long kibibytes(String text) {
    return Long.parseLong(text.replaceAll("\\D", "")) << 10;
  }

  private static String gibibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f GiB", (double) bytes / GIB);
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }

  private static String firstLine(Throwable problem) {
    return problem.toString().lines().findFirst().orElse("");
  }
}
