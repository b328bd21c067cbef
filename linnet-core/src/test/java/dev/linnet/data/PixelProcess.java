package dev.linnet.data;

import dev.linnet.base.OrAuto;
import dev.linnet.image.DecodeOptions;
import java.nio.file.Path;
import java.util.Map;

/** Fills a cache on disk in a process of its own, for tests that run two of them or kill one. */
final class PixelProcess {
  private PixelProcess() {}

  /** Reads a set, backwards where it is asked to; says when it has begun, and a sum at the end. */
  public static void main(String[] args) {
    DataOptions options = DataOptions.of(Places.of(Map.of())).withHoldout(Holdout.NONE);
    PictureSet set = DataSources.open(args[0], options).train();
    int sum = 0;
    try (PictureCache cache =
        new PictureCache(
            new PictureCache.Options(
                PictureCache.Where.DISK, OrAuto.of(new ByteCount(1L << 30)), Path.of(args[1])),
            DecodeOptions.DEFAULT)) {
      PictureSet kept = cache.keep(set, "pictures");
      for (int i = 0; i < set.size(); i++) {
        int index = args[2].equals("backwards") ? set.size() - 1 - i : i;
        sum += kept.read(index, DecodeOptions.DEFAULT).hashCode();
        if (i == 20) {
          System.out.println("begun");
        }
      }
    }
    System.out.println(sum);
    Runtime.getRuntime().halt(0);
  }
}
