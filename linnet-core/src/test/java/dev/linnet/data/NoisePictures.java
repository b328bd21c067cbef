package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import java.util.List;

/**
 * Pictures of noise, as many of each class, class after class.
 *
 * @param side of each picture
 * @param channels 1 or 3
 * @param size how many there are
 * @param brokenFirst whether that at 0 cannot be read
 */
public record NoisePictures(
    ImageSize side, int channels, int size, List<String> classes, boolean brokenFirst)
    implements PictureSet {
  @Override
  public int label(int index) {
    return index * classes.size() / size;
  }

  @Override
  public String name(int index) {
    return "a folder/with a long name/" + classes.get(label(index)) + "/" + index + ".png";
  }

  @Override
  public Picture read(int index, DecodeOptions options) {
    if (brokenFirst && index == 0) {
      throw new BadPictureException(name(index), "is broken");
    }
    RandomState random = RandomState.of(index);
    byte[] pixels = new byte[(int) side.area() * channels];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.nextInt(256);
    }
    return Picture.of(side, channels, pixels);
  }

  @Override
  public PictureInfo info(int index) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String fingerprint() {
    return "noise";
  }
}
