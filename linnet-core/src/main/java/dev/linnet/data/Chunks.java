package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Work on the pictures of a set, some at a time, on several threads. */
final class Chunks {
  private static final int SIZE = 64;

  private Chunks() {}

  /** What is done with the pictures from {@code first} to before {@code last}. */
  @FunctionalInterface
  interface Work<T> {
    /** Does it; on any thread. */
    T on(int first, int last);
  }

  /** Threads that end with the program, numbered from 1. */
  static final class Daemons implements ThreadFactory {
    private final AtomicInteger count = new AtomicInteger();

    @Override
    public Thread newThread(Runnable task) {
      Thread thread = new Thread(task, "linnet-data-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    }
  }

  /**
   * Does the work on all of {@code 0 … size − 1}.
   *
   * @param threads at least 1
   * @return what the chunks gave, in their order
   */
  static <T> List<T> map(int size, int threads, Work<T> work) {
    return map(size, SIZE, threads, work);
  }

  /**
   * Does the work on all of {@code 0 … size − 1}.
   *
   * @param chunk how many are done at a time, at least 1
   * @param threads at least 1
   * @return what the chunks gave, in their order
   */
  static <T> List<T> map(int size, int chunk, int threads, Work<T> work) {
    Check.that(threads >= 1, "threads", threads, "at least 1");
    ExecutorService workers = Executors.newFixedThreadPool(threads, new Daemons());
    try {
      List<Future<T>> parts = new ArrayList<>();
      for (int from = 0; from < size; from += chunk) {
        int first = from;
        int last = Math.min(size, from + chunk);
        parts.add(workers.submit(() -> work.on(first, last)));
      }
      List<T> results = new ArrayList<>(parts.size());
      for (Future<T> part : parts) {
        results.add(part.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LinnetException("reading pictures was interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException runtime) {
        throw runtime;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      workers.shutdownNow();
    }
  }
}
