package dev.linnet.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.RandomState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SeedsTest {
  private final List<Long> seeds = new ArrayList<>();

  @Seeds(3)
  void the_seed_comes_as_a_number_and_as_a_random_state(
      long seed, RandomState random, TestInfo info) {
    assertThat(random.nextLong()).isEqualTo(RandomState.of(seed).nextLong());
    assertThat(info.getDisplayName()).isEqualTo("seed " + seed);
    seeds.add(seed);
  }

  @AfterAll
  void every_seed_ran_once() {
    Long one = Long.getLong("linnet.seed");
    assertThat(seeds).isEqualTo(one == null ? List.of(0L, 1L, 2L) : List.of(one));
  }

  @Test
  void a_failure_says_its_seed_and_how_to_repeat_it() {
    SeedsExtension.Case run = new SeedsExtension.Case(17);
    assertThatThrownBy(() -> run.failed(new IllegalStateException("odd")))
        .isInstanceOf(AssertionError.class)
        .hasMessage("seed 17 (again with -Dlinnet.seed=17): java.lang.IllegalStateException: odd");
  }
}
