package dev.linnet.data;

import dev.linnet.image.HeldPicture;
import dev.linnet.image.Picture;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Memory outside the heap for decoded pictures, taken in chunks as it is needed, up to a limit. It
 * goes back when nobody holds a picture in it.
 */
final class PixelMemory implements PixelStore {
  private static final int CHUNK = 1 << 24;

  private long room;
  private boolean isFull;
  private @Nullable ByteBuffer chunk;

  /**
   * @param room in bytes
   */
  PixelMemory(long room) {
    this.room = room;
  }

  @Override
  public Optional<HeldPicture> find(int index, Encoded file) {
    return Optional.empty();
  }

  @Override
  public synchronized boolean isFull() {
    return isFull;
  }

  @Override
  public Optional<HeldPicture> put(int index, Optional<Encoded> file, Picture picture) {
    return take(picture.byteCount())
        .map(
            memory -> {
              picture.copyTo(memory.duplicate());
              return HeldPicture.of(memory, picture.size(), picture.channels());
            });
  }

  private synchronized Optional<ByteBuffer> take(int bytes) {
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
