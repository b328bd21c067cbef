package dev.linnet.image;

import java.math.BigDecimal;
import java.math.MathContext;

/**
 * An operator with its number: one step of a policy.
 *
 * @param operator what is done
 * @param amount its number, in the operator's unit
 * @param sampling for operators that warp
 */
public record PictureStep(PictureOperator operator, double amount, Sampling sampling)
    implements PictureEdit {

  /** A step that does not warp. */
  public static PictureStep of(PictureOperator operator, double amount) {
    return new PictureStep(operator, amount, Sampling.NEAREST);
  }

  @Override
  public Picture apply(Picture picture) {
    return operator.apply(picture, amount, sampling);
  }

  /** Such as {@code Rotate 27} or {@code Equalize}. */
  @Override
  public String toString() {
    return operator.hasAmount() ? operator.title() + " " + shortened(amount) : operator.title();
  }

  /** A number with at most three digits that count. */
  static String shortened(double number) {
    BigDecimal rounded = new BigDecimal(number).round(new MathContext(3));
    return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
  }
}
