package dev.linnet.spark;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.LinnetException;
import dev.linnet.data.Batch;
import dev.linnet.data.PictureLoader;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.Predictor;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/** What is asked of a network about each picture; part of what goes to the executors. */
sealed interface Question extends Serializable {
  /**
   * Refuses a model that cannot answer.
   *
   * @throws LinnetException if it has no such layer, or names no classes
   */
  void check(LoadedModel model);

  /** How its pictures are read. */
  PictureLoader.Reading reading(LoadedModel model);

  /** A value of the column of answers for each picture of a batch, in their order. */
  List<Object> answers(LoadedModel model, Batch batch);

  /**
   * Which classes a picture shows.
   *
   * @param topK classes to name, at least 1
   */
  record Classes(int topK) implements Question {
    static final DataType TYPE =
        DataTypes.createArrayType(
            new StructType()
                .add("index", DataTypes.IntegerType, false)
                .add("class", DataTypes.StringType, false)
                .add("probability", DataTypes.DoubleType, false),
            false);

    @Override
    public void check(LoadedModel model) {
      model.predictor(); // which refuses a network for similarity
    }

    @Override
    public PictureLoader.Reading reading(LoadedModel model) {
      return model.predictor().reading();
    }

    @Override
    public List<Object> answers(LoadedModel model, Batch batch) {
      List<Object> answers = new ArrayList<>();
      for (Predictor.Prediction prediction :
          model.predictor().predict(batch, Collections.nCopies(batch.size(), ""))) {
        List<Row> best = new ArrayList<>();
        for (Predictor.Ranked ranked :
            prediction.ranked().subList(0, Math.min(topK, prediction.ranked().size()))) {
          best.add(RowFactory.create(ranked.index(), ranked.name(), ranked.probability()));
        }
        answers.add(CollectionConverters.asScala(best).toSeq());
      }
      return answers;
    }
  }

  /**
   * What a layer puts out.
   *
   * @param layer full name of a module, or {@link dev.linnet.train.FeatureExtractor#POOLED}
   */
  record Features(String layer) implements Question {
    @Override
    public void check(LoadedModel model) {
      PictureLoader.Reading reading = reading(model);
      Scope scope = Scope.open("layer");
      try {
        Tensor black =
            Tensor.zeros(
                DType.UINT8,
                Device.CPU,
                1,
                reading.normalization().channels(),
                reading.size().height(),
                reading.size().width());
        rows(model, reading.normalization().prepare(black, Device.CPU));
      } finally {
        scope.close();
      }
    }

    @Override
    public PictureLoader.Reading reading(LoadedModel model) {
      return model.saved().reading();
    }

    @Override
    public List<Object> answers(LoadedModel model, Batch batch) {
      List<Object> answers = new ArrayList<>();
      Scope scope = Scope.open("features");
      try {
        Tensor features = rows(model, batch.prepared(Device.CPU).images());
        int width = Math.toIntExact(features.dim(1));
        float[] all = features.toFloats();
        for (int row = 0; row < batch.size(); row++) {
          double[] values = new double[width];
          for (int i = 0; i < width; i++) {
            values[i] = all[row * width + i];
          }
          answers.add(Vectors.dense(values));
        }
      } finally {
        scope.close();
      }
      return answers;
    }

    private Tensor rows(LoadedModel model, Tensor images) {
      return requireNonNull(model.extractor(layer).rows(images).get(layer));
    }
  }
}
