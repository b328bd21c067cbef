package dev.linnet.spark;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.weights.Hub;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.jspecify.annotations.Nullable;

/**
 * A model whose files every executor can get. Goes to the executors with each task; the files go
 * when they are asked for.
 *
 * @param key by which an executor knows it again
 * @param files all of one folder; the weights come first where they are a bare file
 */
record ShippedModel(Key key, List<ShippedFile> files) implements Serializable {
  static final String AUTO = "auto";

  /**
   * What makes a model another one.
   *
   * @param checksum of the files
   * @param architecture name of the zoo where the weights are a bare file, else empty
   * @param dtype auto, fp32 or bf16
   */
  record Key(String checksum, String architecture, String dtype) implements Serializable {}

  ShippedModel {
    files = List.copyOf(files);
  }

  /**
   * Where a model comes from, on the driver.
   *
   * @param model as {@link PictureTransformer#setModel}
   * @param weights as {@link PictureTransformer#setWeights}, or empty
   * @param dtype auto, fp32 or bf16
   */
  record Source(String model, String weights, String dtype) {
    Source {
      if (model.isEmpty()) {
        throw new LinnetException(
            "model: is not set; give a run's folder, a folder of weights or hf://OWNER/NAME with"
                + " setModel");
      }
    }

    /**
     * Reads the network; the caller closes it.
     *
     * @throws LinnetException if it cannot be read
     */
    LoadedModel open() {
      SavedModel saved =
          weights.isEmpty()
              ? SavedModel.open(model, hub(), Device.CPU)
              : SavedModel.open(model, Path.of(weights), Device.CPU);
      return new LoadedModel(saved, type(dtype));
    }

    /**
     * Hands the files to Spark.
     *
     * @throws LinnetException if they cannot be read
     */
    ShippedModel ship(SparkContext context) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(context);
      List<Path> files =
          weights.isEmpty()
              ? SavedModel.files(model, hub())
              : SavedModel.files(model, Path.of(weights));
      List<ShippedFile> shipped = files.stream().map(file -> ShippedFile.of(file, spark)).toList();
      Key key = new Key(ShippedFile.checksum(shipped), weights.isEmpty() ? "" : model, dtype);
      return new ShippedModel(key, shipped);
    }

    private static Hub hub() {
      return Hub.of(System.getenv());
    }
  }

  /** Refuses what is no type that a network computes in. */
  static void checkType(String dtype) {
    Check.that(dtype.equals(AUTO) || type(dtype) != null, "dtype", dtype, "auto, fp32 or bf16");
  }

  private static @Nullable DType type(String dtype) {
    for (DType type : List.of(DType.FLOAT32, DType.BFLOAT16)) {
      if (type.toString().equals(dtype)) {
        return type;
      }
    }
    return null;
  }

  /**
   * Reads the network on an executor; the caller closes it. The files are there only meanwhile.
   *
   * @throws LinnetException if it cannot be read, or there is no room for the files
   */
  LoadedModel open() {
    try (ShippedFile.Folder folder = ShippedFile.Folder.of(files)) {
      SavedModel saved =
          key.architecture().isEmpty()
              ? SavedModel.open(folder.path(), Device.CPU)
              : SavedModel.open(
                  key.architecture(), folder.path().resolve(files.get(0).name()), Device.CPU);
      return new LoadedModel(saved, type(key.dtype()));
    } catch (IOException e) {
      throw new LinnetException(
          "the model cannot be written to "
              + System.getProperty("java.io.tmpdir")
              + " of the executor ("
              + AtomicFile.reason(e)
              + "); it takes as much room as its weights; -Djava.io.tmpdir in"
              + " spark.executor.extraJavaOptions names another place",
          e);
    }
  }
}
