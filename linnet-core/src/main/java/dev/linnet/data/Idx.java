package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.image.ImageSize;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * IDX, the format of MNIST: {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte} and
 * the same of {@code t10k}, plain or gzipped. Big-endian 32-bit numbers: 00 00 08 and the number of
 * dimensions, the dimensions, then 8-bit values (yann.lecun.com/exdb/mnist).
 */
final class Idx {
  private static final Pattern NAME =
      Pattern.compile(
          "(?:[^/]*/)?(train|t10k|test|val|valid|validation)-(images|labels)[-.]idx[13]-ubyte(\\.gz)?");
  private static final long MOST = Integer.MAX_VALUE - 64L;

  private final Tree tree;
  private final List<String> given;

  private Idx(Tree tree, List<String> given) {
    this.tree = tree;
    this.given = given;
  }

  /** Whether a tree has IDX files. */
  static boolean isIn(Tree tree) {
    return IntStream.range(0, tree.count()).anyMatch(i -> isNamedIdx(tree.path(i)));
  }

  /** Whether a file is named as one of IDX. */
  static boolean isNamedIdx(String path) {
    return !ClassFolders.hasPictureEnding(path) && NAME.matcher(path).matches();
  }

  /**
   * Reads all IDX files of a tree.
   *
   * @param names of the classes; none for the names {@code 0}, {@code 1}, …
   * @throws LinnetException if a file is missing, its header lies, or labels do not fit
   */
  static Recognized read(Tree tree, List<String> names) {
    return new Idx(tree, names).read();
  }

  private Recognized read() {
    Map<Split, Integer> images = new EnumMap<>(Split.class);
    Map<Split, Integer> labels = new EnumMap<>(Split.class);
    for (int i = 0; i < tree.count(); i++) {
      Matcher name = NAME.matcher(tree.path(i));
      if (name.matches()) {
        Split split =
            name.group(1).equals("t10k") ? Split.TEST : Split.of(name.group(1)).orElseThrow();
        Map<Split, Integer> files = name.group(2).equals("images") ? images : labels;
        files.putIfAbsent(split, i); // a plain file before a gzipped one, which sorts behind it
      }
    }
    NamedFiles.inOneFolder(tree, images.values(), "IDX");
    if (images.isEmpty()) {
      throw new LinnetException(
          "%s: has labels but no pictures; put the file train-images-idx3-ubyte there"
              .formatted(tree.where()));
    }
    Map<Split, Labelled> pairs = new EnumMap<>(Split.class);
    images.forEach(
        (split, file) -> {
          Integer labelFile = labels.get(split);
          if (labelFile == null) {
            throw new LinnetException(
                "%s: has no labels beside it; put the file of the same name with labels-idx1 there"
                    .formatted(tree.where(file)));
          }
          pairs.put(split, labelled(file, labelFile));
        });
    List<String> classes = classes(pairs.values());
    Map<Split, StoredSet> pools = new EnumMap<>(Split.class);
    pairs.forEach((split, pair) -> pools.put(split, pair.set(classes)));
    return new Recognized("IDX", tree.where(), pools, true, tree.warnings());
  }

  private List<String> classes(Collection<Labelled> pairs) {
    int most = 0;
    for (Labelled pair : pairs) {
      for (int i = 0; i < pair.images.dims[0]; i++) {
        int label = pair.label(i);
        if (!given.isEmpty() && label >= given.size()) {
          throw new LinnetException(
              "%s: label %d of picture %d; must be below %d, the number of classes"
                  .formatted(pair.labels.where, label, i, given.size()));
        }
        most = Math.max(most, label);
      }
    }
    return given.isEmpty()
        ? IntStream.rangeClosed(0, most).mapToObj(Integer::toString).toList()
        : given;
  }

  private Labelled labelled(int imagesFile, int labelsFile) {
    Values images = values(imagesFile, 3);
    Values labels = values(labelsFile, 1);
    if (labels.dims[0] != images.dims[0]) {
      throw new LinnetException(
          "%s: %d labels for the %d pictures of %s; both files must be of one data set"
              .formatted(labels.where, labels.dims[0], images.dims[0], images.where));
    }
    return new Labelled(images, labels);
  }

  /** Pictures and their labels, as many. */
  private static final class Labelled {
    final Values images;
    final Values labels;

