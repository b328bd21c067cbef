package dev.linnet.data;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How much memory this process could still take: what the kernel says is available, within the
 * limits of the control groups that the process is in (versions 1 and 2), and outside the heap
 * within what the JVM allows.
 */
final class FreeMemory {
  private static final long UNLIMITED = 1L << 60; // of version 1's "none", a little below 2^63

  private final Path root;

  private FreeMemory(Path root) {
    this.root = root;
  }

  /** Of this machine, in bytes; 0 where nothing says it. */
  static long bytes() {
    long told = of(Path.of("/"));
    return told > 0 ? told : ofJvm();
  }

  /** What the files below a root say; a test has others. */
  static long of(Path root) {
    return new FreeMemory(root).available();
  }

  /** What direct buffers may still take. */
  static long direct() {
    long most = Runtime.getRuntime().maxMemory(); // where nothing else is asked for
    HotSpotDiagnosticMXBean hotSpot =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    if (hotSpot != null) {
      long given = Long.parseLong(hotSpot.getVMOption("MaxDirectMemorySize").getValue());
      most = given > 0 ? given : most;
    }
    return Math.max(0, most - directUsed());
  }

  /** What direct buffers have taken. */
  static long directUsed() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static long ofJvm() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getFreeMemorySize()
        : 0;
  }

  private long available() {
    long least = 0;
    for (String line : lines(root.resolve("proc/meminfo"))) {
      if (line.startsWith("MemAvailable:")) {
        least = number(line) << 10;
      }
    }
    if (least == 0) {
      return 0;
    }
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && (parts[1].isEmpty() || parts[1].equals("memory"))) {
        boolean two = parts[1].isEmpty();
        Path top = root.resolve(two ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
        least = Math.min(least, within(top, parts[2], two));
      }
    }
    return Math.max(0, least);
  }

  /** The least of a group and those around it; in a container only the top one may be seen. */
  private static long within(Path top, String group, boolean two) {
    long least = Long.MAX_VALUE;
    Path last = top.resolve(group.replaceFirst("^/+", "")).normalize();
    Path at = last.startsWith(top) ? last : top;
    while (at != null && at.startsWith(top)) {
      least = Math.min(least, room(at, two));
      at = at.getParent();
    }
    return least;
  }

  private static long room(Path group, boolean two) {
    long limit = first(group.resolve(two ? "memory.max" : "memory.limit_in_bytes"));
    if (limit < 0 || limit >= UNLIMITED) {
      return Long.MAX_VALUE;
    }
    long used = first(group.resolve(two ? "memory.current" : "memory.usage_in_bytes"));
    long files = 0; // that can be dropped from the page cache
    for (String line : lines(group.resolve("memory.stat"))) {
      if (line.startsWith(two ? "inactive_file " : "total_inactive_file ")) {
        files = number(line);
      }
    }
    return Math.max(0, limit - Math.max(0, used) + files);
  }

  /** The number in a file; -1 where there is none. */
  private static long first(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? -1 : number(lines.get(0));
  }

  private static long number(String text) {
    String digits = text.replaceAll("\\D", "");
    if (digits.isEmpty()) {
      return -1;
    }
    return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
