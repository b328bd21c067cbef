package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Figures of a set of pictures.
 *
 * @param pictures those that were read
 * @param broken those that could not be read
 * @param perClass pictures of each class, in the order of the classes; one with boxes of several
 *     counts in each
 * @param heights of the pictures as they are decoded, in pixels
 * @param widths of the pictures as they are decoded, in pixels
 * @param formats pictures of each format, such as {@code jpeg}
 * @param channels pictures by the channels that are stored: 1 grey, 2 grey and alpha, 3 color, 4
 *     color and alpha or CMYK
 * @param normalization mean and deviation of each channel over all pixels, levels divided by 255
 */
public record DataStats(
    int pictures,
    int broken,
    List<Integer> perClass,
    Spread heights,
    Spread widths,
    Map<String, Integer> formats,
    Map<Integer, Integer> channels,
    Normalization normalization) {

  public DataStats {
    perClass = List.copyOf(perClass);
    formats = Map.copyOf(formats);
    channels = Map.copyOf(channels);
  }

  /**
   * How some numbers are spread.
   *
   * @param least the smallest
   * @param lower a quarter is below it
   * @param median half is below it
   * @param upper a quarter is above it
   * @param most the largest
   */
  public record Spread(int least, int lower, int median, int upper, int most) {
    static Spread of(int[] values) {
      if (values.length == 0) {
        return new Spread(0, 0, 0, 0, 0);
      }
      int[] sorted = values.clone();
      Arrays.sort(sorted);
      int last = sorted.length - 1;
      return new Spread(
          sorted[0],
          sorted[last / 4],
          sorted[last / 2],
          sorted[(int) (last * 3L / 4)],
          sorted[last]);
    }
  }

  /**
   * Reads pictures and takes their figures.
   *
   * @param most pictures that are read, evenly spread over the set, at least 1; counts by class are
   *     of all
   * @param threads that read, at least 1
   */
  public static DataStats of(PictureSet set, DecodeOptions options, int most, int threads) {
    Sample sample = Sample.of(set, options, most, threads);
    Map<String, Integer> formats = new TreeMap<>();
    Map<Integer, Integer> channels = new TreeMap<>();
    int[] heights = new int[sample.good()];
    int[] widths = new int[sample.good()];
    for (int i = 0; i < heights.length; i++) {
      PictureInfo info = sample.infos.get(i);
      formats.merge(info.format(), 1, Integer::sum);
      channels.merge(info.channels(), 1, Integer::sum);
      ImageSize size = sample.sizes.get(i);
      heights[i] = size.height();
      widths[i] = size.width();
    }
    return new DataStats(
        sample.good(),
        sample.broken,
        perClass(set),
        Spread.of(heights),
        Spread.of(widths),
        formats,
        channels,
        sample.levels.normalization());
  }

  /**
   * Mean and deviation of each channel over all pixels of some pictures, evenly spread; broken ones
   * are left out. The same with any number of threads.
   *
   * @param most pictures that are read, at least 1
   * @param threads that read, at least 1
   */
  public static Normalization normalization(
      PictureSet set, DecodeOptions options, int most, int threads) {
    Check.that(most >= 1, "pictures", most, "at least 1");
    int read = Math.min(set.size(), most);
    Levels all = new Levels(options.color());
    for (Levels part :
        Chunks.map(read, threads, (first, last) -> levels(set, options, read, first, last))) {
      all.add(part);
    }
    return all.normalization();
  }

  private static Levels levels(PictureSet set, DecodeOptions options, int read, int from, int to) {
    Levels levels = new Levels(options.color());
    for (int i = from; i < to; i++) {
      try {
        levels.add(set.read((int) ((long) i * set.size() / read), options));
      } catch (BadPictureException broken) {
        // counted and named when the loader reads it
      }
    }
    return levels;
  }

  /** What was seen of some pictures; broken ones are only counted, "data check" names them. */
  private static final class Sample {
    final List<PictureInfo> infos = new ArrayList<>();
    final List<ImageSize> sizes = new ArrayList<>();
    final Levels levels;
    int broken;

    Sample(ColorMode color) {
      levels = new Levels(color);
    }

    int good() {
      return infos.size();
    }

    static Sample of(PictureSet set, DecodeOptions options, int most, int threads) {
      Check.that(most >= 1, "pictures", most, "at least 1");
      int read = Math.min(set.size(), most);
      Sample all = new Sample(options.color());
      for (Sample part :
          Chunks.map(read, threads, (first, last) -> part(set, options, read, first, last))) {
        all.add(part);
      }
      return all;
    }

    private static Sample part(
        PictureSet set, DecodeOptions options, int read, int first, int last) {
      Sample part = new Sample(options.color());
      for (int i = first; i < last; i++) {
        int index = (int) ((long) i * set.size() / read);
        try {
          PictureInfo info = set.info(index);
          Picture picture = set.read(index, options);
          part.levels.add(picture);
          part.sizes.add(picture.size());
          part.infos.add(info);
        } catch (BadPictureException bad) {
          part.broken++;
        }
      }
      return part;
    }

    private void add(Sample other) {
      infos.addAll(other.infos);
      sizes.addAll(other.sizes);
      broken += other.broken;
      levels.add(other.levels);
    }
  }

  private static List<Integer> perClass(PictureSet set) {
    if (set instanceof StoredSet stored) {
      return Arrays.stream(stored.counts()).boxed().toList();
    }
    int[] counts = new int[set.classes().size()];
    for (int i = 0; i < set.size(); i++) {
      counts[set.label(i)]++;
    }
    return Arrays.stream(counts).boxed().toList();
  }

  /** How often each level is met in each channel. */
  private static final class Levels {
    private static final int LEVELS = 256;
    private final long[][] counts;

    Levels(ColorMode color) {
      counts = new long[color.channels()][LEVELS];
    }

    void add(Picture picture) {
      byte[] pixels = picture.pixels();
      int channels = counts.length;
      for (int c = 0; c < channels; c++) {
        long[] count = counts[c];
        for (int i = c; i < pixels.length; i += channels) {
          count[pixels[i] & 0xFF]++;
        }
      }
    }

    void add(Levels other) {
      for (int c = 0; c < counts.length; c++) {
        for (int level = 0; level < LEVELS; level++) {
          counts[c][level] += other.counts[c][level];
        }
      }
    }

    /** Without any pixel, and of a channel that never varies: values that do no harm. */
    Normalization normalization() {
      List<Double> means = new ArrayList<>();
      List<Double> deviations = new ArrayList<>();
      for (long[] count : counts) {
        double n = 0;
        double sum = 0;
        for (int level = 0; level < LEVELS; level++) {
          n += count[level];
          sum += (double) count[level] * level;
        }
        double mean = n == 0 ? 127.5 : sum / n;
        double squares = 0;
        for (int level = 0; level < LEVELS; level++) {
          squares += count[level] * (level - mean) * (level - mean);
        }
        double deviation = n == 0 ? 127.5 : Math.sqrt(squares / n);
        means.add(mean / 255);
        deviations.add(Math.max(deviation, 1) / 255);
      }
      return new Normalization(means, deviations);
    }
  }
}
