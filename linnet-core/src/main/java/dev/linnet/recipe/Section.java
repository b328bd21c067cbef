package dev.linnet.recipe;

import dev.linnet.base.InvalidValueException;
import dev.linnet.base.Nearest;
import dev.linnet.base.internal.About;
import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Entry;
import dev.linnet.recipe.Tree.Items;
import dev.linnet.recipe.Tree.Leaf;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A mapping whose keys are the components of a record, in their order. */
final class Section extends Form {
  private final Class<? extends Record> type;
  private final String hint;
  private final Map<String, Field> fields = new LinkedHashMap<>();

  /**
   * One key.
   *
   * @param path of components from the record to the value: more than one where a record between is
   *     {@link Inlined}
   */
  record Field(int index, List<RecordComponent> path, Form form) {
    Object of(Record record) {
      Object value = record;
      for (RecordComponent component : path) {
        value = Records.value((Record) value, component);
      }
      return value;
    }

    /** What the key does, in one line. */
    String about() {
      RecordComponent component = path.get(path.size() - 1);
      About about = component.getAnnotation(About.class);
      if (about == null) {
        throw new IllegalStateException(component + " has no @About");
      }
      return about.value();
    }
  }

  /**
   * @param hint what the line of a refused value ends with, such as how to do without; may be empty
   */
  Section(Class<? extends Record> type, String hint) {
    this.type = type;
    this.hint = hint;
    addFields(type, List.of());
  }

  private void addFields(Class<?> record, List<RecordComponent> above) {
    for (RecordComponent component : record.getRecordComponents()) {
      List<RecordComponent> path = new ArrayList<>(above);
      path.add(component);
      if (component.isAnnotationPresent(Inlined.class)) {
        addFields(component.getType(), path);
      } else {
        String key = Records.key(component.getName());
        Form form = Forms.of(component.getGenericType(), key);
        fields.put(key, new Field(fields.size(), List.copyOf(path), form));
      }
    }
  }

  /** The keys, in the record's order. */
  Map<String, Field> fields() {
    return fields;
  }

  /** The keys of inlined records that another choice keeps. */
  List<String> kept() {
    List<String> kept = new ArrayList<>();
    fields.forEach(
        (key, field) -> {
          Inlined inlined = field.path().get(0).getAnnotation(Inlined.class);
          if (inlined != null && inlined.kept()) {
            kept.add(key);
          }
        });
    return kept;
  }

  @Override
  List<String> expected() {
    return List.of("a mapping with the keys " + String.join(", ", fields.keySet()));
  }

