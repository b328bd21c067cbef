package dev.linnet.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ExecutorModelsTest {
  @TempDir private static Path folder;
  private final ExecutorModels models = new ExecutorModels();
  private final AtomicInteger opened = new AtomicInteger();

  @BeforeAll
  static void write() {
    Fixture.writeModel(folder, "resnet20", 3, 1);
  }

  private static ShippedModel named(String name) {
    return new ShippedModel(new ShippedModel.Key(name, "", ShippedModel.AUTO), List.of());
  }

  private LoadedModel open() {
    opened.incrementAndGet();
    return new LoadedModel(SavedModel.open(folder, Device.CPU), null);
  }

  private ExecutorModels.Lease take(String name) {
    return models.take(named(name), model -> open());
  }

  @Test
  void tasks_at_the_same_time_share_one() throws Exception {
    ExecutorService tasks = Executors.newFixedThreadPool(4);
    List<Future<LoadedModel>> seen = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      seen.add(tasks.submit(() -> take("a").model()));
    }
    LoadedModel first = seen.get(0).get();
    for (Future<LoadedModel> other : seen) {
      assertThat(other.get()).isSameAs(first);
    }
    tasks.shutdown();
    assertThat(opened).hasValue(1);
  }

  @Test
  void the_next_task_finds_it_loaded() {
    take("a").close();
    take("a").close();
    assertThat(opened).hasValue(1);
  }

  @Test
  void one_that_nobody_uses_goes_when_another_comes() {
    take("warm").close();
    take("other").close(); // closes the first
    long before = Engine.liveObjects();
    for (int i = 0; i < 5; i++) {
      take("a" + i).close();
    }
    assertThat(models.size()).isEqualTo(1);
    assertThat(Engine.liveObjects()).isEqualTo(before);
  }

  @Test
  void one_in_use_stays_when_another_comes() {
    ExecutorModels.Lease first = take("a");
    take("b").close();
    assertThat(models.size()).isEqualTo(2);
    assertThat(first.model().predictor().classes()).hasSize(3);
    first.close();
    first.close();
    take("c").close();
    assertThat(models.size()).isEqualTo(1);
  }

  @Test
  void after_a_failure_the_next_task_tries_again() {
    assertThatThrownBy(
            () ->
                models.take(
                    named("a"),
                    model -> {
                      throw new LinnetException("no");
                    }))
        .hasMessage("no");
    take("a").close();
    assertThat(opened).hasValue(1);
    take("b").close();
    assertThat(models.size()).isEqualTo(1);
  }
}
