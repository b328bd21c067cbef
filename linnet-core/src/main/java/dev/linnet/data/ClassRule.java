package dev.linnet.data;

/**
 * How class folders make classes.
 *
 * @param folders which folders name a class
 * @param splits which classes the splits may have
 */
public record ClassRule(Folders folders, Splits splits) {
  /** The top folders; all splits have the classes of train. */
  public static final ClassRule USUAL = new ClassRule(Folders.TOP, Splits.ALIKE);

  /** Which folders name a class. */
  public enum Folders {
    /** That below the split: {@code Latin} for {@code Latin/character01/1.png}. */
    TOP,
    /** All down to the picture: {@code Latin/character01}. */
    LEAF
  }

  /** Which classes the splits have. */
  public enum Splits {
    /** No others than train, as naming classes needs it. */
    ALIKE,
    /** Each may have classes of its own. */
    APART
  }
}
