package dev.linnet.explain;

import java.util.List;
import java.util.Optional;

/**
 * The pictures of a set that are most like another one.
 *
 * @param query position of that picture among those asked for
 * @param picture its name
 * @param itself its name in the set, where it is one of it: it is no neighbor of its own
 * @param near the nearest first
 */
public record Similar(int query, String picture, Optional<String> itself, List<Near> near) {
  public Similar {
    near = List.copyOf(near);
  }

  /**
   * A picture that is near.
   *
   * @param index its position in the set
   * @param name in the set
   * @param className of its class
   * @param distance 1 − cosine of the two pictures' features, in [0, 2]
   */
  public record Near(int index, String name, String className, double distance) {}
}
