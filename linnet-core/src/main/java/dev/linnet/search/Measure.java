package dev.linnet.search;

import dev.linnet.recipe.Task;
import java.util.List;

/** What the runs of a study are compared by. */
public enum Measure {
  /** Pictures whose most probable class is theirs. */
  TOP1,
  /** Pictures whose nearest neighbor is of their class. */
  RECALL_AT_1;

  /** What a task is measured by. */
  static Measure of(Task task) {
    return switch (task) {
      case CLASSIFICATION -> TOP1;
      case SIMILARITY -> RECALL_AT_1;
    };
  }

  /** Its name for people, such as {@code top-1}; it is in percent. */
  public String title() {
    return switch (this) {
      case TOP1 -> "top-1";
      case RECALL_AT_1 -> "recall@1";
    };
  }

  /** Its name in tables and files, such as {@code top1}. */
  String column() {
    return columns().get(0);
  }

  /** All that is measured with it, itself first. */
  List<String> columns() {
    return switch (this) {
      case TOP1 -> List.of("top1", "top5", "loss");
      case RECALL_AT_1 ->
          List.of("recall_at_1", "recall_at_2", "recall_at_4", "recall_at_8", "map_at_r");
    };
  }
}
