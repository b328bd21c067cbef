package dev.linnet.tensor;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Memory that the processes of a group share where all of them run on one machine: a slot for each,
 * which all can read and write, and counters by which they wait for each other.
 *
 * <p>A file in {@code /dev/shm} whose name is taken away once all have opened it, so that the
 * memory goes with the last process, however it ends. All of it is written to before it is used:
 * where memory is short, that fails, and not what is done with it later.
 */
final class SharedMemory implements AutoCloseable {
  private static final Path PLACE = Path.of("/dev/shm");
  private static final Pattern NAME = Pattern.compile("linnet-[0-9a-f-]{36}");
  private static final Set<PosixFilePermission> OWNER =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  /** Bytes between counters: a line of the processor's caches each, and its neighbour. */
  private static final int LINE = 128;

  private static final long PAGE = 4096;

  /** Nanoseconds in which another process that has a core of its own is there. */
  private static final long SPIN = 50_000;

  /** Nanoseconds of a rest when it is not. */
  private static final long REST = 50_000;

  private static final long LOOK = Duration.ofMillis(100).toNanos();

  private final int rank;
  private final FileChannel file;
  private final FileLock alive;
  private final ByteBuffer counters;
  private final List<ByteBuffer> slots;

  /** What a process has done. */
  enum Sign {
    /** It has filled its slot, which others may read. */
    READY(0),
    /** It leaves the slots of all alone. */
    DONE(1);

    private final int line;

    Sign(int line) {
      this.line = line;
    }
  }

  /**
   * A wait.
   *
   * @param process for which is waited
   * @param ended whether it no longer lives
   */
  record Wait(int process, boolean ended, Duration waited) {}

  /** Ends waits that are in vain, by throwing. */
  interface Watch {
    void see(Wait wait);
  }

  private SharedMemory(
      int rank, FileChannel file, FileLock alive, ByteBuffer counters, List<ByteBuffer> slots) {
    this.rank = rank;
    this.file = file;
    this.alive = alive;
    this.counters = counters;
    this.slots = slots;
  }

  /**
   * Shares memory. All processes of the group call it together.
   *
   * @param bytes of a slot
   * @return empty, in all of them, where they are not on one machine or it has no such memory
   */
  static Optional<SharedMemory> open(ProcessGroup group, long bytes) {
    return open(group, bytes, PLACE);
  }

  /** The same at another place, of a file system in memory. */
  static Optional<SharedMemory> open(ProcessGroup group, long bytes, Path place) {
    long step = roundUp(bytes);
    if (step > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    Optional<Path> made = group.isFirst() ? create(place, group.size(), step) : Optional.empty();
    try {
      String name = group.gather(made.map(path -> path.getFileName().toString()).orElse("")).get(0);
      Optional<SharedMemory> found =
          NAME.matcher(name).matches()
              ? reserve(place.resolve(name), group, step)
              : Optional.empty();
      if (group.gather(found.isPresent() ? "yes" : "").contains("")) {
        found.ifPresent(SharedMemory::close);
        return Optional.empty();
      }
      return found;
    } finally {
      made.ifPresent(SharedMemory::delete);
    }
  }

  /** A file of the whole length, which nobody extends after this. */
  private static Optional<Path> create(Path place, int size, long step) {
    Path path = place.resolve("linnet-" + UUID.randomUUID());
    Set<OpenOption> fresh = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (FileChannel channel =
        FileChannel.open(path, fresh, PosixFilePermissions.asFileAttribute(OWNER))) {
      fill(channel, 0, begin(size));
      fill(channel, begin(size) + size * step - 1, 1);
      return Optional.of(path);
    } catch (IOException | UnsupportedOperationException e) {
      delete(path);
      return Optional.empty();
    }
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // it stays until the machine starts again
    }
  }

  /** Opens it as one of the processes, and takes the memory of its own slot. */
  private static Optional<SharedMemory> reserve(Path path, ProcessGroup group, long step) {
    int rank = group.rank();
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      FileLock alive = channel.tryLock(rank, 1, false);
      if (alive != null && channel.size() == begin(group.size()) + group.size() * step) {
        fill(channel, begin(group.size()) + rank * step, step);
        List<ByteBuffer> slots = new ArrayList<>();
        for (int r = 0; r < group.size(); r++) {
          slots.add(map(channel, begin(group.size()) + r * step, step));
        }
        ByteBuffer counters = map(channel, 0, begin(group.size()));
        return Optional.of(new SharedMemory(rank, channel, alive, counters, slots));
      }
    } catch (IOException | OverlappingFileLockException | OutOfMemoryError e) {
      // of which the latter says that no addresses are left for it
    }
    close(channel);
    return Optional.empty();
  }

  private static ByteBuffer map(FileChannel channel, long at, long bytes) throws IOException {
    return channel.map(FileChannel.MapMode.READ_WRITE, at, bytes).order(ByteOrder.nativeOrder());
  }

  /** Zeros, which take memory where a longer file alone takes none. */
  private static void fill(FileChannel channel, long at, long bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(bytes, 1 << 20));
    for (long done = 0; done < bytes; ) {
      zeros.clear().limit((int) Math.min(bytes - done, zeros.capacity()));
      done += channel.write(zeros, at + done);
    }
  }

  /** Bytes before the slots. */
  private static long begin(int size) {
    return roundUp((long) size * Sign.values().length * LINE);
  }

  private static long roundUp(long bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }

  /** The slot of a process, from 0 to its length; it lives as long as the buffer is held. */
  ByteBuffer slot(int of) {
    return slots.get(of).duplicate().order(ByteOrder.nativeOrder());
  }

  /** Says that this process has done something for the n-th time, and all that it wrote before. */
  void announce(Sign sign, long n) {
    LONGS.setRelease(counters, place(sign, rank), n);
  }

  /**
   * Waits until all processes have done something n times, and sees what they wrote before.
   *
   * @param watch hears of the wait every while
   */
  void await(Sign sign, long n, Watch watch) {
    for (int r = 0; r < slots.size(); r++) {
      int place = place(sign, r);
      long begun = System.nanoTime();
      long looked = begun;
      while ((long) LONGS.getAcquire(counters, place) < n) {
        long now = System.nanoTime();
        if (now - begun < SPIN) {
          Thread.onSpinWait();
          continue;
        }
        LockSupport.parkNanos(REST);
        if (now - looked > LOOK) {
          looked = now;
          boolean left = hasEnded(r);
          if ((long) LONGS.getAcquire(counters, place) < n) {
            watch.see(new Wait(r, left, Duration.ofNanos(now - begun)));
          }
        }
      }
    }
  }

  /** Whether a process no longer holds the lock that it holds while it lives. */
  private boolean hasEnded(int of) {
    try {
      FileLock taken = file.tryLock(of, 1, false);
      if (taken == null) {
        return false;
      }
      taken.release();
      return true;
    } catch (OverlappingFileLockException e) {
      return false; // it is in this process
    } catch (IOException e) {
      return false; // which nobody can tell any more
    }
  }

  private static int place(Sign sign, int of) {
    return (of * Sign.values().length + sign.line) * LINE;
  }

  /** Ends being alive for the others; memory lives as long as a slot is held. */
  @Override
  public void close() {
    try {
      alive.release();
    } catch (IOException e) {
      // it goes with the file
    }
    close(file);
  }

  private static void close(@Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // nothing is lost
    }
  }
}
