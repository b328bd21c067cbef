package dev.linnet.recipe;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** YAML as it was written, before it is known what may stand where. */
sealed interface Tree {
  /** Where it was written. */
  Where where();

  /** What it is, for "got …": a text in quotes, a number as it is, "a list". */
  String got();

  /**
   * A scalar.
   *
   * @param quoted whether it stood in quotes or in a block, and so is text
   */
  record Leaf(String text, boolean quoted, Where where) implements Tree {
    /** Whether it is this word, not in quotes. */
    boolean is(String word) {
      return !quoted && text.equals(word);
    }

    @Override
    public String got() {
      if (text.isEmpty()) {
        return quoted ? "an empty text" : "nothing";
      }
      String line = Lines.oneLine(text);
      if (quoted) {
        return "the text \"" + line + '"';
      }
      return Scalars.isNumber(text) || text.equals("true") || text.equals("false")
          ? line
          : '"' + line + '"';
    }
  }

  /** A list. */
  record Items(List<Tree> items, Where where) implements Tree {
    public Items {
      items = List.copyOf(items);
    }

    @Override
    public String got() {
      return "a list";
    }
  }

  /** A mapping, in the order of its keys. */
  record Entries(Map<String, Entry> entries, Where where) implements Tree {
    public Entries {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    @Override
    public String got() {
      return "a mapping";
    }

    /** The value of a key, or null. */
    @Nullable Tree get(String key) {
      Entry entry = entries.get(key);
      return entry == null ? null : entry.value();
    }

    /** This mapping with a key set. */
    Entries with(String key, Entry entry) {
      Map<String, Entry> more = new LinkedHashMap<>(entries);
      more.put(key, entry);
      return new Entries(more, where);
    }

    /** This mapping without a key. */
    Entries without(String key) {
      Map<String, Entry> fewer = new LinkedHashMap<>(entries);
      fewer.remove(key);
      return new Entries(fewer, where);
    }
  }

  /**
   * A key's place and its value.
   *
   * @param key where the key was written
   */
  record Entry(Where key, Tree value) {}
}
