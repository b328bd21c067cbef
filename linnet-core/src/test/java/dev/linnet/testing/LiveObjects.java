package dev.linnet.testing;

import dev.linnet.tensor.Engine;
import java.util.concurrent.locks.LockSupport;

/** Native objects that Java still holds. */
public final class LiveObjects {
  private static final long PAUSE = 50_000_000; // nanoseconds

  private LiveObjects() {}

  /**
   * Their number, without those that nothing reaches any more, also of tests before: the collector
   * finds these and another thread frees them.
   */
  public static long settled() {
    long before;
    long now = Long.MAX_VALUE;
    do {
      before = now;
      System.gc();
      LockSupport.parkNanos(PAUSE);
      now = Engine.liveObjects();
    } while (now < before);
    return now;
  }
}
