package dev.linnet.tricks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.OrAuto;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ProgressiveResizingTest {
  private static List<Integer> sizes(ProgressiveResizing trick, int full, int stride) {
    return IntStream.range(0, 10).mapToObj(e -> trick.size(e, 10, full, stride)).toList();
  }

  @Test
  void sizes_grow_from_half_to_all_in_steps_of_the_stride() {
    assertThat(sizes(ProgressiveResizing.DEFAULT, 32, 4))
        .containsExactly(16, 20, 20, 24, 24, 28, 28, 32, 32, 32);
    assertThat(sizes(ProgressiveResizing.DEFAULT, 224, 32))
        .containsExactly(128, 128, 128, 160, 160, 192, 192, 224, 224, 224);
  }

  @Test
  void they_end_at_the_size_itself_and_never_fall_below_a_stride() {
    ProgressiveResizing trick = new ProgressiveResizing(OrAuto.of(8), 0.5);
    assertThat(sizes(trick, 50, 32)).containsExactly(32, 32, 32, 32, 32, 50, 50, 50, 50, 50);
    assertThat(sizes(trick, 28, 32)).containsOnly(28);
  }

  @Test
  void wrong_numbers_are_named() {
    assertThatThrownBy(() -> new ProgressiveResizing(OrAuto.of(0), 1))
        .hasMessage("progressive_resizing.from: got 0; must be in [1, 8192], or auto");
    assertThatThrownBy(() -> new ProgressiveResizing(OrAuto.auto(), 0))
        .hasMessage("progressive_resizing.until: got 0.0; must be in (0, 1]");
  }
}
