package dev.linnet.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;

/** The engine as a whole: its threads, its version, its native memory. */
public final class Engine {
  private Engine() {}

  /**
   * Loads the native libraries, as the first use does otherwise; takes half a second. Any thread.
   */
  public static void load() {
    threads();
  }

  /**
   * Sets the number of threads that operators use. Other counts give other low bits.
   *
   * @param threads at least 1
   */
  public static void setThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: got " + threads + "; must be at least 1");
    }
    torch.set_num_threads(threads);
  }

  /** The number of threads that operators use. */
  public static int threads() {
    return torch.get_num_threads();
  }

  /** Version of libtorch and of its binding, such as {@code 2.10.0-1.5.13}. */
  public static String version() {
    try {
      return Loader.getVersion("org.bytedeco", "pytorch");
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** Native objects that are alive. */
  public static long liveObjects() {
    return Pointer.totalCount();
  }

  /**
   * Memory that a process can take without others being swapped out, in bytes, as the kernel
   * estimates it; {@link Long#MAX_VALUE} where the system does not tell.
   */
  public static long availableBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
        if (line.startsWith("MemAvailable:")) {
          return Long.parseLong(line.replaceAll("\\D+", "")) * 1024;
        }
      }
    } catch (IOException | NumberFormatException e) {
      return Long.MAX_VALUE;
    }
    return Long.MAX_VALUE;
  }

  /** Resident memory of this process, in bytes. */
  public static long physicalBytes() {
    return Pointer.physicalBytes();
  }
}
