package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.data.BadPictures;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSources;
import dev.linnet.data.PictureList;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Places;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.testing.Shared;
import dev.linnet.train.Evaluator;
import dev.linnet.train.Predictor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Real weights on 120 real photos, against what PyTorch with Pillow's decoding and resizing gives:
 * {@code reference/photos.json} of the shared folder, which its {@code photos.py} made.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Tag("slow")
final class PublishedWeightsTest {
  private static List<Path> folders() throws IOException {
    try (Stream<Path> listed = Files.list(Shared.path("data/weights"))) {
      return listed.sorted().toList();
    }
  }

  private static JsonNode expected(Path folder) throws IOException {
    JsonNode all = new ObjectMapper().readTree(Shared.path("reference/photos.json").toFile());
    return all.path(folder.getFileName().toString());
  }

  private static String photos() {
    return Shared.path("data/imagenet_photos").toString();
  }

  @Test
  void a_part_of_imagenet_is_evaluated_over_all_classes() throws IOException {
    for (Path folder : folders()) {
      JsonNode expected = expected(folder);
      PictureSet set = DataSources.open(photos(), DataOptions.of(Places.of(Map.of()))).evaluated();
      try (SavedModel saved = SavedModel.open(folder, Device.CPU)) {
        Evaluator.Report report =
            saved.evaluate(
                set,
                new SavedModel.Computing(Device.CPU, DType.FLOAT32, 32, 2),
                new BadPictures(BadPictures.Limit.DEFAULT, set.size(), w -> {}),
                (done, all) -> {});
        int photos = expected.get("photos").asInt();
        Offset<Double> onePhoto = Offset.offset(100.0 / photos + 1e-9);
        assertThat(report.metrics().images()).isEqualTo(photos);
        assertThat(report.metrics().top1())
            .as("top-1 of %s", folder)
            .isCloseTo(100.0 * expected.get("top1").asInt() / photos, onePhoto);
        assertThat(report.metrics().top5())
            .as("top-5 of %s", folder)
            .isCloseTo(100.0 * expected.get("top5").asInt() / photos, onePhoto);
      }
    }
  }

  @Test
  void the_top_logits_are_pillows_and_torchs() throws IOException {
    Path val = Path.of(photos(), "val");
    for (Path folder : folders()) {
      JsonNode rows = expected(folder).get("rows");
      SavedModel saved = SavedModel.open(folder, Device.CPU);
      try (Predictor predictor = saved.predictor(Device.CPU, DType.FLOAT32)) {
        PictureList list = PictureList.of(List.of(val));
        predictor.predictAll(
            list,
            2,
            new BadPictures(BadPictures.Limit.DEFAULT, list.size(), w -> {}),
            answer -> {
              JsonNode row = rows.get(val.relativize(Path.of(answer.picture())).toString());
              for (int i = 0; i < row.get("top5").size(); i++) {
                assertThat((double) answer.logits().get(row.get("top5").get(i).asInt()))
                    .as("logit %d of %s with %s", i, answer.picture(), folder)
                    .isCloseTo(row.get("logits").get(i).asDouble(), Offset.offset(0.05));
              }
            });
        assertThat(list.size()).isEqualTo(rows.size());
      }
    }
  }

  @Test
  void a_class_has_its_name_from_imagenet() throws IOException {
    SavedModel saved = SavedModel.open(folders().get(0), Device.CPU);
    try (Predictor predictor = saved.predictor(Device.CPU, DType.FLOAT32)) {
      Path robin = Path.of(photos(), "val", "n01558993", "n01558993_robin.JPEG");
      assertThat(predictor.predict(robin).best().name()).isEqualTo("robin");
    }
  }
}
