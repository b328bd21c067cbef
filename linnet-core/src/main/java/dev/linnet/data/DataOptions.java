package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.base.DownloadListener;

/**
 * How a data set is opened.
 *
 * @param holdout what is held out of {@code train} where there is no {@code val}
 * @param limit pictures taken of each class in each split, by seed, at least 1; {@link #ALL} for
 *     all. A larger limit takes those of a smaller one and more
 * @param seed of what is drawn
 * @param boxes what becomes of the boxes of a data set that has them
 * @param classes how class folders make classes
 * @param drawn what was drawn before and is to be taken again; {@link DrawnIndices#NONE} to draw
 * @param cutShards shards that end early or are broken which are borne; what is before is used
 * @param isAnew whether folders and shards are listed anew though an index of them is kept
 * @param places where names are looked up and indexes are kept
 * @param downloads hears how far a download is
 */
public record DataOptions(
    Holdout holdout,
    int limit,
    long seed,
    Boxes boxes,
    ClassRule classes,
    DrawnIndices drawn,
    int cutShards,
    boolean isAnew,
    Places places,
    DownloadListener downloads) {
  /** No limit. */
  public static final int ALL = Integer.MAX_VALUE;

  public DataOptions {
    Check.that(limit >= 1, "limit", limit, "at least 1");
    Check.that(cutShards >= 0, "max_bad.shards", cutShards, "at least 0");
  }

  /** All pictures, seed 0, held out as usual. */
  public static DataOptions of(Places places) {
    return new DataOptions(
        Holdout.AUTO,
        ALL,
        0,
        Boxes.NONE,
        ClassRule.USUAL,
        DrawnIndices.NONE,
        0,
        false,
        places,
        DownloadListener.NONE);
  }

  /** These options with another part held out. */
  public DataOptions withHoldout(Holdout holdout) {
    return new DataOptions(
        holdout, limit, seed, boxes, classes, drawn, cutShards, isAnew, places, downloads);
  }

  /** These options with another limit. */
  public DataOptions withLimit(int limit) {
    return new DataOptions(
        holdout, limit, seed, boxes, classes, drawn, cutShards, isAnew, places, downloads);
  }

  /** These options with another seed. */
  public DataOptions withSeed(long seed) {
    return new DataOptions(
        holdout, limit, seed, boxes, classes, drawn, cutShards, isAnew, places, downloads);
  }

  /** These options with boxes that become something else. */
  public DataOptions withBoxes(Boxes boxes) {
    return new DataOptions(
        holdout, limit, seed, boxes, classes, drawn, cutShards, isAnew, places, downloads);
  }

  /** These options with another rule for classes. */
  public DataOptions withClasses(ClassRule classes) {
    return new DataOptions(
        holdout, limit, seed, boxes, classes, drawn, cutShards, isAnew, places, downloads);
  }

  /** These options with what was drawn before. */
  public DataOptions withDrawn(DrawnIndices drawn) {
    return new DataOptions(
        holdout, limit, seed, boxes, classes, drawn, cutShards, isAnew, places, downloads);
  }

  /** These options with another number of cut shards that are borne. */
  public DataOptions withCutShards(int cutShards) {
    return new DataOptions(
        holdout, limit, seed, boxes, classes, drawn, cutShards, isAnew, places, downloads);
  }

  /** These options with folders and shards listed anew, or with the help of what is kept. */
  public DataOptions withAnew(boolean isAnew) {
    return new DataOptions(
        holdout, limit, seed, boxes, classes, drawn, cutShards, isAnew, places, downloads);
  }

  /** These options with another listener. */
  public DataOptions withDownloads(DownloadListener downloads) {
    return new DataOptions(
        holdout, limit, seed, boxes, classes, drawn, cutShards, isAnew, places, downloads);
  }
}
