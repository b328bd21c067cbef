package dev.linnet.spark;

import dev.linnet.train.FeatureExtractor;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataType;

/**
 * What a layer puts out for pictures, as {@code linnet embed} has it: a column of Spark ML's
 * vectors, which its classifiers and clusterings take. Maps are averaged over height and width,
 * tokens over their number.
 */
public final class ImageEmbedder extends PictureTransformer<ImageEmbedder> {
  private static final long serialVersionUID = 1L;

  private final Param<String> layer =
      new Param<>(this, "layer", "full name of a module such as layer3.1, or pre_logits");

  /** With a name of its own. */
  public ImageEmbedder() {
    this(Identifiable.randomUID("imageEmbedder"));
  }

  /**
   * @param uid its name in a pipeline
   */
  public ImageEmbedder(String uid) {
    super(uid);
    setDefault(outputCol(), "features");
    setDefault(layer, FeatureExtractor.POOLED);
  }

  /** Which layer. */
  public Param<String> layer() {
    return layer;
  }

  /**
   * Full name of a module, such as {@code layer3.1}; unless set {@code pre_logits}, which goes into
   * the head, or of a network for similarity comes out of it.
   */
  public ImageEmbedder setLayer(String name) {
    return with(layer, name);
  }

  /** See {@link #setLayer}. */
  public String getLayer() {
    return getOrDefault(layer);
  }

  @Override
  Question question() {
    return new Question.Features(getLayer());
  }

  @Override
  DataType answerType() {
    return SQLDataTypes.VectorType();
  }

  /** Reads one that was saved; the model itself is not saved, only what names it. */
  public static MLReader<ImageEmbedder> read() {
    return new Reader().read();
  }

  /** Reads one that was saved; the model itself is not saved, only what names it. */
  public static ImageEmbedder load(String path) {
    return read().load(path);
  }

  private static final class Reader implements DefaultParamsReadable<ImageEmbedder> {}
}
