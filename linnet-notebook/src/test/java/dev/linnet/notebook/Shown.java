package dev.linnet.notebook;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Stands for the kernel's {@code display}, which cells call: keeps what they show. */
public final class Shown {
  private static final List<Object> VALUES = Collections.synchronizedList(new ArrayList<>());

  private Shown() {}

  /** What the kernel has under this name. */
  public static void display(Object value) {
    VALUES.add(value);
  }

  /** Everything shown since the last time. */
  static List<Object> take() {
    synchronized (VALUES) {
      List<Object> taken = List.copyOf(VALUES);
      VALUES.clear();
      return taken;
    }
  }
}
