package dev.linnet.spark;

import dev.linnet.base.Check;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataType;

/**
 * Names what pictures show, as {@code linnet predict} does: a column {@code
 * array<struct<index:int,class:string,probability:double>>}, the most probable class first.
 *
 * <pre>{@code
 * Dataset<Row> files = spark.read().format("binaryFile").load("photos");
 * Dataset<Row> answers = new ImageClassifier().setModel("runs/photos").transform(files);
 * answers.selectExpr("path", "predictions[0].class", "predictions[0].probability", "reason").show();
 * }</pre>
 *
 * <p>What was trained for similarity names no classes; {@link ImageEmbedder} takes it.
 */
public final class ImageClassifier extends PictureTransformer<ImageClassifier> {
  private static final long serialVersionUID = 1L;

  private final IntParam topK =
      new IntParam(
          this,
          "topK",
          "classes to name, at least 1",
          valid(value -> Check.that((int) value >= 1, "topK", value, "at least 1")));

  /** With a name of its own. */
  public ImageClassifier() {
    this(Identifiable.randomUID("imageClassifier"));
  }

  /**
   * @param uid its name in a pipeline
   */
  public ImageClassifier(String uid) {
    super(uid);
    setDefault(outputCol(), "predictions");
    setDefault(topK, 5);
  }

  /** Classes to name. */
  public IntParam topK() {
    return topK;
  }

  /** Classes to name, at least 1; 5 unless set. All of them where the network knows fewer. */
  public ImageClassifier setTopK(int classes) {
    return with(topK, classes);
  }

  /** See {@link #setTopK}. */
  public int getTopK() {
    return (int) getOrDefault(topK);
  }

  @Override
  Question question() {
    return new Question.Classes(getTopK());
  }

  @Override
  DataType answerType() {
    return Question.Classes.TYPE;
  }

  /** Reads one that was saved; the model itself is not saved, only what names it. */
  public static MLReader<ImageClassifier> read() {
    return new Reader().read();
  }

  /** Reads one that was saved; the model itself is not saved, only what names it. */
  public static ImageClassifier load(String path) {
    return read().load(path);
  }

  private static final class Reader implements DefaultParamsReadable<ImageClassifier> {}
}
