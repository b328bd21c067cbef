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
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a set of pictures on worker threads, a batch a task, at most {@link Options#prefetch}
 * batches ahead.
 *
 * <p>The order is keyed by (seed, epoch) and every draw by (seed, epoch, index of the picture), so
 * batches are the same whatever the number of workers. Broken pictures are counted, named and left
 * out of their batch.
 */
public final class PictureLoader implements Loader {
  private static final long ORDER_STREAM = 11;
  private static final long DRAW_STREAM = 12;

  private final PictureSet set;
  private final Reading reading;
  private final Options options;
  private final BadPictures bad;
  private final RandomState random;
  private final @Nullable ExecutorService workers;
  private final ConcurrentLinkedQueue<ByteBuffer> buffers = new ConcurrentLinkedQueue<>();

  /**
   * How a picture becomes input.
   *
   * @param decode how files are decoded; its color mode says whether there are 3 channels or 1
   * @param transform makes every picture {@code size} large
   * @param size height and width of the input
   * @param normalization how levels become input; with as many channels
   */
  public record Reading(
      DecodeOptions decode,
      PictureTransform transform,
      ImageSize size,
      Normalization normalization) {}

  /**
   * How batches are made.
   *
   * @param batch pictures a batch, at least 1
   * @param order shuffled for training, or as they stand for evaluation
   * @param seed key of the order and of every draw
   * @param workers threads that read; 0 reads on the caller's thread
   */
  public record Options(int batch, Order order, long seed, int workers) {
    public Options {
      Check.that(batch >= 1, "batch", batch, "at least 1");
      Check.that(workers >= 0 && workers <= 1024, "workers", workers, "in [0, 1024]");
    }

    /** Batches read ahead of the one in use. */
    int prefetch() {
      return workers == 0 ? 0 : workers + 2;
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
    this.set = set;
    this.reading = reading;
    this.options = options;
    this.bad = bad;
    this.random = RandomState.of(options.seed());
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
            : Executors.newFixedThreadPool(
                options.workers(),
                task -> {
                  Thread thread = new Thread(task, "linnet-data");
                  thread.setDaemon(true);
                  return thread;
                });
  }

  @Override
  public int batches() {
    int batch = options.batch();
    return options.order() == Order.SHUFFLED
        ? set.size() / batch
        : (set.size() + batch - 1) / batch;
  }

  @Override
  public int images() {
    return options.order() == Order.SHUFFLED ? batches() * options.batch() : set.size();
  }

  @Override
  public Pass pass(int epoch, int firstBatch) {
    return new WorkerPass(epoch, firstBatch);
  }

  @Override
  public void close() {
    if (workers != null) {
      workers.shutdownNow();
    }
    buffers.clear();
  }

  /** A batch as read: rows of pixels that lie one after the other. */
  private static final class Rows {
    final ByteBuffer pixels;
    final int[] indices;

    Rows(ByteBuffer pixels, int[] indices) {
      this.pixels = pixels;
      this.indices = indices;
    }
  }

  private final class WorkerPass implements Pass {
    private final int epoch;
    private final int[] order;
    private final Deque<Future<Rows>> ahead = new ArrayDeque<>();
    private final Deque<ByteBuffer> inUse = new ArrayDeque<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private int submitted;
    private int taken;
    private long waited;

    WorkerPass(int epoch, int firstBatch) {
      this.epoch = epoch;
      this.order =
          options.order() == Order.SHUFFLED
              ? random.at(ORDER_STREAM, epoch).permutation(set.size())
              : IntStream.range(0, set.size()).toArray();
      this.submitted = firstBatch;
      this.taken = firstBatch;
      submit();
    }

    private void submit() {
      while (submitted < batches() && ahead.size() <= options.prefetch()) {
        int number = submitted++;
        FutureTask<Rows> task = new FutureTask<>(() -> read(number));
        ahead.add(task);
        if (workers == null) {
          task.run();
        } else {
          workers.execute(task);
        }
      }
    }

    @Override
    public boolean hasNext() {
      return taken < batches();
    }

    @Override
    public Batch next() {
      Future<Rows> first = ahead.remove();
      long begin = System.nanoTime();
      Rows rows = wait(first);
      waited += System.nanoTime() - begin;
      taken++;
      while (inUse.size() >= 2) {
        buffers.add(inUse.remove());
      }
      inUse.add(rows.pixels);
      submit();
      return batch(rows);
    }

    @Override
    public double waitedSeconds() {
      return waited / 1e9;
    }

    /** Tasks that still run fill buffers that nobody has any more. */
    @Override
    public void close() {
      closed.set(true);
      for (Future<Rows> task : ahead) {
        task.cancel(false);
      }
      ahead.clear();
      inUse.clear();
    }

    private Rows wait(Future<Rows> task) {
      try {
        return task.get();
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
        throw new LinnetException("reading pictures failed: " + cause, cause);
      }
    }

    private Rows read(int number) {
      int begin = number * options.batch();
      int end = Math.min(begin + options.batch(), order.length);
      ByteBuffer pixels = buffer();
      int[] good = new int[end - begin];
      int rows = 0;
      for (int i = begin; i < end && !closed.get(); i++) {
        int index = order[i];
        try {
          Picture picture =
              set.read(
                  index,
                  reading.decode(),
                  reading.transform(),
                  random.at(DRAW_STREAM, epoch, index));
          picture.copyTo(pixels);
          good[rows++] = index;
        } catch (BadPictureException e) {
          bad.add(e);
        }
      }
      return new Rows(pixels, java.util.Arrays.copyOf(good, rows));
    }
  }

  private Batch batch(Rows rows) {
    int n = rows.indices.length;
    if (n == 0 && options.order() == Order.SHUFFLED) {
      throw new LinnetException(
          "all "
              + options.batch()
              + " pictures of a batch are broken; linnet data check names them");
    }
    long[] labels = new long[n];
    for (int i = 0; i < n; i++) {
      labels[i] = set.label(rows.indices[i]);
    }
    Tensor images = pixels(rows.pixels.duplicate().flip(), n).permute(0, 3, 1, 2);
    return new Batch(images, Tensor.of(labels), rows.indices, reading.normalization());
  }

  private Tensor pixels(ByteBuffer rows, int n) {
    ImageSize size = reading.size();
    int channels = reading.normalization().channels();
    return n == 0
        ? Tensor.zeros(DType.UINT8, Device.CPU, 0, size.height(), size.width(), channels)
        : Tensor.wrap(rows, DType.UINT8, n, size.height(), size.width(), channels);
  }

  private ByteBuffer buffer() {
    ByteBuffer free = buffers.poll();
    if (free != null) {
      return free.clear();
    }
    ImageSize size = reading.size();
    long bytes =
        (long) options.batch() * size.height() * size.width() * reading.normalization().channels();
    Check.that(bytes <= Integer.MAX_VALUE, "bytes of a batch", bytes, "below 2 GiB");
    return ByteBuffer.allocateDirect((int) bytes);
  }

  /** Waits until workers of a closed loader are gone. */
  boolean awaitTermination(long seconds) throws InterruptedException {
    return workers == null || workers.awaitTermination(seconds, TimeUnit.SECONDS);
  }
}
