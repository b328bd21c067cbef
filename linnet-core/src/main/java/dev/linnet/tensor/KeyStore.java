package dev.linnet.tensor;

import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/**
 * Texts under names that all processes of a run see; the first one keeps them. One that waits keeps
 * others of the same object waiting: each thread has its own.
 */
final class KeyStore implements AutoCloseable {
  private static final String IN_USE = "EADDRINUSE";

  /** Java's side of what is given away, which frees nothing as long as it is held. */
  private static final Collection<Store> GIVEN_AWAY = new ConcurrentLinkedQueue<>();

  private static final int CONNECT_MILLIS = 1000;
  private static final int RETRY_MILLIS = 100;

  private final TCPStore store;
  private final String prefix;
  private boolean closed;

  private KeyStore(TCPStore store, String prefix) {
    this.store = store;
    this.prefix = prefix;
    store.retainReference();
  }

  /** Whether this process listens for all. */
  enum Host {
    YES,
    NO
  }

  /**
   * Listens or connects.
   *
   * @param host whether to listen for all
   */
  static KeyStore open(Rendezvous place, Host host) {
    if (host == Host.NO) {
      awaitListener(place);
    }
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return new KeyStore(connect(place, host), prefix(place));
    } finally {
      scope.close();
    }
  }

  /** Libtorch would wait too, but with many words on the standard error. */
  private static void awaitListener(Rendezvous place) {
    long end = System.nanoTime() + place.patience().arrival().toNanos();
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(place.address(), place.port()), CONNECT_MILLIS);
        return;
      } catch (IOException e) {
        if (System.nanoTime() >= end) {
          throw refused(place, e);
        }
      }
      pause(RETRY_MILLIS);
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LinnetException("waiting for the other processes was interrupted", e);
    }
  }

  private static String prefix(Rendezvous place) {
    return "linnet/" + place.attempt() + "/";
  }

  private static TCPStore connect(Rendezvous place, Host host) {
    TCPStoreOptions options = new TCPStoreOptions();
    options.port((short) place.port());
    options.isServer(host == Host.YES);
    options.waitWorkers(false);
    options.numWorkers(new SizeTPointer(1).put(place.size()));
    options.timeout(new Milliseconds(place.patience().arrival().toMillis()));
    try {
      return new TCPStore(place.address(), options);
    } catch (RuntimeException e) {
      throw refused(place, e);
    }
  }

  /**
   * A connection for one of libtorch's groups. The binding makes a store without a count of who
   * holds it, and would free it under the group: so it is given away, for the group to free.
   */
  static Store forGroup(Rendezvous place, String name) {
    TCPStore connection = connect(place, Host.NO);
    PrefixStore store = new PrefixStore(prefix(place) + name + "/", connection);
    for (Store given : new Store[] {connection, store}) {
      given.retainReference();
      GIVEN_AWAY.add(given);
    }
    return store;
  }

  private static LinnetException refused(Rendezvous place, Exception e) {
    if (String.valueOf(e.getMessage()).contains(IN_USE)) {
      return new LinnetException(
          "MASTER_PORT: %d is in use on this machine; choose another one for all processes"
              .formatted(place.port()),
          e);
    }
    return new LinnetException(
        "MASTER_ADDR and MASTER_PORT: no first process answers at %s:%d within %d s; start it there, or mend them"
            .formatted(place.address(), place.port(), place.patience().arrival().toSeconds()),
        e);
  }

  void set(String name, String value) {
    asked(
        () -> {
          store.set(prefix + name, "=" + value); // an empty text would be no text
          return value;
        });
  }

  /** What is there now. */
  Optional<String> get(String name) {
    return asked(
        () ->
            store.check(new StringVector(prefix + name))
                ? Optional.of(store.get_to_str(prefix + name).substring(1))
                : Optional.empty());
  }

  /** What is there, or will be in time. Looks every while, so that others are not kept waiting. */
  Optional<String> await(String name, Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    long pause = 2;
    while (true) {
      Optional<String> found = get(name);
      if (found.isPresent() || System.nanoTime() >= end) {
        return found;
      }
      pause(pause);
      pause = Math.min(100, pause * 2);
    }
  }

  long add(String name, long value) {
    return asked(() -> store.add(prefix + name, value));
  }

  /** One question to the first process, which may be gone. */
  private static <T> T asked(Supplier<T> question) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return question.get();
    } catch (RuntimeException e) {
      throw new LostProcessException(
          "process 0 ended or cannot be reached; its own line says why", e);
    } finally {
      scope.close();
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      store.releaseReference();
    }
  }
}
