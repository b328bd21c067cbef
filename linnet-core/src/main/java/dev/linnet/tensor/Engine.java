package dev.linnet.tensor;

import java.io.IOException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;

/** The engine as a whole: its threads, its version, its native memory. */
public final class Engine {
  private Engine() {}

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

  /** Resident memory of this process, in bytes. */
  public static long physicalBytes() {
    return Pointer.physicalBytes();
  }
}
