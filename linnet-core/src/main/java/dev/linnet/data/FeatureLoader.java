package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.data.PictureLoader.Options;
import dev.linnet.data.PictureLoader.Order;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives features that were computed before in the place of pictures: rows [N, F, 1, 1], float32, in
 * the batches, the order and with the mirror images that a {@link PictureLoader} of the same
 * options would give.
 *
 * <p>One pass at a time.
 */
public final class FeatureLoader implements Loader {
  private static final Normalization UNCHANGED =
      new Normalization(List.of(0.0), List.of(1 / 255.0));

  private final PictureSet set;
  private final Options options;
  private final double flip;
  private final Supplier<Features> source;
  private final RandomState random;
  private @Nullable Features features;

  /**
   * Features of all pictures of a set.
   *
   * @param rows [size of the set, F] float32, without a scope; for a chance of mirror images above
   *     0 [2 · size, F], those of the mirror images last
   * @param readable the positions of the pictures that were no broken files
   */
  public record Features(Tensor rows, BitSet readable) {}

  /**
   * @param set whose pictures they are
   * @param options as of the loader of pictures; with one view
   * @param flip chance that a mirror image is given, in [0, 1]
   * @param source asked at the first pass; this closes its tensor
   */
  public FeatureLoader(PictureSet set, Options options, double flip, Supplier<Features> source) {
    Check.that(flip >= 0 && flip <= 1, "flip", flip, "in [0, 1]");
    Check.that(options.views() == 1, "views", options.views(), "1");
    this.set = set;
    this.options = options;
    this.flip = flip;
    this.source = source;
    this.random = RandomState.of(options.seed());
  }

  @Override
  public int batches() {
    return options.batches(set.size());
  }

  @Override
  public int images() {
    return options.images(set.size());
  }

  @Override
  public int classes() {
    return set.classes().size();
  }

  @Override
  public Pass pass(int epoch, int firstBatch) {
    Features all = features;
    if (all == null) {
      all = source.get();
      features = all;
    }
    return new RowPass(all, options.order(set, epoch), epoch, firstBatch);
  }

  @Override
  public void close() {
    if (features != null) {
      features.rows().close();
      features = null;
    }
  }

  private final class RowPass implements Pass {
    private final Features features;
    private final int[] order;
    private final int[] repeats;
    private final int epoch;
    private int taken;

    RowPass(Features features, int[] order, int epoch, int firstBatch) {
      this.features = features;
      this.order = order;
      this.repeats = PictureLoader.repeats(order, set.size());
      this.epoch = epoch;
      this.taken = firstBatch;
    }

    @Override
    public boolean hasNext() {
      return taken < batches();
    }

    @Override
    public Batch next() {
      int[] wanted = options.slice(order, taken);
      int[] before = options.slice(repeats, taken++);
      int[] indices = new int[wanted.length];
      long[] rows = new long[wanted.length];
      long[] labels = new long[wanted.length];
      int n = 0;
      for (int i = 0; i < wanted.length; i++) {
        int index = wanted[i];
        if (features.readable().get(index)) {
          indices[n] = index;
          rows[n] = isMirrored(index, before[i]) ? set.size() + index : index;
          labels[n++] = set.label(index);
        }
      }
      return batch(Arrays.copyOf(indices, n), Arrays.copyOf(rows, n), Arrays.copyOf(labels, n));
    }

    private Batch batch(int[] indices, long[] rows, long[] labels) {
      Tensor images =
          Scope.keeping(
              "rows",
              () ->
                  features
                      .rows()
                      .rows(Tensor.of(rows, rows.length))
                      .reshape(rows.length, features.rows().dim(1), 1, 1));
      return new Batch(
          images, Tensor.of(labels, labels.length), indices, set.classes().size(), UNCHANGED, 1);
    }

    private boolean isMirrored(int index, int repeat) {
      return options.order() == Order.SHUFFLED
          && flip > 0
          && PictureLoader.draws(random, epoch, index, repeat).nextBoolean(flip);
    }

    @Override
    public double waitedSeconds() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
