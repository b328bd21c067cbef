package dev.linnet.tricks;

import dev.linnet.base.RandomState;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Which picture of a batch each picture is mixed with: every one is the partner of one. */
public final class Permutation {
  private final int[] partner;

  private Permutation(int[] partner) {
    this.partner = partner;
  }

  /** A random one, as the authors of mixup and of CutMix draw it; some may meet themselves. */
  public static Permutation random(RandomState random, int size) {
    return new Permutation(random.permutation(size));
  }

  /** The first with the last and so on, as in timm. */
  public static Permutation reversed(int size) {
    return new Permutation(IntStream.range(0, size).map(row -> size - 1 - row).toArray());
  }

  /** Each with the one before, the first with the last, as in torchvision. */
  public static Permutation rolled(int size) {
    return new Permutation(IntStream.range(0, size).map(row -> (row + size - 1) % size).toArray());
  }

  /** The partner of a row, in [0, {@link #size}). */
  public int partner(int row) {
    return partner[row];
  }

  /** The number of rows. */
  public int size() {
    return partner.length;
  }

  /** The partners of all rows, int64 [N], for {@link Tensor#rows}. */
  Tensor indices(Device device) {
    return Tensor.of(Arrays.stream(partner).asLongStream().toArray()).to(device);
  }

  /** Such as {@code [2, 0, 1]}. */
  @Override
  public String toString() {
    return Arrays.toString(partner);
  }
}
