package dev.linnet.image;

/**
 * Pillow's {@code transform}: affine and perspective, with its three filters and a color outside
 * (Pillow 13, {@code Geometry.c}).
 *
 * <p>The nearest pixel is Pillow's to the bit. The linear and the cubic filter have weights of few
 * bits where Pillow's are doubles: at most one level apart. They read pixels packed into one long,
 * so that one multiplication weighs all channels, from a copy with a repeated border, so that no
 * tap needs a check.
 *
 * <p>Any thread.
 */
final class Warp {
  private static final int BITS = 11;
  private static final int ONE = 1 << BITS;
  private static final int WEIGHT = 13; // bits of a weight of four
  private static final int SPARE = 2 * BITS - WEIGHT;
  private static final int FIELD = 21; // bits of a channel: a level times a weight fits
  private static final int CUBIC_STEPS = 1024; // in which the cubic filter takes fractions
  private static final int[] CUBIC = cubicWeights();

  /**
   * Where rows of the target come from: positions of pixel centers, in pixels of the source. The
   * centers of the row, ½, 1½ and so on, are an array, so that the compiler makes vectors of it.
   */
  private interface Lines {
    void row(double[] centers, double y, double[] xs, double[] ys);
  }

  /** A picture being read into an array that is filled already. */
  private static final class Job {
    private final Picture source;
    private final ImageSize size;
    private final byte[] target;
    private final Lines lines;

    Job(Picture source, ImageSize size, Sampling sampling, Lines lines) {
      this.source = source;
      this.size = size;
      this.target = background(size, source.channels(), sampling);
      this.lines = lines;
    }

    Picture picture() {
      return Picture.wrap(size, source.channels(), target);
    }
  }

  private Warp() {}

  /** Reads a picture of the same size. */
  static Picture affine(Picture picture, Affine affine, Sampling sampling) {
    return affine(picture, picture.size(), affine, sampling);
  }

  /** Reads a picture of another size. */
  static Picture affine(Picture picture, ImageSize size, Affine affine, Sampling sampling) {
    Lines lines =
        (centers, y, xs, ys) -> {
          line(affine.a(), affine.b() * y, affine.c(), centers, xs);
          line(affine.d(), affine.e() * y, affine.f(), centers, ys);
        };
    Job job = new Job(picture, size, sampling, lines);
    if (sampling.interpolation() != Interpolation.NEAREST) {
      filter(job, sampling.interpolation());
    } else if (affine.b() == 0 && affine.d() == 0) {
      nearestScaled(job, affine);
    } else if (fitsFixed(affine, size)) {
      nearestFixed(job, affine);
    } else {
      nearest(job);
    }
    return job.picture();
  }

  private static void line(
      double step, double offset, double start, double[] centers, double[] positions) {
    for (int i = 0; i < positions.length; i++) {
      positions[i] = step * centers[i] + offset + start;
    }
  }

  private static double[] centers(int count) {
    double[] centers = new double[count];
    for (int i = 0; i < count; i++) {
      centers[i] = i + 0.5;
    }
    return centers;
  }

  /** Pillow's {@code rotate}: right angles are turned without a filter where the size allows it. */
  static Picture rotate(Picture picture, double degrees, Sampling sampling) {
    double angle = (degrees % 360 + 360) % 360;
    if (angle == 0) {
      return picture;
    }
    if (angle == 180) {
      return new Turn(3).upright(picture);
    }
    if ((angle == 90 || angle == 270) && picture.width() == picture.height()) {
      return new Turn(angle == 90 ? 8 : 6).upright(picture);
    }
    return affine(picture, Affine.rotation(angle, picture.size()), sampling);
  }

