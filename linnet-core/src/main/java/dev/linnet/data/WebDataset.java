package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.base.OneLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Shards as WebDataset writes them: numbered tars, plain or packed, of samples {@code KEY.jpg} with
 * {@code KEY.cls} or {@code KEY.json}; see {@link ShardIndex}.
 *
 * <p>The name of a shard says its split ({@code imagenet-train-000012.tar}, {@code val/03.tar});
 * where none does, nothing is split. Labels that are all numbers are positions in {@code
 * classes.txt}, {@code classnames.txt} or the catalog's names, and their own names where there are
 * none; else they are the names of the classes.
 */
final class WebDataset {
  private static final int LOOKED_AT = 64;
  private static final int MOST_CLASSES = 1_000_000;
  private static final Pattern NUMBERED = Pattern.compile("(.*?)(\\d{1,9})");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,7}");

  private final String where;
  private final List<Numbered> shards;
  private final Around around;
  private final List<String> warnings = new ArrayList<>();

  private WebDataset(String where, List<Path> files, Around around) {
    this.where = where;
    this.around = around;
    this.shards = files.stream().map(Numbered::of).sorted(Numbered.ORDER).toList();
  }

  /**
   * What reading needs beside the shards.
   *
   * @param cutShards that are borne
   */
  record Around(Disk disk, Indexes indexes, int cutShards) {}

  /**
   * A shard's name in its parts.
   *
   * @param folder that it lies in, where that is a split, else empty
   * @param prefix before its number
   * @param number that it ends with, −1 where it has none
   */
  private record Numbered(Path file, String folder, String prefix, int number) {
    static final Comparator<Numbered> ORDER =
        Comparator.comparing(Numbered::folder)
            .thenComparing(Numbered::prefix)
            .thenComparing(Numbered::number)
            .thenComparing(Numbered::file);

    static Numbered of(Path file) {
      String stem = TarReader.stem(String.valueOf(file.getFileName()));
      Path parent = file.toAbsolutePath().normalize().getParent();
      Path name = parent == null ? null : parent.getFileName();
      String folder = name != null && Split.of(name.toString()).isPresent() ? name + "/" : "";
      Matcher numbered = NUMBERED.matcher(stem);
      return numbered.matches()
          ? new Numbered(file, folder, numbered.group(1), Integer.parseInt(numbered.group(2)))
          : new Numbered(file, folder, stem, -1);
    }

    /** Its name in the data set. */
    String stem() {
      return folder + TarReader.stem(String.valueOf(file.getFileName()));
    }

    /** The split that its name says, else that of its folder. */
    Optional<Split> split() {
      Optional<Split> split = Optional.empty();
      for (String part : (folder + prefix).split("[-_./ ]+", -1)) {
        Optional<Split> named = Split.of(part);
        split = named.isPresent() ? named : split;
      }
      return split;
    }
  }

  /** Whether a tar begins with samples: a label, and a picture of the same key. */
  static boolean isIn(Path tar) {
    try {
      Optional<TarReader.Packing> packing = TarReader.packing(tar);
      return packing.isPresent() && isIn(tar, packing.get());
    } catch (IOException | LinnetException e) {
      return false; // said by who reads it all
    }
  }

  private static boolean isIn(Path tar, TarReader.Packing packing) throws IOException {
    Set<String> pictures = new HashSet<>();
    Set<String> labels = new HashSet<>();
    try (TarWalk walk = TarWalk.open(tar, packing)) {
      for (int i = 0; i < LOOKED_AT; i++) {
        TarWalk.Member member = walk.next();
        if (member == null) {
          return false;
        }
        ShardIndex.Name name = ShardIndex.Name.of(member.path());
        if (name.isLabel()) {
          labels.add(name.key());
        } else if (name.isPicture()) {
          pictures.add(name.key());
        }
        if (labels.contains(name.key()) && pictures.contains(name.key())) {
          return true;
        }
      }
    }
    return false;
  }

  /** The tars in folders that are splits, if there is nothing else in them; else none. */
  static List<Path> inSplits(List<Path> folders) throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path folder : folders) {
      if (!Files.isDirectory(folder) || Split.of(String.valueOf(folder.getFileName())).isEmpty()) {
        continue;
      }
      try (DirectoryStream<Path> inside = Files.newDirectoryStream(folder)) {
        for (Path file : inside) {
          if (DataSources.isArchive(file)) {
            all.add(file);
          } else if (Files.isDirectory(file)) {
            return List.of();
          }
        }
      }
    }
    all.sort(Comparator.naturalOrder());
    return all;
  }

  /**
   * Reads the indexes of shards.
   *
   * @param where to say where they are
   * @param names of the classes, where no file beside the shards says them
   * @throws LinnetException if a shard is missing, more are cut than are borne, or no sample has a
   *     label that fits
   */
  static Recognized read(String where, List<Path> files, List<String> names, Around around) {
    return new WebDataset(where, files, around).read(names);
  }

  private Recognized read(List<String> names) {
    refuseMissing();
    warnGaps();
    Map<Split, List<Numbered>> bySplit = splits();
    List<Numbered> used = bySplit.values().stream().flatMap(List::stream).toList();
    List<IndexedShard> indexed =
        IndexedShard.all(where, used.stream().map(Numbered::file).toList(), around.indexes());
    List<String> cut = bearCut(indexed);
    List<ShardTree.Shard> columns = new ArrayList<>();
    for (int i = 0; i < used.size(); i++) {
      IndexedShard shard = indexed.get(i);
      warnings.addAll(shard.index().warnings());
      columns.add(
          new ShardTree.Shard(
              shard.file(), used.get(i).stem(), shard.packing(), shard.index().samples()));
    }
    ShardTree tree = new ShardTree(where, around.disk(), columns, cut);
    if (tree.count() == 0) {
      throw new LinnetException(
          where
              + ": no sample has both a picture and a label; a sample is KEY.jpg with KEY.cls (a"
              + " number or a class) or KEY.json (with \"label\")");
    }
    Labels labels = labels(used, indexed, names);
    Store store = new FileStore(tree);
    Map<Split, StoredSet> pools = new EnumMap<>(Split.class);
    int shard = 0;
    for (Map.Entry<Split, List<Numbered>> split : bySplit.entrySet()) {
      int first = shard;
      shard += split.getValue().size();
      int begin = tree.begin(first);
      int end = tree.begin(shard);
      if (end > begin) {
        pools.put(split.getKey(), set(store, begin, end, labels));
      }
    }
    boolean isSplit = used.stream().allMatch(s -> s.split().isPresent());
    boolean packed = columns.stream().anyMatch(ShardTree.Shard::isPacked);
    return new Recognized(
        packed ? "WebDataset shards, packed" : "WebDataset shards",
        where,
        pools,
        isSplit,
        warnings);
  }

  private static StoredSet set(Store store, int begin, int end, Labels labels) {
    int[] pictures = new int[end - begin];
    int[] theirs = new int[pictures.length];
    for (int i = 0; i < pictures.length; i++) {
      pictures[i] = begin + i;
      theirs[i] = labels.of[begin + i];
    }
    return new StoredSet(store, pictures, theirs, labels.classes);
  }

  private void refuseMissing() {
    List<String> missing =
        shards.stream()
            .filter(shard -> !Files.isRegularFile(shard.file()))
            .map(shard -> shard.file().toString())
            .toList();
    if (!missing.isEmpty()) {
      throw new LinnetException(
          "%s: %d of %d shards %s not there: %s; fetch them, or name those that are"
              .formatted(
                  where,
                  missing.size(),
                  shards.size(),
                  missing.size() == 1 ? "is" : "are",
                  ClassFolders.some(missing)));
    }
  }

  /** Numbers that are missing in between. */
  private void warnGaps() {
    for (int i = 1; i < shards.size(); i++) {
      Numbered before = shards.get(i - 1);
      Numbered next = shards.get(i);
      int missing = next.number() - before.number() - 1;
      if (before.number() >= 0
          && missing > 0
          && next.prefix().equals(before.prefix())
          && next.folder().equals(before.folder())) {
        warnings.add(
            "%s: no %s between %s and %s"
                .formatted(
                    where,
                    missing == 1 ? "shard" : missing + " shards",
                    before.file().getFileName(),
                    next.file().getFileName()));
      }
    }
  }

  /** Shards by split; all of them train where no name says a split. */
  private Map<Split, List<Numbered>> splits() {
    Map<Split, List<Numbered>> found = new EnumMap<>(Split.class);
    List<String> others = new ArrayList<>();
    for (Numbered shard : shards) {
      Optional<Split> split = shard.split();
      if (split.isPresent()) {
        found.computeIfAbsent(split.get(), s -> new ArrayList<>()).add(shard);
      } else {
        others.add(String.valueOf(shard.file().getFileName()));
      }
    }
    if (found.isEmpty()) {
      found.put(Split.TRAIN, shards);
    } else if (!others.isEmpty()) {
      warnings.add(
          "%s: %d %s left out, for being neither train, val nor test: %s"
              .formatted(
                  where,
                  others.size(),
                  others.size() == 1 ? "shard is" : "shards are",
                  ClassFolders.some(others)));
    }
    return found;
  }

  /** Says which shards break off, and refuses too many. */
  private List<String> bearCut(List<IndexedShard> indexed) {
    List<IndexedShard> cut = indexed.stream().filter(s -> !s.index().broke().isEmpty()).toList();
    if (cut.size() > around.cutShards()) {
      throw new LinnetException(
          "%s%s; fetch or write it again, or go on with what is whole: max_bad.shards %d"
              .formatted(
                  cut.get(0).cut(),
                  cut.size() == 1
                      ? ""
                      : ", and %d of the other %d shards %s broken too"
                          .formatted(
                              cut.size() - 1, indexed.size() - 1, cut.size() == 2 ? "is" : "are"),
                  cut.size()));
    }
    List<String> lines = cut.stream().map(shard -> shard.cut() + " (the rest is skipped)").toList();
    warnings.addAll(lines);
    return lines;
  }

  /** The classes, and the label of every picture of the tree. */
  private static final class Labels {
    final List<String> classes;
    final int[] of;

    Labels(List<String> classes, int[] of) {
      this.classes = classes;
      this.of = of;
    }
  }

  private Labels labels(List<Numbered> used, List<IndexedShard> indexed, List<String> names) {
    Map<String, Integer> labelOf = new HashMap<>();
    Map<String, Supplier<String>> first = new LinkedHashMap<>();
    int count = 0;
    for (IndexedShard shard : indexed) {
      for (ShardIndex.Sample sample : shard.index().samples()) {
        first.putIfAbsent(sample.label(), () -> shard.file() + "/" + OneLine.of(sample.path()));
        count++;
      }
    }
    List<String> classes =
        first.keySet().stream().allMatch(label -> NUMBER.matcher(label).matches())
            ? numbered(first, labelOf, names)
            : named(used, indexed, first, labelOf);
    int[] of = new int[count];
    int i = 0;
    for (IndexedShard shard : indexed) {
      for (ShardIndex.Sample sample : shard.index().samples()) {
        of[i++] = labelOf.getOrDefault(sample.label(), 0);
      }
    }
    return new Labels(classes, of);
  }

  private List<String> numbered(
      Map<String, Supplier<String>> first, Map<String, Integer> labelOf, List<String> names) {
    List<String> written = written();
    List<String> classes = written.isEmpty() ? names : written;
    int most = 0;
    for (Map.Entry<String, Supplier<String>> label : first.entrySet()) {
      int number = Integer.parseInt(label.getKey());
      int allowed = classes.isEmpty() ? MOST_CLASSES : classes.size();
      if (number >= allowed) {
        throw new LinnetException(
            "%s: has the label %d; must be in [0, %d)%s"
                .formatted(
                    label.getValue().get(),
                    number,
                    allowed,
                    written.isEmpty() ? "" : ", the lines of classes.txt"));
      }
      labelOf.put(label.getKey(), number);
      most = Math.max(most, number);
    }
    if (!classes.isEmpty()) {
      return classes;
    }
    List<String> own = new ArrayList<>();
    for (int i = 0; i <= most; i++) {
      own.add(String.valueOf(i));
    }
    return own;
  }

  private List<String> named(
      List<Numbered> used,
      List<IndexedShard> indexed,
      Map<String, Supplier<String>> first,
      Map<String, Integer> labelOf) {
    Map<Split, TreeSet<String>> bySplit = new EnumMap<>(Split.class);
    for (int i = 0; i < used.size(); i++) {
      TreeSet<String> there =
          bySplit.computeIfAbsent(used.get(i).split().orElse(Split.TRAIN), s -> new TreeSet<>());
      indexed.get(i).index().samples().forEach(sample -> there.add(sample.label()));
    }
    TreeSet<String> all = new TreeSet<>(first.keySet());
    TreeSet<String> train = bySplit.getOrDefault(Split.TRAIN, all);
    for (String name : all) {
      if (!train.contains(name)) {
        throw new LinnetException(
            "%s: has the class \"%s\", which train has not; %s"
                .formatted(
                    first.getOrDefault(name, () -> where).get(),
                    OneLine.of(name),
                    Nearest.didYouMean(name, train, "add it to train or take it out")));
      }
    }
    for (String name : train) {
      labelOf.put(name, labelOf.size());
    }
    return List.copyOf(train);
  }

  /** The lines of a file of names beside the shards. */
  private List<String> written() {
    Set<Path> folders = new HashSet<>();
    for (Numbered shard : shards) {
      Path folder = shard.file().toAbsolutePath().getParent();
      if (folder != null) {
        folders.add(folder);
        Path above = folder.getParent();
        if (!shard.folder().isEmpty() && above != null) {
          folders.add(above);
        }
      }
    }
    for (Path folder : new TreeSet<>(folders)) {
      for (String name : List.of("classes.txt", "classnames.txt")) {
        Path file = folder.resolve(name);
        if (Files.isRegularFile(file)) {
          return lines(file);
        }
      }
    }
    return List.of();
  }

  private static List<String> lines(Path file) {
    try {
      if (Files.size(file) > 1 << 26) {
        throw new IOException("%d bytes are no list of names".formatted(Files.size(file)));
      }
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .toList();
    } catch (IOException e) {
      throw new LinnetException("%s: cannot be read (%s)".formatted(file, AtomicFile.reason(e)), e);
    }
  }
}
