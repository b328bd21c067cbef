package dev.linnet.base.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class FileHeaderTest {
  private static final FileHeader HEADER =
      FileHeader.of(
          "my.yaml",
          """
          # A recipe.
          # Source: one paper,
          #   and another.
          # Time: an hour
          epochs: 3
          """);

  @Test
  void a_title_goes_on_in_indented_lines() {
    assertThat(HEADER.summary()).isEqualTo("A recipe.");
    assertThat(HEADER.get("Source")).isEqualTo("one paper, and another.");
    assertThat(HEADER.get("Time")).isEqualTo("an hour");
  }

  @Test
  void a_title_that_is_missing_is_named() {
    assertThatThrownBy(() -> HEADER.get("Command"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("my.yaml has no line \"# Command: \"");
  }
}
