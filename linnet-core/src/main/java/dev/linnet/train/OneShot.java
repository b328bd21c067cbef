package dev.linnet.train;

import dev.linnet.data.BadPictures;
import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.data.OneShotRun;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * One-shot classification: a picture is of the class whose one known picture is nearest.
 *
 * <p>Nearest by the cosine of the features before the head, or of the embedding of a network for
 * similarity; and beside it, by the Euclidean distance of the pixels as the network sees them.
 *
 * @param runs what each run gave
 */
public record OneShot(List<Run> runs) {
  public OneShot {
    runs = List.copyOf(runs);
  }

  /**
   * What came of a run.
   *
   * @param name of the run
   * @param asked pictures
   * @param right pictures told right by the network
   * @param rightByPixels pictures told right by their pixels
   */
  public record Run(String name, int asked, int right, int rightByPixels) {}

  /** Pictures of all runs. */
  public int asked() {
    return runs.stream().mapToInt(Run::asked).sum();
  }

  /** Percent of all pictures that the network told right. */
  public double accuracy() {
    return 100.0 * runs.stream().mapToInt(Run::right).sum() / asked();
  }

  /** Percent of all pictures that their pixels told right. */
  public double pixelAccuracy() {
    return 100.0 * runs.stream().mapToInt(Run::rightByPixels).sum() / asked();
  }

  /**
   * Asks a network.
   *
   * @param model materialized on the device; left in evaluation mode
   * @param dtype type of convolutions and matrix products
   * @param reading how pictures become input
   * @throws dev.linnet.base.LinnetException if a picture is broken
   */
  public static OneShot of(
      Classifier model,
      Device device,
      DType dtype,
      PictureLoader.Reading reading,
      List<OneShotRun> runs) {
    model.eval();
    FeatureExtractor extractor = new FeatureExtractor(model, device, dtype);
    UnaryOperator<Tensor> embed = images -> extractor.rows(images).values().iterator().next();
    List<Run> measured = new ArrayList<>();
    for (OneShotRun run : runs) {
      Scope scope = Scope.open("one-shot");
      try {
        Tensor known = images(run.known(), reading, device);
        Tensor asked = images(run.asked(), reading, device);
        measured.add(
            new Run(
                run.name(),
                run.asked().size(),
                right(run.asked(), cosines(embed.apply(asked), embed.apply(known))),
                right(run.asked(), distances(asked.flatten(1), known.flatten(1)).neg())));
      } finally {
        scope.close();
      }
    }
    return new OneShot(measured);
  }

  /** All pictures of a set, prepared, [N, C, H, W]. */
  private static Tensor images(PictureSet set, PictureLoader.Reading reading, Device device) {
    PictureLoader.Options options =
        new PictureLoader.Options(set.size(), PictureLoader.Order.SEQUENTIAL, 0, 0);
    BadPictures none = new BadPictures(new BadPictures.Limit(0, 0), set.size(), warning -> {});
    try (PictureLoader loader = new PictureLoader(set, reading, options, none);
        Loader.Pass pass = loader.pass(0, 0)) {
      Batch batch = pass.next();
      return batch.prepared(device).images().copy();
    }
  }

  private static Tensor cosines(Tensor asked, Tensor known) {
    return unit(asked).matmul(unit(known).transpose(0, 1));
  }

  private static Tensor unit(Tensor rows) {
    return rows.div(rows.norm(Dims.keeping(1)).clamp(1e-12, Float.MAX_VALUE));
  }

  /** Squared, [asked, known]; pictures are compared one by one, so that equal ones are 0 apart. */
  private static Tensor distances(Tensor asked, Tensor known) {
    List<Tensor> columns = new ArrayList<>();
    for (long c = 0; c < known.dim(0); c++) {
      Tensor apart = asked.sub(known.narrow(0, c, 1));
      columns.add(apart.mul(apart).sum(Dims.of(1)));
    }
    return Tensor.stack(columns, 1);
  }

  private static int right(PictureSet asked, Tensor nearness) {
    long[] answers = nearness.argmax(1).toLongs();
    int right = 0;
    for (int i = 0; i < answers.length; i++) {
      right += answers[i] == asked.label(i) ? 1 : 0;
    }
    return right;
  }
}
