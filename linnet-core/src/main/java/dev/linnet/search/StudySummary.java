package dev.linnet.search;

import java.util.List;
import java.util.Map;

/**
 * What a study came to so far, for people and programs.
 *
 * @param head names of the table's columns
 * @param table a row a row, as it is shown
 * @param statements what the differences say, a sentence each
 * @param rows the lines of {@code summary.csv}, by its columns' names: numbers and texts; what is
 *     not known is missing
 */
public record StudySummary(
    List<String> head,
    List<List<String>> table,
    List<String> statements,
    List<Map<String, Object>> rows) {
  public StudySummary {
    head = List.copyOf(head);
    table = List.copyOf(table);
    statements = List.copyOf(statements);
    rows = List.copyOf(rows);
  }
}
