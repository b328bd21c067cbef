package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.data.PictureSet;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.CenterCrop;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.JpegWriter;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import dev.linnet.image.Resize;
import dev.linnet.image.ResizeShorter;
import dev.linnet.report.Image;
import dev.linnet.train.FeatureTable;
import java.util.Arrays;
import java.util.List;

/**
 * Small squares of pictures: the middle, in color. A picture that cannot be read is gray.
 *
 * @param side of each, in pixels
 * @param pictures in the order in which they were asked for
 */
public record Thumbnails(int side, List<Picture> pictures) {
  private static final int GRAY = 128;
  private static final List<Integer> SIDES = List.of(32, 24, 16);
  private static final List<Integer> QUALITIES = List.of(75, 60, 45, 30);

  public Thumbnails {
    pictures = List.copyOf(pictures);
  }

  /**
   * Reads some pictures of a set, on all cores.
   *
   * @param indices positions in the set
   * @param side in [4, 1024]
   */
  public static Thumbnails of(PictureSet set, int[] indices, int side) {
    Check.that(side >= 4 && side <= 1024, "side", side, "in [4, 1024]");
    Picture[] made = new Picture[indices.length];
    PictureTransform shorter = new ResizeShorter(side, Interpolation.BILINEAR);
    CenterCrop crop = new CenterCrop(ImageSize.square(side));
    Blocks.run(
        indices.length,
        8,
        (from, to) -> {
          RandomState none = RandomState.of(0);
          for (int i = from; i < to; i++) {
            try {
              Picture small = set.read(indices[i], DecodeOptions.DEFAULT, shorter, none);
              made[i] = crop.apply(small, none).rgb();
            } catch (BadPictureException unread) {
              made[i] = Picture.filled(ImageSize.square(side), GRAY, GRAY, GRAY);
            }
          }
        });
    return new Thumbnails(side, Arrays.asList(made));
  }

  /**
   * All on one JPEG of at most so many bytes: first of a lower quality, then smaller. What does not
   * fit even so is as small as it gets.
   */
  Image sprite(int mostBytes) {
    Picture all = sprite();
    byte[] file = JpegWriter.write(all, QUALITIES.get(0));
    for (int own : SIDES) {
      all = own < side ? smaller(own).sprite() : sprite();
      for (int quality : QUALITIES) {
        file = JpegWriter.write(all, quality);
        if (file.length <= mostBytes) {
          return Image.jpeg(file, all.width(), all.height());
        }
      }
    }
    return Image.jpeg(file, all.width(), all.height());
  }

  private Thumbnails smaller(int other) {
    ImageSize size = ImageSize.square(other);
    return new Thumbnails(
        other,
        pictures.stream()
            .map(picture -> Resize.apply(picture, size, Interpolation.BILINEAR))
            .toList());
  }

  /** All on one picture, row after row, as square as may be; what is left over is black. */
  public Picture sprite() {
    Check.that(!pictures.isEmpty(), "pictures", 0, "at least 1");
    int columns = columns(pictures.size());
    int rows = (pictures.size() + columns - 1) / columns;
    ImageSize size = new ImageSize(rows * side, columns * side);
    byte[] pixels = new byte[Math.toIntExact(size.area() * 3)];
    int rowBytes = 3 * side;
    for (int i = 0; i < pictures.size(); i++) {
      byte[] own = pictures.get(i).pixels();
      int corner = (i / columns * side * size.width() + i % columns * side) * 3;
      for (int row = 0; row < side; row++) {
        System.arraycopy(own, row * rowBytes, pixels, corner + row * size.width() * 3, rowBytes);
      }
    }
    return Picture.of(size, 3, pixels);
  }

  /** How many pictures a row of the sprite has. */
  static int columns(int pictures) {
    return Math.max(1, (int) Math.ceil(Math.sqrt(pictures)));
  }

  /** The pixels as features: [side × side × 3] levels, so that pictures can be compared by them. */
  FeatureTable table(FeatureTable of) {
    int width = side * side * 3;
    float[] values = new float[Math.multiplyExact(pictures.size(), width)];
    for (int i = 0; i < pictures.size(); i++) {
      byte[] pixels = pictures.get(i).pixels();
      for (int p = 0; p < width; p++) {
        values[i * width + p] = pixels[p] & 0xFF;
      }
    }
    return FeatureTable.of(values, width, of.targets(), Rows.indices(of));
  }
}
