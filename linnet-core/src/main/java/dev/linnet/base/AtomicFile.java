package dev.linnet.base;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes files that are complete or absent: a temporary file in the same folder, forced to disk,
 * renamed over the old one, and the folder forced. A reader that has the old file mapped keeps it.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** What writes the content. */
  @FunctionalInterface
  public interface Writer {
    /** Writes all of the file to its channel, from position 0. */
    void write(FileChannel channel) throws IOException;
  }

  /**
   * Writes a file.
   *
   * @throws LinnetException if the disk is full or the folder cannot be written; the old file stays
   */
  public static void write(Path file, Writer writer) {
    Path target = file.toAbsolutePath();
    Path folder = requireNonNull(target.getParent(), "a file has a folder");
    Path temporary =
        target.resolveSibling(
            "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    try {
      Files.createDirectories(folder);
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE)) {
        writer.write(channel);
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      forceFolder(folder);
    } catch (IOException e) {
      delete(temporary, e);
      throw new LinnetException(
          file + ": cannot be written (" + reason(e) + "); free space or choose another place", e);
    } catch (RuntimeException e) {
      delete(temporary, e);
      throw e;
    }
  }

  /** Writes a text in UTF-8. */
  public static void write(Path file, String text) {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes bytes. */
  public static void write(Path file, byte[] bytes) {
    write(
        file,
        channel -> {
          OutputStream out = Channels.newOutputStream(channel);
          out.write(bytes);
          out.flush();
        });
  }

  /** Forces a folder's entries to disk, where the system can (Windows cannot, and need not). */
  public static void forceFolder(Path folder) throws IOException {
    if (System.getProperty("os.name", "").startsWith("Windows")) {
      return;
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** The cause in a few words: "No space left on device", or the kind of failure and its file. */
  public static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "it does not exist";
    }
    if (e instanceof FileAlreadyExistsException) {
      return e.getMessage() + " is in the way";
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  private static void delete(Path temporary, Exception e) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException second) {
      e.addSuppressed(second);
    }
  }
}
