package dev.linnet.report;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;

/** A table as the text of a file: RFC 4180 with line feeds. */
public final class Csv {
  private static final CSVFormat FORMAT = CSVFormat.RFC4180.builder().setRecordSeparator("").get();

  private Csv() {}

  /** The names of the columns, then the rows; the last line ends too. */
  public static String text(List<String> columns, List<List<String>> rows) {
    List<String> lines = new ArrayList<>();
    lines.add(FORMAT.format(columns.toArray()));
    rows.forEach(row -> lines.add(FORMAT.format(row.toArray())));
    return String.join("\n", lines) + "\n";
  }
}
