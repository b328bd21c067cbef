package dev.linnet.explain;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.train.Evaluator;
import dev.linnet.train.FeatureTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.lucene912.Lucene912Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexFileNames;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.Lock;
import org.apache.lucene.store.LockObtainFailedException;
import org.apache.lucene.store.NIOFSDirectory;
import org.jspecify.annotations.Nullable;

/**
 * Rows of length 1 as a graph on disk, in which each is linked with near ones, so that the nearest
 * are found without looking at all (HNSW: Malkov and Yashunin, arXiv:1603.09320). Of Apache Lucene,
 * which no other class sees.
 *
 * <p>Built by one thread in the order of the rows, so that the same rows give the same answers. Any
 * thread may ask.
 */
final class VectorGraph implements AutoCloseable {
  private static final String VECTOR = "vector";
  private static final String POSITION = "position";
  private static final String KEY = "key";

  /** Megabytes after which Lucene begins another graph beside the first. */
  private static final double BUFFER = 256;

  private final Path folder;
  private final Directory directory;
  private final DirectoryReader reader;
  private final int width;

  private VectorGraph(Path folder, Directory directory, DirectoryReader reader, int width) {
    this.folder = folder;
    this.directory = directory;
    this.reader = reader;
    this.width = width;
  }

  // ------------------------------------------------------------------ making it

  /**
   * Makes it of rows, in the place of one that is there.
   *
   * @param key what {@link #open} must ask for
   * @param watcher hears how far it is
   * @throws LinnetException if it cannot be written, or another process is writing it
   */
  static void build(Path folder, String key, FeatureTable table, Evaluator.Watcher watcher) {
    try (Directory directory = new NIOFSDirectory(folder)) {
      clear(directory);
      try (IndexWriter writer = new IndexWriter(directory, config())) {
        for (int row = 0; row < table.rows(); row++) {
          Document document = new Document();
          document.add(
              new KnnFloatVectorField(
                  VECTOR, table.row(row), VectorSimilarityFunction.DOT_PRODUCT));
          document.add(new NumericDocValuesField(POSITION, table.index(row)));
          writer.addDocument(document);
          if ((row + 1) % 100 == 0 || row + 1 == table.rows()) {
            watcher.evaluated(row + 1, table.rows());
          }
        }
        writer.setLiveCommitData(Map.of(KEY, key).entrySet());
        writer.commit();
      }
    } catch (LockObtainFailedException e) {
      throw new LinnetException(
          folder + ": is being written by another process; wait for it, or name another folder", e);
    } catch (IOException e) {
      throw new LinnetException(
          folder
              + ": cannot be written ("
              + AtomicFile.reason(e)
              + "); free space or choose another place",
          e);
    }
  }

  /** Deletes files of a graph, broken ones too, and no others. */
  private static void clear(Directory directory) throws IOException {
    try (Lock lock = directory.obtainLock(IndexWriter.WRITE_LOCK_NAME)) {
      for (String file : directory.listAll()) {
        if (IndexFileNames.CODEC_FILE_PATTERN.matcher(file).matches()
            || file.startsWith(IndexFileNames.SEGMENTS)
            || file.startsWith(IndexFileNames.PENDING_SEGMENTS)) {
          lock.ensureValid();
          directory.deleteFile(file);
        }
      }
    }
  }

  private static IndexWriterConfig config() {
    return new IndexWriterConfig()
        .setOpenMode(IndexWriterConfig.OpenMode.CREATE)
        .setMergePolicy(NoMergePolicy.INSTANCE)
        .setUseCompoundFile(false)
        .setCommitOnClose(false)
        .setRAMBufferSizeMB(BUFFER)
        .setCodec(new WideCodec());
  }

