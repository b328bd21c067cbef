package dev.linnet.data;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.AtomicFile;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads packed shards through, each from its begin. A picture that is passed over and will be read
 * later, or that nobody said anything about, is held in memory; one that was passed over and let go
 * is found again from the shard's begin.
 *
 * <p>Who reads in the order that {@link #expect} was told finds each shard unpacked once. Any
 * thread; two threads unpack two shards at the same time.
 */
final class ShardStreams {
  /** What is held of pictures of which nobody said that they will be read. */
  private static final long UNTOLD = Math.min(64L << 20, TarReader.HELD_MOST);

  private static final int MOST_OPEN = 16;

  private final ShardTree tree;
  private final Stream[] streams;
  private final Deque<Stream> open = new ArrayDeque<>();

  /** What will be read, as somebody said. */
  private final Held held = new Held(TarReader.HELD_MOST);

  /** What was read or passed a moment ago, and may be asked for again. */
  private final Held recent = new Held(UNTOLD);

  private int told;
  private int begun;
  private int @Nullable [] wanted;

  ShardStreams(ShardTree tree) {
    this.tree = tree;
    this.streams = new Stream[tree.shards().size()];
    for (int i = 0; i < streams.length; i++) {
      streams[i] = new Stream(i);
    }
  }

  /** Where one shard is being read. */
  private final class Stream {
    final int shard;
    final ReentrantLock lock = new ReentrantLock();
    @Nullable InputStream in;
    long position;
    int next;
    int brokenFrom = Integer.MAX_VALUE;
    String reason = "";

    Stream(int shard) {
      this.shard = shard;
    }

    byte[] read(int member) throws IOException {
      int picture = tree.begin(shard) + member;
      lock.lock();
      try {
        byte[] there = take(picture);
        if (there != null) {
          return there;
        }
        if (member >= brokenFrom) {
          throw new IOException(reason);
        }
        return advance(member);
      } finally {
        lock.unlock();
      }
    }

    private byte[] advance(int member) throws IOException {
      try {
        if (in == null || next > member) {
          begin();
        }
        while (next < member) {
          if (tree.shards().get(shard).size(next) <= FileStore.MOST
              && isWorthHolding(tree.begin(shard) + next)) {
            hold(tree.begin(shard) + next, content(next));
          }
          next++;
        }
        byte[] content = content(member);
        next = member + 1;
        passed(tree.begin(shard) + member, content);
        if (next == tree.shards().get(shard).count()) {
          end();
        }
        return content;
      } catch (IOException e) {
        brokenFrom = next;
        reason = AtomicFile.reason(e);
        end();
        throw e;
      }
    }

    private byte[] content(int member) throws IOException {
      ShardTree.Shard at = tree.shards().get(shard);
      InputStream stream = requireNonNull(in, "begun");
      stream.skipNBytes(at.offset(member) - position);
      position = at.offset(member);
      byte[] content = stream.readNBytes((int) at.size(member));
      position += content.length;
      if (content.length < at.size(member)) {
        throw new EOFException("the shard ends after " + position + " bytes unpacked");
      }
      return content;
    }

    private void begin() throws IOException {
      end();
      ShardTree.Shard at = tree.shards().get(shard);
      in = TarWalk.unpacked(at.file(), at.packing());
      position = 0;
      next = 0;
      opened(this);
    }

    void end() throws IOException {
      InputStream old = in;
      in = null;
      if (old != null) {
        closed(this);
        old.close();
      }
    }

    /** Closes it unless somebody reads. */
    void endIfIdle() {
      if (lock.tryLock()) {
        try {
          end();
        } catch (IOException e) {
          // it was read only
        } finally {
          lock.unlock();
        }
      }
    }
  }

  /** All of a picture. */
  byte[] read(int picture) throws IOException {
    byte[] there = take(picture);
    if (there != null) {
      return there;
    }
    int shard = tree.shardOf(picture);
    return streams[shard].read(picture - tree.begin(shard));
  }

  /**
   * Says which pictures will be read, in about this order, until what is returned is closed.
   *
   * @param pictures of the tree
   */
  Shards.Ahead expect(int[] pictures) {
    synchronized (this) {
      told++;
      int[] counts = wanted == null ? new int[tree.count()] : wanted;
      for (int picture : pictures) {
        counts[picture]++;
      }
      wanted = counts;
    }
    AtomicBoolean isClosed = new AtomicBoolean();
    return () -> {
      if (!isClosed.getAndSet(true)) {
        unexpect();
      }
    };
  }

  private void unexpect() {
    synchronized (this) {
      if (--told > 0) {
        return;
      }
      wanted = null;
      held.clear();
      recent.clear();
    }
    for (Stream stream : streams) {
      stream.endIfIdle();
    }
  }

  /** How often a shard was begun so far. */
  synchronized int begun() {
    return begun;
  }

  private void opened(Stream stream) {
    Stream eldest = null;
    synchronized (this) {
      begun++;
      open.add(stream);
      eldest = open.size() > MOST_OPEN ? open.peek() : null;
    }
    if (eldest != null && eldest != stream) {
      eldest.endIfIdle();
    }
  }

  private synchronized void closed(Stream stream) {
    open.remove(stream);
  }

  private synchronized boolean isWorthHolding(int picture) {
    return wanted == null || wanted[picture] > 0;
  }

  private synchronized void hold(int picture, byte[] content) {
    if (wanted != null && wanted[picture] > 0) {
      held.put(picture, content);
    } else {
      recent.put(picture, content);
    }
  }

  /** What is held of a picture; where it is not read again soon, it goes to the recent ones. */
  private synchronized byte @Nullable [] take(int picture) {
    byte[] there = held.get(picture);
    if (there == null) {
      return recent.get(picture);
    }
    if (wanted != null) {
      wanted[picture] = Math.max(0, wanted[picture] - 1);
      if (wanted[picture] == 0) {
        held.remove(picture);
        recent.put(picture, there);
      }
    }
    return there;
  }

  /** A picture was read from its shard. */
  private synchronized void passed(int picture, byte[] content) {
    if (wanted != null) {
      wanted[picture] = Math.max(0, wanted[picture] - 1);
    }
    hold(picture, content);
  }

  /** Bytes of pictures up to a sum, of which the eldest go. */
  private static final class Held {
    private final Map<Integer, byte[]> content = new LinkedHashMap<>();
    private final long most;
    private long bytes;

    Held(long most) {
      this.most = most;
    }

    byte @Nullable [] get(int picture) {
      return content.get(picture);
    }

    void put(int picture, byte[] there) {
      remove(picture);
      content.put(picture, there);
      bytes += there.length;
      Iterator<byte[]> eldest = content.values().iterator();
      while (bytes > most && content.size() > 1) {
        bytes -= eldest.next().length;
        eldest.remove();
      }
    }

    void remove(int picture) {
      byte[] before = content.remove(picture);
      bytes -= before == null ? 0 : before.length;
    }

    void clear() {
      content.clear();
      bytes = 0;
    }
  }
}
