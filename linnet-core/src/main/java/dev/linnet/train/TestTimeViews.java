package dev.linnet.train;

import dev.linnet.data.PictureLoader;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageSize;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Test-time augmentation: the answer is the mean of the probabilities of several views.
 *
 * <p>The crops are of a square whose side is the input's divided by the share that the center crop
 * keeps, at most 0.875 (256 for 224 as in the paper). Immutable; any thread.
 */
public final class TestTimeViews {
  private static final double MOST_KEPT = 0.875;

  private final TestTimeAugmentation how;
  private final ImageSize size;
  private final PictureLoader.Reading reading;

  private TestTimeViews(TestTimeAugmentation how, ImageSize size, PictureLoader.Reading reading) {
    this.how = how;
    this.size = size;
    this.reading = reading;
  }

  /**
   * Some views of pictures.
   *
   * @param plain how pictures are read without them
   */
  public static TestTimeViews of(TestTimeAugmentation how, PictureLoader.Reading plain) {
    ImageSize size = plain.size();
    if (how != TestTimeAugmentation.TEN_CROP
        || !(plain.transform() instanceof EvalTransform eval)) {
      return new TestTimeViews(how, size, plain);
    }
    double kept = Math.min(eval.cropPct(), MOST_KEPT);
    ImageSize whole =
        new ImageSize(
            (int) Math.floor(size.height() / kept), (int) Math.floor(size.width() / kept));
    EvalTransform transform =
        new EvalTransform(whole, 1, eval.interpolation(), eval.mode(), eval.fill());
    return new TestTimeViews(
        how,
        size,
        new PictureLoader.Reading(plain.decode(), transform, whole, plain.normalization()));
  }

  /** How pictures are read for it. */
  public PictureLoader.Reading reading() {
    return reading;
  }

  /**
   * Logits without augmentation, else logarithms of the mean probabilities, fp32 [N, K].
   *
   * @param images [N, C, H, W], prepared, as {@link #reading} gives them
   * @param network from pictures to logits
   */
  Tensor logits(Tensor images, UnaryOperator<Tensor> network) {
    if (how == TestTimeAugmentation.NONE) {
      return network.apply(images);
    }
    List<Tensor> answers = new ArrayList<>();
    for (Tensor view : views(images)) {
      answers.add(network.apply(view.channelsLast()).to(DType.FLOAT32).logSoftmax(1));
      answers.add(network.apply(view.flip(3).channelsLast()).to(DType.FLOAT32).logSoftmax(1));
    }
    Tensor all = Tensor.stack(answers, 0);
    Tensor most = all.max(Dims.keeping(0));
    return all.sub(most).exp().mean(Dims.of(0)).log().add(most.squeeze(0));
  }

  private List<Tensor> views(Tensor images) {
    if (how == TestTimeAugmentation.FLIP) {
      return List.of(images);
    }
    long bottom = images.dim(2) - size.height();
    long right = images.dim(3) - size.width();
    return List.of(
        crop(images, 0, 0),
        crop(images, 0, right),
        crop(images, bottom, 0),
        crop(images, bottom, right),
        crop(images, (long) Math.rint(bottom / 2.0), (long) Math.rint(right / 2.0)));
  }

  private Tensor crop(Tensor images, long top, long left) {
    return images.narrow(2, top, size.height()).narrow(3, left, size.width());
  }
}
