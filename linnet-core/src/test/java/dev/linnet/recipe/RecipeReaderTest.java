package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RecipeReaderTest {
  @Test
  void later_layers_win() {
    LoadedRecipe loaded =
        RecipeReader.create()
            .read("quick", Map.of("batch", "32"), List.of("optimizer.momentum=0.95"));
    assertThat(loaded.recipe().batch().value()).isEqualTo(32);
    assertThat(((OptimizerRecipe.Sgd) loaded.recipe().optimizer()).momentum()).isEqualTo(0.95);
    assertThat(loaded.sources())
        .containsEntry("batch", "--batch")
        .containsEntry("optimizer.momentum", "--set optimizer.momentum");
  }
}
