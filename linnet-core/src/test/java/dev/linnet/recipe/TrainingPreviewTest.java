package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.DownloadListener;
import dev.linnet.data.BadPictures;
import dev.linnet.data.Loader;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Places;
import dev.linnet.image.ContactSheet;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.weights.Hub;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** What a recipe makes of training pictures, on the built-in digits. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TrainingPreviewTest {
  private static Experiment plan(String... sets) {
    LoadedRecipe loaded =
        RecipeReader.create().read("plain", Map.of("limit", "20", "batch", "16"), List.of(sets));
    return Experiment.plan(
        loaded,
        new Experiment.Surroundings(
            Places.of(Map.of()), DownloadListener.NONE, Device.CPU, Hub.of(Map.of())));
  }

  private static List<ContactSheet.Entry> preview(int pictures, String... sets) {
    return TrainingPreview.of(plan(sets), pictures, warning -> {});
  }

  @Test
  void without_tricks_captions_are_classes() {
    assertThat(preview(40))
        .hasSize(40)
        .allSatisfy(entry -> assertThat(entry.caption()).matches("[0-9]"))
        .allSatisfy(entry -> assertThat(entry.picture().channels()).isEqualTo(1));
  }

  @Test
  void pictures_are_the_first_that_a_training_reads() {
    Experiment experiment = plan("tricks.rand_augment=true");
    Recipe recipe = experiment.recipe();
    PictureSet set = experiment.data().train();
    Normalization any = new Normalization(List.of(0.5), List.of(0.25));
    BadPictures bad = new BadPictures(BadPictures.Limit.DEFAULT, set.size(), warning -> {});
    List<ContactSheet.Entry> entries = TrainingPreview.of(experiment, 16, warning -> {});

    try (PictureLoader loader =
            new PictureLoader(
                set,
                Ingredients.training(recipe, set, any),
                Ingredients.loader(recipe, PictureLoader.Order.SHUFFLED),
                bad);
        Loader.Pass pass = loader.pass(0, 0)) {
      Scope.run(
          "batch",
          () -> {
            byte[] read = pass.next().images().permute(0, 2, 3, 1).toBytes();
            int bytes = read.length / 16;
            for (int i = 0; i < 16; i++) {
              assertThat(entries.get(i).picture().pixels())
                  .isEqualTo(Arrays.copyOfRange(read, i * bytes, (i + 1) * bytes));
            }
          });
    }
  }

  @Test
  void what_was_drawn_stands_below_the_class() {
    List<ContactSheet.Entry> entries = preview(32, "tricks.rand_augment=true");

    assertThat(entries)
        .hasSize(32)
        .allSatisfy(entry -> assertThat(entry.caption()).matches("[0-9]\\n[A-Z].*\\n[A-Z].*"))
        .anySatisfy(entry -> assertThat(entry.caption()).contains("Posterize 7"));
    assertThat(preview(32, "tricks.aug_mix=true"))
        .allSatisfy(
            entry ->
                assertThat(entry.caption()).matches("[0-9]\\n[01]\\.[0-9]{2}(\\n[+→] .*){3,9}"));
  }

  @Test
  void mixed_labels_stand_with_their_shares() {
    assertThat(preview(16, "tricks.mixup={alpha: 1.0}"))
        .anySatisfy(
            entry ->
                assertThat(entry.caption()).matches("0\\.[0-9]{2} [0-9]\\n0\\.[0-9]{2} [0-9]"));
  }

  @Test
  void the_same_seed_gives_the_same_sheet() {
    String[] sets = {"tricks.trivial_augment=true", "tricks.cutmix=true", "tricks.cutout=8"};

    assertThat(preview(20, sets)).isEqualTo(preview(20, sets));
  }

  @Test
  void an_epoch_is_shown_once() {
    assertThat(preview(1000)).hasSize(176); // 11 batches of 16 out of 180 pictures
  }
}
