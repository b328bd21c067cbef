package dev.linnet.report;

import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * A table of metrics, one row an epoch: {@code metrics.csv}. The first column numbers the rows and
 * rises. A row is in the file when {@link #append} returns, also if the process is killed then.
 *
 * <p>One thread at a time.
 */
public final class MetricsCsv implements AutoCloseable {
  private static final CSVFormat FORMAT = CSVFormat.RFC4180.builder().setRecordSeparator("").get();

  private final List<String> columns;
  private final AppendFile file;

  private MetricsCsv(List<String> columns, AppendFile file) {
    this.columns = columns;
    this.file = file;
  }

  /** Starts a table, over a file that may be there. */
  public static MetricsCsv create(Path file, List<String> columns) {
    return resume(file, columns, Long.MIN_VALUE);
  }

  /**
   * Goes on with a table: keeps the rows up to a number and drops the later ones, which the resumed
   * run will write again, and a last row that is cut off. A column that is new stays empty in the
   * rows kept. Without a file it starts one.
   *
   * @param last the number in the first column of the last row to keep
   */
  public static MetricsCsv resume(Path file, List<String> columns, long last) {
    List<String> lines = new ArrayList<>();
    lines.add(line(columns));
    if (last > Long.MIN_VALUE) {
      for (Map<String, String> row : read(file)) {
        if (number(file, row.getOrDefault(columns.get(0), "")) <= last) {
          lines.add(line(columns.stream().map(name -> row.getOrDefault(name, "")).toList()));
        }
      }
    }
    return new MetricsCsv(List.copyOf(columns), AppendFile.startingWith(file, lines));
  }

  /**
   * Adds a row. Numbers are written so that they read back equal; a column without a value stays
   * empty.
   *
   * @throws LinnetException if the disk is full; the rows before stay as they are
   */
  public void append(Map<String, ?> row) {
    for (String name : row.keySet()) {
      if (!columns.contains(name)) {
        throw new IllegalArgumentException(name + " is no column of " + columns);
      }
    }
    List<String> cells = new ArrayList<>();
    for (String name : columns) {
      Object value = row.get(name);
      cells.add(value == null ? "" : value.toString());
    }
    file.append(line(cells));
  }

  /** The whole rows of a table, each by its columns' names; none if there is no such file. */
  public static List<Map<String, String>> read(Path file) {
    List<Map<String, String>> rows = new ArrayList<>();
    String text = String.join("\n", AppendFile.read(file));
    try (CSVParser parser = CSVFormat.RFC4180.parse(new StringReader(text))) {
      List<String> names = List.of();
      for (CSVRecord row : parser) {
        if (names.isEmpty()) {
          names = row.toList();
          continue;
        }
        Map<String, String> cells = new LinkedHashMap<>();
        for (int i = 0; i < Math.min(names.size(), row.size()); i++) {
          cells.put(names.get(i), row.get(i));
        }
        rows.add(cells);
      }
      return rows;
    } catch (IOException | UncheckedIOException e) {
      throw new LinnetException(file + ": is no CSV (" + e.getMessage() + ")", e);
    }
  }

  @Override
  public void close() {
    file.close();
  }

  private static String line(List<String> cells) {
    return FORMAT.format(cells.toArray());
  }

  private static long number(Path file, String cell) {
    try {
      return Long.parseLong(cell);
    } catch (NumberFormatException e) {
      throw new LinnetException(
          file + ": got \"" + cell + "\" in the first column; must be a whole number", e);
    }
  }
}
