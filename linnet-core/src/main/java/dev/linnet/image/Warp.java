package dev.linnet.image;

/**
 * Pillow's {@code transform}: affine and perspective, with its three filters and a color outside
 * (Pillow 13, {@code Geometry.c}).
 *
 * <p>The nearest pixel is Pillow's to the bit. The linear and the cubic filter have weights of 11
 * bits where Pillow's are doubles: at most one level apart. They read pixels packed into one int,
 * from a copy with a repeated border, so that no tap needs a check.
 *
 * <p>Any thread.
 */
final class Warp {
  private static final int BITS = 11;
  private static final int ONE = 1 << BITS;
  private static final int CUBIC_STEPS = 1024; // in which the cubic filter takes fractions
  private static final int[] CUBIC = cubicWeights();

  /** Where rows of the target come from: positions of pixel centers, in pixels of the source. */
  private interface Lines {
    void row(int y, double[] xs, double[] ys);
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
        (y, xs, ys) -> {
          double yin = y + 0.5;
          double x0 = affine.b() * yin;
          double y0 = affine.e() * yin;
          for (int i = 0; i < xs.length; i++) {
            double xin = i + 0.5;
            xs[i] = affine.a() * xin + x0 + affine.c();
            ys[i] = affine.d() * xin + y0 + affine.f();
          }
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
        (y, xs, ys) -> {
          double yin = y + 0.5;
          for (int i = 0; i < xs.length; i++) {
            double xin = i + 0.5;
            double scale = k[6] * xin + k[7] * yin + 1;
            xs[i] = (k[0] * xin + k[1] * yin + k[2]) / scale;
            ys[i] = (k[3] * xin + k[4] * yin + k[5]) / scale;
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
    double[] xs = new double[job.size.width()];
    double[] ys = new double[xs.length];
    int to = 0;
    for (int y = 0; y < job.size.height(); y++) {
      job.lines.row(y, xs, ys);
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
    int to = 0;
    for (int row : rows) {
      if (row < 0) {
        to += columns.length * source.channels();
        continue;
      }
      for (int column : columns) {
        if (column >= 0) {
          copyPixel(source, row * source.width() + column, job.target, to);
        }
        to += source.channels();
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
        if (x >= 0 && x < source.width() && row >= 0 && row < source.height()) {
          copyPixel(source, row * source.width() + x, job.target, to);
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
   * Pixels as ints, the first channel lowest, with copies of the outermost pixels around them.
   *
   * @param border pixels on each side
   */
  private static int[] packed(Picture picture, int border) {
    int width = picture.width();
    int stride = width + 2 * border;
    int height = picture.height();
    byte[] pixels = picture.raw();
    int[] packed = new int[Math.multiplyExact(stride, height + 2 * border)];
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
              (pixels[from] & 0xFF)
                  | ((pixels[from + 1] & 0xFF) << 8)
                  | ((pixels[from + 2] & 0xFF) << 16);
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
    int[] pixels = packed(source, 1);
    int stride = source.width() + 2;
    byte[] target = job.target;
    int channels = source.channels();
    double right = source.width();
    double bottom = source.height();
    double[] xs = new double[job.size.width()];
    double[] ys = new double[xs.length];
    int to = 0;
    for (int y = 0; y < job.size.height(); y++) {
      job.lines.row(y, xs, ys);
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
        int p11 = dx * dy;
        int p01 = (dx << BITS) - p11; // weight of the pixel on the right
        int p10 = (dy << BITS) - p11;
        int p00 = ONE * ONE - p01 - p10 - p11;
        int a = pixels[at];
        int b = pixels[at + 1];
        int c = pixels[at + stride];
        int d = pixels[at + stride + 1];
        target[to] =
            (byte)
                (((a & 0xFF) * p00 + (b & 0xFF) * p01 + (c & 0xFF) * p10 + (d & 0xFF) * p11)
                    >>> (2 * BITS));
        if (channels == 3) {
          target[to + 1] =
              (byte)
                  ((((a >> 8) & 0xFF) * p00
                          + ((b >> 8) & 0xFF) * p01
                          + ((c >> 8) & 0xFF) * p10
                          + ((d >> 8) & 0xFF) * p11)
                      >>> (2 * BITS));
          target[to + 2] =
              (byte)
                  (((a >> 16) * p00 + (b >> 16) * p01 + (c >> 16) * p10 + (d >> 16) * p11)
                      >>> (2 * BITS));
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
    int[] pixels = packed(source, 2);
    int stride = source.width() + 4;
    byte[] target = job.target;
    int channels = source.channels();
    double right = source.width();
    double bottom = source.height();
    double[] xs = new double[job.size.width()];
    double[] ys = new double[xs.length];
    int to = 0;
    for (int y = 0; y < job.size.height(); y++) {
      job.lines.row(y, xs, ys);
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
          target[to + c] = cubic(pixels, at, stride, c * 8, wx, wy);
        }
      }
    }
  }

  private static byte cubic(int[] pixels, int first, int stride, int shift, int wx, int wy) {
    int sum = 0;
    int at = first;
    for (int row = 0; row < 4; row++, at += stride) {
      int line =
          CUBIC[wx] * ((pixels[at] >> shift) & 0xFF)
              + CUBIC[wx + 1] * ((pixels[at + 1] >> shift) & 0xFF)
              + CUBIC[wx + 2] * ((pixels[at + 2] >> shift) & 0xFF)
              + CUBIC[wx + 3] * ((pixels[at + 3] >> shift) & 0xFF);
      sum += CUBIC[wy + row] * (line >> 1); // one bit less, so that no sum overflows
    }
    return (byte) Math.max(0, Math.min(255, sum >> (2 * BITS - 1)));
  }
}