    Labelled(Values images, Values labels) {
      this.images = images;
      this.labels = labels;
    }

    int label(int picture) {
      return labels.values[picture] & 0xFF;
    }

    StoredSet set(List<String> classes) {
      int[] dims = images.dims;
      RawStore.Part part = new RawStore.Part(images.name, images.where, images.values, dims[0]);
      return new StoredSet(
          new RawStore("idx", new ImageSize(dims[1], dims[2]), 1, List.of(part)),
          IntStream.range(0, dims[0]).toArray(),
          IntStream.range(0, dims[0]).map(this::label).toArray(),
          classes);
    }
  }

  /** A file's dimensions and values. */
  private static final class Values {
    final String name;
    final String where;
    final int[] dims;
    final byte[] values;

    Values(String path, String where, int[] dims, byte[] values) {
      String plain = path.endsWith(".gz") ? path.substring(0, path.length() - 3) : path;
      this.name = plain.substring(plain.lastIndexOf('/') + 1);
      this.where = where;
      this.dims = dims;
      this.values = values;
    }
  }

  /**
   * Reads a file, allocating by what is really there and not by what the header says.
   *
   * @param dimensions 3 for pictures, 1 for labels
   */
  private Values values(int file, int dimensions) {
    String where = tree.where(file);
    int header = 4 + 4 * dimensions;
    byte[] content;
    long promised;
    int[] dims;
    try (InputStream in = open(file)) {
      byte[] head = in.readNBytes(header);
      dims = dims(where, head, dimensions);
      promised = header;
      long items = 1;
      for (int dim : dims) {
        items *= dim; // of three 31-bit numbers: checked below before it can overflow
        if (items > TarReader.HELD_MOST && tree.path(file).endsWith(".gz")) {
          throw new LinnetException(
              ("%s: the header promises %s, more than the %d MB that a gzipped file may take in"
                      + " memory; unpack it")
                  .formatted(where, words(dims), TarReader.HELD_MOST >> 20));
        }
        if (items > MOST) {
          throw new LinnetException(
              "%s: the header promises %s, which no file of this format holds; fetch it again"
                  .formatted(where, words(dims)));
        }
      }
      promised += items;
      content = in.readNBytes((int) Math.min(items + 1, MOST));
    } catch (IOException e) {
      throw new LinnetException(
          "%s: cannot be read (%s); fetch it again".formatted(where, AtomicFile.reason(e)), e);
    }
    long there = (long) header + content.length;
    if (there != promised) {
      throw new LinnetException(
          "%s: the header promises %s, %d bytes, but there are %s; fetch it again"
              .formatted(
                  where, words(dims), promised, there > promised ? "more" : "%d".formatted(there)));
    }
    return new Values(tree.path(file), where, dims, content);
  }

  private InputStream open(int file) throws IOException {
    InputStream in = new ByteArrayInputStream(tree.read(file));
    return tree.path(file).endsWith(".gz") ? new GZIPInputStream(in, 1 << 16) : in;
  }

  private static int[] dims(String where, byte[] head, int dimensions) {
    ByteBuffer header = ByteBuffer.wrap(head);
    int magic = 0x800 + dimensions;
    int got = head.length >= 4 ? header.getInt() : 0;
    if (head.length < 4 + 4 * dimensions || got != magic) {
      throw new LinnetException(
          "%s: is no IDX file of %s: begins with %s; must begin with %08x; fetch it again"
              .formatted(
                  where,
                  dimensions == 3 ? "pictures" : "labels",
                  head.length >= 4 ? "%08x".formatted(got) : head.length + " bytes",
                  magic));
    }
    int[] dims = new int[dimensions];
    for (int i = 0; i < dimensions; i++) {
      dims[i] = header.getInt();
      if (dims[i] < 1) {
        throw new LinnetException(
            "%s: the header promises %s in dimension %d; must be in [1, 2^31); fetch it again"
                .formatted(where, Integer.toUnsignedString(dims[i]), i));
      }
    }
    return dims;
  }

  private static String words(int[] dims) {
    return dims.length == 1
        ? "%d labels".formatted(dims[0])
        : "%d pictures of %dx%d".formatted(dims[0], dims[2], dims[1]);
  }
}
