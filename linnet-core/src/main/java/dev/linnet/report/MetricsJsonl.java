package dev.linnet.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.linnet.base.LinnetException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One JSON object a line for every logged update: {@code metrics.jsonl}. A line is in the file when
 * {@link #append} returns, also if the process is killed then.
 *
 * <p>One thread at a time.
 */
public final class MetricsJsonl implements AutoCloseable {
  /** The key that every line has: updates done. */
  public static final String UPDATE = "update";

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final AppendFile file;

  private MetricsJsonl(AppendFile file) {
    this.file = file;
  }

  /** Starts a file, over one that may be there. */
  public static MetricsJsonl create(Path file) {
    return new MetricsJsonl(AppendFile.startingWith(file, List.of()));
  }

  /**
   * Goes on: keeps the lines up to an update, drops the later ones, which the resumed run will
   * write again, and a last line that is cut off. Without a file it starts one.
   *
   * @param last the update of the last line to keep
   */
  public static MetricsJsonl resume(Path file, long last) {
    List<String> kept = new ArrayList<>();
    for (String line : AppendFile.read(file)) {
      if (update(file, line) <= last) {
        kept.add(line);
      }
    }
    return new MetricsJsonl(AppendFile.startingWith(file, kept));
  }

  /**
   * Adds a line: the update first, then the values in their order. NaN and infinities, which JSON
   * does not have, become null.
   *
   * @throws LinnetException if the disk is full; the lines before stay as they are
   */
  public void append(long update, Map<String, ?> values) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put(UPDATE, update);
    line.putAll(values);
    line.replaceAll(
        (key, value) ->
            value instanceof Number number && !Double.isFinite(number.doubleValue())
                ? JSON.getNodeFactory().nullNode()
                : value);
    try {
      file.append(JSON.writeValueAsString(line));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no JSON: " + values, e);
    }
  }

  @Override
  public void close() {
    file.close();
  }

  private static long update(Path file, String line) {
    try {
      JsonNode update = JSON.readTree(line).path(UPDATE);
      if (update.isIntegralNumber()) {
        return update.longValue();
      }
    } catch (JsonProcessingException e) {
      throw new LinnetException(file + ": got the line " + line + "; must be a JSON object", e);
    }
    throw new LinnetException(
        file + ": got the line " + line + "; must have a whole number \"" + UPDATE + "\"");
  }
}
