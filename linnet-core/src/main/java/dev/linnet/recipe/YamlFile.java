package dev.linnet.recipe;

import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Entry;
import dev.linnet.recipe.Tree.Items;
import dev.linnet.recipe.Tree.Leaf;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads YAML 1.2 into a {@link Tree} with the line of every key and value.
 *
 * <p>It builds from the parser's events, not from its nodes, so that a hostile file costs no more
 * than its caps: {@value #MAX_BYTES} bytes, {@value #MAX_DEPTH} levels, {@value #MAX_VALUES} values
 * with every alias counted as often as it is used.
 */
final class YamlFile {
  static final int MAX_BYTES = 262_144;
  static final int MAX_DEPTH = 20;
  static final int MAX_VALUES = 10_000;

  private final String source;
  private final String noun;
  private final int firstLine;
  private final Problems problems;
  private final Iterator<Event> events;
  private final Map<Anchor, Optional<Tree>> anchors = new HashMap<>();
  private int values;

  private YamlFile(String source, String noun, int firstLine, String text, Problems problems) {
    this.source = source;
    this.noun = noun;
    this.firstLine = firstLine;
    this.problems = problems;
    LoadSettings settings = LoadSettings.builder().setLabel(source).build();
    this.events = new Parse(settings).parseString(text).iterator();
  }

  /** A file that cannot be read on; the line says why. */
  private static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // never serialized
    private final Where where;

    Unreadable(Where where, String problem) {
      super(where + ": " + problem);
      this.where = where;
    }
  }

  /** Reads a recipe. */
  static Optional<Entries> read(String source, InputStream in, Problems problems)
      throws IOException {
    return read(source, "recipe", in, problems);
  }

  /**
   * Reads a stream of UTF-8.
   *
   * @param source the file's name as the user wrote it
   * @param noun what such a file is called in messages
   * @return the file's mapping, or empty with at least one problem added
   */
  static Optional<Entries> read(String source, String noun, InputStream in, Problems problems)
      throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      problems.add(
          new Where(source, 0), source + ": is larger than 256 KiB, which no " + noun + " is");
      return Optional.empty();
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      problems.add(new Where(source, 0), source + ": is not text in UTF-8, so it is no " + noun);
      return Optional.empty();
    }
    Tree tree = parse(source, noun, 1, text, problems);
    if (tree == null) {
      return Optional.empty();
    }
    if (tree instanceof Entries entries) {
      return Optional.of(entries);
    }
    problems.add(
        tree.where(),
        tree.where() + ": got " + tree.got() + "; a " + noun + " is keys with their values");
    return Optional.empty();
  }

  /**
   * Reads the value of an option.
   *
   * @param option such as {@code --set optimizer.betas}
   * @return the value, or empty with at least one problem added
   */
  static Optional<Tree> readOption(String option, String text, Problems problems) {
    return Optional.ofNullable(parse(option, "recipe", 0, text, problems));
  }

  private static @Nullable Tree parse(
      String source, String noun, int firstLine, String text, Problems problems) {
    try {
      return new YamlFile(source, noun, firstLine, text, problems).document();
    } catch (Unreadable e) {
      problems.add(e.where, String.valueOf(e.getMessage()));
    } catch (MarkedYamlEngineException e) {
      Where where = where(source, firstLine, e.getProblemMark());
      problems.add(where, notYaml(where, e.getProblem()));
    } catch (ReaderException e) {
      int end = Math.min(text.length(), Math.max(0, e.getPosition()));
      long line = text.substring(0, end).chars().filter(c -> c == '\n').count();
      Where where = new Where(source, firstLine == 0 ? 0 : firstLine + (int) line);
      String character = String.format("U+%04X", e.getCodePoint());
      problems.add(where, notYaml(where, "the character " + character + " is not allowed"));
    } catch (YamlEngineException e) {
      problems.add(
          new Where(source, 0), notYaml(new Where(source, 0), String.valueOf(e.getMessage())));
    }
    return null;
  }

  private static String notYaml(Where where, String problem) {
    return where + ": is not valid YAML: " + Lines.oneLine(problem.strip());
  }

  private Tree document() {
    events.next(); // start of the stream
    Event first = events.next();
    if (first.getEventId() == Event.ID.StreamEnd) {
      throw new Unreadable(
          new Where(source, 0), "is empty; a " + noun + " is keys with their values");
    }
    Tree tree = value(events.next(), 1, "");
    events.next(); // end of the document
    Event next = events.next();
    if (next.getEventId() != Event.ID.StreamEnd) {
      throw new Unreadable(where(next), "a second document begins; a " + noun + " is one");
    }
    return tree;
  }

  private Tree value(Event event, int depth, String path) {
    Where where = where(event);
    if (depth > MAX_DEPTH) {
      throw new Unreadable(where, "is nested more than " + MAX_DEPTH + " levels deep");
    }
    if (event instanceof AliasEvent alias) {
      return alias(alias, where);
    }
    count(1, where);
    NodeEvent node = (NodeEvent) event;
    node.getAnchor().ifPresent(anchor -> anchors.put(anchor, Optional.empty()));
    Tree tree;
    if (event instanceof ScalarEvent scalar) {
      refuseTag(scalar.getTag(), where);
      tree = new Leaf(scalar.getValue(), !scalar.isPlain(), where);
    } else if (event instanceof SequenceStartEvent sequence) {
      refuseTag(sequence.getTag(), where);
      tree = items(where, depth, path);
    } else {
      refuseTag(((MappingStartEvent) event).getTag(), where);
      tree = entries(where, depth, path);
    }
    node.getAnchor().ifPresent(anchor -> anchors.put(anchor, Optional.of(tree)));
    return tree;
  }

  private Items items(Where where, int depth, String path) {
    List<Tree> items = new ArrayList<>();
    Event event = events.next();
    while (event.getEventId() != Event.ID.SequenceEnd) {
      items.add(value(event, depth + 1, path));
      event = events.next();
    }
    return new Items(items, where);
  }

  private Entries entries(Where where, int depth, String path) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    Event event = events.next();
    while (event.getEventId() != Event.ID.MappingEnd) {
      Tree key = value(event, depth + 1, path);
      String inner = key instanceof Leaf name ? Lines.path(path, name.text()) : path;
      Tree value = value(events.next(), depth + 1, inner);
      if (key instanceof Leaf name) {
        Entry earlier = entries.put(name.text(), new Entry(key.where(), value));
        if (earlier != null) {
          problems.add(
              key.where(),
              inner + ": given twice (" + earlier.key() + " and " + key.where() + "); keep one");
        }
      } else {
        problems.add(key.where(), key.where() + ": got " + key.got() + " as a key; must be a name");
      }
      event = events.next();
    }
    return new Entries(entries, where);
  }

  private Tree alias(AliasEvent event, Where where) {
    Optional<Tree> target = anchors.get(event.getAlias());
    if (target == null) {
      throw new Unreadable(where, "*" + event.getAlias() + " is not defined above");
    }
    if (target.isEmpty()) {
      throw new Unreadable(where, "*" + event.getAlias() + " contains itself");
    }
    count(size(target.get()), where);
    return target.get();
  }

  private void count(int more, Where where) {
    values += more;
    if (values > MAX_VALUES) {
      throw new Unreadable(where, "has more than " + MAX_VALUES + " values, aliases included");
    }
  }

  /** Values in a tree; at most {@link #MAX_VALUES}, because each was counted when it was built. */
  private static int size(Tree tree) {
    if (tree instanceof Items list) {
      return 1 + list.items().stream().mapToInt(YamlFile::size).sum();
    }
    if (tree instanceof Entries map) {
      return 1 + map.entries().values().stream().mapToInt(entry -> 1 + size(entry.value())).sum();
    }
    return 1;
  }

  private void refuseTag(Optional<String> tag, Where where) {
    if (tag.isPresent()) {
      throw new Unreadable(
          where, "has the tag " + Lines.oneLine(tag.get()) + "; a " + noun + " has no tags");
    }
  }

  private Where where(Event event) {
    return where(source, firstLine, event.getStartMark());
  }

  private static Where where(String source, int firstLine, Optional<Mark> mark) {
    return new Where(
        source, firstLine == 0 || mark.isEmpty() ? 0 : firstLine + mark.get().getLine());
  }
}
