package dev.linnet.data;

import dev.linnet.image.ColorMode;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.Orientation;
import dev.linnet.image.Picture;
import java.lang.ref.SoftReference;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whole pictures that were decoded last, as many as 128 MB or an eighth of the heap hold; fewer
 * where the heap is short. Any thread; two that want the same picture at once may both decode it.
 */
final class RecentPictures {
  private static final long MOST = Math.min(128L << 20, Runtime.getRuntime().maxMemory() / 8);

  private final Map<Key, Held> held = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /** What a picture was decoded from, and how. */
  record Key(int file, ColorMode color, Orientation orientation, long maxPixels) {}

  /** A picture and what its file said before it. */
  record Decoded(ImageHeader header, Picture picture) {}

  private record Held(SoftReference<Decoded> picture, int bytes) {}

  /** The picture that is held, or the one that is decoded now. */
  Decoded get(Key key, Supplier<Decoded> decode) {
    Decoded there = held(key);
    if (there != null) {
      return there;
    }
    Decoded decoded = decode.get();
    hold(key, decoded);
    return decoded;
  }

  private synchronized @Nullable Decoded held(Key key) {
    Held there = held.get(key);
    return there == null ? null : there.picture().get();
  }

  private synchronized void hold(Key key, Decoded decoded) {
    int size = decoded.picture().byteCount();
    Held before = held.put(key, new Held(new SoftReference<>(decoded), size));
    bytes += size - (before == null ? 0 : before.bytes());
    Iterator<Held> eldest = held.values().iterator();
    while (bytes > MOST && eldest.hasNext()) {
      bytes -= eldest.next().bytes();
      eldest.remove();
    }
  }
}
