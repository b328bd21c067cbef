package dev.linnet.recipe;

import dev.linnet.base.RandomState;
import dev.linnet.data.BadPictures;
import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureLoader.Order;
import dev.linnet.data.PictureSet;
import dev.linnet.image.ContactSheet;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureEdit;
import dev.linnet.image.PictureTransform;
import dev.linnet.image.Sequence;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.BatchTrick;
import dev.linnet.train.PictureTrick;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Training pictures as a recipe makes them: those of the first epoch in their order, with their
 * labels, mixed or not, and the names of what was drawn for each.
 *
 * <p>For one thread.
 */
public final class TrainingPreview {
  /** Shares of a label below which a class is not named. */
  private static final double LEAST_SHARE = 0.005;

  /** Stream of the seed for tricks on batches. */
  private static final long TRICK_STREAM = 31;

  private final Recipe recipe;
  private final PictureSet set;
  private final Normalization normalization;

  /** What was drawn for each picture that was read and not yet shown. */
  private final Deque<List<String>> drawn = new ArrayDeque<>();

  private TrainingPreview(Experiment experiment) {
    this.recipe = experiment.recipe();
    this.set = experiment.training();
    int channels = Ingredients.channels(recipe.color().value());
    this.normalization = // near enough to see what fills with the mean, without reading the data
        channels == 3 ? Normalization.IMAGENET : new Normalization(List.of(0.5), List.of(0.25));
  }

  /**
   * Makes the first training pictures.
   *
   * @param pictures how many, at least 1; no more than an epoch has
   * @param warnings hears of broken pictures, which are left out
   */
  public static List<ContactSheet.Entry> of(
      Experiment experiment, int pictures, Consumer<String> warnings) {
    return new TrainingPreview(experiment).read(pictures, warnings);
  }

  private List<ContactSheet.Entry> read(int pictures, Consumer<String> warnings) {
    List<PictureTransform> steps = new ArrayList<>();
    steps.add(recipe.augment().over(recipe.evaluation().over(recipe.size().value())));
    steps.add(
        (picture, random) -> {
          drawn.add(new ArrayList<>());
          return picture;
        });
    Ingredients.pictureTricks(recipe).forEach(trick -> steps.add(recorded(trick)));
    PictureLoader.Options usual = Ingredients.loader(recipe, Order.SHUFFLED);
    PictureLoader.Options options = // on this thread, so that what is drawn comes in order
        new PictureLoader.Options(
            usual.batch(), usual.order(), usual.seed(), 0, usual.sampler(), 1, usual.part());
    BadPictures.Limit all = new BadPictures.Limit(1, Integer.MAX_VALUE);
    BadPictures bad = new BadPictures(all, set.size(), warnings);
    PictureLoader.Reading read = Ingredients.training(recipe, set, normalization);
    PictureLoader.Reading reading =
        new PictureLoader.Reading(read.decode(), new Sequence(steps), read.size(), normalization);
    List<ContactSheet.Entry> entries = new ArrayList<>();
    try (PictureLoader loader = new PictureLoader(set, reading, options, bad);
        Loader.Pass pass = loader.pass(0, 0)) {
      for (int i = 0; pass.hasNext() && entries.size() < pictures; i++) {
        RandomState random = RandomState.of(recipe.seed()).at(TRICK_STREAM, i);
        Scope.run("preview", () -> add(entries, pass.next(), random));
      }
    }
    return entries.subList(0, Math.min(pictures, entries.size()));
  }

  private PictureTransform recorded(PictureTrick trick) {
    return (picture, random) -> {
      Picture edited = picture;
      for (PictureEdit edit : trick.draw(random, picture.size())) {
        drawn.getLast().add(edit.toString().replace(" + ", "\n+ ").replace(" → ", "\n→ "));
        edited = edit.apply(edited);
      }
      return edited;
    };
  }

  /** Does to a batch what a training does, and looks at it. */
  private void add(List<ContactSheet.Entry> entries, Batch read, RandomState random) {
    Batch batch = read.prepared(Device.CPU);
    List<BatchTrick<?>> tricks = recipe.tricks().ofBatches();
    for (int t = 0; t < tricks.size(); t++) {
      batch = tricks.get(t).drawAndApply(random.at(t), batch);
    }
    float[] levels = batch.images().to(DType.FLOAT32).permute(0, 2, 3, 1).toFloats();
    for (int row = 0; row < batch.size(); row++) {
      List<String> lines = new ArrayList<>(labels(batch.targets(), row));
      lines.addAll(drawn.remove());
      entries.add(
          new ContactSheet.Entry(
              picture(levels, row, batch.imageSize()), String.join("\n", lines)));
    }
  }

  /** The class, or the classes of a mixed label with their shares, the largest first. */
  private List<String> labels(Tensor targets, int row) {
    if (targets.rank() == 1) {
      return List.of(set.classes().get((int) targets.toLongs()[row]));
    }
    int classes = set.classes().size();
    float[] shares = targets.to(DType.FLOAT32).toFloats();
    List<Integer> order =
        IntStream.range(0, classes)
            .boxed()
            .filter(k -> shares[row * classes + k] >= LEAST_SHARE)
            .sorted(
                Comparator.comparing(k -> shares[row * classes + k], Collections.reverseOrder()))
            .toList();
    List<String> lines = new ArrayList<>();
    for (int k : order) {
      float share = shares[row * classes + k];
      String name = set.classes().get(k);
      lines.add(
          share > 1 - LEAST_SHARE ? name : String.format(Locale.ROOT, "%.2f %s", share, name));
    }
    return lines;
  }

  /** Back to levels. */
  private Picture picture(float[] levels, int row, ImageSize size) {
    int channels = normalization.channels();
    byte[] pixels = new byte[Math.toIntExact(size.area() * channels)];
    for (int i = 0; i < pixels.length; i++) {
      int c = i % channels;
      double share =
          levels[row * pixels.length + i] * normalization.std().get(c)
              + normalization.mean().get(c);
      pixels[i] = (byte) Math.max(0, Math.min(255, Math.round(share * 255)));
    }
    return Picture.of(size, channels, pixels);
  }
}
