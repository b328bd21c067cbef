package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.Sha256;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Reads every picture of a data set and says what is wrong with it. */
public final class DataCheck {
  private static final int TINY = 8;

  private final DataSource source;
  private final DecodeOptions options;
  private final Listener listener;
  private final int total;
  private final AtomicInteger done = new AtomicInteger();

  private DataCheck(DataSource source, DecodeOptions options, Listener listener) {
    this.source = source;
    this.options = options;
    this.listener = listener;
    this.total = source.stored().values().stream().mapToInt(StoredSet::size).sum();
  }

  /** Hears how far the check is, from any of its threads. */
  @FunctionalInterface
  public interface Listener {
    /** Hears nothing. */
    Listener NONE = (done, total) -> {};

    /** That many pictures are read. */
    void progress(int done, int total);
  }

  /** What can be wrong, the worst first. */
  public enum Kind {
    /** A picture that cannot be read; training skips it. */
    BROKEN,
    /** A shard that ends early or is broken; training goes on without it only if it is told to. */
    CUT_SHARD,
    /** A box that is empty, lies outside its picture or leaves it. */
    BAD_BOX,
    /** The same picture under two classes. */
    TWO_CLASSES,
    /** The same picture in two splits, so that an evaluation flatters. */
    TWO_SPLITS,
    /** The same picture twice in one class of one split. */
    TWICE,
    /** A class with one picture, or with none in {@code train}. */
    LONELY_CLASS,
    /** A camera turned it: {@code orientation} decides how it is read. */
    ORIENTED,
    /** Less than 8 pixels high or wide. */
    TINY,
    /** Something else that was noticed, such as files that are no pictures. */
    NOTICE
  }

  /**
   * One thing that is wrong.
   *
   * @param where the file or the class
   * @param what is wrong, in words
   */
  public record Finding(Kind kind, String where, String what) {
    /** {@code where: what}; a notice says where itself. */
    @Override
    public String toString() {
      return where.isEmpty() ? what : where + ": " + what;
    }
  }

  /**
   * What a check found.
   *
   * @param pictures of each split
   * @param findings the worst kind first, then in the order of the pictures
   * @param formats pictures by format and stored channels, such as {@code jpeg, color}
   * @param smallest picture by its area; 1x1 where none can be read
   * @param largest picture by its area; 1x1 where none can be read
   */
  public record Report(
      Map<Split, Integer> pictures,
      List<Finding> findings,
      Map<String, Integer> formats,
      ImageSize smallest,
      ImageSize largest) {
    public Report {
      pictures = Map.copyOf(pictures);
      findings = List.copyOf(findings);
      formats = Map.copyOf(formats);
    }

    /** How many findings are of a kind. */
    public int count(Kind kind) {
      return (int) findings.stream().filter(finding -> finding.kind() == kind).count();
    }
  }

  /** What was seen of one picture; nothing but the name where it is broken. */
  private record Seen(
      Split split,
      int label,
      String where,
      @Nullable PictureInfo info,
      String problem,
      List<String> boxes,
      Hash hash) {}

  /** The first 128 bits of SHA-256 of a file. */
  private record Hash(long high, long low) {
    static final Hash NONE = new Hash(0, 0);

    static Hash of(byte[] content) {
      MessageDigest digest = Sha256.digest();
      ByteBuffer bytes = ByteBuffer.wrap(digest.digest(content));
      return new Hash(bytes.getLong(), bytes.getLong());
    }
  }

  /**
   * Checks a data set: reads and decodes every picture of every split.
   *
   * @param options how pictures are decoded
   * @param threads that read, at least 1
   */
  public static Report run(
      DataSource source, DecodeOptions options, int threads, Listener listener) {
    return new DataCheck(source, options, listener).run(threads);
  }

