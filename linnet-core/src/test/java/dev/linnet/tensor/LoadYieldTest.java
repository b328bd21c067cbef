package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class LoadYieldTest {
  private static final long SECOND = 1_000_000_000;

  private final int before = Engine.threads();

  @AfterEach
  void back() {
    Engine.setThreads(before);
  }

  /** A machine of four cores in which others take so many of them, a second each. */
  private static List<Integer> threads(int most, double... others) {
    Deque<Optional<LoadYield.Usage>> readings = new ArrayDeque<>();
    long all = 0;
    long own = 0;
    readings.add(Optional.of(new LoadYield.Usage(0, 4, all, own)));
    for (int i = 0; i < others.length; i++) {
      own += 2 * SECOND;
      all += 2 * SECOND + (long) (others[i] * SECOND);
      readings.add(Optional.of(new LoadYield.Usage((i + 1) * SECOND, 4, all, own)));
    }
    LoadYield yield = new LoadYield(most, readings::remove);
    return java.util.stream.IntStream.range(0, others.length)
        .map(
            i -> {
              yield.settle();
              return yield.threads();
            })
        .boxed()
        .toList();
  }

  @Test
  void cores_that_others_use_are_left_to_them_at_once_and_taken_back_after_a_while() {
    assertThat(threads(4, 0, 0.4, 0.6, 2, 0, 0, 0)).containsExactly(4, 4, 3, 2, 2, 4, 4);
    assertThat(threads(2, 0, 1.9, 2.6, 4, 4)).containsExactly(2, 2, 1, 1, 1);
    assertThat(Engine.threads()).isEqualTo(1);
  }

  @Test
  void where_the_system_does_not_tell_nothing_changes() {
    LoadYield yield = new LoadYield(2, Optional::empty);
    yield.settle();
    assertThat(yield.threads()).isEqualTo(2);
    assertThat(Engine.threads()).isEqualTo(before);
  }
}
