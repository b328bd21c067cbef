package dev.linnet.notebook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A file of the folder {@code notebooks}. */
record Notebook(Path file, JsonNode json) {
  /** All of them, by name. */
  static List<Notebook> all() {
    try (Stream<Path> files = Files.list(root().resolve("notebooks"))) {
      return files
          .filter(file -> file.toString().endsWith(".ipynb"))
          .sorted()
          .map(Notebook::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The root of the repository. */
  static Path root() {
    for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
      if (Files.isRegularFile(p.resolve("CONTRIBUTING.md"))) {
        return p;
      }
    }
    throw new IllegalStateException("not started inside the repository");
  }

  private static Notebook read(Path file) {
    try {
      return new Notebook(file, new ObjectMapper().readTree(file.toFile()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The cells of a kind, {@code code} or {@code markdown}. */
  List<JsonNode> cells(String kind) {
    List<JsonNode> cells = new ArrayList<>();
    for (JsonNode cell : json.path("cells")) {
      if (cell.path("cell_type").asText().equals(kind)) {
        cells.add(cell);
      }
    }
    return cells;
  }

  /** The text of each code cell. */
  List<String> code() {
    return cells("code").stream().map(Notebook::text).toList();
  }

  static String text(JsonNode cell) {
    StringBuilder text = new StringBuilder();
    cell.path("source").forEach(line -> text.append(line.asText()));
    return text.toString();
  }

  /** A cell without what only the kernel understands: lines that begin with a percent sign. */
  static String java(String cell) {
    return cell.replaceAll("(?m)^%.*$", "").strip();
  }

  @Override
  public String toString() {
    return String.valueOf(file.getFileName());
  }
}
