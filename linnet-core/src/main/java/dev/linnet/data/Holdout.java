package dev.linnet.data;

import dev.linnet.base.Check;

/**
 * How much of the training pictures is held out to choose the best weights, where the data set
 * brings no {@code val} of its own. Drawn by seed.
 *
 * @param kind whether anything is held out, and who says how much
 * @param fraction the part held out, in (0, 1); used by {@link Kind#FRACTION} only, else 0
 * @param unit what that is a part of
 */
public record Holdout(Kind kind, double fraction, Unit unit) {
  /** Classes from which on {@link Unit#AUTO} holds out whole ones. */
  public static final int MANY_CLASSES = 10;

  /** What is held out. */
  public enum Unit {
    /** Some pictures of each class. */
    PICTURES,
    /** All pictures of some classes. */
    CLASSES,
    /** Classes where there are {@link #MANY_CLASSES} or more, else pictures. */
    AUTO
  }

  /** Who says how much is held out. */
  public enum Kind {
    /** A tenth where there is a {@code test}, a fifth where nothing is split. */
    AUTO,
    /** Nothing where there is a {@code test}, a fifth where nothing is split. */
    UNLESS_TESTED,
    /** The given fraction. */
    FRACTION,
    /** Nothing: all of {@code train} is trained on, and the last weights are kept. */
    NONE
  }

  /** A tenth of {@code train} where there is a {@code test}, a fifth where nothing is split. */
  public static final Holdout AUTO = new Holdout(Kind.AUTO, 0, Unit.PICTURES);

  /** Nothing where there is a {@code test}, a fifth of {@code train} where nothing is split. */
  public static final Holdout UNLESS_TESTED = new Holdout(Kind.UNLESS_TESTED, 0, Unit.PICTURES);

  /** Nothing is held out. */
  public static final Holdout NONE = new Holdout(Kind.NONE, 0, Unit.PICTURES);

  private static final double BESIDE_TEST = 0.1;
  private static final double UNSPLIT = 0.2;

  public Holdout {
    if (kind == Kind.FRACTION) {
      Check.that(fraction > 0 && fraction < 1, "val", fraction, "in (0, 1), or none");
    } else {
      Check.that(fraction == 0, "val", fraction, "0 where it is " + kind);
    }
  }

  /**
   * The given fraction is held out.
   *
   * @param fraction in (0, 1)
   */
  public static Holdout of(double fraction) {
    return new Holdout(Kind.FRACTION, fraction, Unit.PICTURES);
  }

  /** As much of something else. */
  public Holdout of(Unit unit) {
    return new Holdout(kind, fraction, unit);
  }

  /** The fraction of the training pictures to hold out, in [0, 1). */
  double fraction(boolean hasTest) {
    return switch (kind) {
      case AUTO -> hasTest ? BESIDE_TEST : UNSPLIT;
      case UNLESS_TESTED -> hasTest ? 0 : UNSPLIT;
      case FRACTION -> fraction;
      case NONE -> 0;
    };
  }
}
