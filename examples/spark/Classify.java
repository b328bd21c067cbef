// Names what the pictures of a folder show, on Spark; README.md beside it says how it is run.
//
//   examples/spark/run runs/photos new/ answers    a run or a folder of weights, pictures, a new folder

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;

import dev.linnet.spark.ImageClassifier;
import java.io.IOException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

public final class Classify {
  public static void main(String... args) throws IOException {
    try (SparkSession spark = SparkSession.builder().appName("classify").getOrCreate()) {
      Dataset<Row> files =
          spark.read().format("binaryFile").option("recursiveFileLookup", "true").load(args[1]);
      new ImageClassifier()
          .setModel(args[0])
          .setTopK(3)
          .transform(files)
          .select("path", "predictions", "reason") // the files stay where they are
          .write()
          .parquet(args[2]);
      print(spark.read().parquet(args[2]));
    }
  }

  private static void print(Dataset<Row> answers) {
    Column best = col("predictions").getItem(0);
    answers
        .filter("reason is null")
        .groupBy(best.getField("class"))
        .agg(count("*"), avg(best.getField("probability")))
        .orderBy(best.getField("class"))
        .collectAsList()
        .forEach(
            row ->
                System.out.printf(
                    "%s: %d, probability %.3f%n",
                    row.getString(0), row.getLong(1), row.getDouble(2)));
    answers
        .filter("reason is not null")
        .orderBy("path")
        .collectAsList()
        .forEach(row -> System.out.println("broken: " + row.<String>getAs("reason")));
  }
}
