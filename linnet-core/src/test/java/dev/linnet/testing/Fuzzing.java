package dev.linnet.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a reader of files must hold for any bytes: it ends soon, with its result or with one line
 * for the user, and takes memory in proportion to the bytes.
 */
public final class Fuzzing {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final double SECONDS = 5;
  private static final long MEMORY = 32L << 20;
  private static final long MEMORY_PER_BYTE = 1024;

  private Fuzzing() {}

  /** Reads something; may throw. */
  @FunctionalInterface
  public interface Reading {
    void read(Path folder) throws IOException;
  }

  /** Reads a file of some bytes in a new folder. */
  public static void check(byte[] bytes, Reading reading, String name) {
    check(Map.of(name, bytes), reading);
  }

  /** Reads files in a new folder, by their names. */
  public static void check(Map<String, byte[]> files, Reading reading) {
    Path folder = null;
    try {
      folder = Files.createTempDirectory("fuzz");
      int length = 0;
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        Path path = folder.resolve(file.getKey());
        Files.createDirectories(path.getParent());
        Files.write(path, file.getValue());
        length += file.getValue().length;
      }
      checkIn(folder, length, reading);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (folder != null) {
        delete(folder);
      }
    }
  }

  private static void checkIn(Path folder, int length, Reading reading) throws IOException {
    long most = MEMORY + MEMORY_PER_BYTE * length;
    Taken taken = measured(folder, reading);
    if (taken.memory() > most || taken.seconds() > SECONDS) {
      taken = measured(folder, reading); // the first time also loads classes
    }
    assertThat(taken.memory())
        .as("bytes of memory for a file of " + length)
        .isLessThanOrEqualTo(most);
    assertThat(taken.seconds()).as("seconds for a file of " + length).isLessThan(SECONDS);
  }

  /**
   * What a reading took.
   *
   * @param memory in bytes
   * @param seconds of the processor, which other programs do not prolong
   */
  private record Taken(long memory, double seconds) {}

  private static Taken measured(Path folder, Reading reading) throws IOException {
    long memory = THREADS.getCurrentThreadAllocatedBytes();
    long start = THREADS.getCurrentThreadCpuTime();
    try {
      reading.read(folder);
    } catch (LinnetException e) {
      assertThat(e.getMessage()).isNotBlank().doesNotContainPattern("[\\n\\r\\x00-\\x08\\x1b]");
    }
    return new Taken(
        THREADS.getCurrentThreadAllocatedBytes() - memory,
        (THREADS.getCurrentThreadCpuTime() - start) / 1e9);
  }

  private static void delete(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
