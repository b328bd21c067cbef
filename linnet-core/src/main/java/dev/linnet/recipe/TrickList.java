package dev.linnet.recipe;

import dev.linnet.base.Nearest;
import dev.linnet.recipe.Kinds.Kind;
import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Entry;
import dev.linnet.recipe.Tree.Leaf;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tricks by name, each {@code true} for its defaults, {@code false}, the value of its first key, or
 * a mapping. Names in messages begin with the trick's: {@code cutmix.alpha}.
 */
final class TrickList extends Form {
  private static final String AUTO = "auto";

  private final Map<String, Section> sections = new LinkedHashMap<>();

  TrickList() {
    for (Kind kind : Kinds.TRICKS) {
      sections.put(
          kind.name(),
          new Section(
              kind.type(), "; to switch " + kind.title() + " off, remove it from \"tricks\""));
    }
  }

  /** The tricks, by name. */
  Map<String, Section> sections() {
    return sections;
  }

  @Override
  List<String> expected() {
    return List.of(AUTO, "a mapping of tricks; known: " + String.join(", ", sections.keySet()));
  }

  @Override
  @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
    if (tree instanceof Leaf leaf && leaf.is(AUTO)) {
      return Tricks.AUTO;
    }
    if (!(tree instanceof Entries entries)) {
      return refuse(tree, path, fallback, problems);
    }
    List<Record> tricks = new ArrayList<>();
    entries
        .entries()
        .forEach(
            (name, entry) -> {
              Section section = sections.get(name);
              if (section == null) {
                problems.add(entry.key(), unknown(path, name, entry));
                return;
              }
              Record trick = readTrick(section, name, entry.value(), problems);
              if (trick != null) {
                tricks.add(trick);
              }
            });
    return new Tricks(tricks);
  }

  private @Nullable Record readTrick(Section section, String name, Tree tree, Problems problems) {
    if (tree instanceof Leaf leaf && leaf.is("false")) {
      return null;
    }
    Tree normal = normalTrick(section, tree);
    if (!(normal instanceof Entries entries)) {
      problems.mustBe(name, tree, mustOf(section));
      return null;
    }
    return section.read(entries, name, null, problems);
  }

  private static String mustOf(Section section) {
    List<String> expected = new ArrayList<>(List.of("true", "false"));
    if (!section.fields().isEmpty()) {
      expected.addAll(section.fields().values().iterator().next().form().expected());
      expected.addAll(section.expected());
    }
    return words(expected);
  }

  private String unknown(String path, String name, Entry entry) {
    List<String> known = List.copyOf(sections.keySet());
    List<String> near = Nearest.to(name, known);
    return Lines.path(path, name)
        + ": unknown trick ("
        + entry.key()
        + "); "
        + (near.isEmpty() ? "" : Nearest.didYouMean(name, known, "") + " ")
        + "known: "
        + String.join(", ", known);
  }

  /** {@code true} is an empty mapping, another value that of the first key. */
  private static Tree normalTrick(Section section, Tree tree) {
    if (tree instanceof Leaf leaf && leaf.is("true")) {
      return new Entries(Map.of(), tree.where());
    }
    if (tree instanceof Entries
        || section.fields().isEmpty()
        || (tree instanceof Leaf leaf && leaf.is("false"))) {
      return tree;
    }
    String first = section.fields().keySet().iterator().next();
    return new Entries(Map.of(first, new Entry(tree.where(), tree)), tree.where());
  }

  @Override
  Tree merge(Tree low, Tree high, @Nullable Tree ground) {
    if (!(low instanceof Entries lower) || !(high instanceof Entries upper)) {
      return high;
    }
    Entries merged = lower;
    for (Map.Entry<String, Entry> named : upper.entries().entrySet()) {
      Section section = sections.get(named.getKey());
      Tree below = lower.get(named.getKey());
      Tree value = named.getValue().value();
      if (section != null && below != null) {
        value = section.merge(normalTrick(section, below), normalTrick(section, value), null);
      }
      merged = merged.with(named.getKey(), new Entry(named.getValue().key(), value));
    }
    return merged;
  }

  @Override
  Tree write(Object value) {
    if (((Tricks) value).isAuto()) {
      return Scalars.leaf(AUTO);
    }
    Entries written = new Entries(Map.of(), Scalars.NOWHERE);
    for (Record trick : ((Tricks) value).list()) {
      for (Kind kind : Kinds.TRICKS) {
        Section section = sections.get(kind.name());
        if (section != null && kind.type().isInstance(trick)) {
          written = written.with(kind.name(), new Entry(Scalars.NOWHERE, write(section, trick)));
        }
      }
    }
    return written;
  }

  private static Tree write(Section section, Record trick) {
    Entries entries = section.write(trick);
    return switch (entries.entries().size()) {
      case 0 -> Scalars.leaf("true");
      case 1 -> entries.entries().values().iterator().next().value();
      default -> entries;
    };
  }
}
