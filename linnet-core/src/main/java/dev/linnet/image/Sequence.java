package dev.linnet.image;

import dev.linnet.base.RandomState;
import java.util.List;

/**
 * Operators one after the other, drawing from the same state in that order.
 *
 * @param steps the operators; none leaves pictures as they are
 */
public record Sequence(List<PictureTransform> steps) implements PictureTransform {
  public Sequence {
    steps = List.copyOf(steps);
  }

  /** Operators one after the other. */
  public static Sequence of(PictureTransform... steps) {
    return new Sequence(List.of(steps));
  }

  @Override
  public Picture apply(Picture picture, RandomState random) {
    return apply(picture, 0, random);
  }

  @Override
  public Picture decode(byte[] file, String name, DecodeOptions options, RandomState random) {
    if (steps.isEmpty()) {
      return Decoder.decode(file, name, options);
    }
    return apply(steps.get(0).decode(file, name, options, random), 1, random);
  }

  @Override
  public Picture apply(HeldPicture picture, RandomState random) {
    return steps.isEmpty()
        ? picture.toPicture()
        : apply(steps.get(0).apply(picture, random), 1, random);
  }

  @Override
  public int denominator(ImageSize size, DecodeOptions options, RandomState random) {
    return steps.isEmpty() ? 1 : steps.get(0).denominator(size, options, random);
  }

  private Picture apply(Picture picture, int first, RandomState random) {
    Picture result = picture;
    for (PictureTransform step : steps.subList(first, steps.size())) {
      result = step.apply(result, random);
    }
    return result;
  }
}