  private Report run(int threads) {
    List<Seen> seen = readAll(threads);
    List<Finding> findings = new ArrayList<>();
    Map<String, Integer> formats = new TreeMap<>();
    ImageSize smallest = null;
    ImageSize largest = null;
    for (Seen picture : seen) {
      PictureInfo info = picture.info();
      if (info == null) {
        findings.add(new Finding(Kind.BROKEN, picture.where(), picture.problem()));
        continue;
      }
      formats.merge(info.format() + ", " + color(info.channels()), 1, Integer::sum);
      ImageSize size = info.size();
      smallest = smallest == null || size.area() < smallest.area() ? size : smallest;
      largest = largest == null || size.area() > largest.area() ? size : largest;
      addShape(picture.where(), info, findings);
      for (String box : picture.boxes()) {
        int colon = box.indexOf(": ");
        findings.add(
            new Finding(
                Kind.BAD_BOX, picture.where() + box.substring(0, colon), box.substring(colon + 2)));
      }
    }
    addDuplicates(seen, findings);
    addClasses(findings);
    List<String> cut =
        source.stored().values().iterator().next().shards().map(Shards::cut).orElse(List.of());
    for (String line : source.warnings()) {
      findings.add(new Finding(cut.contains(line) ? Kind.CUT_SHARD : Kind.NOTICE, "", line));
    }
    findings.sort(Comparator.comparing(Finding::kind));
    Map<Split, Integer> pictures = new EnumMap<>(Split.class);
    source.stored().forEach((split, set) -> pictures.put(split, set.size()));
    ImageSize none = ImageSize.square(1);
    return new Report(
        pictures,
        findings,
        formats,
        smallest == null ? none : smallest,
        largest == null ? none : largest);
  }

  private List<Seen> readAll(int threads) {
    List<Seen> all = new ArrayList<>(total);
    source
        .stored()
        .forEach(
            (split, set) ->
                Chunks.map(set.size(), threads, (first, last) -> read(split, set, first, last))
                    .forEach(all::addAll));
    return all;
  }

  private List<Seen> read(Split split, StoredSet set, int first, int last) {
    List<Seen> seen = new ArrayList<>();
    for (int i = first; i < last; i++) {
      seen.add(read(split, set, i, set.where(i)));
      listener.progress(done.incrementAndGet(), total);
    }
    return seen;
  }

  private Seen read(Split split, StoredSet set, int index, String where) {
    int label = set.label(index);
    try {
      PictureInfo info = set.info(index);
      set.read(index, options);
      return new Seen(
          split, label, where, info, "", set.boxProblems(index), Hash.of(set.content(index)));
    } catch (BadPictureException e) {
      String message = String.valueOf(e.getMessage());
      String problem =
          message.startsWith(where + ": ") ? message.substring(where.length() + 2) : message;
      return new Seen(split, label, where, null, problem, List.of(), Hash.NONE);
    } catch (IOException e) {
      String problem = "cannot be read (" + AtomicFile.reason(e) + ")";
      return new Seen(split, label, where, null, problem, List.of(), Hash.NONE);
    }
  }

  private static void addShape(String where, PictureInfo info, List<Finding> findings) {
    if (info.exifOrientation() != 1) {
      findings.add(
          new Finding(
              Kind.ORIENTED,
              where,
              "EXIF orientation %d: turned where orientation is apply, as it is stored where it is"
                      .formatted(info.exifOrientation())
                  + " ignore"));
    }
    if (info.size().height() < TINY || info.size().width() < TINY) {
      findings.add(new Finding(Kind.TINY, where, info.size() + " pixels"));
    }
  }

  private void addDuplicates(List<Seen> seen, List<Finding> findings) {
    Map<Hash, Seen> first = new HashMap<>();
    for (Seen picture : seen) {
      if (picture.info() == null) {
        continue;
      }
      Seen other = first.putIfAbsent(picture.hash(), picture);
      if (other == null) {
        continue;
      }
      if (other.label() != picture.label()) {
        findings.add(
            new Finding(
                Kind.TWO_CLASSES,
                picture.where(),
                "the same picture as %s, but of the class \"%s\" and not \"%s\""
                    .formatted(other.where(), name(picture), name(other))));
      } else if (other.split() != picture.split()) {
        findings.add(
            new Finding(
                Kind.TWO_SPLITS,
                picture.where(),
                "the same picture as %s, but in %s and not in %s"
                    .formatted(other.where(), picture.split().key(), other.split().key())));
      } else {
        findings.add(
            new Finding(Kind.TWICE, picture.where(), "the same picture as " + other.where()));
      }
    }
  }

  private String name(Seen picture) {
    return source.classes().get(picture.label());
  }

  private void addClasses(List<Finding> findings) {
    StoredSet train = source.found().pools().get(Split.TRAIN);
    if (train == null) {
      return;
    }
    int[] counts = train.counts();
    for (int label = 0; label < counts.length; label++) {
      if (counts[label] <= 1) {
        findings.add(
            new Finding(
                Kind.LONELY_CLASS,
                "class \"" + source.classes().get(label) + "\"",
                counts[label] == 1 ? "one picture only" : "no picture to train on"));
      }
    }
  }

  private static String color(int channels) {
    return switch (channels) {
      case 1 -> "grey";
      case 2 -> "grey and alpha";
      case 3 -> "color";
      default -> "color and alpha, or CMYK";
    };
  }
}
