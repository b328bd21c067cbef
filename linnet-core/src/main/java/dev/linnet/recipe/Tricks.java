package dev.linnet.recipe;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The tricks of a run, each the record of its settings, in the order in which they act.
 *
 * @param list at most one of each kind that a recipe knows
 */
public record Tricks(List<Record> list) {
  /** No trick. */
  public static final Tricks NONE = new Tricks(List.of());

  public Tricks {
    List<Record> sorted = new ArrayList<>(list);
    sorted.sort(Comparator.comparingInt(trick -> order(trick.getClass())));
    for (int i = 1; i < sorted.size(); i++) {
      if (sorted.get(i).getClass() == sorted.get(i - 1).getClass()) {
        throw new IllegalArgumentException("given twice: " + sorted.get(i).getClass().getName());
      }
    }
    list = List.copyOf(sorted);
  }

  /** The settings of a trick, or empty where it is off. */
  public <T extends Record> Optional<T> find(Class<T> type) {
    return list.stream().filter(type::isInstance).map(type::cast).findFirst();
  }

  /** These tricks and one more; it replaces the one of its kind. */
  public Tricks with(Record trick) {
    List<Record> others = new ArrayList<>(without(trick.getClass()).list);
    others.add(trick);
    return new Tricks(others);
  }

  /** These tricks less one kind. */
  public Tricks without(Class<? extends Record> type) {
    return new Tricks(list.stream().filter(trick -> trick.getClass() != type).toList());
  }

  private static int order(Class<?> type) {
    for (int i = 0; i < Kinds.TRICKS.size(); i++) {
      if (Kinds.TRICKS.get(i).type() == type) {
        return i;
      }
    }
    throw new IllegalArgumentException("no recipe knows this trick: " + type.getName());
  }
}
