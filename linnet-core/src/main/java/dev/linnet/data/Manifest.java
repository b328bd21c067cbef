package dev.linnet.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.base.OneLine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/**
 * A list of pictures: CSV with the columns {@code path,label} and perhaps {@code split} and {@code
 * box}, or one JSON object a line with these keys. Paths are relative to the manifest or absolute;
 * a label is the name of a class; classes are sorted by name. A box (left, top, right and bottom in
 * pixels, counted from 0, the last two behind the box, with spaces between) makes a part of a file
 * a picture.
 */
final class Manifest {
  private static final Pattern BOX = Pattern.compile("-?\\d{1,8}( -?\\d{1,8}){3}");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final Path folder;
  private final Disk disk;
  private final ClassRule rule;
  private final ProblemList problems = new ProblemList();
  private final List<Row> rows = new ArrayList<>();
  private boolean hasSplits;

  private Manifest(Path file, Disk disk, ClassRule rule) {
    this.rule = rule;
    this.file = file;
    Path parent = file.toAbsolutePath().getParent();
    this.folder = parent == null ? file.toAbsolutePath() : parent;
    this.disk = disk;
  }

  /** A checked line. */
  private record Row(String path, long length, String label, Split split, String box) {}

  /** Whether a file's name says that it is a manifest. */
  static boolean isNamedManifest(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".csv") || lower.endsWith(".jsonl");
  }

  /**
   * Reads a manifest and looks for every picture that it names.
   *
   * @throws LinnetException with all problems at once, by line
   */
  static Recognized read(Path file, Disk disk, ClassRule rule) {
    return new Manifest(file, disk, rule).read();
  }

  private Recognized read() {
    String text = text();
    String name = file.toString();
    try {
      if (name.toLowerCase(Locale.ROOT).endsWith(".csv")) {
        readCsv(text);
      } else {
        readJsonLines(text);
      }
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("unknown");
      throw new LinnetException("%s: cannot be read (%s)".formatted(name, reason), e);
    }
    if (rule.splits() == ClassRule.Splits.ALIKE) {
      checkClasses();
    }
    problems.refuse(name);
    if (rows.isEmpty()) {
      throw new LinnetException(
          name + ": no pictures in it; write one a line under the columns path,label");
    }
    return recognized();
  }

  /** What is evaluated must have been trained on. */
  private void checkClasses() {
    TreeSet<String> trained = new TreeSet<>();
    rows.stream()
        .filter(row -> row.split() == Split.TRAIN)
        .forEach(row -> trained.add(row.label()));
    TreeSet<String> said = new TreeSet<>();
    for (Row row : rows) {
      if (!trained.isEmpty() && !trained.contains(row.label()) && said.add(row.label())) {
        problems.add(
            "%s has the class \"%s\", which train has not; %s"
                .formatted(
                    row.split().key(),
                    row.label(),
                    Nearest.didYouMean(row.label(), trained, "add it to train or take it out")));
      }
    }
  }

  private String text() {
    try {
      byte[] bytes = disk.read(file, 0, -1);
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new LinnetException(file + ": is not UTF-8; save it as UTF-8", e);
    } catch (IOException e) {
      throw new LinnetException("%s: cannot be read (%s)".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  private void readCsv(String text) throws IOException {
    CSVFormat format =
        CSVFormat.DEFAULT
            .builder()
            .setHeader()
            .setSkipHeaderRecord(true)
            .setIgnoreSurroundingSpaces(true)
            .setIgnoreEmptyLines(true)
            .get();
    try (Reader reader = new StringReader(text);
        CSVParser parser = CSVParser.builder().setReader(reader).setFormat(format).get()) {
      List<String> columns = parser.getHeaderNames();
      for (String needed : List.of("path", "label")) {
        if (!columns.contains(needed)) {
          problems.add(
              "line 1: no column \"%s\" (columns: %s)"
                  .formatted(needed, columns.isEmpty() ? "none" : String.join(",", columns)));
        }
      }
      if (!problems.isEmpty()) {
        return;
      }
      hasSplits = columns.contains("split");
      for (CSVRecord record : parser) {
        row(
            parser.getCurrentLineNumber(),
            cell(record, "path"),
            cell(record, "label"),
            hasSplits ? cell(record, "split") : null,
            columns.contains("box") ? cell(record, "box") : "");
      }
    }
  }

  private static String cell(CSVRecord record, String column) {
    return record.isSet(column) ? record.get(column) : "";
  }

  private void readJsonLines(String text) throws IOException {
    try (BufferedReader reader = new BufferedReader(new StringReader(text))) {
      long number = 0;
      boolean first = true;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (line.isBlank()) {
          continue;
        }
        JsonNode node;
        try {
          node = JSON.readTree(line);
        } catch (JsonProcessingException e) {
          problems.add(
              "line " + number + ": is no JSON (" + OneLine.of(e.getOriginalMessage()) + ")");
          continue;
        }
        if (!node.isObject()) {
          problems.add("line " + number + ": is no JSON object with the keys path and label");
          continue;
        }
        if (first) {
          hasSplits = node.has("split");
          first = false;
        }
        row(
            number,
            node.path("path").asText(""),
            node.path("label").asText(""),
            hasSplits || node.has("split") ? node.path("split").asText("") : null,
            node.path("box").asText(""));
      }
    }
  }

  private void row(long line, String path, String label, @Nullable String splitName, String box) {
    String at = "line " + line + ": ";
    if (path.isEmpty()) {
      problems.add(at + "no path");
      return;
    }
    if (label.isEmpty()) {
      problems.add(at + "no label");
      return;
    }
    Split split = Split.TRAIN;
    if (splitName != null) {
      Optional<Split> named = Split.of(splitName);
      if (named.isEmpty()) {
        problems.add(at + "split \"" + splitName + "\"; must be train, val or test");
        return;
      }
      split = named.get();
    }
    if (!box.isEmpty() && !BOX.matcher(box).matches()) {
      problems.add(at + "box \"" + box + "\"; must be left, top, right and bottom in pixels");
      return;
    }
    long length;
    try {
      Path picture = folder.resolve(path);
      if (!Files.isRegularFile(picture)) {
        problems.add(at + path + (Files.exists(picture) ? " is no file" : " does not exist"));
        return;
      }
      length = Files.size(picture);
    } catch (InvalidPathException | IOException e) {
      problems.add(at + path + " cannot be read (" + e.getMessage() + ")");
      return;
    }
    rows.add(new Row(path, length, label, split, box));
  }

  private Recognized recognized() {
    Path shown = file.getParent();
    FilesTree tree =
        FilesTree.of(
            shown == null ? Path.of("") : shown,
            disk,
            rows.stream().map(row -> new FilesTree.Entry(row.path(), row.length())).toList());
    Store store =
        rows.stream().allMatch(row -> row.box().isEmpty()) ? new FileStore(tree) : cut(tree);
    TreeSet<String> names = new TreeSet<>();
    rows.forEach(row -> names.add(row.label()));
    List<String> classes = List.copyOf(names);
    Map<String, Integer> labelOf = new TreeMap<>();
    classes.forEach(name -> labelOf.put(name, labelOf.size()));
    Map<Split, List<Integer>> members = new EnumMap<>(Split.class);
    for (int i = 0; i < rows.size(); i++) {
      members.computeIfAbsent(rows.get(i).split(), s -> new ArrayList<>()).add(i);
    }
    Map<Split, StoredSet> pools = new EnumMap<>(Split.class);
    members.forEach(
        (split, indices) -> {
          int[] pictures = indices.stream().mapToInt(Integer::intValue).toArray();
          int[] labels =
              indices.stream()
                  .mapToInt(i -> labelOf.getOrDefault(rows.get(i).label(), 0))
                  .toArray();
          pools.put(split, new StoredSet(store, pictures, labels, classes));
        });
    return new Recognized("manifest", file.toString(), pools, hasSplits, List.of());
  }

  /** Rows with a box are that part of their file, others all of it. */
  private Store cut(Tree tree) {
    List<BoxStore.Cut> cuts = new ArrayList<>();
    Map<String, Integer> numbers = new HashMap<>();
    Map<String, Integer> files = new HashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      int number = numbers.merge(row.path(), 1, Integer::sum) - 1;
      files.putIfAbsent(row.path(), i);
      MarkedPicture picture = new MarkedPicture(files.getOrDefault(row.path(), i), 0, 0, List.of());
      cuts.add(new BoxStore.Cut(picture, box(row, number)));
    }
    return new BoxStore(tree, cuts);
  }

  private static MarkedBox box(Row row, int number) {
    if (row.box().isEmpty()) {
      return MarkedBox.of(number, row.label(), 0, 0, Integer.MAX_VALUE, Integer.MAX_VALUE);
    }
    List<Integer> edges = Arrays.stream(row.box().split(" ", -1)).map(Integer::valueOf).toList();
    return MarkedBox.of(
        number, row.label(), edges.get(0), edges.get(1), edges.get(2), edges.get(3));
  }

  /** A box as its column has it. */
  static String text(MarkedBox box) {
    return "%d %d %d %d".formatted(box.left(), box.top(), box.right(), box.bottom());
  }
}
