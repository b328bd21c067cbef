package dev.linnet.base;

/**
 * A stream of random numbers that is a pure function of its key: the same on every machine, with
 * any number of threads, in any order of use.
 *
 * <p>The generator is Philox-4x32-10 (Salmon et al., SC 2011): block {@code i} of a stream is an
 * encryption of the counter {@code i} under the stream's key, so a stream has no hidden state
 * beyond its position, and {@link #at} opens any other stream without drawing from this one. The
 * trainer keys by (seed, epoch, index of the sample), so that a picture gets the same crop whatever
 * the number of workers.
 *
 * <p>One thread at a time; {@link #at} and {@link #position} make copies for others.
 */
public final class RandomState {
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final long key;
  private long counter;
  private int word = 4;
  private final int[] block = new int[4];

  private RandomState(long key, long position) {
    this.key = key;
    this.counter = position >>> 2;
    if ((position & 3) != 0) {
      fill();
      word = (int) (position & 3);
    }
  }

  /** The stream of a seed, at its start. */
  public static RandomState of(long seed) {
    return new RandomState(mix(seed), 0);
  }

  /** The stream of a saved {@link #key} and {@link #position}. */
  public static RandomState restore(long key, long position) {
    return new RandomState(key, position);
  }

  /**
   * The stream for a part of the work, at its start; it does not depend on how far this one is.
   *
   * @param path what the part is, such as (epoch, index); other paths give unrelated streams
   */
  public RandomState at(long... path) {
    long k = key;
    for (long p : path) {
      k = mix(k + MIX) ^ mix(p * 0xD1342543DE82EF95L + 0x2545F4914F6CDD1DL);
      k = mix(k);
    }
    return new RandomState(k, 0);
  }

  /** The key of this stream; with {@link #position} all that there is to save. */
  public long key() {
    return key;
  }

  /** How many 32-bit words were drawn. */
  public long position() {
    return (counter << 2) - (4 - word);
  }

  /** Uniform over all 32-bit integers. */
  public int nextInt() {
    if (word == 4) {
      fill();
    }
    return block[word++];
  }

  /** Uniform over all 64-bit integers. */
  public long nextLong() {
    long high = nextInt();
    return (high << 32) | (nextInt() & 0xFFFFFFFFL);
  }

  /**
   * Uniform over 0 … bound − 1, without bias (Lemire, 2019).
   *
   * @param bound at least 1
   */
  public int nextInt(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("bound: got " + bound + "; must be at least 1");
    }
    long product = (nextInt() & 0xFFFFFFFFL) * bound;
    long low = product & 0xFFFFFFFFL;
    if (low < bound) {
      long threshold = (0x100000000L - bound) % bound;
      while (low < threshold) {
        product = (nextInt() & 0xFFFFFFFFL) * bound;
        low = product & 0xFFFFFFFFL;
      }
    }
    return (int) (product >>> 32);
  }

  /** Uniform in [0, 1), in steps of 2⁻⁵³. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /** Uniform in [low, high). */
  public double nextDouble(double low, double high) {
    return low + (high - low) * nextDouble();
  }

  /** True with probability p. */
  public boolean nextBoolean(double p) {
    return nextDouble() < p;
  }

  /** Normal with mean 0 and deviation 1 (Box–Muller, one of the pair). */
  public double nextGaussian() {
    double u = 1.0 - nextDouble();
    double v = nextDouble();
    return StrictMath.sqrt(-2.0 * StrictMath.log(u)) * StrictMath.cos(2.0 * StrictMath.PI * v);
  }

  /**
   * Gamma with shape α and scale 1 (Marsaglia and Tsang, 2000).
   *
   * @param alpha above 0
   */
  public double nextGamma(double alpha) {
    if (alpha < 1) {
      double u = 1.0 - nextDouble();
      return nextGamma(alpha + 1) * StrictMath.pow(u, 1.0 / alpha);
    }
    double d = alpha - 1.0 / 3.0;
    double c = 1.0 / StrictMath.sqrt(9.0 * d);
    while (true) {
      double x = nextGaussian();
      double v = 1.0 + c * x;
      if (v <= 0) {
        continue;
      }
      v = v * v * v;
      double u = 1.0 - nextDouble();
      if (StrictMath.log(u) < 0.5 * x * x + d - d * v + d * StrictMath.log(v)) {
        return d * v;
      }
    }
  }

  /**
   * Beta with parameters α and β, in [0, 1].
   *
   * @param alpha above 0
   * @param beta above 0
   */
  public double nextBeta(double alpha, double beta) {
    double x = nextGamma(alpha);
    double y = nextGamma(beta);
    return x + y == 0 ? 0.5 : x / (x + y);
  }

  /** A random order of 0 … n − 1 (Fisher–Yates). */
  public int[] permutation(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  private void fill() {
    int c0 = (int) counter;
    int c1 = (int) (counter >>> 32);
    int c2 = 0;
    int c3 = 0;
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    for (int round = 0; round < 10; round++) {
      long p0 = (c0 & 0xFFFFFFFFL) * 0xD2511F53L;
      long p1 = (c2 & 0xFFFFFFFFL) * 0xCD9E8D57L;
      int n0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      int n2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c1 = (int) p1;
      c3 = (int) p0;
      c0 = n0;
      c2 = n2;
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    block[0] = c0;
    block[1] = c1;
    block[2] = c2;
    block[3] = c3;
    counter++;
    word = 0;
  }

  /** The finalizer of SplitMix64. */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
