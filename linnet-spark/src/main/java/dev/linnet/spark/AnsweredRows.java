package dev.linnet.spark;

import dev.linnet.tensor.Engine;
import java.util.Collections;
import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Answers the rows of a partition; what goes to the executors.
 *
 * @param model whose files every executor has
 * @param question what is asked about each picture
 * @param pictures the column of pictures
 * @param columns number of columns before
 * @param batch pictures at once
 * @param threads threads of libtorch, or 0 for the cores of a task
 */
record AnsweredRows(
    ShippedModel model,
    Question question,
    PictureColumn pictures,
    int columns,
    int batch,
    int threads)
    implements MapPartitionsFunction<Row, Row> {

  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
    if (!rows.hasNext()) {
      return Collections.emptyIterator(); // without loading a model
    }
    TaskContext task = TaskContext.get();
    // libtorch has the number for the process and for each thread that came before.
    Engine.setThreads(threads == 0 ? task.cpus() : threads);
    ExecutorModels.Lease lease = ExecutorModels.HERE.take(model);
    task.addTaskCompletionListener((TaskCompletionListener) done -> lease.close());
    return new AnsweredIterator(this, lease.model(), rows);
  }
}
