package dev.linnet.spark;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The models that an executor has in memory. A task takes one and gives it back; all tasks that run
 * at a time share it. One that no task uses stays for the next, until another is taken.
 *
 * <p>Spark gives tasks nothing that lives as long as their executor, so there is one of these in a
 * JVM, and it is the only thing here that is shared so. Any thread.
 */
final class ExecutorModels {
  /** That of this JVM. */
  static final ExecutorModels HERE = new ExecutorModels();

  private final Map<ShippedModel.Key, Entry> entries = new HashMap<>();

  /** How a model is opened; in an executor {@link ShippedModel#open}. */
  interface Opener {
    LoadedModel open(ShippedModel model);
  }

  private static final class Entry {
    private int users; // guarded by entries
    private @Nullable LoadedModel loaded;

    /** Other tasks of the same model wait; where it fails, the next one tries again. */
    synchronized LoadedModel open(ShippedModel model, Opener opener) {
      if (loaded == null) {
        loaded = opener.open(model);
      }
      return loaded;
    }

    synchronized void close() {
      if (loaded != null) {
        loaded.close();
        loaded = null;
      }
    }
  }

  /** A model while a task uses it. */
  static final class Lease implements AutoCloseable {
    private final LoadedModel model;
    private @Nullable Runnable end;

    private Lease(LoadedModel model, Runnable end) {
      this.model = model;
      this.end = end;
    }

    LoadedModel model() {
      return model;
    }

    /** Gives it back. Closing twice is harmless. */
    @Override
    public synchronized void close() {
      if (end != null) {
        end.run();
        end = null;
      }
    }
  }

  /**
   * Takes a model, which is loaded first where it is not there; others that nobody uses are freed
   * before.
   */
  Lease take(ShippedModel model) {
    return take(model, ShippedModel::open);
  }

  Lease take(ShippedModel model, Opener opener) {
    Entry entry;
    synchronized (entries) {
      if (!entries.containsKey(model.key())) {
        freeUnused();
      }
      entry = entries.computeIfAbsent(model.key(), m -> new Entry());
      entry.users++;
    }
    boolean done = false;
    try {
      Lease lease = new Lease(entry.open(model, opener), () -> giveBack(model.key()));
      done = true;
      return lease;
    } finally {
      if (!done) {
        giveBack(model.key());
      }
    }
  }

  private void giveBack(ShippedModel.Key key) {
    synchronized (entries) {
      requireNonNull(entries.get(key)).users--;
    }
  }

  private void freeUnused() {
    Iterator<Entry> all = entries.values().iterator();
    while (all.hasNext()) {
      Entry entry = all.next();
      if (entry.users == 0) {
        entry.close();
        all.remove();
      }
    }
  }

  /** How many there are, used or not. */
  int size() {
    synchronized (entries) {
      return entries.size();
    }
  }
}
