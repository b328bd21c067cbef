package dev.linnet.train.robustness;

import dev.linnet.base.RandomState;
import dev.linnet.image.ImageSize;
import dev.linnet.tensor.Box;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Tensor;

/** Pictures that are none of the classes, made without other data; levels in [0, 255]. */
final class Foreign {
  /** Part of each side that the enlarged middle shows. */
  private static final int PART = 4;

  private Foreign() {}

  /** Noise. */
  enum Noise {
    /** Each level as probable as any other. */
    UNIFORM("uniform noise", 0),
    /**
     * Normal around the middle level with a deviation of 255, clipped, as ODIN's authors have it.
     */
    GAUSSIAN("Gaussian noise", 1);

    private final String text;
    private final long stream;

    Noise(String text, long stream) {
      this.text = text;
      this.stream = stream;
    }

    /** Tells its draws from those of other noise. */
    long stream() {
      return stream;
    }

    String text() {
      return text;
    }

    /** Draws float32 levels [N, C, H, W]. */
    Tensor draw(RandomState random, int images, int channels, ImageSize size) {
      long[] shape = {images, channels, size.height(), size.width()};
      Tensor drawn =
          switch (this) {
            case UNIFORM -> Tensor.uniform(0, 1, random, DType.FLOAT32, shape);
            case GAUSSIAN -> Tensor.normal(0.5, 1, random, DType.FLOAT32, shape).clamp(0, 1);
          };
      return drawn.mul(Fgsm.LEVELS).channelsLast();
    }
  }

  /** What the pictures that are measured can be turned into. */
  enum View {
    /** Turned to the left by a right angle; where that does not fit, by two. */
    TURNED("turned pictures"),
    /** The middle sixteenth of each picture, enlarged to its size. */
    PARTS("enlarged parts");

    private final String text;

    View(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }

    /** Makes levels [N, C, H, W] of levels of the same shape. */
    Tensor of(Tensor levels) {
      int height = (int) levels.dim(2);
      int width = (int) levels.dim(3);
      return switch (this) {
        case TURNED ->
            (height == width ? levels.transpose(2, 3).flip(2) : levels.flip(2, 3)).channelsLast();
        case PARTS -> {
          Box middle =
              Occlusion.centered(
                  new ImageSize(height, width),
                  Math.max(1, height / PART),
                  Math.max(1, width / PART));
          yield levels
              .crop(middle)
              .contiguous()
              .resizeBicubic(height, width)
              .clamp(0, Fgsm.LEVELS)
              .channelsLast();
        }
      };
    }
  }
}
