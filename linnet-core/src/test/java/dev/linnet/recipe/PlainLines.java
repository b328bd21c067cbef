package dev.linnet.recipe;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/** Where the preset that holds the defaults says something, as a message names it. */
final class PlainLines {
  private PlainLines() {}

  /**
   * The place of a key.
   *
   * @param start what its line begins with, such as {@code nesterov:}
   */
  static String of(String start) {
    try (InputStream file = Recipe.class.getResourceAsStream("presets/plain.yaml")) {
      List<String> lines =
          new String(Objects.requireNonNull(file).readAllBytes(), UTF_8).lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).strip().startsWith(start)) {
          return "preset plain:" + (i + 1);
        }
      }
      throw new AssertionError("the preset plain has no line that begins with " + start);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