  /**
   * Reads through a perspective: {@code x' = (k₀x + k₁y + k₂) / (k₆x + k₇y + 1)}, {@code y'} the
   * same with k₃ to k₅.
   *
   * @param k eight numbers
   */
  static Picture perspective(Picture picture, double[] k, Sampling sampling) {
    Lines lines =
        (centers, y, xs, ys) -> {
          for (int i = 0; i < xs.length; i++) {
            double x = centers[i];
            double scale = k[6] * x + k[7] * y + 1;
            xs[i] = (k[0] * x + k[1] * y + k[2]) / scale;
            ys[i] = (k[3] * x + k[4] * y + k[5]) / scale;
          }
        };
    ImageSize size = picture.size();
    Job job = new Job(picture, size, sampling, lines);
    filter(job, sampling.interpolation());
    return job.picture();
  }

  private static byte[] background(ImageSize size, int channels, Sampling sampling) {
    byte[] target = new byte[Math.toIntExact(size.area() * channels)];
    byte[] pixel = sampling.pixel(channels);
    for (int c = 0; c < channels; c++) {
      if (pixel[c] != 0) {
        for (int i = c; i < target.length; i += channels) {
          target[i] = pixel[c];
        }
      }
    }
    return target;
  }

  private static void filter(Job job, Interpolation interpolation) {
    switch (interpolation) {
      case BILINEAR -> bilinear(job);
      case BICUBIC -> bicubic(job);
      default -> nearest(job);
    }
  }

  // ------------------------------------------------------------------ nearest pixel

  private static void nearest(Job job) {
    Picture source = job.source;
    int channels = source.channels();
    double[] centers = centers(job.size.width());
    double[] xs = new double[centers.length];
    double[] ys = new double[centers.length];
    int to = 0;
    for (int y = 0; y < job.size.height(); y++) {
      job.lines.row(centers, y + 0.5, xs, ys);
      for (int i = 0; i < xs.length; i++, to += channels) {
        if (xs[i] >= 0 && xs[i] < source.width() && ys[i] >= 0 && ys[i] < source.height()) {
          int x = (int) xs[i];
          int row = (int) ys[i];
          copyPixel(source, row * source.width() + x, job.target, to);
        }
      }
    }
  }

  private static void copyPixel(Picture source, int pixel, byte[] target, int to) {
    byte[] pixels = source.raw();
    if (source.channels() == 1) {
      target[to] = pixels[pixel];
    } else {
      int from = pixel * 3;
      target[to] = pixels[from];
      target[to + 1] = pixels[from + 1];
      target[to + 2] = pixels[from + 2];
    }
  }

  /** Without rotation and shear: columns and rows are looked up, their positions summed up. */
  private static void nearestScaled(Job job, Affine affine) {
    Picture source = job.source;
    int[] columns =
        indices(affine.c() + affine.a() * 0.5, affine.a(), job.size.width(), source.width());
    int[] rows =
        indices(affine.f() + affine.e() * 0.5, affine.e(), job.size.height(), source.height());
    int channels = source.channels();
    int first = 0;
    while (first < columns.length && columns[first] < 0) {
      first++;
    }
    int end = columns.length;
    while (end > first && columns[end - 1] < 0) {
      end--;
    }
    boolean whole = first < end && columns[end - 1] - columns[first] == end - 1 - first;
    for (int y = 0; y < rows.length && first < end; y++) {
      int from = rows[y] * source.width();
      int to = (y * columns.length + first) * channels;
      if (rows[y] >= 0 && whole && affine.a() == 1) {
        int start = (from + columns[first]) * channels;
        System.arraycopy(source.raw(), start, job.target, to, (end - first) * channels);
      } else if (rows[y] >= 0) {
        for (int i = first; i < end; i++, to += channels) {
          copyPixel(source, from + columns[i], job.target, to);
        }
      }
    }
  }

  /** Source indices, −1 outside. */
  private static int[] indices(double first, double step, int count, int limit) {
    int[] indices = new int[count];
    double position = first;
    for (int i = 0; i < count; i++) {
      boolean inside = position >= 0 && position < limit;
      indices[i] = inside ? (int) position : -1;
      position += step;
    }
    return indices;
  }

