package dev.linnet.train.bench;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.data.BadPictures;
import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureCache;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.data.ShardSampler;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PictureTransform;
import dev.linnet.image.RandomHorizontalFlip;
import dev.linnet.image.RandomResizedCrop;
import dev.linnet.image.ScaledDecoding;
import dev.linnet.image.Sequence;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.train.BatchTrick;
import dev.linnet.train.PictureTrick;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Times how many pictures a second become the input of a network: read, decoded each time, cropped
 * at random, mirrored, put into batches of 32 and normalized, as a training does it.
 */
public final class DataBench {
  private static final int BATCH = 32;
  private static final int LONG_EPOCH = 4096;
  private static final DecodeOptions DECODE =
      DecodeOptions.DEFAULT.withScaledDecoding(ScaledDecoding.ALLOWED);

  private DataBench() {}

  /**
   * How it is timed.
   *
   * @param workers threads that read, at least 1
   * @param size height and width of the input in pixels, at least 1
   * @param seconds that are counted, above 0; the first batch is not
   * @param pictureTricks what changes pictures after crop and mirror
   * @param batchTricks what changes batches after normalization
   */
  public record Plan(
      int workers,
      int size,
      double seconds,
      List<PictureTrick> pictureTricks,
      List<BatchTrick<?>> batchTricks) {
    public Plan {
      pictureTricks = List.copyOf(pictureTricks);
      batchTricks = List.copyOf(batchTricks);
      Check.that(workers >= 1 && workers <= 1024, "--workers", workers, "in [1, 1024]");
      Check.that(size >= 1, "--size", size, "at least 1");
      Check.that(seconds > 0 && seconds < 1e6, "--seconds", seconds, "in (0, 1000000)");
    }

    /** Crop and mirror alone. */
    public static Plan plain(int workers, int size, double seconds) {
      return new Plan(workers, size, seconds, List.of(), List.of());
    }

    /** With tricks as well. */
    public Plan withTricks(List<PictureTrick> ofPictures, List<BatchTrick<?>> ofBatches) {
      return new Plan(workers, size, seconds, ofPictures, ofBatches);
    }

    private PictureTransform transform() {
      List<PictureTransform> steps = new ArrayList<>();
      steps.add(RandomResizedCrop.of(ImageSize.square(size)));
      steps.add(RandomHorizontalFlip.DEFAULT);
      pictureTricks.forEach(trick -> steps.add(trick.transform()));
      return new Sequence(steps);
    }
  }

  /** What keeps decoded pictures in the way in which they are read here. */
  public static PictureCache cache(PictureCache.Options options) {
    return new PictureCache(options, DECODE);
  }

  /**
   * Reads pictures for as long as the plan says. Those that are kept are all read once before.
   *
   * @param warnings hears of broken pictures
   * @return pictures a second
   */
  public static double picturesPerSecond(PictureSet set, Plan plan, Consumer<String> warnings) {
    PictureSet many = new RepeatedSet(set, (LONG_EPOCH + set.size() - 1) / Math.max(1, set.size()));
    PictureLoader.Reading reading =
        new PictureLoader.Reading(
            DECODE, plan.transform(), ImageSize.square(plan.size()), Normalization.IMAGENET);
    PictureLoader.Options options =
        new PictureLoader.Options(BATCH, PictureLoader.Order.SHUFFLED, 0, plan.workers())
            .withSampler(ShardSampler.USUAL);
    BadPictures bad = new BadPictures(BadPictures.Limit.DEFAULT, set.size(), warnings);
    try (PictureLoader loader = new PictureLoader(many, reading, options, bad)) {
      return time(loader, plan);
    }
  }

  private static double time(PictureLoader loader, Plan plan) {
    RandomState random = RandomState.of(0);
    long begin = 0;
    long images = 0;
    for (int epoch = 0; ; epoch++) {
      try (Loader.Pass pass = loader.pass(epoch, 0)) {
        while (pass.hasNext()) {
          int read = next(pass, plan, random);
          long now = System.nanoTime();
          if (begin == 0) {
            begin = now;
            continue;
          }
          images += read;
          if (now - begin >= plan.seconds() * 1e9) {
            return images / ((now - begin) / 1e9);
          }
        }
      }
    }
  }

  private static int next(Loader.Pass pass, Plan plan, RandomState random) {
    Scope scope = Scope.open("batch");
    try {
      Batch batch = pass.next().prepared(Device.CPU);
      for (BatchTrick<?> trick : plan.batchTricks()) {
        batch = trick.drawAndApply(random, batch);
      }
      return batch.size();
    } finally {
      scope.close();
    }
  }
}
