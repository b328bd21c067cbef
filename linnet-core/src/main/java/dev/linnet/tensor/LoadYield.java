package dev.linnet.tensor;

import dev.linnet.base.Check;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Leaves to other programs the cores that they use. Threads that wait for each other at the end of
 * every operator are only as fast as the one whose core is shared: with one of two cores busy, a
 * small network's step takes several times as long on two threads as on one.
 *
 * <p>Twice a second it looks at what the others took of the processor, and sets {@link
 * Engine#setThreads} to the cores that are left. Another number of threads gives other low bits, so
 * that a run that yields cannot be repeated exactly. It sees the cores of the whole machine; where
 * the system does not tell (other than Linux), it changes nothing. An object is one thread's.
 */
public final class LoadYield {
  private static final long WINDOW_NANOS = 500_000_000;

  /** Windows in a row in which more cores were free before more are taken. */
  private static final int PATIENCE = 2;

  private final int most;
  private final Supplier<Optional<Usage>> source;
  private Optional<Usage> last;
  private int now;
  private int quiet;

  /**
   * What the processor has done since the machine and this process started.
   *
   * @param nanos time of the reading
   * @param cores of the machine
   * @param busyNanos core time of all programs
   * @param ownNanos core time of this one
   */
  record Usage(long nanos, int cores, long busyNanos, long ownNanos) {}

  /**
   * @param threads the most that are used, at least 1
   */
  public LoadYield(int threads) {
    this(threads, LoadYield::read);
  }

  LoadYield(int threads, Supplier<Optional<Usage>> source) {
    Check.that(threads >= 1, "threads", threads, "at least 1");
    this.most = threads;
    this.source = source;
    this.now = threads;
    this.last = source.get();
  }

  /** Threads that are used now. */
  public int threads() {
    return now;
  }

  /** Sets the threads anew if it is time; called between steps, by the thread that computes. */
  public void settle() {
    if (last.isEmpty() || System.nanoTime() - last.get().nanos() < WINDOW_NANOS) {
      return;
    }
    Optional<Usage> read = source.get();
    if (read.isPresent()) {
      take(free(last.get(), read.get()));
    }
    last = read;
  }

  /** Cores that others left in between. */
  static double free(Usage from, Usage to) {
    double others =
        ((to.busyNanos() - from.busyNanos()) - (to.ownNanos() - from.ownNanos()))
            / (double) Math.max(1, to.nanos() - from.nanos());
    return to.cores() - Math.max(0, others);
  }

  private void take(double free) {
    int target = (int) Math.max(1, Math.min(most, Math.round(free)));
    quiet = target > now ? quiet + 1 : 0;
    if (target < now || quiet >= PATIENCE) {
      now = target;
      quiet = 0;
      Engine.setThreads(now);
    }
  }

  /** From the kernel's own counts, which are in hundredths of a second. */
  private static Optional<Usage> read() {
    try {
      if (!(ManagementFactory.getOperatingSystemMXBean()
          instanceof com.sun.management.OperatingSystemMXBean own)) {
        return Optional.empty();
      }
      List<String> lines = Files.readAllLines(Path.of("/proc/stat"), StandardCharsets.US_ASCII);
      String[] all = lines.get(0).trim().split("\\s+");
      // user, nice, system, then idle and waiting, which do not count; interrupts
      long busy = ticks(all, 1) + ticks(all, 2) + ticks(all, 3) + ticks(all, 6) + ticks(all, 7);
      int cores = (int) lines.stream().filter(line -> line.matches("cpu\\d+ .*")).count();
      return Optional.of(
          new Usage(System.nanoTime(), cores, busy * 10_000_000, own.getProcessCpuTime()));
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private static long ticks(String[] counts, int index) {
    return Long.parseLong(counts[index]);
  }
}
