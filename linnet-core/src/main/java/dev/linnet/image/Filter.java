package dev.linnet.image;

/** The kernels of Pillow's {@code Resample.c}: a weight for a distance in (scaled) pixels. */
enum Filter {
  BOX(0.5) {
    @Override
    double weight(double x) {
      return x > -0.5 && x <= 0.5 ? 1 : 0;
    }
  },
  BILINEAR(1) {
    @Override
    double weight(double x) {
      return Math.max(0, 1 - Math.abs(x));
    }
  },
  HAMMING(1) {
    @Override
    double weight(double x) {
      double distance = Math.abs(x);
      if (distance == 0) {
        return 1;
      }
      if (distance >= 1) {
        return 0;
      }
      double angle = distance * Math.PI;
      return StrictMath.sin(angle) / angle * (0.54f + 0.46f * StrictMath.cos(angle));
    }
  },
  BICUBIC(2) {
    @Override
    double weight(double x) {
      double a = -0.5;
      double d = Math.abs(x);
      if (d < 1) {
        return ((a + 2) * d - (a + 3)) * d * d + 1;
      }
      return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
    }
  },
  LANCZOS(3) {
    @Override
    double weight(double x) {
      return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
    }
  };

  private final double support;

  Filter(double support) {
    this.support = support;
  }

  /** Half its width: weights beyond are 0. */
  double support() {
    return support;
  }

  abstract double weight(double x);

  static Filter of(Interpolation interpolation) {
    return switch (interpolation) {
      case BILINEAR -> BILINEAR;
      case BICUBIC -> BICUBIC;
      case LANCZOS -> LANCZOS;
      case BOX -> BOX;
      case HAMMING -> HAMMING;
      case NEAREST -> throw new IllegalArgumentException("nearest has no kernel");
    };
  }

  private static double sinc(double x) {
    if (x == 0) {
      return 1;
    }
    double angle = x * Math.PI;
    return StrictMath.sin(angle) / angle;
  }
}