  private static boolean fitsFixed(Affine affine, ImageSize size) {
    for (int x : new int[] {0, size.width()}) {
      for (int y : new int[] {0, size.height()}) {
        if (Math.abs(affine.a() * x + affine.b() * y + affine.c()) >= 32768
            || Math.abs(affine.d() * x + affine.e() * y + affine.f()) >= 32768) {
          return false;
        }
      }
    }
    return true;
  }

  /** Pillow's 16.16 fixed point. */
  private static void nearestFixed(Job job, Affine affine) {
    Picture source = job.source;
    int channels = source.channels();
    int width = job.size.width();
    byte[] pixels = source.raw();
    byte[] target = job.target;
    int right = source.width();
    int bottom = source.height();
    int a = fixed(affine.a());
    int d = fixed(affine.d());
    int rowX = fixed(affine.c() + affine.a() * 0.5 + affine.b() * 0.5);
    int rowY = fixed(affine.f() + affine.d() * 0.5 + affine.e() * 0.5);
    int to = 0;
    for (int y = 0; y < job.size.height(); y++) {
      int xx = rowX;
      int yy = rowY;
      for (int i = 0; i < width; i++, to += channels) {
        int x = xx >> 16;
        int row = yy >> 16;
        if (x >= 0 && x < right && row >= 0 && row < bottom) {
          int from = (row * right + x) * channels;
          target[to] = pixels[from];
          if (channels == 3) {
            target[to + 1] = pixels[from + 1];
            target[to + 2] = pixels[from + 2];
          }
        }
        xx += a;
        yy += d;
      }
      rowX += fixed(affine.b());
      rowY += fixed(affine.e());
    }
  }

  private static int fixed(double value) {
    return (int) Math.floor(value * 65536 + 0.5);
  }

  // ------------------------------------------------------------------ filters

  /**
   * Pixels as longs, each channel in {@value #FIELD} bits from the lowest on, with copies of the
   * outermost pixels around them.
   *
   * @param border pixels on each side
   */
  private static long[] packed(Picture picture, int border) {
    int width = picture.width();
    int stride = width + 2 * border;
    int height = picture.height();
    byte[] pixels = picture.raw();
    long[] packed = new long[Math.multiplyExact(stride, height + 2 * border)];
    int from = 0;
    for (int y = 0; y < height; y++) {
      int to = (y + border) * stride + border;
      if (picture.channels() == 1) {
        for (int x = 0; x < width; x++) {
          packed[to + x] = pixels[from + x] & 0xFF;
        }
        from += width;
      } else {
        for (int x = 0; x < width; x++, from += 3) {
          packed[to + x] =
              (pixels[from] & 0xFFL)
                  | (pixels[from + 1] & 0xFFL) << FIELD
                  | (pixels[from + 2] & 0xFFL) << (2 * FIELD);
        }
      }
      for (int i = 1; i <= border; i++) {
        packed[to - i] = packed[to];
        packed[to + width - 1 + i] = packed[to + width - 1];
      }
    }
    for (int i = 0; i < border; i++) {
      System.arraycopy(packed, border * stride, packed, i * stride, stride);
      int last = (height + border - 1) * stride;
      System.arraycopy(packed, last, packed, last + (i + 1) * stride, stride);
    }
    return packed;
  }

