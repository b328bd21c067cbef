package dev.linnet.recipe;

import dev.linnet.recipe.Kinds.Kind;
import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Entry;
import dev.linnet.recipe.Tree.Leaf;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One of several records, by name: {@code sgd}, or {@code {name: sgd, momentum: 0.95}}. */
final class Choice extends Form {
  private static final String NAME = "name";

  private final List<Kind> kinds;
  private final Map<String, Section> sections = new LinkedHashMap<>();

  /**
   * @param hint what the line of a refused value ends with; may be empty
   */
  Choice(List<Kind> kinds, String hint) {
    this.kinds = kinds;
    for (Kind kind : kinds) {
      sections.put(kind.name(), new Section(kind.type(), hint));
    }
  }

  /** The choices, by name. */
  Map<String, Section> sections() {
    return sections;
  }

  @Override
  List<String> expected() {
    List<String> expected = new ArrayList<>(sections.keySet());
    expected.add("a mapping with one of them as name");
    return expected;
  }

  /** A name alone is a mapping with a name. */
  private static Tree normal(Tree tree) {
    return tree instanceof Leaf
        ? new Entries(Map.of(NAME, new Entry(tree.where(), tree)), tree.where())
        : tree;
  }

  @Override
  @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
    if (!(normal(tree) instanceof Entries entries)) {
      return refuse(tree, path, fallback, problems);
    }
    Tree name = entries.get(NAME);
    if (name == null) {
      problems.add(
          entries.where(),
          path + ": has no name (" + entries.where() + "); must be " + words(names()));
      return fallback;
    }
    Section section = name instanceof Leaf leaf ? sections.get(leaf.text()) : null;
    if (section == null) {
      problems.mustBe(path, name, words(names()));
      return fallback;
    }
    Class<?> type = kind(((Leaf) name).text()).type();
    Record standIn = type.isInstance(fallback) ? (Record) fallback : null;
    Record value = section.read(entries, path, standIn, Set.of(NAME), problems);
    return value == null ? fallback : value;
  }

  /**
   * Another name begins anew, with what {@code plain} has for it, else with its defaults; keys of
   * records that choices share stay as they were: {@link Inlined#kept}.
   */
  @Override
  Tree merge(Tree low, Tree high, @Nullable Tree ground) {
    if (!(normal(high) instanceof Entries upper) || !(normal(low) instanceof Entries lower)) {
      return high;
    }
    String name = name(upper.get(NAME));
    Entries base = lower;
    if (!name.isEmpty() && !name.equals(name(lower.get(NAME)))) {
      base =
          ground != null
                  && normal(ground) instanceof Entries plain
                  && name.equals(name(plain.get(NAME)))
              ? plain
              : upper;
      base = keeping(lower, base, sections.get(name));
    }
    Section section = sections.get(name(base.get(NAME)));
    return section == null ? upper : section.merge(base, upper, ground);
  }

  private static Entries keeping(Entries lower, Entries base, @Nullable Section section) {
    Entries kept = base;
    if (section != null) {
      for (String key : section.kept()) {
        Entry entry = lower.entries().get(key);
        if (entry != null) {
          kept = kept.with(key, entry);
        }
      }
    }
    return kept;
  }

  @Override
  Tree write(Object value) {
    for (Kind kind : kinds) {
      if (kind.type().isInstance(value)) {
        Section section = sections.get(kind.name());
        Entries written = new Entries(Map.of(), Scalars.NOWHERE);
        written = written.with(NAME, new Entry(Scalars.NOWHERE, Scalars.leaf(kind.name())));
        if (section == null || section.fields().isEmpty()) {
          return Scalars.leaf(kind.name());
        }
        for (Map.Entry<String, Entry> entry : section.write(value).entries().entrySet()) {
          written = written.with(entry.getKey(), entry.getValue());
        }
        return written;
      }
    }
    throw new IllegalArgumentException("no recipe knows " + value.getClass().getName());
  }

  private List<String> names() {
    return List.copyOf(sections.keySet());
  }

  private Kind kind(String name) {
    return kinds.stream().filter(kind -> kind.name().equals(name)).findFirst().orElseThrow();
  }

  private static String name(@Nullable Tree tree) {
    return tree instanceof Leaf leaf ? leaf.text() : "";
  }
}
