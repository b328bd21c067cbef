package dev.linnet.tensor;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells the other processes that this one lives, and hears from the first one, which watches over
 * all, when one of them does not.
 */
final class Pulse extends Thread {
  private static final String FAILED = "failed";

  /** Signs of life in the time after which one is missed. */
  private static final int BEATS = 10;

  /** How long one who fails waits for the others to hear why, and they for the reason. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final Rendezvous place;
  private final Consumer<String> lost;
  private final long pause;
  private final long[] beats;
  private final long[] heard;
  private final AtomicReference<@Nullable String> why = new AtomicReference<>();
  private final KeyStore store;
  private long looked = System.nanoTime();
  private volatile boolean ended;

  Pulse(Rendezvous place, Consumer<String> lost) {
    super("linnet-pulse");
    setDaemon(true);
    this.place = place;
    this.lost = lost;
    this.pause = Math.max(20, place.patience().silence().toMillis() / BEATS);
    this.beats = new long[place.size()];
    this.heard = new long[place.size()];
    Arrays.fill(heard, System.nanoTime());
    this.store = KeyStore.open(place, KeyStore.Host.NO);
  }

  @Override
  public void run() {
    try {
      while (!ended) {
        store.add("pulse/" + place.rank(), 1);
        Optional<String> failed = store.get(FAILED);
        if (failed.isEmpty() && place.rank() == 0) {
          failed = silent();
          failed.ifPresent(text -> store.set(FAILED, text));
        }
        if (failed.isPresent()) {
          lose(failed.get());
          return;
        }
        Thread.sleep(pause);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      if (!ended) {
        lose("process 0 of %d ended or cannot be reached".formatted(place.size()));
      }
    }
  }

  private void lose(String text) {
    why.set(text);
    if (!ended) {
      lost.accept(text);
    }
  }

  /** Who gave no sign of life for too long. */
  private Optional<String> silent() {
    long now = System.nanoTime();
    long silence = place.patience().silence().toNanos();
    if (now - looked > silence / 2) {
      Arrays.fill(heard, now); // this process was stopped for a while, and perhaps all of them
    }
    looked = now;
    for (int r = 1; r < beats.length; r++) {
      long count = store.add("pulse/" + r, 0);
      if (count != beats[r]) {
        beats[r] = count;
        heard[r] = now;
      } else if (now - heard[r] > silence) {
        return Optional.of(
            "process %d of %d gave no sign of life for %d s"
                .formatted(r, beats.length, place.patience().silence().toSeconds()));
      }
    }
    return Optional.empty();
  }

  /** Why a process is gone, where this one has heard of it. */
  Optional<String> heard() {
    return Optional.ofNullable(why.get());
  }

  /** Why a process is gone, as far as anybody knows; waits a little for it to be known. */
  Optional<String> why() {
    long end = System.nanoTime() + GRACE.toNanos();
    try {
      while (why.get() == null && System.nanoTime() < end) {
        Optional<String> failed = store.get(FAILED);
        if (failed.isPresent()) {
          return failed;
        }
        Thread.sleep(20);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      return Optional.of("process 0 of %d ended or cannot be reached".formatted(place.size()));
    }
    return Optional.ofNullable(why.get());
  }

  /** Posts why this process ends. */
  void fail(String text) {
    ended = true;
    try {
      store.set(FAILED, "process %d of %d: %s".formatted(place.rank(), place.size(), text));
      if (place.rank() == 0) {
        Thread.sleep(GRACE.toMillis()); // the store goes with this process
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // nobody is there any more to be told
    }
  }

  /** Ends; nothing is missed from now on. */
  void end() {
    ended = true;
    interrupt();
    try {
      join(GRACE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!isAlive()) {
      store.close();
    }
  }
}
