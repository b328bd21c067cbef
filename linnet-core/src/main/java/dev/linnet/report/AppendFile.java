package dev.linnet.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A file that grows by whole lines or records: each is written at once, and taken back if it does
 * not fit on the disk, so that what is there can always be read.
 */
final class AppendFile implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;

  private AppendFile(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Puts a file with these lines in place, over one that may be there, and stays open at its end.
   */
  static AppendFile startingWith(Path file, List<String> lines) {
    AtomicFile.write(file, String.join("", lines.stream().map(line -> line + "\n").toList()));
    return atEnd(file);
  }

  /** Opens a file that is there. */
  static AppendFile atEnd(Path file) {
    try {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
      channel.position(channel.size());
      return new AppendFile(file, channel);
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  /** Makes a file in a folder under a name, or name.1, name.2 … where that is taken. */
  static AppendFile createNew(Path folder, String name) {
    Path file = folder.resolve(name);
    try {
      Files.createDirectories(folder);
      for (int i = 1; ; i++) {
        try {
          return new AppendFile(
              file,
              FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        } catch (FileAlreadyExistsException e) {
          file = folder.resolve(name + "." + i);
        }
      }
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  /** The lines that end in a line feed; none if there is no such file. */
  static List<String> read(Path file) {
    try {
      if (!Files.exists(file)) {
        return List.of();
      }
      String text = Files.readString(file, UTF_8);
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    } catch (IOException e) {
      throw new LinnetException(
          file + ": cannot be read (" + AtomicFile.reason(e) + "); must be UTF-8 text", e);
    }
  }

  void append(String line) {
    append((line + "\n").getBytes(UTF_8));
  }

  /** Adds bytes at the end, all or none. */
  void append(byte[] bytes) {
    try {
      long before = channel.position();
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      try {
        while (rest.hasRemaining()) {
          channel.write(rest);
        }
      } catch (IOException e) {
        takeBack(before, e);
        throw e;
      }
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  private void takeBack(long before, IOException e) {
    try {
      channel.truncate(before);
    } catch (IOException second) {
      e.addSuppressed(second);
    }
  }

  Path file() {
    return file;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  private static LinnetException cannotWrite(Path file, IOException e) {
    return new LinnetException(
        file
            + ": cannot be written ("
            + AtomicFile.reason(e)
            + "); free space or choose another place",
        e);
  }
}
