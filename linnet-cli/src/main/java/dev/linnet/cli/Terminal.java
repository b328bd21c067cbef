package dev.linnet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.jline.nativ.CLibrary;
import org.jline.nativ.JLineNativeLoader;

/**
 * What one of the standard streams leads to.
 *
 * @param interactive whether a person sees it as it is written
 * @param colors whether it may be colored
 * @param width columns
 */
record Terminal(boolean interactive, boolean colors, int width) {
  private static final int DEFAULT_WIDTH = 80;
  private static final Path OPEN_FILES = Path.of("/proc/self/fd");
  private static final Set<String> NO_TERMINALS = Set.of("/dev/null", "/dev/full", "/dev/zero");

  /** A file or a pipe. */
  static final Terminal NONE = new Terminal(false, false, DEFAULT_WIDTH);

  /**
   * Looks at a stream of this process.
   *
   * @param descriptor 1 for the standard output, 2 for the standard error
   * @param environment {@code TERM=dumb} makes any terminal none; a {@code NO_COLOR} that is not
   *     empty switches colors off (no-color.org)
   */
  static Terminal of(int descriptor, Map<String, String> environment) {
    if (environment.getOrDefault("TERM", "").equals("dumb") || leadsElsewhere(descriptor)) {
      return NONE;
    }
    boolean colors = environment.getOrDefault("NO_COLOR", "").isEmpty();
    try {
      JLineNativeLoader.initialize();
      if (CLibrary.isatty(descriptor) == 0) {
        return NONE;
      }
      int width = CLibrary.getTerminalWidth(descriptor);
      return new Terminal(true, colors, width > 0 ? width : DEFAULT_WIDTH);
    } catch (Exception | LinkageError e) {
      return NONE; // no native library for this platform: plain lines are right everywhere
    }
  }

  /** Linux shows without a native library, which takes 30 ms to load, what is no terminal. */
  private static boolean leadsElsewhere(int descriptor) {
    Path link = OPEN_FILES.resolve(String.valueOf(descriptor));
    try {
      return Files.isSymbolicLink(link) && !mayBeTerminal(Files.readSymbolicLink(link));
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean mayBeTerminal(Path file) {
    return file.startsWith("/dev") && !NO_TERMINALS.contains(file.toString());
  }
}
