package dev.linnet.spark;

import dev.linnet.data.Batch;
import dev.linnet.data.PictureLoader;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.Picture;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.jspecify.annotations.Nullable;

/** Rows with their answers, computed a batch at a time. One thread. */
final class AnsweredIterator implements Iterator<Row> {
  private final AnsweredRows job;
  private final LoadedModel model;
  private final Iterator<Row> rows;
  private final PictureLoader.Reading reading;
  private final int pictureBytes;
  private final ByteBuffer pixels;
  private final Deque<Row> answered = new ArrayDeque<>();

  /**
   * @param model which stays loaded while this is used
   */
  AnsweredIterator(AnsweredRows job, LoadedModel model, Iterator<Row> rows) {
    this.job = job;
    this.model = model;
    this.rows = rows;
    reading = job.question().reading(model);
    pictureBytes = Math.toIntExact(reading.size().area() * reading.normalization().channels());
    pixels = ByteBuffer.allocateDirect(Math.multiplyExact(job.batch(), pictureBytes));
  }

  @Override
  public boolean hasNext() {
    return !answered.isEmpty() || rows.hasNext();
  }

  @Override
  public Row next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    if (answered.isEmpty()) {
      answerBatch();
    }
    return answered.remove();
  }

  private void answerBatch() {
    List<Row> batch = new ArrayList<>();
    List<@Nullable String> reasons = new ArrayList<>();
    int good = 0;
    while (batch.size() < job.batch() && rows.hasNext()) {
      Row row = rows.next();
      String reason = read(row, good);
      batch.add(row);
      reasons.add(reason);
      if (reason == null) {
        good++;
      }
    }
    Iterator<Object> answers = answers(good).iterator();
    for (int i = 0; i < batch.size(); i++) {
      String reason = reasons.get(i);
      answered.add(with(batch.get(i), reason == null ? answers.next() : null, reason));
    }
  }

  /** Reads the picture of a row into its place; returns why that cannot be done, or null. */
  private @Nullable String read(Row row, int place) {
    try {
      Picture picture = job.pictures().read(row, reading);
      picture.copyTo(pixels.duplicate().position(place * pictureBytes));
      return null;
    } catch (BadPictureException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private List<Object> answers(int n) {
    if (n == 0) {
      return List.of();
    }
    Scope scope = Scope.open("rows");
    try {
      Tensor images =
          Tensor.wrap(
                  pixels.duplicate().position(0).limit(n * pictureBytes),
                  DType.UINT8,
                  n,
                  reading.size().height(),
                  reading.size().width(),
                  reading.normalization().channels())
              .permute(0, 3, 1, 2);
      Batch batch = Batch.of(images, Tensor.of(new long[n]), 1, reading.normalization());
      return job.question().answers(model, batch);
    } finally {
      scope.close();
    }
  }

  private Row with(Row row, @Nullable Object answer, @Nullable String reason) {
    Object[] values = new Object[job.columns() + 2];
    for (int i = 0; i < job.columns(); i++) {
      values[i] = row.get(i);
    }
    values[job.columns()] = answer;
    values[job.columns() + 1] = reason;
    return RowFactory.create(values);
  }
}