  @Override
  @Nullable Record read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
    if (!(tree instanceof Entries entries)) {
      return (Record) refuse(tree, path, fallback, problems);
    }
    return read(entries, path, (Record) fallback, Set.of(), problems);
  }

  /**
   * The same, where the mapping has keys that are not the record's.
   *
   * @param others those keys
   */
  @Nullable Record read(
      Entries entries,
      String path,
      @Nullable Record fallback,
      Set<String> others,
      Problems problems) {
    Record defaults = Records.defaultOf(type).orElse(fallback);
    Record standIn = fallback == null ? defaults : fallback;
    Object[] values = new Object[fields.size()];
    boolean complete = true;
    for (Map.Entry<String, Field> named : fields.entrySet()) {
      String key = named.getKey();
      Field field = named.getValue();
      Tree value = entries.get(key);
      if (value != null) {
        Object stand = standIn == null ? null : field.of(standIn);
        Object read = field.form().read(value, Lines.path(path, key), stand, problems);
        complete &= read != null;
        values[field.index()] = read;
      } else if (defaults != null) {
        values[field.index()] = field.of(defaults);
      } else {
        problems.add(
            entries.where(),
            Lines.path(path, key) + ": is missing (" + entries.where() + "); " + field.about());
        complete = false;
      }
    }
    reportUnknown(entries, path, others, problems);
    return complete ? create(entries, path, values, standIn, problems) : fallback;
  }

  private void reportUnknown(Entries entries, String path, Set<String> others, Problems problems) {
    List<String> known = new ArrayList<>(others);
    known.addAll(fields.keySet());
    entries
        .entries()
        .forEach(
            (key, entry) -> {
              if (!known.contains(key)) {
                String keys = known.isEmpty() ? "none" : String.join(", ", known);
                problems.add(
                    entry.key(),
                    Lines.path(path, key)
                        + ": unknown key ("
                        + entry.key()
                        + "); "
                        + Nearest.didYouMean(key, known, "known: " + keys));
              }
            });
  }

  /**
   * Makes the record; each value that it refuses is reported and replaced, so that one attempt
   * after the other finds them all.
   */
  private @Nullable Record create(
      Entries entries, String path, Object[] values, @Nullable Record standIn, Problems problems) {
    Set<Field> replaced = new HashSet<>();
    while (true) {
      try {
        return create(type, Arrays.asList(values).iterator());
      } catch (InvalidValueException refused) {
        report(refused, entries, path, problems);
        Field field = fields.get(relative(refused, path)[0]);
        if (field == null || standIn == null || !replaced.add(field)) {
          return standIn;
        }
        values[field.index()] = field.of(standIn);
      }
    }
  }

  /** Makes a record of the values of its keys; inlined ones take theirs in turn. */
  private static Record create(Class<? extends Record> type, Iterator<Object> values) {
    RecordComponent[] components = type.getRecordComponents();
    Object[] own = new Object[components.length];
    for (int i = 0; i < own.length; i++) {
      own[i] =
          components[i].isAnnotationPresent(Inlined.class)
              ? create(components[i].getType().asSubclass(Record.class), values)
              : values.next();
    }
    return Records.create(type, own);
  }

  private void report(
      InvalidValueException refused, Entries entries, String path, Problems problems) {
    String[] steps = relative(refused, path);
    Tree found = entries;
    int step = 0;
    while (step < steps.length) {
      Tree inner = inner(found, steps[step]);
      if (inner == null) {
        break;
      }
      found = inner;
      step++;
    }
    String got = step == steps.length && found instanceof Leaf ? found.got() : refused.got();
    problems.add(
        found.where(),
        named(refused, path)
            + ": got "
            + got
            + " ("
            + found.where()
            + "); must be "
            + refused.allowed()
            + hint);
  }

  /** What a key names in a mapping, or a number in a list. */
  private static @Nullable Tree inner(Tree tree, String step) {
    if (tree instanceof Items list) {
      return list.items().get(Integer.parseInt(step));
    }
    return tree instanceof Entries map ? map.get(step) : null;
  }

  /** The refused key's dotted name, with its place where this section stands in a list. */
  private static String named(InvalidValueException refused, String path) {
    String section = path.replaceAll("\\[\\d+]", "") + ".";
    return refused.what().startsWith(section)
        ? Lines.path(path, refused.what().substring(section.length()))
        : refused.what();
  }

  /** The steps from this section to the refused value: {@code rows[2].name} has three. */
  private static String[] relative(InvalidValueException refused, String path) {
    String what = named(refused, path);
    return (what.startsWith(path + ".") ? what.substring(path.length() + 1) : what)
        .split("\\.|\\[|\\]\\.?");
  }

  @Override
  Tree merge(Tree low, Tree high, @Nullable Tree ground) {
    if (!(low instanceof Entries lower) || !(high instanceof Entries upper)) {
      return high;
    }
    Entries merged = lower;
    for (Map.Entry<String, Entry> named : upper.entries().entrySet()) {
      String key = named.getKey();
      Field field = fields.get(key);
      Tree below = lower.get(key);
      Tree value = named.getValue().value();
      if (field != null && below != null) {
        Tree grounded = ground instanceof Entries map ? map.get(key) : null;
        value = field.form().merge(below, value, grounded);
      }
      merged = merged.with(key, new Entry(named.getValue().key(), value));
    }
    return merged;
  }

  @Override
  Entries write(Object value) {
    Entries written = new Entries(Map.of(), Scalars.NOWHERE);
    for (Map.Entry<String, Field> named : fields.entrySet()) {
      Field field = named.getValue();
      written =
          written.with(
              named.getKey(),
              new Entry(Scalars.NOWHERE, field.form().write(field.of((Record) value))));
    }
    return written;
  }
}
