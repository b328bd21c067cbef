package dev.linnet.spark;

import dev.linnet.base.RandomState;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.models.Classifier;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.weights.WeightsFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A small Spark, pictures of noise, and a network that has learnt nothing. */
final class Fixture {
  private Fixture() {}

  /** The root of the repository. */
  static Path root() {
    for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
      if (Files.isRegularFile(p.resolve("CONTRIBUTING.md"))) {
        return p;
      }
    }
    throw new IllegalStateException("not started inside the repository");
  }

  /** Two tasks at a time in this process; one session for all tests. */
  static SparkSession spark() {
    return SparkSession.builder()
        .master("local[2]")
        .appName("test")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config(
            "spark.sql.warehouse.dir", root().resolve("linnet-spark/target/warehouse").toString())
        .getOrCreate();
  }

  /** Writes 1.png, 2.png … of different sizes. */
  static void writePictures(Path folder, int count) throws IOException {
    Files.createDirectories(folder);
    for (int i = 1; i <= count; i++) {
      ImageSize size = new ImageSize(30 + i % 7, 40 - i % 5);
      byte[] pixels = new byte[(int) size.area() * 3];
      new Random(i).nextBytes(pixels);
      Files.write(folder.resolve(i + ".png"), PngWriter.write(Picture.of(size, 3, pixels)));
    }
  }

  /** Saves a network whose classes are named class 0, class 1 …. */
  static void writeModel(Path folder, String architecture, int classes, long seed) {
    ZooModel zoo = Zoo.find(architecture);
    Scope scope = Scope.open("weights");
    try (Classifier model =
        zoo.create(zoo.options().withClasses(classes), Device.CPU, RandomState.of(seed))) {
      WeightsFolder.save(
          folder,
          model,
          IntStream.range(0, classes).mapToObj(i -> "class " + i).toList(),
          zoo.published().preprocessing());
    } finally {
      scope.close();
    }
  }

  /** The files of a folder in the order of their names, in one partition. */
  static Dataset<Row> files(SparkSession spark, Path folder) {
    return spark
        .read()
        .format("binaryFile")
        .load(folder.toString())
        .selectExpr("path", "content")
        .orderBy("path")
        .coalesce(1);
  }

  /** The local file of a path that Spark gave. */
  static Path file(String path) {
    return Path.of(java.net.URI.create(path.replaceFirst("^file:/*", "file:///")));
  }

  /** The numbers of a vector as Spark shows it. */
  static List<Double> numbers(org.apache.spark.ml.linalg.Vector vector) {
    return IntStream.range(0, vector.size()).mapToObj(vector::apply).toList();
  }
}
