package dev.linnet.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.data.BadPictures;
import dev.linnet.data.PictureList;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.train.Predictor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ImageClassifierTest {
  private static final int PICTURES = 45; // a whole batch and a part of one

  @TempDir private static Path folder;
  private static SparkSession spark = Fixture.spark();

  @BeforeAll
  static void write() throws IOException {
    Fixture.writePictures(folder.resolve("pictures"), PICTURES);
    Fixture.writePictures(folder.resolve("few"), 3);
    Files.writeString(folder.resolve("few/2.png"), "no picture");
    Fixture.writeModel(folder.resolve("model"), "resnet20", 7, 1);
  }

  private static ImageClassifier classifier() {
    return new ImageClassifier().setModel(folder.resolve("model").toString());
  }

  /** What {@code linnet predict} answers, by the same threads. */
  private static List<Predictor.Prediction> predicted(List<Path> files, DType dtype) {
    Engine.setThreads(1);
    List<Predictor.Prediction> answers = new ArrayList<>();
    try (Predictor predictor =
        SavedModel.open(folder.resolve("model"), Device.CPU).predictor(Device.CPU, dtype)) {
      predictor.predictAll(
          new PictureList(files),
          2,
          new BadPictures(BadPictures.Limit.DEFAULT, files.size(), w -> {}),
          answers::add);
    }
    return answers;
  }

  private static void assertAnswers(
      Row row, Predictor.Prediction expected, String column, int classes) {
    List<Row> best = row.getList(row.fieldIndex(column));
    assertThat(best).hasSize(classes);
    for (int i = 0; i < classes; i++) {
      Predictor.Ranked ranked = expected.ranked().get(i);
      assertThat(best.get(i).getInt(0)).isEqualTo(ranked.index());
      assertThat(best.get(i).getString(1)).isEqualTo(ranked.name());
      assertThat(best.get(i).getDouble(2)).isEqualTo(ranked.probability());
    }
  }

  private static void assertAsPredicted(String dtype, DType type) {
    List<Row> rows =
        classifier()
            .setDtype(dtype)
            .transform(Fixture.files(spark, folder.resolve("pictures")))
            .collectAsList();
    List<Predictor.Prediction> expected =
        predicted(rows.stream().map(row -> Fixture.file(row.getString(0))).toList(), type);
    assertThat(rows).hasSize(PICTURES);
    for (int i = 0; i < PICTURES; i++) {
      assertThat(rows.get(i).isNullAt(3)).isTrue();
      assertAnswers(rows.get(i), expected.get(i), "predictions", 5);
    }
  }

  @Test
  void the_answers_are_those_of_predict_to_the_last_digit() {
    assertAsPredicted("auto", DType.FLOAT32);
  }

  @Test
  void so_they_are_in_bf16() {
    assertAsPredicted("bf16", DType.BFLOAT16);
  }

  @Test
  void other_partitions_change_only_the_last_digits() {
    Dataset<Row> files = Fixture.files(spark, folder.resolve("pictures")).repartition(5);
    List<Row> rows = classifier().setTopK(1).transform(files).orderBy("path").collectAsList();
    List<Predictor.Prediction> expected =
        predicted(rows.stream().map(row -> Fixture.file(row.getString(0))).toList(), DType.FLOAT32);
    for (int i = 0; i < PICTURES; i++) {
      Row best = (Row) rows.get(i).getList(2).get(0);
      assertThat(best.getInt(0)).isEqualTo(expected.get(i).best().index());
      assertThat(best.getDouble(2))
          .isCloseTo(
              expected.get(i).best().probability(), org.assertj.core.api.Assertions.within(1e-5));
    }
  }

  @Test
  void the_columns_that_were_there_stay() {
    Row row =
        classifier().transform(Fixture.files(spark, folder.resolve("few"))).collectAsList().get(0);
    assertThat(row.schema().fieldNames())
        .containsExactly("path", "content", "predictions", "reason");
    assertThat((byte[]) row.get(1)).hasSizeGreaterThan(100);
    assertThat(row.schema().fields()[2].dataType().simpleString())
        .isEqualTo("array<struct<index:int,class:string,probability:double>>");
  }

  @Test
  void a_broken_picture_has_no_answer_but_a_reason() {
    List<Row> rows =
        classifier().transform(Fixture.files(spark, folder.resolve("few"))).collectAsList();
    assertThat(rows).extracting(row -> row.isNullAt(2)).containsExactly(false, true, false);
    assertThat(rows).extracting(row -> row.isNullAt(3)).containsExactly(true, false, true);
    assertThat(rows.get(1).getString(3))
        .isEqualTo(
            rows.get(1).getString(0)
                + ": no picture of a known format (it begins with \"no picture\"); must be one of JPEG,"
                + " PNG, WEBP, BMP, GIF, TIFF");
  }

  @Test
  void a_null_has_a_reason_too() {
    Dataset<Row> rows =
        classifier()
            .transform(spark.range(3).selectExpr("if(id = 1, null, cast('x' as binary)) content"));
    assertThat(rows.collectAsList())
        .extracting(row -> row.getString(2))
        .contains("content: the column \"content\" is null");
  }

  @Test
  void pixels_of_the_image_source_get_the_answers_of_their_files() {
    List<Row> rows =
        classifier()
            .setInputCol("image")
            .transform(
                spark
                    .read()
                    .format("image")
                    .load(folder.resolve("pictures").toString())
                    .orderBy("image.origin")
                    .coalesce(1))
            .selectExpr("image.origin", "predictions", "reason")
            .collectAsList();
    List<Predictor.Prediction> expected =
        predicted(rows.stream().map(row -> Fixture.file(row.getString(0))).toList(), DType.FLOAT32);
    for (int i = 0; i < PICTURES; i++) {
      assertThat(rows.get(i).isNullAt(2)).isTrue();
      assertAnswers(rows.get(i), expected.get(i), "predictions", 5);
    }
  }

  @Test
  void what_the_image_source_cannot_decode_has_a_reason() {
    List<Row> rows =
        classifier()
            .setInputCol("image")
            .transform(
                spark.read().format("image").load(folder.resolve("few").toString()).coalesce(1))
            .filter("reason is not null")
            .selectExpr("image.origin", "predictions", "reason")
            .collectAsList();
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).isNullAt(1)).isTrue();
    assertThat(rows.get(0).getString(2))
        .isEqualTo(
            rows.get(0).getString(0)
                + ": the source image could not decode it; the source binaryFile may, or says why");
  }

  @Test
  void pixels_that_do_not_fit_together_have_a_reason() {
    Dataset<Row> images =
        spark.sql(
            "select struct('a.png' as origin, 2 as height, 2 as width, 3 as nChannels, 16 as mode,"
                + " cast('abc' as binary) as data) as image");
    assertThat(
            classifier().setInputCol("image").transform(images).collectAsList().get(0).getString(2))
        .isEqualTo(
            "a.png: its image has height 2, width 2, 3 channels, mode 16 and 3 bytes, which do not"
                + " fit together; must be 8 bits in 1, 3 or 4 channels");
  }

  @Test
  void bare_weights_are_taken_with_the_networks_name() {
    List<Row> rows =
        new ImageClassifier()
            .setModel("resnet20")
            .setWeights(folder.resolve("model/model.safetensors").toString())
            .setTopK(100)
            .transform(Fixture.files(spark, folder.resolve("few")))
            .collectAsList();
    assertThat(rows.get(0).getList(2)).hasSize(7);
  }

  @Test
  void the_model_is_read_when_it_is_first_asked() throws IOException {
    Path model = folder.resolve("moved");
    Fixture.writeModel(model, "resnet20", 7, 2);
    Dataset<Row> files = Fixture.files(spark, folder.resolve("few"));
    ImageClassifier classifier = new ImageClassifier().setModel(model.toString());
    List<Row> before = classifier.transform(files).collectAsList();
    Files.delete(model.resolve("model.safetensors"));
    assertThat(classifier.transform(files).collectAsList())
        .usingRecursiveComparison()
        .isEqualTo(before);
    assertRefused(
        classifier.copy(ParamMap.empty()),
        files,
        model
            + ": has no weights; must have one of model.safetensors, model.safetensors.index.json,"
            + " pytorch_model.bin, pytorch_model.bin.index.json");
  }

  @Test
  void a_file_larger_than_a_piece_arrives_whole() throws IOException {
    byte[] bytes = new byte[(17 << 20) + 5];
    new java.util.Random(1).nextBytes(bytes);
    Path file = Files.write(folder.resolve("large"), bytes);
    ShippedFile shipped =
        ShippedFile.of(
            file,
            org.apache.spark.api.java.JavaSparkContext.fromSparkContext(spark.sparkContext()));
    assertThat(shipped.pieces()).hasSize(3);
    Path copy;
    try (ShippedFile.Folder there = ShippedFile.Folder.of(List.of(shipped))) {
      copy = there.path().resolve("large");
      assertThat(Files.mismatch(copy, file)).isEqualTo(-1);
    }
    assertThat(copy.getParent()).doesNotExist();
  }

  @Test
  void a_saved_one_is_as_it_was() throws IOException {
    ImageClassifier before =
        classifier().setTopK(2).setBatchSize(3).setThreads(1).setOutputCol("what");
    before.write().overwrite().save(folder.resolve("saved").toString());
    ImageClassifier after = ImageClassifier.load(folder.resolve("saved").toString());
    assertThat(after.uid()).isEqualTo(before.uid());
    assertThat(after.getModel()).isEqualTo(before.getModel());
    assertThat(after.getTopK()).isEqualTo(2);
    assertThat(after.getBatchSize()).isEqualTo(3);
    assertThat(after.getThreads()).isEqualTo(1);
    assertThat(after.getOutputCol()).isEqualTo("what");
    assertThat(after.getInputCol()).isEqualTo("content");
  }

  @Test
  void it_stands_in_a_pipeline_that_is_saved() throws IOException {
    Dataset<Row> files = Fixture.files(spark, folder.resolve("few"));
    PipelineModel before =
        new Pipeline().setStages(new PipelineStage[] {classifier().setTopK(1)}).fit(files);
    before.write().overwrite().save(folder.resolve("pipeline").toString());
    PipelineModel after = PipelineModel.load(folder.resolve("pipeline").toString());
    assertThat(after.transform(files).collectAsList())
        .isEqualTo(before.transform(files).collectAsList());
  }

  @Test
  void a_copy_takes_other_values() {
    ImageClassifier before = classifier().setTopK(2);
    ImageClassifier after = before.copy(new ParamMap().put(before.topK().w(3)));
    assertThat(before.getTopK()).isEqualTo(2);
    assertThat(after.getTopK()).isEqualTo(3);
    assertThat(after.getModel()).isEqualTo(before.getModel());
  }

  private static void assertRefused(ImageClassifier classifier, Dataset<Row> rows, String line) {
    assertThatThrownBy(() -> classifier.transform(rows))
        .isInstanceOf(LinnetException.class)
        .hasMessage(line);
  }

  @Test
  void a_column_of_another_type_is_refused() {
    Dataset<Row> files = Fixture.files(spark, folder.resolve("few"));
    assertRefused(
        classifier().setInputCol("path"),
        files,
        "inputCol: column \"path\" is of type string; must be binary, as \"content\" of the source"
            + " binaryFile, or the struct \"image\" of the source image; choose with setInputCol:"
            + " \"content\"");
    assertRefused(
        classifier().setInputCol("id"),
        spark.range(1).toDF(),
        "inputCol: column \"id\" is of type bigint; must be binary, as \"content\" of the source"
            + " binaryFile, or the struct \"image\" of the source image; read the pictures with"
            + " spark.read().format(\"binaryFile\")");
  }

  @Test
  void a_column_that_is_not_there_is_refused() {
    assertRefused(
        classifier().setInputCol("contents"),
        Fixture.files(spark, folder.resolve("few")),
        "inputCol: got \"contents\"; must be a column of pictures; did you mean \"content\"?");
    assertRefused(
        classifier(),
        spark.range(1).toDF(),
        "inputCol: got \"content\"; must be a column of pictures; the columns are \"id\"");
  }

  @Test
  void a_column_that_is_there_already_is_refused() {
    Dataset<Row> files = Fixture.files(spark, folder.resolve("few"));
    assertRefused(
        classifier().setOutputCol("Path"),
        files,
        "outputCol: got \"Path\"; there is such a column already; choose another name with"
            + " setOutputCol");
    assertRefused(
        classifier().setReasonCol("predictions"),
        files,
        "reasonCol: got \"predictions\", which outputCol is too; choose another name with"
            + " setReasonCol");
  }

  @Test
  void a_wrong_model_is_said_before_a_job_begins() {
    Dataset<Row> files = Fixture.files(spark, folder.resolve("few"));
    assertRefused(
        new ImageClassifier(),
        files,
        "model: is not set; give a run's folder, a folder of weights or hf://OWNER/NAME with"
            + " setModel");
    assertRefused(
        new ImageClassifier().setModel(folder.resolve("none").toString()),
        files,
        folder.resolve("none")
            + ": no such folder; give a run's folder, a folder with config.json and"
            + " model.safetensors, or a name of the zoo with --weights FILE");
  }

  @Test
  void a_wrong_value_is_said_when_it_is_set() {
    assertThatThrownBy(() -> classifier().setTopK(0)).hasMessage("topK: got 0; must be at least 1");
    assertThatThrownBy(() -> classifier().setBatchSize(0))
        .hasMessage("batchSize: got 0; must be at least 1");
    assertThatThrownBy(() -> classifier().setThreads(-1))
        .hasMessage("threads: got -1; must be in [0, 1024]");
    assertThatThrownBy(() -> classifier().setDtype("int8"))
        .hasMessage("dtype: got int8; must be auto, fp32 or bf16");
  }
}
