package dev.linnet.recipe;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.weights.ImageNetClass;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Which class of a network each class of a data set is.
 *
 * <p>A class of the data is found by the network's own name for it. The classes of ImageNet-1k are
 * also found by WordNet id ({@code n01440764}, {@code n01440764_tench}), by any of their names,
 * where case, spaces and punctuation do not count, and by their number. A name of several classes
 * means the one that no other class of the data is; where that leaves more than one, it is refused.
 *
 * @param classes names of the network's classes, in the order of the logits
 * @param labels for each class of the data its position in {@code classes}
 * @param note in a line, how they were matched; empty where both are the same list
 */
public record ClassMatch(List<String> classes, List<Integer> labels, Optional<String> note) {
  private static final int SHOWN = 5;

  public ClassMatch {
    classes = List.copyOf(classes);
    labels = List.copyOf(labels);
  }

  /** By what a class was found, in the order in which it is tried. */
  private enum By {
    NAME("name"),
    WORDNET_ID("WordNet id"),
    NUMBER("number");

    private final String text;

    By(String text) {
      this.text = text;
    }
  }

  /**
   * Matches a data set's classes with a network's.
   *
   * @param data names of the data set's classes
   * @param known the network's, in the order of the logits; empty where the weights name none
   * @param outputs number of the network's classes
   * @throws LinnetException if a class of the data is none of the network's, with the nearest
   *     names, or may be several
   */
  static ClassMatch of(List<String> data, List<String> known, int outputs) {
    if (known.isEmpty()) {
      return numbered(data, outputs);
    }
    if (known.equals(data)) {
      return new ClassMatch(known, IntStream.range(0, known.size()).boxed().toList(), none());
    }
    return new Matching(known).match(data);
  }

  /** Without names only numbers can be matched, or lists of the same length. */
  private static ClassMatch numbered(List<String> data, int outputs) {
    List<String> numbers = IntStream.range(0, outputs).mapToObj(String::valueOf).toList();
    List<Integer> labels = data.stream().map(name -> number(name, outputs)).toList();
    if (!labels.contains(-1)) {
      return new ClassMatch(numbers, labels, note(labels, outputs, EnumSet.of(By.NUMBER)));
    }
    if (data.size() == outputs) {
      return new ClassMatch(data, IntStream.range(0, outputs).boxed().toList(), none());
    }
    throw new LinnetException(
        "the data have "
            + data.size()
            + " classes, the network "
            + outputs
            + ", and its weights name none; evaluate on data with the same classes, or call them by"
            + " the network's numbers, 0 to "
            + (outputs - 1));
  }

  /** A number below a limit, else -1. */
  private static int number(String name, int limit) {
    boolean isNumber =
        !name.isEmpty() && name.length() <= 9 && name.chars().allMatch(c -> c >= '0' && c <= '9');
    int number = isNumber ? Integer.parseInt(name) : -1;
    return number < limit ? number : -1;
  }

  private static Optional<String> note(List<Integer> labels, int outputs, Collection<By> ways) {
    List<String> by = ways.stream().map(way -> way.text).toList();
    return Optional.of(
        "classes: "
            + new HashSet<>(labels).size()
            + " of the network's "
            + outputs
            + ", matched by "
            + String.join(" and ", by));
  }

  private static Optional<String> none() {
    return Optional.empty();
  }

  /** The names that a network answers to. */
  private static final class Matching {
    private final List<String> known;
    private final boolean isImageNet;
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<String, Set<Integer>> plainNames = new HashMap<>();
    private final List<String> allNames = new ArrayList<>();

    Matching(List<String> known) {
      this.known = known;
      this.isImageNet = known.equals(ImageNetClass.ownNames());
      Map<String, ImageNetClass> byId = new HashMap<>();
      ImageNetClass.all().forEach(c -> byId.put(c.wordNetId(), c));
      for (int label = 0; label < known.size(); label++) {
        addName(known.get(label), label);
        ImageNetClass more =
            isImageNet ? ImageNetClass.all().get(label) : byId.get(known.get(label));
        if (more != null) {
          ids.put(more.wordNetId(), label);
          for (String name : more.names()) {
            addName(name, label);
          }
        }
      }
    }

