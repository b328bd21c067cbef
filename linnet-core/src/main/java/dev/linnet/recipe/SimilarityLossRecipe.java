package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.base.internal.About;
import dev.linnet.loss.Loss;
import dev.linnet.loss.Smoothing;
import dev.linnet.tensor.Device;
import dev.linnet.train.Similarity;
import java.util.List;
import java.util.OptionalDouble;

/** What training for similarity minimizes: the losses of {@code task: similarity}. */
interface SimilarityLossRecipe extends LossRecipe {

  /**
   * The objective of a run.
   *
   * @param classes of the training pictures
   * @param width of the embedding
   * @param random where what it trains itself starts
   */
  Similarity objective(int classes, int width, Device device, RandomState random);

  /** Whether it compares the pictures of a batch, which then needs several of a class. */
  boolean needsGroups();

  /** What the learning rate of what it trains itself is multiplied by. */
  default double lrScale() {
    return 1;
  }

  @Override
  default Loss over(Smoothing smoothing, ClassCounts classes) {
    throw new IllegalStateException("a loss of similarity has no logits");
  }

  /** Their names. */
  static List<String> names() {
    return Kinds.LOSSES.stream()
        .filter(kind -> SimilarityLossRecipe.class.isAssignableFrom(kind.type()))
        .map(Kinds.Kind::name)
        .toList();
  }

  /**
   * {@link dev.linnet.loss.similarity.Triplet}.
   *
   * @param margin in (0, 100]; none: the soft margin
   */
  record Triplet(
      @About("how much nearer those of the class must be; none: a soft margin")
          OrNone<Double> margin)
      implements SimilarityLossRecipe {
    /** The soft margin, with which the paper's own tables are best. */
    public static final Triplet DEFAULT = new Triplet(OrNone.none());

    public Triplet {
      loss(margin);
    }

    private static dev.linnet.loss.similarity.Triplet loss(OrNone<Double> margin) {
      return new dev.linnet.loss.similarity.Triplet(
          margin.given().map(OptionalDouble::of).orElse(OptionalDouble.empty()));
    }

    @Override
    public Similarity objective(int classes, int width, Device device, RandomState random) {
      return Similarity.of(loss(margin));
    }

    @Override
    public boolean needsGroups() {
      return true;
    }
  }

  /**
   * {@link dev.linnet.loss.similarity.Contrastive}.
   *
   * @param margin in (0, 100]
   */
  record Contrastive(
      @About("distance beyond which pictures of two classes are left alone") double margin)
      implements SimilarityLossRecipe {
    /** Half the largest distance of two rows of length 1; the paper names no value. */
    public static final Contrastive DEFAULT = new Contrastive(1);

    public Contrastive {
      loss(margin);
    }

    private static dev.linnet.loss.similarity.Contrastive loss(double margin) {
      return new dev.linnet.loss.similarity.Contrastive(margin);
    }

    @Override
    public Similarity objective(int classes, int width, Device device, RandomState random) {
      return Similarity.of(loss(margin));
    }

    @Override
    public boolean needsGroups() {
      return true;
    }
  }

  /**
   * {@link dev.linnet.loss.similarity.NtXent}.
   *
   * @param temperature in (0, 100]
   */
  record NtXent(@About("what cosines are divided by") double temperature)
      implements SimilarityLossRecipe {
    /** That of the supervised contrastive paper and of SimCLR's longest runs. */
    public static final NtXent DEFAULT = new NtXent(0.1);

    public NtXent {
      loss(temperature);
    }

    private static dev.linnet.loss.similarity.NtXent loss(double temperature) {
      return new dev.linnet.loss.similarity.NtXent(temperature);
    }

    @Override
    public Similarity objective(int classes, int width, Device device, RandomState random) {
      return Similarity.of(loss(temperature));
    }

    @Override
    public boolean needsGroups() {
      return true;
    }
  }

  /**
   * {@link dev.linnet.loss.similarity.ArcFace}.
   *
   * @param margin in radians, in [0, 1.5]
   * @param scale in (0, 1000]
   */
  record ArcFace(
      @About("what the angle to the right class is enlarged by, in radians") double margin,
      @About("what cosines are multiplied by") double scale)
      implements SimilarityLossRecipe {
    /** The paper's. */
    public static final ArcFace DEFAULT = new ArcFace(0.5, 64);

    public ArcFace {
      loss(margin, scale);
    }

    private static dev.linnet.loss.similarity.ArcFace loss(double margin, double scale) {
      return new dev.linnet.loss.similarity.ArcFace(margin, scale);
    }

    @Override
    public Similarity objective(int classes, int width, Device device, RandomState random) {
      return Similarity.of(loss(margin, scale), classes, width, device, random);
    }

    @Override
    public boolean needsGroups() {
      return false;
    }
  }

  /**
   * {@link dev.linnet.loss.similarity.ProxyAnchor}.
   *
   * @param margin in [0, 1]
   * @param alpha in (0, 1000]
   * @param lrScale of the proxies, in [0, 10000]
   */
  record ProxyAnchor(
      @About("margin of the cosine on both sides") double margin,
      @About("how much the hard pictures count more") double alpha,
      @About("what the learning rate of the proxies is multiplied by") double lrScale)
      implements SimilarityLossRecipe {
    /**
     * The paper's margin and α. Its proxies learn at 0.01, a hundred times its network's rate and
     * ten times that of the recipe {@code similarity}.
     */
    public static final ProxyAnchor DEFAULT = new ProxyAnchor(0.1, 32, 10);

    public ProxyAnchor {
      loss(margin, alpha);
      Check.that(lrScale >= 0 && lrScale <= 10_000, "loss.lr_scale", lrScale, "in [0, 10000]");
    }

    private static dev.linnet.loss.similarity.ProxyAnchor loss(double margin, double alpha) {
      return new dev.linnet.loss.similarity.ProxyAnchor(margin, alpha);
    }

    @Override
    public Similarity objective(int classes, int width, Device device, RandomState random) {
      return Similarity.of(loss(margin, alpha), classes, width, device, random);
    }

    @Override
    public boolean needsGroups() {
      return false;
    }
  }
}
