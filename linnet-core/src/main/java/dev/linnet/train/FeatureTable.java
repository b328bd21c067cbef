package dev.linnet.train;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.weights.SafeTensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Features of pictures: a row of numbers a picture, its class, and its position in its set.
 *
 * <p>Immutable, for any thread.
 */
public final class FeatureTable {
  private static final String FEATURES = "features";
  private static final String TARGETS = "targets";
  private static final String INDICES = "indices";

  private final float[] values;
  private final int width;
  private final int[] targets;
  private final int[] indices;

  private FeatureTable(float[] values, int width, int[] targets, int[] indices) {
    this.values = values;
    this.width = width;
    this.targets = targets;
    this.indices = indices;
  }

  /**
   * A table of given numbers, which are copied.
   *
   * @param values row after row, rows × width
   * @param width numbers a row, at least 1
   * @param targets class index of each row
   * @param indices position of each row's picture in its set
   */
  public static FeatureTable of(float[] values, int width, int[] targets, int[] indices) {
    Check.that(width >= 1, "width", width, "at least 1");
    Check.that(
        values.length == (long) width * targets.length && targets.length == indices.length,
        "values",
        values.length,
        "rows × width = " + targets.length + " × " + width);
    return new FeatureTable(values.clone(), width, targets.clone(), indices.clone());
  }

  /** The number of pictures. */
  public int rows() {
    return targets.length;
  }

  /** Numbers a row. */
  public int width() {
    return width;
  }

  /** One number; {@code row} in [0, rows), {@code column} in [0, width). */
  public float value(int row, int column) {
    return values[row * width + column];
  }

  /** A copy of a row. */
  public float[] row(int row) {
    return Arrays.copyOfRange(values, row * width, (row + 1) * width);
  }

  /** A copy of all numbers, row after row. */
  public float[] toArray() {
    return values.clone();
  }

  /** The class of a row's picture. */
  public int target(int row) {
    return targets[row];
  }

  /** A copy of the classes of all rows. */
  public int[] targets() {
    return targets.clone();
  }

  /** The position of a row's picture in its set. */
  public int index(int row) {
    return indices[row];
  }

  /** The numbers as a tensor [rows, width], float32, on the processor, in the innermost scope. */
  public Tensor toTensor() {
    return Tensor.of(values, rows(), width);
  }

  /** The rows at some positions, in their order. */
  public FeatureTable select(int... rows) {
    float[] some = new float[rows.length * width];
    int[] someTargets = new int[rows.length];
    int[] someIndices = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(values, rows[i] * width, some, i * width, width);
      someTargets[i] = targets[rows[i]];
      someIndices[i] = indices[rows[i]];
    }
    return new FeatureTable(some, width, someTargets, someIndices);
  }

  /** The rows of this table, then those of another of the same width. */
  public FeatureTable and(FeatureTable other) {
    Check.that(other.width == width, "width", other.width, "that of the first, " + width);
    float[] all = Arrays.copyOf(values, values.length + other.values.length);
    System.arraycopy(other.values, 0, all, values.length, other.values.length);
    int[] allTargets = Arrays.copyOf(targets, rows() + other.rows());
    System.arraycopy(other.targets, 0, allTargets, rows(), other.rows());
    int[] allIndices = Arrays.copyOf(indices, rows() + other.rows());
    System.arraycopy(other.indices, 0, allIndices, rows(), other.rows());
    return new FeatureTable(all, width, allTargets, allIndices);
  }

  // ------------------------------------------------------------------ files

  /**
   * Writes it as safetensors: {@code features} [rows, width] float32, {@code targets} and {@code
   * indices} [rows] int64.
   *
   * @param metadata what the file says beside
   */
  public void save(Path file, Map<String, String> metadata) {
    Scope.run(
        "features",
        () -> {
          Map<String, Tensor> tensors = new LinkedHashMap<>();
          tensors.put(FEATURES, toTensor());
          tensors.put(TARGETS, Tensor.of(longs(targets), rows()));
          tensors.put(INDICES, Tensor.of(longs(indices), rows()));
          SafeTensors.write(file, tensors, metadata);
        });
  }

  /**
   * Reads what {@link #save} wrote.
   *
   * @throws LinnetException if it is no such file
   */
  public static FeatureTable load(Path file) {
    try (SafeTensors tensors = SafeTensors.open(file)) {
      return load(file, tensors);
    }
  }

  private static FeatureTable load(Path file, SafeTensors tensors) {
    boolean complete =
        tensors.names().contains(FEATURES)
            && tensors.names().contains(TARGETS)
            && tensors.names().contains(INDICES)
            && tensors.dtype(FEATURES) == DType.FLOAT32
            && tensors.dtype(TARGETS) == DType.INT64
            && tensors.dtype(INDICES) == DType.INT64
            && tensors.shape(FEATURES).rank() == 2;
    if (!complete) {
      throw noTable(file);
    }
    long rows = tensors.shape(FEATURES).dim(0);
    long width = tensors.shape(FEATURES).dim(1);
    boolean fits =
        width >= 1
            && rows * width <= Integer.MAX_VALUE - 8
            && tensors.shape(TARGETS).equals(Shape.of(rows))
            && tensors.shape(INDICES).equals(Shape.of(rows));
    if (!fits) {
      throw noTable(file);
    }
    FeatureTable[] read = new FeatureTable[1];
    Scope.run(
        "features",
        () ->
            read[0] =
                new FeatureTable(
                    tensors.tensor(FEATURES).toFloats(),
                    (int) width,
                    ints(file, tensors.tensor(TARGETS).toLongs()),
                    ints(file, tensors.tensor(INDICES).toLongs())));
    return read[0];
  }

  private static LinnetException noTable(Path file) {
    return new LinnetException(
        file
            + ": is no table of features; must have features [rows, width] as float32, targets and"
            + " indices [rows] as int64; write it again");
  }

  private static long[] longs(int[] values) {
    return Arrays.stream(values).asLongStream().toArray();
  }

  private static int[] ints(Path file, long[] values) {
    if (Arrays.stream(values).anyMatch(v -> v != (int) v)) {
      throw noTable(file);
    }
    return Arrays.stream(values).mapToInt(v -> (int) v).toArray();
  }

  @Override
  public String toString() {
    return rows() + " × " + width + " features";
  }
}
