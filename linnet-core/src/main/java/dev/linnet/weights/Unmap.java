package dev.linnet.weights;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Unmaps a part of a file at once. Java 17 leaves that to the garbage collector, which does not see
 * native memory: until it ran, loaded weights would lie in memory twice. A platform without the
 * method used here falls back to that.
 */
final class Unmap {
  private static final @Nullable MethodHandle CLEANER = find();

  private Unmap() {}

  /** Unmaps; the buffer must not be touched afterwards. */
  static void now(MappedByteBuffer mapped) {
    if (CLEANER == null) {
      return;
    }
    try {
      CLEANER.invoke((ByteBuffer) mapped);
    } catch (Throwable e) {
      throw new IllegalStateException("a mapped file cannot be unmapped", e);
    }
  }

  private static @Nullable MethodHandle find() {
    try {
      Class<?> unsafe = Class.forName("sun.misc.Unsafe");
      Field instance = unsafe.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      return MethodHandles.lookup()
          .findVirtual(unsafe, "invokeCleaner", MethodType.methodType(void.class, ByteBuffer.class))
          .bindTo(instance.get(null));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }
}
