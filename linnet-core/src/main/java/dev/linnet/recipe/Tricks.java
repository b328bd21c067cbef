package dev.linnet.recipe;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.train.BatchTrick;
import dev.linnet.train.FeatureTrick;
import dev.linnet.tricks.CutMix;
import dev.linnet.tricks.Mixup;
import dev.linnet.tricks.MixupOrCutMix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The tricks of a run, each the record of its settings, in the order in which they act.
 *
 * @param list at most one of each kind that a recipe knows
 * @param chosen by whom
 */
public record Tricks(List<Record> list, By chosen) {
  /** No trick. */
  public static final Tricks NONE = new Tricks(List.of());

  /** Chosen by the data and the length of the run ({@link Chooser#choose}); none until then. */
  public static final Tricks AUTO = new Tricks(List.of(), By.DATA);

  /** Who says which tricks a run has. */
  public enum By {
    /** The recipe. */
    RECIPE,
    /** The data, once they are known. */
    DATA
  }

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

  /**
   * One trick with its defaults.
   *
   * @param name as a recipe writes it, such as {@code cutmix}
   * @throws LinnetException if no recipe knows it
   */
  public static Tricks named(String name) {
    List<String> known = Kinds.TRICKS.stream().map(Kinds.Kind::name).toList();
    int at = known.indexOf(name);
    Record trick = at < 0 ? null : Records.defaultOf(Kinds.TRICKS.get(at).type()).orElse(null);
    if (trick == null) {
      throw new LinnetException(
          "trick: got \""
              + name
              + "\"; must be one of a recipe with defaults; "
              + Nearest.didYouMean(name, known, "known: " + String.join(", ", known)));
    }
    return new Tricks(List.of(trick));
  }

  /** The tricks of a recipe. */
  public Tricks(List<Record> list) {
    this(list, By.RECIPE);
  }

  /** Whether they are still to be chosen. */
  public boolean isAuto() {
    return chosen == By.DATA;
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

  /**
   * What changes batches, in the order in which it acts; mixup and CutMix are one, of which each
   * batch gets one.
   */
  public List<BatchTrick<?>> ofBatches() {
    List<BatchTrick<?>> tricks = new ArrayList<>();
    for (Record trick : list) {
      Optional<CutMix> cutmix = find(CutMix.class);
      if (trick instanceof Mixup mixup && cutmix.isPresent()) {
        tricks.add(new MixupOrCutMix(mixup, cutmix.get()));
      } else if (trick instanceof BatchTrick<?> ofBatches
          && !(trick instanceof CutMix && find(Mixup.class).isPresent())) {
        tricks.add(ofBatches);
      }
    }
    return tricks;
  }

  /** What changes features; of two, each a trick for every batch, a recipe has one. */
  public Optional<FeatureTrick<?>> ofFeatures() {
    for (Record trick : list) {
      if (trick instanceof FeatureTrick<?> ofFeatures) {
        return Optional.of(ofFeatures);
      }
    }
    return Optional.empty();
  }

  /** The key of a trick in a recipe. */
  static String nameOf(Record trick) {
    return Kinds.TRICKS.get(order(trick.getClass())).name();
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
