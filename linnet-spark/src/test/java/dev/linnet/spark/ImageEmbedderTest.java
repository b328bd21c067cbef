package dev.linnet.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.data.BadPictures;
import dev.linnet.data.PictureList;
import dev.linnet.explain.Embedding;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ImageEmbedderTest {
  @TempDir private static Path folder;
  private static SparkSession spark = Fixture.spark();

  @BeforeAll
  static void write() throws IOException {
    Fixture.writePictures(folder.resolve("pictures"), 35);
    Fixture.writePictures(folder.resolve("few"), 3);
    Files.writeString(folder.resolve("few/2.png"), "no picture");
    Fixture.writeModel(folder.resolve("model"), "resnet20", 7, 1);
  }

  private static ImageEmbedder embedder() {
    return new ImageEmbedder().setModel(folder.resolve("model").toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"pre_logits", "layer2.1"})
  void the_features_are_those_of_embed_to_the_last_digit(String layer) {
    List<Row> rows =
        embedder()
            .setLayer(layer)
            .transform(Fixture.files(spark, folder.resolve("pictures")))
            .collectAsList();
    Engine.setThreads(1);
    PictureList files =
        new PictureList(rows.stream().map(row -> Fixture.file(row.getString(0))).toList());
    Embedding expected;
    try (SavedModel saved = SavedModel.open(folder.resolve("model"), Device.CPU)) {
      expected =
          saved.embed(
              files,
              layer,
              new SavedModel.Computing(Device.CPU, DType.FLOAT32, 32, 1),
              new BadPictures(BadPictures.Limit.DEFAULT, files.size(), w -> {}),
              (done, all) -> {});
    }
    assertThat(expected.table().rows()).isEqualTo(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      List<Double> wide = new ArrayList<>();
      for (float value : expected.table().row(i)) {
        wide.add((double) value);
      }
      assertThat(Fixture.numbers(rows.get(i).<Vector>getAs("features"))).isEqualTo(wide);
    }
  }

  @Test
  void a_broken_picture_has_no_features_but_a_reason() {
    List<Row> rows =
        embedder().transform(Fixture.files(spark, folder.resolve("few"))).collectAsList();
    assertThat(rows).extracting(row -> row.isNullAt(2)).containsExactly(false, true, false);
    assertThat(rows.get(1).getString(3))
        .isEqualTo(
            rows.get(1).getString(0)
                + ": no picture of a known format (it begins with \"no picture\"); must be one of JPEG,"
                + " PNG, WEBP, BMP, GIF, TIFF");
  }

  @Test
  void both_stand_side_by_side_with_one_model() {
    Dataset<Row> files = Fixture.files(spark, folder.resolve("few"));
    int before = ExecutorModels.HERE.size();
    Dataset<Row> named =
        new ImageClassifier().setModel(folder.resolve("model").toString()).transform(files);
    List<Row> rows = embedder().setReasonCol("reason2").transform(named).collectAsList();
    assertThat(rows.get(0).schema().fieldNames())
        .containsExactly("path", "content", "predictions", "reason", "features", "reason2");
    assertThat(rows.get(0).isNullAt(2)).isFalse();
    assertThat(rows.get(0).isNullAt(4)).isFalse();
    assertThat(ExecutorModels.HERE.size()).isLessThanOrEqualTo(Math.max(1, before));
  }

  @Test
  void a_layer_that_is_not_there_is_said_before_a_job_begins() {
    Dataset<Row> files = Fixture.files(spark, folder.resolve("few"));
    assertThatThrownBy(() -> embedder().setLayer("layer2.9").transform(files))
        .isInstanceOf(LinnetException.class)
        .hasMessageStartingWith(
            "layer: got \"layer2.9\"; must be a layer of the network; did you mean ");
  }

  @Test
  void a_saved_one_is_as_it_was() throws IOException {
    ImageEmbedder before = embedder().setLayer("layer1");
    before.write().overwrite().save(folder.resolve("saved").toString());
    ImageEmbedder after = ImageEmbedder.load(folder.resolve("saved").toString());
    assertThat(after.getLayer()).isEqualTo("layer1");
    assertThat(after.getModel()).isEqualTo(before.getModel());
    assertThat(after.uid()).isEqualTo(before.uid());
  }
}
