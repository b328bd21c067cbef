package dev.linnet.recipe;

import dev.linnet.base.OrAuto;
import dev.linnet.base.internal.About;
import dev.linnet.data.ClassRule;
import dev.linnet.data.Holdout;

/**
 * What the classes of the pictures are.
 *
 * @param folders which folders name a class: the top ones, or all down to the picture
 * @param heldOut what {@code val} is a share of: some pictures of each class, or whole classes
 * @param turned whether each class comes turned by 90°, 180° and 270° too, as three more
 */
public record ClassesRecipe(
    @About("which folders name a class: the top one, or all down to the picture (leaf)")
        ClassRule.Folders folders,
    @About("what val holds out: pictures of each class, or whole classes, with task similarity")
        OrAuto<HeldOut> heldOut,
    @About("whether classes come turned by 90, 180 and 270 degrees too, each as three more")
        boolean turned) {

  /** What is held out. */
  public enum HeldOut {
    /** Some pictures of each class. */
    PICTURES,
    /** All pictures of some classes. */
    CLASSES
  }

  /** The same for the data; {@code auto} is classes where there are ten or more. */
  Holdout.Unit unit(Task task) {
    if (!heldOut.isAuto()) {
      return switch (heldOut.value()) {
        case PICTURES -> Holdout.Unit.PICTURES;
        case CLASSES -> Holdout.Unit.CLASSES;
      };
    }
    return switch (task) {
      case CLASSIFICATION -> Holdout.Unit.PICTURES;
      case SIMILARITY -> Holdout.Unit.AUTO;
    };
  }

  /** How a data set is opened. */
  ClassRule rule(Task task) {
    return new ClassRule(
        folders,
        switch (task) {
          case CLASSIFICATION -> ClassRule.Splits.ALIKE;
          case SIMILARITY -> ClassRule.Splits.APART;
        });
  }
}
