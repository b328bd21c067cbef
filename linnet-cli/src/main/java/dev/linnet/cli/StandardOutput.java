package dev.linnet.cli;

import dev.linnet.base.LinnetException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;

/**
 * The standard output, which tells when nobody reads it any more: a {@link java.io.PrintStream}
 * keeps failures to itself.
 */
final class StandardOutput extends OutputStream {
  private final OutputStream stream;

  StandardOutput(OutputStream stream) {
    this.stream = stream;
  }

  /**
   * The standard output, taken away from native code. Gloo says on it how many processes it is
   * connected to. Java leads a standard stream that is closed to nowhere.
   */
  static OutputStream taken() {
    FileOutputStream usual = new FileOutputStream(FileDescriptor.out);
    try {
      OutputStream own = new FileOutputStream("/proc/self/fd/1", true);
      usual.close();
      return own;
    } catch (IOException e) {
      return usual; // it has no name, as a socket has none
    }
  }

  /** The reader has closed the pipe, as {@code | head -1} does. No failure: it has enough. */
  static final class ClosedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClosedException(IOException cause) {
      super("the reader of the standard output has closed it", cause);
    }
  }

  @Override
  public void write(int value) {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    try {
      stream.write(bytes, offset, length);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  @Override
  public void flush() {
    try {
      stream.flush();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private static RuntimeException failure(IOException e) {
    String reason = String.valueOf(e.getMessage());
    // "Broken pipe" on Linux and macOS; "The pipe has been ended", "… is being closed" on Windows.
    return reason.toLowerCase(Locale.ROOT).contains("pipe")
        ? new ClosedException(e)
        : new LinnetException("standard output: cannot be written: " + reason, e);
  }
}
