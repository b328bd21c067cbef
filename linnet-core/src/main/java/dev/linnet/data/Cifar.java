package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.image.ImageSize;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The binary versions of CIFAR-10 and CIFAR-100: records of one label byte (two, coarse and fine,
 * for 100 classes) and 3,072 bytes of a 32×32 picture, red, green and blue one after the other
 * (www.cs.toronto.edu/~kriz/cifar.html).
 */
final class Cifar {
  private static final Pattern TEN = Pattern.compile("data_batch_(\\d+)\\.bin|test_batch\\.bin");
  private static final Pattern HUNDRED = Pattern.compile("train\\.bin|test\\.bin");
  private static final int SIDE = 32;
  private static final int PLANE = SIDE * SIDE;
  private static final int BATCHES = 5;

  private final Tree tree;
  private final boolean hundred;
  private final List<String> classes;

  private Cifar(Tree tree, boolean hundred, List<String> names) {
    this.tree = tree;
    this.hundred = hundred;
    int count = hundred ? 100 : 10;
    List<String> written =
        NamedFiles.lines(tree, List.of(hundred ? "fine_label_names.txt" : "batches.meta.txt"));
    this.classes =
        written.size() == count
            ? written
            : names.size() == count
                ? names
                : IntStream.range(0, count).mapToObj(Integer::toString).toList();
  }

  /** Whether a tree has files of CIFAR. */
  static boolean isIn(Tree tree) {
    return !NamedFiles.of(tree, TEN).isEmpty() || !NamedFiles.of(tree, HUNDRED).isEmpty();
  }

  /**
   * Reads all batches of a tree.
   *
   * @param names of the classes, where no file says them
   * @throws LinnetException if a batch is missing, of the wrong length, or a label is out of range
   */
  static Recognized read(Tree tree, List<String> names) {
    boolean hundred = NamedFiles.of(tree, TEN).isEmpty();
    return new Cifar(tree, hundred, names).read();
  }

  private Recognized read() {
    Map<String, Integer> files = NamedFiles.of(tree, hundred ? HUNDRED : TEN);
    NamedFiles.inOneFolder(tree, files.values(), "CIFAR");
    Map<Split, StoredSet> pools = new EnumMap<>(Split.class);
    Integer test = files.remove(hundred ? "test.bin" : "test_batch.bin");
    if (!files.isEmpty()) {
      if (!hundred) {
        checkBatches(files);
      }
      pools.put(Split.TRAIN, set(List.copyOf(files.values())));
    }
    if (test != null) {
      pools.put(Split.TEST, set(List.of(test)));
    }
    return new Recognized("CIFAR binary", tree.where(), pools, true, tree.warnings());
  }

  private void checkBatches(Map<String, Integer> files) {
    for (int i = 1; i <= BATCHES; i++) {
      if (!files.containsKey("data_batch_" + i + ".bin")) {
        throw new LinnetException(
            "%s: data_batch_%d.bin is missing; CIFAR-10 has data_batch_1.bin to data_batch_5.bin"
                .formatted(tree.where(), i));
      }
    }
  }

  private StoredSet set(List<Integer> files) {
    List<RawStore.Part> parts = new ArrayList<>();
    List<byte[]> labels = new ArrayList<>();
    for (int file : files) {
      parts.add(part(file, labels));
    }
    int[] all = new int[labels.stream().mapToInt(l -> l.length).sum()];
    int i = 0;
    for (byte[] some : labels) {
      for (byte label : some) {
        all[i++] = label;
      }
    }
    RawStore store = new RawStore("cifar", ImageSize.square(SIDE), 3, parts);
    return new StoredSet(store, IntStream.range(0, all.length).toArray(), all, classes);
  }

  private RawStore.Part part(int file, List<byte[]> labels) {
    String where = tree.where(file);
    byte[] content;
    try {
      content = tree.read(file);
    } catch (IOException e) {
      throw new LinnetException(
          "%s: cannot be read (%s); fetch it again".formatted(where, AtomicFile.reason(e)), e);
    }
    int head = hundred ? 2 : 1;
    int record = head + 3 * PLANE;
    if (content.length == 0 || content.length % record != 0) {
      throw new LinnetException(
          "%s: %d bytes; must be a multiple of %d, one record a picture; fetch it again"
              .formatted(where, content.length, record));
    }
    int count = content.length / record;
    byte[] pixels = new byte[count * 3 * PLANE];
    byte[] its = new byte[count];
    int to = 0;
    for (int i = 0; i < count; i++) {
      int from = i * record + head;
      int label = content[from - 1] & 0xFF;
      if (label >= classes.size()) {
        throw new LinnetException(
            "%s: label %d of picture %d; must be below %d; fetch it again"
                .formatted(where, label, i, classes.size()));
      }
      its[i] = (byte) label;
      for (int p = from; p < from + PLANE; p++) {
        pixels[to++] = content[p];
        pixels[to++] = content[p + PLANE];
        pixels[to++] = content[p + 2 * PLANE];
      }
    }
    labels.add(its);
    String path = tree.path(file);
    return new RawStore.Part(path.substring(path.lastIndexOf('/') + 1), where, pixels, count);
  }
}
