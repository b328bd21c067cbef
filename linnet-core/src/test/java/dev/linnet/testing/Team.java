package dev.linnet.testing;

import dev.linnet.tensor.Device;
import dev.linnet.tensor.ProcessGroup;
import dev.linnet.tensor.Rendezvous;
import dev.linnet.tensor.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Threads that stand in for processes: each has a group of its own over the loopback. */
public final class Team {
  private Team() {}

  /** A port at which nobody listens. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What each member makes of its group, by rank. */
  public static <T> List<T> of(int size, Function<ProcessGroup, T> work) {
    int port = freePort();
    return each(
        size,
        rank -> {
          Scope scope = Scope.open("team");
          try (ProcessGroup group =
              Rendezvous.local(rank, size, port).join(Device.CPU, Map.of(), lost -> {})) {
            return work.apply(group);
          } finally {
            scope.close();
          }
        });
  }

  /** What each of some threads makes of its number. */
  public static <T> List<T> each(int size, Function<Integer, T> work) {
    ExecutorService threads = Executors.newFixedThreadPool(size);
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (int r = 0; r < size; r++) {
        int rank = r;
        futures.add(threads.submit(() -> work.apply(rank)));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException own) {
        throw own;
      }
      if (e.getCause() instanceof Error own) {
        throw own;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      threads.shutdown();
    }
  }
}
