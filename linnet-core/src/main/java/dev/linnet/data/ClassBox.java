package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.image.Box;

/**
 * A box with its class.
 *
 * @param label position in the set's list of classes, at least 0
 * @param box inside the picture
 */
public record ClassBox(int label, Box box) {
  public ClassBox {
    Check.that(label >= 0, "label", label, "at least 0");
  }
}
