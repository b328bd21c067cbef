package dev.linnet.models;

/** Numbers of channels that suit a processor, as in MobileNet's and EfficientNet's definitions. */
final class Channels {
  private static final int DIVISOR = 8;

  private Channels() {}

  /** The nearest multiple of 8 that is not below 90 % of the number, at least 8. */
  static int round(double channels) {
    return round(channels, DIVISOR, 0.9);
  }

  /**
   * The nearest multiple of a divisor; timm's {@code make_divisible}.
   *
   * @param channels above 0
   * @param divisor what the result is a multiple of, and its least value
   * @param limit share of the number below which the next multiple is taken; 0: never
   */
  static int round(double channels, int divisor, double limit) {
    int rounded = Math.max(divisor, (int) (channels + divisor / 2.0) / divisor * divisor);
    return rounded < limit * channels ? rounded + divisor : rounded;
  }
}