  /** Lucene's own, but for vectors of more than 1,024 numbers; it reads what this writes. */
  private static final class WideCodec extends Lucene912Codec {
    @Override
    public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
      return new WideFormat();
    }
  }

  private static final class WideFormat extends KnnVectorsFormat {
    private final KnnVectorsFormat format = new Lucene99HnswVectorsFormat();

    WideFormat() {
      super("Lucene99HnswVectorsFormat"); // under which Lucene looks for who can read it
    }

    @Override
    public KnnVectorsWriter fieldsWriter(SegmentWriteState state) throws IOException {
      return format.fieldsWriter(state);
    }

    @Override
    public KnnVectorsReader fieldsReader(SegmentReadState state) throws IOException {
      return format.fieldsReader(state);
    }

    @Override
    public int getMaxDimensions(String field) {
      return Integer.MAX_VALUE;
    }
  }

  // ------------------------------------------------------------------ asking it

  /**
   * Opens what {@link #build} made, and reads all of it once: the file may be anything.
   *
   * @param pictures of the set; positions must be below
   * @return empty if there is none of this key, or it is broken
   */
  static Optional<VectorGraph> open(Path folder, String key, int pictures) {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    Directory directory = null;
    DirectoryReader reader = null;
    try {
      directory = new NIOFSDirectory(folder); // not mapped: a file cut short must not end the JVM
      reader = DirectoryReader.open(directory);
      int width = check(reader, key, pictures);
      return Optional.of(new VectorGraph(folder, directory, reader, width));
    } catch (IOException | RuntimeException | OutOfMemoryError broken) {
      close(reader);
      close(directory);
      return Optional.empty();
    }
  }

  /** Returns the width of the rows. */
  private static int check(DirectoryReader reader, String key, int pictures) throws IOException {
    boolean fits =
        key.equals(reader.getIndexCommit().getUserData().get(KEY))
            && reader.maxDoc() > 0
            && !reader.hasDeletions();
    int width = 0;
    for (LeafReaderContext leaf : reader.leaves()) {
      leaf.reader().checkIntegrity();
      FloatVectorValues vectors = leaf.reader().getFloatVectorValues(VECTOR);
      fits &= vectors != null && vectors.size() == leaf.reader().maxDoc();
      if (vectors != null) {
        fits &= width == 0 || width == vectors.dimension();
        width = vectors.dimension();
      }
      NumericDocValues positions = numbers(leaf.reader(), POSITION);
      for (int document = 0; document < leaf.reader().maxDoc(); document++) {
        fits &= positions.advanceExact(document);
        fits &= positions.longValue() >= 0 && positions.longValue() < pictures;
      }
    }
    if (!fits) {
      throw new IOException("another graph");
    }
    return width;
  }

  private static NumericDocValues numbers(LeafReader reader, String field) throws IOException {
    NumericDocValues values = reader.getNumericDocValues(field);
    if (values == null) {
      throw new IOException("no " + field);
    }
    return values;
  }

  /** The number of rows. */
  int rows() {
    return reader.maxDoc();
  }

  /** Numbers a row. */
  int width() {
    return width;
  }

  /**
   * The nearest rows by the cosine, the nearest first.
   *
   * @param query of length 1
   * @param candidates rows that are looked for, of which the best are the answer: the more, the
   *     surer the nearest of all are among them
   * @param k how many, at most
   */
  List<FeatureIndex.Hit> nearest(float[] query, int candidates, int k) {
    try {
      List<ScoreDoc> found = new ArrayList<>();
      for (LeafReaderContext leaf : reader.leaves()) {
        int most = Math.min(candidates, leaf.reader().maxDoc());
        ScoreDoc[] near =
            leaf.reader()
                .searchNearestVectors(VECTOR, query, most, null, Integer.MAX_VALUE)
                .scoreDocs;
        NumericDocValues positions = numbers(leaf.reader(), POSITION);
        Arrays.sort(near, Comparator.comparingInt(row -> row.doc)); // as positions are read
        for (ScoreDoc row : near) {
          positions.advanceExact(row.doc);
          found.add(new ScoreDoc((int) positions.longValue(), row.score));
        }
      }
      return found.stream()
          .sorted(
              Comparator.comparingDouble((ScoreDoc row) -> -row.score)
                  .thenComparingInt(row -> row.doc))
          .limit(k)
          .map(row -> new FeatureIndex.Hit(row.doc, 2.0 * row.score - 1)) // score: (1 + cos) / 2
          .toList();
    } catch (IOException | RuntimeException broken) {
      throw new LinnetException(
          folder + ": is damaged; delete the folder, it is made anew", broken);
    }
  }

  @Override
  public void close() {
    close(reader);
    close(directory);
  }

  private static void close(@Nullable AutoCloseable opened) {
    try {
      if (opened != null) {
        opened.close();
      }
    } catch (Exception unread) {
      throw new IllegalStateException(unread); // of files that were read alone
    }
  }
}
