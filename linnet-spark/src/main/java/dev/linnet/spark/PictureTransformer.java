package dev.linnet.spark;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import java.io.Serializable;
import java.util.Objects;
import org.apache.spark.SparkContext;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import scala.Function1;

/**
 * A network that looks at a column of pictures and adds two columns: its answers, and the reason
 * where there is none.
 *
 * <p>Pictures are files as bytes (the column {@code content} of Spark's source {@code binaryFile}),
 * which are read exactly as {@code linnet predict} reads them, or pixels (the column {@code image}
 * of Spark's source {@code image}). A picture that is null or cannot be read has a null answer and
 * a line that says why; no picture ends a job.
 *
 * <p>The model is opened once on the driver when {@link #transform} is first called, so that what
 * is wrong with it is said before a job begins; its files then go to each executor once, which
 * loads them once whatever the number of its tasks. An executor has in memory: the weights once,
 * and for each running task a batch of files, of pixels and of activations. Models that no task
 * uses are freed when another is loaded.
 *
 * <p>One thread at a time, as with every transformer of Spark.
 *
 * @param <S> the transformer itself, which setters return
 */
public abstract sealed class PictureTransformer<S extends PictureTransformer<S>> extends Transformer
    implements DefaultParamsWritable permits ImageClassifier, ImageEmbedder {
  private static final long serialVersionUID = 1L;

  private final String uid;
  private final Param<String> inputCol;
  private final Param<String> outputCol;
  private final Param<String> reasonCol;
  private final Param<String> model;
  private final Param<String> weights;
  private final Param<String> dtype;
  private final IntParam batchSize;
  private final IntParam threads;
  private transient @Nullable Ready ready;

  /** What was made ready for a job, and for which settings in which application. */
  private record Ready(
      String application, ShippedModel.Source source, Question question, ShippedModel model) {}

  PictureTransformer(String uid) {
    this.uid = uid; // before the parameters, which ask for it
    inputCol =
        new Param<>(
            this, "inputCol", "column of pictures: files as bytes, or Spark's image struct");
    outputCol = new Param<>(this, "outputCol", "column of answers");
    reasonCol =
        new Param<>(
            this, "reasonCol", "column that says why there is no answer; null where there is");
    model =
        new Param<>(
            this,
            "model",
            "folder of a run or of weights, hf://OWNER/NAME, or with weights a network's name");
    weights = new Param<>(this, "weights", "file with the weights of the network that model names");
    dtype =
        new Param<>(
            this,
            "dtype",
            "auto (the type of the run's training, else fp32), fp32 or bf16",
            valid(value -> ShippedModel.checkType(String.valueOf(value))));
    batchSize =
        new IntParam(
            this,
            "batchSize",
            "pictures at once in a task, at least 1",
            valid(value -> Check.that((int) value >= 1, "batchSize", value, "at least 1")));
    threads =
        new IntParam(
            this,
            "threads",
            "threads of libtorch in a task, in [0, 1024]; 0 takes spark.task.cpus",
            valid(
                value ->
                    Check.that(
                        (int) value >= 0 && (int) value <= 1024,
                        "threads",
                        value,
                        "in [0, 1024]")));
    setDefault(inputCol, "content");
    setDefault(reasonCol, "reason");
    setDefault(model, "");
    setDefault(weights, "");
    setDefault(dtype, ShippedModel.AUTO);
    setDefault(batchSize, 32);
    setDefault(threads, 0);
  }

  /** Tells of a wrong value by an exception; Spark asks for a boolean. */
  static <T> Function1<T, Object> valid(Validation<T> check) {
    return check;
  }

  /** A check that throws, as Spark wants it. */
  @FunctionalInterface
  interface Validation<T> extends Function1<T, Object>, Serializable {
    /**
     * Checks a value.
     *
     * @throws LinnetException if it is wrong
     */
    void check(T value);

    @Override
    default Object apply(T value) {
      check(value);
      return true;
    }
  }

  @Override
  public final String uid() {
    return uid;
  }

  /** Column of pictures. */
  public final Param<String> inputCol() {
    return inputCol;
  }

  /** Column of answers. */
  public final Param<String> outputCol() {
    return outputCol;
  }

  /** Column of reasons. */
  public final Param<String> reasonCol() {
    return reasonCol;
  }

  /** Which network. */
  public final Param<String> model() {
    return model;
  }

  /** Its weights, where they are a bare file. */
  public final Param<String> weights() {
    return weights;
  }

  /** Type of convolutions and matrix products. */
  public final Param<String> dtype() {
    return dtype;
  }

  /** Pictures at once. */
  public final IntParam batchSize() {
    return batchSize;
  }

  /** Threads of libtorch in a task. */
  public final IntParam threads() {
    return threads;
  }

  /** Column of pictures: binary, or Spark's image struct; {@code content} unless set. */
  public final S setInputCol(String name) {
    return with(inputCol, name);
  }

  /** Column of answers, which must be new. */
  public final S setOutputCol(String name) {
    return with(outputCol, name);
  }

  /** Column that says why there is no answer, which must be new; {@code reason} unless set. */
  public final S setReasonCol(String name) {
    return with(reasonCol, name);
  }

  /**
   * Which network: the folder of a run or of weights, {@code hf://OWNER/NAME}, or together with
   * {@link #setWeights} a name of the zoo. The driver must see it; executors need not.
   */
  public final S setModel(String name) {
    return with(model, name);
  }

  /** The file with the weights of the network that {@link #setModel} names. */
  public final S setWeights(String file) {
    return with(weights, file);
  }

  /** {@code auto}, {@code fp32} or {@code bf16}; as {@code --dtype} of the command line. */
  public final S setDtype(String type) {
    return with(dtype, type);
  }

  /** Pictures at once in a task, at least 1; 32 unless set. */
  public final S setBatchSize(int pictures) {
    return with(batchSize, pictures);
  }

  /**
   * Threads of libtorch in a task, in [0, 1024]; 0, unless set, takes {@code spark.task.cpus}, so
   * that tasks do not take each other's cores. Holds for all of the executor's process.
   */
  public final S setThreads(int number) {
    return with(threads, number);
  }

  /** See {@link #setInputCol}. */
  public final String getInputCol() {
    return getOrDefault(inputCol);
  }

  /** See {@link #setOutputCol}. */
  public final String getOutputCol() {
    return getOrDefault(outputCol);
  }

  /** See {@link #setReasonCol}. */
  public final String getReasonCol() {
    return getOrDefault(reasonCol);
  }

  /** See {@link #setModel}; empty unless set. */
  public final String getModel() {
    return getOrDefault(model);
  }

  /** See {@link #setWeights}; empty unless set. */
  public final String getWeights() {
    return getOrDefault(weights);
  }

  /** See {@link #setDtype}. */
  public final String getDtype() {
    return getOrDefault(dtype);
  }

  /** See {@link #setBatchSize}. */
  public final int getBatchSize() {
    return (int) getOrDefault(batchSize);
  }

  /** See {@link #setThreads}. */
  public final int getThreads() {
    return (int) getOrDefault(threads);
  }

  /** What is asked of the network. */
  abstract Question question();

  /** The type of the answers. */
  abstract DataType answerType();

  @SuppressWarnings("unchecked") // S is the class itself: both subclasses are final
  final <T> S with(Param<T> param, T value) {
    set(param, value);
    return (S) this;
  }

  /**
   * Adds the columns of answers and of reasons.
   *
   * @throws LinnetException if the column of pictures is missing or of another type, or a column
   *     that is added is there already
   */
  @Override
  public final StructType transformSchema(StructType schema) {
    PictureColumn.of(schema, getInputCol());
    checkNew(schema, "outputCol", getOutputCol(), "setOutputCol");
    checkNew(schema, "reasonCol", getReasonCol(), "setReasonCol");
    if (getReasonCol().equalsIgnoreCase(getOutputCol())) {
      throw new LinnetException(
          "reasonCol: got \"%s\", which outputCol is too; choose another name with setReasonCol"
              .formatted(getReasonCol()));
    }
    return schema
        .add(new StructField(getOutputCol(), answerType(), true, noMetadata()))
        .add(new StructField(getReasonCol(), DataTypes.StringType, true, noMetadata()));
  }

  private static org.apache.spark.sql.types.Metadata noMetadata() {
    return org.apache.spark.sql.types.Metadata.empty();
  }

  private static void checkNew(StructType schema, String param, String name, String setter) {
    for (String there : schema.fieldNames()) {
      if (there.equalsIgnoreCase(name)) {
        throw new LinnetException(
            "%s: got \"%s\"; there is such a column already; choose another name with %s"
                .formatted(param, name, setter));
      }
    }
  }

  /**
   * Adds the columns of answers and of reasons; the pictures are looked at when the result is.
   *
   * @param dataset of a session in this JVM, not of Spark Connect
   * @throws LinnetException as {@link #transformSchema}, or if the model cannot be opened
   */
  @Override
  public final Dataset<Row> transform(Dataset<?> dataset) {
    StructType schema = dataset.schema();
    StructType result = transformSchema(schema);
    PictureColumn pictures = PictureColumn.of(schema, getInputCol());
    Question question = question();
    ShippedModel shipped = shipped(dataset.sparkSession().sparkContext(), question);
    AnsweredRows function =
        new AnsweredRows(
            shipped, question, pictures, schema.length(), getBatchSize(), getThreads());
    return dataset.toDF().mapPartitions(function, Encoders.row(result));
  }

  private ShippedModel shipped(SparkContext context, Question question) {
    ShippedModel.Source source = new ShippedModel.Source(getModel(), getWeights(), getDtype());
    Ready before = ready;
    if (before != null
        && before.application().equals(context.applicationId())
        && before.source().equals(source)
        && before.question().equals(question)) {
      return before.model();
    }
    try (LoadedModel loaded = source.open()) {
      question.check(loaded);
    }
    ShippedModel shipped = source.ship(context);
    ready = new Ready(context.applicationId(), source, question, shipped);
    return shipped;
  }

  @Override
  @SuppressWarnings("unchecked") // Spark makes another of the same class
  public final S copy(ParamMap extra) {
    return (S) Objects.requireNonNull(defaultCopy(extra));
  }
}
