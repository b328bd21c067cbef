package dev.linnet.data;

import dev.linnet.image.HeldPicture;
import dev.linnet.image.Picture;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Memory outside the heap for decoded pictures, taken in chunks as it is needed, up to a limit. It
 * goes back when nobody holds a picture in it.
 *
 * <p>Pictures at a part of their size come on top of what a set was said to need; they get what no
 * set has claimed.
 */
final class PixelMemory implements PixelStore {
  private static final int CHUNK = 1 << 24;

  private long room;
  private long unclaimed;
  private boolean isFull;
  private @Nullable ByteBuffer chunk;

  /**
   * @param room in bytes
   */
  PixelMemory(long room) {
    this.room = room;
    this.unclaimed = room;
  }

  /** Keeps room for the whole pictures of a set. */
  synchronized void claim(long bytes) {
    unclaimed -= bytes;
  }

  @Override
  public Optional<HeldPicture> find(Key key, Encoded file) {
    return Optional.empty();
  }

  @Override
  public synchronized boolean isFull() {
    return isFull;
  }

  @Override
  public Optional<HeldPicture> put(Key key, Optional<Encoded> file, Picture picture) {
    return take(key, picture.byteCount())
        .map(
            memory -> {
              picture.copyTo(memory.duplicate());
              return HeldPicture.of(
                  memory,
                  key.whole(),
                  key.denominator(),
                  picture.channels(),
                  HeldPicture.Memory.STAYS);
            });
  }

  private synchronized Optional<ByteBuffer> take(Key key, int bytes) {
    boolean isExtra = key.denominator() > 1;
    if (isExtra && bytes > unclaimed) {
      return Optional.empty();
    }
    ByteBuffer from = chunk;
    if (from == null || from.remaining() < bytes) {
      from =
          isFull || bytes > room ? null : allocated((int) Math.min(room, Math.max(CHUNK, bytes)));
      if (from == null) {
        isFull = true;
        return Optional.empty();
      }
      room -= from.capacity();
      chunk = from;
    }
    unclaimed -= isExtra ? bytes : 0;
    ByteBuffer part = from.slice(from.position(), bytes);
    from.position(from.position() + bytes);
    return Optional.of(part);
  }

  /** Null where the JVM has no more: the pictures that found no place are decoded each time. */
  private static @Nullable ByteBuffer allocated(int bytes) {
    try {
      return ByteBuffer.allocateDirect(bytes);
    } catch (OutOfMemoryError e) {
      return null;
    }
  }
}
