package dev.linnet.tricks;

import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** A term of the loss that compares what a network and its teacher make of the same pictures. */
public interface Lesson extends AutoCloseable {
  /** Levels of the student whose maps it wants to see. */
  default List<Integer> studentLevels() {
    return List.of();
  }

  /** Levels of the teacher whose maps it wants to see. */
  default List<Integer> teacherLevels() {
    return List.of();
  }

  /** What it trains beside the network, by name. */
  default Map<String, Parameter> parameters() {
    return Map.of();
  }

  /**
   * The loss with this term.
   *
   * @param base the loss without it
   */
  Tensor loss(Tensor base, Seen student, Seen teacher);

  /** Frees its own parameters. Closing twice is harmless. */
  @Override
  default void close() {}

  /**
   * What a network made of a batch.
   *
   * @param logits [N, K], fp32, in the student's order of the classes
   * @param maps [N, C, H, W] by level, those that were asked for
   */
  record Seen(Tensor logits, Map<Integer, Tensor> maps) {
    public Seen {
      maps = Map.copyOf(maps);
    }

    /** The map of a level. */
    Tensor map(int level) {
      Tensor map = maps.get(level);
      if (map == null) {
        throw new IllegalArgumentException("level " + level + " was not asked for");
      }
      return map;
    }
  }
}
