package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a set of pictures on worker threads, at most {@link Options#prefetch} batches ahead; all
 * workers read parts of the first batch that is not ready, so that it is ready soon.
 *
 * <p>The order is keyed by (seed, epoch) and every draw by (seed, epoch, index of the picture, how
 * often the epoch had it before), so batches are the same whatever the number of workers. Of
 * several processes each reads its {@link Part} of every batch, so that together they read the same
 * batches as one. Broken pictures are counted, named and left out of their batch.
 */
public final class PictureLoader implements Loader {
  private static final int LEAST_ROWS = 4; // of a part of a batch
  private static final long ORDER_STREAM = 11;
  private static final long DRAW_STREAM = 12;
  private static final long VIEW_STREAM = 13;

  private final PictureSet set;
  private final Options options;
  private final BadPictures bad;
  private final RandomState random;
  private final @Nullable ExecutorService workers;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final IntFunction<Reading> ofEpoch;
  private final int mostRowBytes;
  private final ConcurrentLinkedQueue<ByteBuffer> buffers = new ConcurrentLinkedQueue<>();

  /** Buffers of the last batches of passes that ended; who trains may still look at them. */
  private final ConcurrentLinkedQueue<ByteBuffer> resting = new ConcurrentLinkedQueue<>();

  /**
   * How a picture becomes input.
   *
   * @param decode how files are decoded; its color mode says whether there are 3 channels or 1
   * @param transform makes every picture {@code size} large
   * @param views makes every further view of what {@code transform} made
   * @param size height and width of the input
   * @param normalization how levels become input; with as many channels
   */
  public record Reading(
      DecodeOptions decode,
      PictureTransform transform,
      PictureTransform views,
      ImageSize size,
      Normalization normalization) {
    /** All views alike. */
    public Reading(
        DecodeOptions decode,
        PictureTransform transform,
        ImageSize size,
        Normalization normalization) {
      this(decode, transform, (picture, random) -> picture, size, normalization);
    }
  }

  /**
   * How batches are made.
   *
   * @param batch pictures a batch, those of all processes together, at least 1
   * @param order shuffled for training, or as they stand for evaluation
   * @param seed key of the order and of every draw
   * @param workers threads that read; 0 reads on the caller's thread
   * @param sampler which pictures a shuffled epoch has
   * @param views of each picture, one batch of them after the other, at least 1
   * @param part of each batch that this process reads; of a last batch that is short perhaps none
   */
  public record Options(
      int batch, Order order, long seed, int workers, Sampler sampler, int views, Part part) {
    public Options {
      Check.that(batch >= 1, "batch", batch, "at least 1");
      Check.that(
          batch >= part.count(),
          "batch",
          batch,
          "at least " + part.count() + ", one picture for each process");
      Check.that(workers >= 0 && workers <= 1024, "workers", workers, "in [0, 1024]");
      Check.that(views >= 1 && views <= 100, "views", views, "in [1, 100]");
    }

    /** Each picture once, in one view. */
    public Options(int batch, Order order, long seed, int workers) {
      this(batch, order, seed, workers, Sampler.UNIFORM, 1, Part.WHOLE);
    }

    /** Other pictures. */
    public Options withSampler(Sampler value) {
      return new Options(batch, order, seed, workers, value, views, part);
    }

    /** More views. */
    public Options withViews(int value) {
      return new Options(batch, order, seed, workers, sampler, value, part);
    }

    /** Another part of each batch. */
    public Options withPart(Part value) {
      return new Options(batch, order, seed, workers, sampler, views, value);
    }

    /** Batches of an epoch of that many pictures. */
    int batches(int pictures) {
      return order == Order.SHUFFLED ? pictures / batch : (pictures + batch - 1) / batch;
    }

    /** This part's pictures of an epoch of a set of that many. */
    int images(int pictures) {
      int whole = pictures / batch;
      int last = order == Order.SHUFFLED ? 0 : part.size(pictures - whole * batch);
      return whole * part.size(batch) + last;
    }

    /** This part's slice of a batch, of an order's positions or of what goes with them. */
    int[] slice(int[] ofEpoch, int number) {
      int begin = number * batch;
      int size = Math.min(batch, ofEpoch.length - begin);
      return Arrays.copyOfRange(ofEpoch, begin + part.begin(size), begin + part.end(size));
    }

    /** The positions of an epoch's pictures, epochs counted from 0. */
    int[] order(PictureSet set, int epoch) {
      return order == Order.SHUFFLED
          ? sampler.order(set, RandomState.of(seed).at(ORDER_STREAM, epoch))
          : IntStream.range(0, set.size()).toArray();
    }

    /** Batches read ahead of the one in use. */
    int prefetch() {
      return workers == 0 ? 0 : 3;
    }
  }

  /** The order of an epoch's pictures. */
  public enum Order {
    /** Shuffled anew each epoch; an incomplete last batch is dropped. */
    SHUFFLED,
    /** As they stand in the set, each once. */
    SEQUENTIAL
  }

  /**
   * @param bad what becomes of broken pictures
   * @throws LinnetException if a shuffled set has fewer pictures than a batch
   */
  public PictureLoader(PictureSet set, Reading reading, Options options, BadPictures bad) {
    this(set, reading, epoch -> reading, options, bad);
  }

  /**
   * A loader whose pictures change with the epoch.
   *
   * @param largest of the sizes
   * @param ofEpoch how pictures become input in an epoch, counted from 0; no larger than that
   * @param bad what becomes of broken pictures
   * @throws LinnetException if a shuffled set has fewer pictures than a batch
   */
  public PictureLoader(
      PictureSet set,
      Reading largest,
      IntFunction<Reading> ofEpoch,
      Options options,
      BadPictures bad) {
    this.set = set;
    this.ofEpoch = ofEpoch;
    this.options = options;
    this.bad = bad;
    this.random = RandomState.of(options.seed());
    this.mostRowBytes = bytes(largest);
    if (options.order() == Order.SHUFFLED && set.size() < options.batch()) {
      throw new LinnetException(
          "batch: got "
              + options.batch()
              + ", but there are only "
              + set.size()
              + " training pictures; choose a --batch of at most "
              + set.size());
    }
    this.workers =
        options.workers() == 0
            ? null
            : Executors.newFixedThreadPool(options.workers(), new Chunks.Daemons());
  }

  private static int bytes(Reading reading) {
    return Math.toIntExact(reading.size().area() * reading.normalization().channels());
  }

  @Override
  public int batches() {
    return options.batches(set.size());
  }

  @Override
  public int images() {
    return options.images(set.size());
  }

  @Override
  public int classes() {
    return set.classes().size();
  }

  @Override
  public Pass pass(int epoch, int firstBatch) {
    if (firstBatch < 0 || firstBatch > batches()) {
      throw new IllegalArgumentException(
          "first batch: got " + firstBatch + "; must be in [0, " + batches() + "]");
    }
    if (closed.get()) {
      throw new IllegalStateException("the loader was closed");
    }
    return new WorkerPass(epoch, firstBatch);
  }

  /** No thread is interrupted, which would break off its reading: each ends after its picture. */
  @Override
  public void close() {
    closed.set(true);
    if (workers != null) {
      workers.shutdown();
    }
    buffers.clear();
    resting.clear();
  }

  /** A batch being read. Each part of it is a task that fills rows of its own. */
  private static final class Job {
    final ByteBuffer pixels;
    final int[] indices;
    final int[] repeats;
    final boolean[] good;
    final List<FutureTask<Void>> parts = new ArrayList<>();

    /**
     * @param repeats how often the epoch had each picture before
     */
    Job(ByteBuffer pixels, int[] indices, int[] repeats) {
      this.pixels = pixels;
      this.indices = indices;
      this.repeats = repeats;
      this.good = new boolean[indices.length];
    }

    /** Closes the gaps that broken pictures left; returns the indices of the others, row by row. */
    int[] compact(int rowBytes, int views) {
      int[] left = new int[good.length * views];
      int rows = 0;
      for (int from = 0; from < left.length; from++) {
        int i = from % good.length;
        if (good[i]) {
          if (rows < from) {
            pixels.put(rows * rowBytes, pixels, from * rowBytes, rowBytes);
          }
          left[rows++] = indices[i];
        }
      }
      return Arrays.copyOf(left, rows);
    }
  }

  private final class WorkerPass implements Pass {
    private final int epoch;
    private final Reading reading;
    private final int rowBytes;
    private final int[] order;
    private final int[] repeats;
    private final Deque<Job> ahead = new ArrayDeque<>();
    private final Deque<ByteBuffer> inUse = new ArrayDeque<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final Optional<Shards.Ahead> expected;
    private int submitted;
    private int taken;
    private long waited;

    WorkerPass(int epoch, int firstBatch) {
      this.epoch = epoch;
      this.reading = ofEpoch.apply(epoch);
      this.rowBytes = bytes(reading);
      this.order = options.order(set, epoch);
      this.repeats = repeats(order, set.size());
      this.submitted = firstBatch;
      this.taken = firstBatch;
      this.expected = set.shards().filter(Shards::isStreamed).map(all -> all.expect(left()));
      for (ByteBuffer old = resting.poll(); old != null; old = resting.poll()) {
        inUse.add(old);
      }
      submit();
    }

    /** The pictures that this part is still to read, in their order. */
    private int[] left() {
      return IntStream.range(taken, batches())
          .flatMap(number -> IntStream.of(options.slice(order, number)))
          .toArray();
    }

    private void submit() {
      while (submitted < batches() && ahead.size() <= options.prefetch()) {
        int[] indices = options.slice(order, submitted);
        Job job = new Job(buffer(), indices, options.slice(repeats, submitted++));
        int rows = indices.length;
        int parts = Math.max(1, Math.min(options.workers(), rows / LEAST_ROWS));
        for (int part = 0; part < parts; part++) {
          int first = (int) ((long) rows * part / parts);
          int last = (int) ((long) rows * (part + 1) / parts);
          job.parts.add(new FutureTask<>(() -> read(job, first, last), null));
        }
        ahead.add(job);
        job.parts.forEach(workers == null ? FutureTask::run : workers::execute);
      }
    }

    @Override
    public boolean hasNext() {
      return taken < batches();
    }

    @Override
    public Batch next() {
      if (closed.get()) {
        throw new IllegalStateException("the loader was closed");
      }
      Job job = ahead.remove();
      long begin = System.nanoTime();
      for (FutureTask<Void> part : job.parts) {
        await(part);
      }
      waited += System.nanoTime() - begin;
      taken++;
      while (inUse.size() >= 2) {
        buffers.add(inUse.remove());
      }
      inUse.add(job.pixels);
      submit();
      return batch(job, reading);
    }

    @Override
    public double waitedSeconds() {
      return waited / 1e9;
    }

    /** Parts that are being read end after their picture, in buffers that nobody uses again. */
    @Override
    public void close() {
      ended.set(true);
      for (Job job : ahead) {
        job.parts.forEach(part -> part.cancel(false));
      }
      ahead.clear();
      resting.addAll(inUse);
      inUse.clear();
      expected.ifPresent(Shards.Ahead::close);
    }

    private static void await(FutureTask<Void> part) {
      try {
        part.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LinnetException("reading pictures was interrupted", e);
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        if (cause instanceof RuntimeException runtime) {
          throw runtime;
        }
        if (cause instanceof Error error) {
          throw error;
        }
        throw new IllegalStateException("reading pictures failed: " + cause, cause);
      }
    }

    private void put(Job job, int row, Picture picture) {
      if (picture.byteCount() != rowBytes || !picture.size().equals(reading.size())) {
        throw new IllegalStateException(
            set.name(job.indices[row % job.indices.length])
                + ": became "
                + picture
                + " and not "
                + reading.size());
      }
      picture.copyTo(job.pixels.duplicate().position(row * rowBytes));
    }

    private void read(Job job, int first, int last) {
      for (int row = first; row < last && !ended.get() && !closed.get(); row++) {
        int index = job.indices[row];
        try {
          Picture picture =
              set.read(
                  index,
                  reading.decode(),
                  reading.transform(),
                  draws(random, epoch, index, job.repeats[row]));
          put(job, row, picture);
          for (int view = 1; view < options.views(); view++) {
            RandomState drawn = random.at(VIEW_STREAM, epoch, index, job.repeats[row], view);
            put(job, view * job.indices.length + row, reading.views().apply(picture, drawn));
          }
          job.good[row] = true;
        } catch (BadPictureException e) {
          bad.add(e);
        }
      }
    }
  }

  /**
   * What a picture draws in an epoch: the first time by picture alone, so that sampling does not
   * change it.
   *
   * @param repeat how often the epoch had the picture before
   */
  static RandomState draws(RandomState seed, int epoch, int index, int repeat) {
    return repeat == 0
        ? seed.at(DRAW_STREAM, epoch, index)
        : seed.at(DRAW_STREAM, epoch, index, repeat);
  }

  /** How often the epoch had each picture before. */
  static int[] repeats(int[] order, int size) {
    int[] repeats = new int[order.length];
    int[] seen = new int[size];
    for (int i = 0; i < order.length; i++) {
      repeats[i] = seen[order[i]]++;
    }
    return repeats;
  }

  private Batch batch(Job job, Reading reading) {
    int[] indices = job.compact(bytes(reading), options.views());
    int n = indices.length;
    if (n == 0 && options.order() == Order.SHUFFLED) {
      throw new LinnetException(
          "all "
              + options.batch()
              + " pictures of a batch are broken; linnet data check names them");
    }
    long[] labels = new long[n];
    for (int i = 0; i < n; i++) {
      labels[i] = set.label(indices[i]);
    }
    Tensor images = pixels(job.pixels, n, reading).permute(0, 3, 1, 2);
    return new Batch(
        images,
        Tensor.of(labels),
        indices,
        set.classes().size(),
        reading.normalization(),
        options.views());
  }

  private static Tensor pixels(ByteBuffer rows, int n, Reading reading) {
    ImageSize size = reading.size();
    int channels = reading.normalization().channels();
    return n == 0
        ? Tensor.zeros(DType.UINT8, Device.CPU, 0, size.height(), size.width(), channels)
        : Tensor.wrap(rows, DType.UINT8, n, size.height(), size.width(), channels);
  }

  private ByteBuffer buffer() {
    ByteBuffer free = buffers.poll();
    if (free != null) {
      return free;
    }
    int rows = (options.batch() + options.part().count() - 1) / options.part().count();
    long bytes = (long) rows * options.views() * mostRowBytes;
    Check.that(bytes <= Integer.MAX_VALUE, "bytes of a batch", bytes, "below 2 GiB");
    return ByteBuffer.allocateDirect((int) bytes);
  }

  /** Waits until workers of a closed loader are gone. */
  boolean awaitTermination(long seconds) throws InterruptedException {
    return workers == null || workers.awaitTermination(seconds, TimeUnit.SECONDS);
  }
}