    private void addName(String name, int label) {
      if (plainNames.computeIfAbsent(plain(name), key -> new TreeSet<>()).add(label)) {
        allNames.add(name);
      }
    }

    ClassMatch match(List<String> data) {
      Set<By> ways = EnumSet.noneOf(By.class);
      List<Set<Integer>> found = data.stream().map(name -> candidates(name, ways)).toList();
      refuseUnknown(data, found);
      Set<Integer> taken = new HashSet<>();
      found.stream().filter(labels -> labels.size() == 1).forEach(taken::addAll);
      List<Integer> labels = new ArrayList<>();
      for (int i = 0; i < data.size(); i++) {
        labels.add(only(data.get(i), found.get(i), taken, data));
      }
      return new ClassMatch(known, labels, note(labels, known.size(), ways));
    }

    /** The network's classes that a name may mean. */
    private Set<Integer> candidates(String name, Set<By> ways) {
      if (!isImageNet && known.contains(name)) {
        ways.add(By.NAME);
        return Set.of(known.indexOf(name));
      }
      Integer id = ids.get(name.split("[_\\- ]", 2)[0].toLowerCase(Locale.ROOT));
      if (id != null) {
        ways.add(By.WORDNET_ID);
        return Set.of(id);
      }
      Set<Integer> named = plainNames.getOrDefault(plain(name), Set.of());
      if (!named.isEmpty()) {
        ways.add(By.NAME);
        return named;
      }
      int number = isImageNet ? number(name, known.size()) : -1;
      if (number < 0) {
        return Set.of();
      }
      ways.add(By.NUMBER);
      return Set.of(number);
    }

    private int only(String name, Set<Integer> candidates, Set<Integer> taken, List<String> data) {
      if (candidates.size() == 1) {
        return candidates.iterator().next();
      }
      if (candidates.contains(known.indexOf(name))
          && candidates.stream().allMatch(label -> data.contains(known.get(label)))) {
        return known.indexOf(name); // "Cardigan", the dog, beside "cardigan"
      }
      List<Integer> free = candidates.stream().filter(label -> !taken.contains(label)).toList();
      if (free.size() == 1) {
        return free.get(0);
      }
      throw new LinnetException(
          "the class \""
              + name
              + "\" of the data may be "
              + String.join(" or ", candidates.stream().map(this::described).toList())
              + (ids.isEmpty() ? "; use the network's own name" : "; name it by its WordNet id"));
    }

    private String described(int label) {
      return '"'
          + known.get(label)
          + '"'
          + (isImageNet ? " (" + ImageNetClass.all().get(label).wordNetId() + ")" : "");
    }

    private void refuseUnknown(List<String> data, List<Set<Integer>> found) {
      List<String> unknown =
          IntStream.range(0, data.size())
              .filter(i -> found.get(i).isEmpty())
              .mapToObj(data::get)
              .toList();
      if (unknown.isEmpty()) {
        return;
      }
      Set<String> said = new LinkedHashSet<>();
      for (String name : unknown.subList(0, Math.min(SHOWN, unknown.size()))) {
        String near = ids.containsKey(name) ? "" : Nearest.didYouMean(name, allNames, "");
        said.add('"' + name + '"' + (near.isEmpty() ? "" : " (" + near + ")"));
      }
      String names = some(said, unknown.size());
      throw new LinnetException(
          (unknown.size() == 1
                  ? "the data have the class " + names + ", which the network does not know"
                  : "the data have "
                      + unknown.size()
                      + " classes that the network does not know: "
                      + names)
              + "; it knows "
              + some(known.subList(0, Math.min(SHOWN, known.size())), known.size())
              + (isImageNet ? ", each also by its WordNet id" : ""));
    }

    private static String some(Collection<String> shown, int all) {
      return String.join(", ", shown)
          + (all > shown.size() ? " and " + (all - shown.size()) + " more" : "");
    }

    /** Letters and digits alone, in lower case. */
    private static String plain(String name) {
      StringBuilder plain = new StringBuilder(name.length());
      name.codePoints().filter(Character::isLetterOrDigit).forEach(plain::appendCodePoint);
      return plain.isEmpty() ? name : plain.toString().toLowerCase(Locale.ROOT);
    }
  }
}
