package dev.linnet.image;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The weighted mean of a picture and what chains of edits make of it, rounded to 0: AugMix's mix.
 *
 * @param own weight of the picture itself
 * @param chains the others, with their weights
 */
public record PictureMix(double own, List<Chain> chains) implements PictureEdit {

  /**
   * Edits one after the other.
   *
   * @param weight of their result
   * @param edits none leaves the picture as it is
   */
  public record Chain(double weight, List<PictureEdit> edits) {
    public Chain {
      edits = List.copyOf(edits);
    }

    @Override
    public String toString() {
      return share(weight)
          + " "
          + edits.stream().map(Object::toString).collect(Collectors.joining(" → "));
    }
  }

  public PictureMix {
    chains = List.copyOf(chains);
  }

  @Override
  public Picture apply(Picture picture) {
    float[] sums = new float[picture.byteCount()];
    add(sums, picture, (float) own);
    for (Chain chain : chains) {
      Picture edited = picture;
      for (PictureEdit edit : chain.edits()) {
        edited = edit.apply(edited);
      }
      add(sums, edited, (float) chain.weight());
    }
    byte[] result = new byte[sums.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (byte) Math.max(0, Math.min(255, (int) sums[i]));
    }
    return Picture.wrap(picture.size(), picture.channels(), result);
  }

  private static String share(double weight) {
    return String.format(Locale.ROOT, "%.2f", weight);
  }

  private static void add(float[] sums, Picture picture, float weight) {
    byte[] pixels = picture.raw();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += weight * (pixels[i] & 0xFF);
    }
  }

  /** Such as {@code 0.40 + 0.35 Rotate 10 → Equalize + 0.25 Posterize 3}. */
  @Override
  public String toString() {
    return share(own) + chains.stream().map(chain -> " + " + chain).collect(Collectors.joining());
  }
}
