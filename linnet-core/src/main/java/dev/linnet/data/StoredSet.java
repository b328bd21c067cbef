package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.base.Sha256;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Some pictures of a store, with their labels. */
final class StoredSet implements PictureSet {
  private static final int CHUNK = 4096; // files whose lengths one thread asks for at a time

  private final Store store;
  private final int[] pictures;
  private final int[] labels;
  private final List<String> classes;
  private final AtomicReference<@Nullable String> fingerprint = new AtomicReference<>();

  /** Takes the arrays as its own: the pictures of the store, and the label of each. */
  StoredSet(Store store, int[] pictures, int[] labels, List<String> classes) {
    this.store = store;
    this.pictures = pictures;
    this.labels = labels;
    this.classes = List.copyOf(classes);
  }

  /** The pictures at the given positions of this set. */
  StoredSet select(int[] positions) {
    int[] chosen = new int[positions.length];
    int[] theirLabels = new int[positions.length];
    for (int i = 0; i < positions.length; i++) {
      chosen[i] = pictures[positions[i]];
      theirLabels[i] = labels[positions[i]];
    }
    return new StoredSet(store, chosen, theirLabels, classes);
  }

  /** Number of pictures of each class; one with several counts in each. */
  int[] counts() {
    int[] counts = new int[classes.size()];
    for (int i = 0; i < labels.length; i++) {
      int[] several = store.classesOf(pictures[i]);
      if (several.length == 0) {
        counts[labels[i]]++;
      }
      for (int label : several) {
        counts[label]++;
      }
    }
    return counts;
  }

  /** What holds the pictures. */
  Store store() {
    return store;
  }

  /** The picture's position in the store. */
  int picture(int index) {
    return pictures[index];
  }

  /** What is wrong with a picture's boxes, one line each. */
  List<String> boxProblems(int index) {
    return store.boxProblems(pictures[index]);
  }

  /** Whether the data set has boxes. */
  boolean hasBoxes() {
    return store.hasBoxes();
  }

  @Override
  public int size() {
    return pictures.length;
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public String name(int index) {
    return store.name(pictures[index]);
  }

  @Override
  public Picture read(int index, DecodeOptions options) {
    return store.read(pictures[index], options);
  }

  @Override
  public Picture read(
      int index, DecodeOptions options, PictureTransform transform, RandomState random) {
    return store.read(pictures[index], options, transform, random);
  }

  @Override
  public Optional<Encoded> encoded(int index) {
    return store.encoded(pictures[index]);
  }

  @Override
  public PictureInfo info(int index) {
    return store.info(pictures[index]);
  }

  /** What to call a picture in a message. */
  String where(int index) {
    return store.where(pictures[index]);
  }

  /** The bytes of a picture as they are stored. */
  byte[] content(int index) throws IOException {
    return store.content(pictures[index]);
  }

  /** The box of its file that a picture is, where it is not the whole. */
  Optional<MarkedBox> cutOut(int index) {
    return store.cutOut(pictures[index]);
  }

  /** The file on disk, where the picture is one of its own or a part of one. */
  Optional<Path> file(int index) {
    return store.file(pictures[index]);
  }

  /** Whether the pixels are in memory already. */
  boolean isInMemory() {
    return store.isInMemory();
  }

  @Override
  public Optional<Shards> shards() {
    return store.shards().map(all -> all.through(i -> pictures[i]));
  }

  @Override
  public String fingerprint() {
    String known = fingerprint.get();
    if (known != null) {
      return known;
    }
    String computed = computeFingerprint();
    fingerprint.set(computed);
    return computed;
  }

  private String computeFingerprint() {
    MessageDigest digest = Sha256.digest();
    StringBuilder line = new StringBuilder();
    for (String name : classes) {
      digest.update((name + "\n").getBytes(StandardCharsets.UTF_8));
    }
    long[] lengths = lengths();
    for (int i = 0; i < pictures.length; i++) {
      line.setLength(0);
      line.append(name(i)).append('\t').append(lengths[i]).append('\t');
      line.append(labels[i]).append('\n');
      digest.update(line.toString().getBytes(StandardCharsets.UTF_8));
    }
    digest.update(Long.toHexString(store.checksum()).getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Of all pictures, for which the disk may have to be asked: a million take seconds. */
  private long[] lengths() {
    long[] lengths = new long[pictures.length];
    int threads = Runtime.getRuntime().availableProcessors();
    Chunks.map(
        pictures.length,
        CHUNK,
        threads,
        (first, last) -> {
          for (int i = first; i < last; i++) {
            lengths[i] = store.length(pictures[i]);
          }
          return last;
        });
    return lengths;
  }
}