  private static void bilinear(Job job) {
    Picture source = job.source;
    long[] pixels = packed(source, 1);
    int stride = source.width() + 2;
    byte[] target = job.target;
    int channels = source.channels();
    double right = source.width();
    double bottom = source.height();
    double[] centers = centers(job.size.width());
    double[] xs = new double[centers.length];
    double[] ys = new double[centers.length];
    int to = 0;
    for (int y = 0; y < job.size.height(); y++) {
      job.lines.row(centers, y + 0.5, xs, ys);
      for (int i = 0; i < xs.length; i++, to += channels) {
        if (!(xs[i] >= 0 && xs[i] < right && ys[i] >= 0 && ys[i] < bottom)) {
          continue;
        }
        // half a pixel back to the pixel on the left, one pixel on for the border
        int x = (int) (xs[i] * ONE + (ONE / 2 + 0.5));
        int row = (int) (ys[i] * ONE + (ONE / 2 + 0.5));
        int at = (row >> BITS) * stride + (x >> BITS);
        int dx = x & (ONE - 1);
        int dy = row & (ONE - 1);
        // the four weights in 13 bits: rounded down, so that the first is never negative
        int both = dx * dy;
        int d = both >> SPARE;
        int b = ((dx << BITS) - both) >> SPARE;
        int c = ((dy << BITS) - both) >> SPARE;
        int a = (1 << WEIGHT) - b - c - d;
        long sum =
            a * pixels[at]
                + b * pixels[at + 1]
                + c * pixels[at + stride]
                + d * pixels[at + stride + 1];
        target[to] = (byte) (sum >> WEIGHT);
        if (channels == 3) {
          target[to + 1] = (byte) (sum >> (WEIGHT + FIELD));
          target[to + 2] = (byte) (sum >> (WEIGHT + 2 * FIELD));
        }
      }
    }
  }

  /** Weights of four taps for each fraction: cubic convolution with a = −1. */
  private static int[] cubicWeights() {
    int[] weights = new int[CUBIC_STEPS * 4];
    for (int i = 0; i < CUBIC_STEPS; i++) {
      double d = (double) i / CUBIC_STEPS;
      weights[i * 4] = (int) Math.rint(ONE * (-d + 2 * d * d - d * d * d));
      weights[i * 4 + 2] = (int) Math.rint(ONE * (d + d * d - d * d * d));
      weights[i * 4 + 3] = (int) Math.rint(ONE * (-d * d + d * d * d));
      weights[i * 4 + 1] = ONE - weights[i * 4] - weights[i * 4 + 2] - weights[i * 4 + 3];
    }
    return weights;
  }

  private static void bicubic(Job job) {
    Picture source = job.source;
    long[] pixels = packed(source, 2);
    int stride = source.width() + 4;
    byte[] target = job.target;
    int channels = source.channels();
    double right = source.width();
    double bottom = source.height();
    double[] centers = centers(job.size.width());
    double[] xs = new double[centers.length];
    double[] ys = new double[centers.length];
    int to = 0;
    for (int y = 0; y < job.size.height(); y++) {
      job.lines.row(centers, y + 0.5, xs, ys);
      for (int i = 0; i < xs.length; i++, to += channels) {
        if (!(xs[i] >= 0 && xs[i] < right && ys[i] >= 0 && ys[i] < bottom)) {
          continue;
        }
        // half a pixel back, one to the first tap, two on for the border
        int x = (int) (xs[i] * CUBIC_STEPS + (CUBIC_STEPS / 2 + 0.5));
        int row = (int) (ys[i] * CUBIC_STEPS + (CUBIC_STEPS / 2 + 0.5));
        int at = row / CUBIC_STEPS * stride + x / CUBIC_STEPS;
        int wx = x % CUBIC_STEPS * 4;
        int wy = row % CUBIC_STEPS * 4;
        for (int c = 0; c < channels; c++) {
          target[to + c] = cubic(pixels, at, stride, c * FIELD, wx, wy);
        }
      }
    }
  }

  private static byte cubic(long[] pixels, int first, int stride, int shift, int wx, int wy) {
    int sum = 0;
    int at = first;
    for (int row = 0; row < 4; row++, at += stride) {
      int line =
          CUBIC[wx] * ((int) (pixels[at] >> shift) & 0xFF)
              + CUBIC[wx + 1] * ((int) (pixels[at + 1] >> shift) & 0xFF)
              + CUBIC[wx + 2] * ((int) (pixels[at + 2] >> shift) & 0xFF)
              + CUBIC[wx + 3] * ((int) (pixels[at + 3] >> shift) & 0xFF);
      sum += CUBIC[wy + row] * (line >> 1); // one bit less, so that no sum overflows
    }
    return (byte) Math.max(0, Math.min(255, sum >> (2 * BITS - 1)));
  }
}
