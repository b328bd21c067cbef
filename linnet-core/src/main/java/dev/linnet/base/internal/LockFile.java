package dev.linnet.base.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file that one process at a time holds; a process that ends lets go. The file stays. One thread
 * at a time.
 */
public final class LockFile implements AutoCloseable {
  private final FileChannel channel;
  private @Nullable FileLock lock;

  private LockFile(FileChannel channel) {
    this.channel = channel;
  }

  /** Opens or makes the file; does not hold it yet. The caller closes it. */
  public static LockFile open(Path file) throws IOException {
    return new LockFile(
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
  }

  /** Takes hold of it; false while another process or thread has it. */
  public boolean tryHold() throws IOException {
    try {
      lock = lock == null ? channel.tryLock() : lock;
    } catch (OverlappingFileLockException e) {
      return false; // another thread of this process has it
    }
    return lock != null;
  }

  /** Lets go. Closing twice is harmless. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
