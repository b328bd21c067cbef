package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Opens what {@code --data} names: a name of the catalog, a folder or a file. */
public final class DataSources {
  private final Catalog catalog;
  private final Disk disk;
  private final ClassRule classes;
  private final Indexes indexes;
  private final int cutShards;

  DataSources(Catalog catalog, Disk disk) {
    this.catalog = catalog;
    this.disk = disk;
    this.classes = ClassRule.USUAL;
    this.indexes = Indexes.NONE;
    this.cutShards = 0;
  }

  private DataSources(DataOptions options) {
    this.catalog = Catalog.STANDARD;
    this.disk = Disk.REAL;
    this.classes = options.classes();
    Indexes kept = Indexes.in(options.places().cache());
    this.indexes = options.isAnew() ? kept.renewed() : kept;
    this.cutShards = options.cutShards();
  }

  /**
   * Opens a data set. A name of the catalog comes before a folder of that name in the working
   * directory, which is written {@code ./NAME}; other names are looked up in {@code LINNET_DATA}
   * too.
   *
   * @param nameOrPath such as {@code cifar10}, {@code photos/}, {@code list.csv} or, for shards
   *     among other files, {@code train-{000..146}.tar}
   * @throws LinnetException if nothing is there, it is no data set, or a download failed
   */
  public static DataSource open(String nameOrPath, DataOptions options) {
    return new DataSources(options).openNamed(nameOrPath, options);
  }

  DataSource openNamed(String nameOrPath, DataOptions options) {
    Optional<Catalog.Entry> entry = catalog.find(nameOrPath);
    if (entry.isPresent()) {
      return openEntry(entry.get(), options);
    }
    Path path = path(nameOrPath);
    if (!Files.exists(path) && Braces.isIn(nameOrPath)) {
      List<Path> shards = Braces.expand(nameOrPath).stream().map(DataSources::path).toList();
      return DataSource.of(nameOrPath, webDataset(nameOrPath, shards, List.of()), options);
    }
    if (!Files.exists(path)) {
      path =
          inData(nameOrPath, options.places())
              .orElseThrow(
                  () ->
                      new LinnetException(
                          "%s: no such folder, file or data set; %s"
                              .formatted(
                                  nameOrPath,
                                  Nearest.didYouMean(
                                      nameOrPath,
                                      catalog.names(),
                                      "known by name are " + String.join(", ", catalog.names())))));
    }
    return DataSource.of(nameOrPath, recognize(path, List.of(), options.boxes()), options);
  }

  private DataSource openEntry(Catalog.Entry entry, DataOptions options) {
    Recognized found;
    if (entry.isBuiltIn()) {
      found = Idx.read(Catalog.digits(), entry.classes());
    } else {
      Path path = catalog.locate(entry, options.places(), options.downloads());
      found = recognize(path, entry.classes(), options.boxes());
    }
    if (Files.isDirectory(Path.of(entry.name()))) {
      found =
          found.with(
              "%s: the data set of that name; for the folder write ./%s"
                  .formatted(entry.name(), entry.name()));
    }
    return DataSource.of(entry.name(), found, options);
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new LinnetException(
          "%s: is no path on this system (%s); where its letters are the trouble, set LC_ALL=C.UTF-8"
              .formatted(text, e.getReason()),
          e);
    }
  }

  private static Optional<Path> inData(String name, Places places) {
    return places.data().stream().map(data -> data.resolve(name)).filter(Files::exists).findFirst();
  }

  /**
   * Looks at what lies at a path.
   *
   * @param names of the classes, where neither folders nor files say them
   * @param boxes what becomes of boxes
   */
  Recognized recognize(Path path, List<String> names, Boxes boxes) {
    try {
      return Files.isDirectory(path) ? folder(path, names, boxes) : file(path, names, boxes);
    } catch (IOException e) {
      throw new LinnetException("%s: cannot be read (%s)".formatted(path, AtomicFile.reason(e)), e);
    }
  }

  private Recognized file(Path path, List<String> names, Boxes boxes) throws IOException {
    String name = String.valueOf(path.getFileName());
    if (Manifest.isNamedManifest(name)) {
      return Manifest.read(path, disk, classes);
    }
    if (TarReader.isNamedTar(name) || TarReader.packing(path).isPresent()) {
      if (WebDataset.isIn(path)) {
        return webDataset(path.toString(), List.of(path), names);
      }
      Recognized found = tree(TarReader.read(path, disk), names, boxes);
      return found.withLayout(found.layout() + " in a tar");
    }
    if (ZipReader.isZip(path)) {
      Recognized found = tree(ZipReader.read(path, disk), names, boxes);
      return found.withLayout(found.layout() + " in a zip");
    }
    String instead =
        Idx.isNamedIdx(name)
            ? "name the folder that it lies in"
            : "must be a folder, a .tar, .tar.gz, .tar.zst or .zip, or a manifest (.csv, .jsonl)";
    throw new LinnetException("%s: is no data set; %s".formatted(path, instead));
  }

  private Recognized folder(Path folder, List<String> names, Boxes boxes) throws IOException {
    List<Path> inside;
    try (Stream<Path> listed = Files.list(folder)) {
      inside =
          listed.filter(p -> !Tree.isHidden(String.valueOf(p.getFileName()))).sorted().toList();
    }
    if (inside.isEmpty()) {
      throw new LinnetException(
          folder + ": is empty; put class folders into it: CLASS/picture.jpg");
    }
    List<Path> archives = inside.stream().filter(DataSources::isArchive).toList();
    if (!archives.isEmpty() && inside.stream().noneMatch(Files::isDirectory)) {
      return archives(folder, archives, names, boxes);
    }
    if (archives.isEmpty()) {
      List<Path> below = WebDataset.inSplits(inside);
      if (!below.isEmpty() && WebDataset.isIn(below.get(0))) {
        return webDataset(folder.toString(), below, names);
      }
    }
    return tree(FilesTree.of(folder, disk, FolderIndex.list(folder, indexes)), names, boxes);
  }

  private Recognized webDataset(String where, List<Path> shards, List<String> names) {
    return WebDataset.read(where, shards, names, new WebDataset.Around(disk, indexes, cutShards));
  }

  static boolean isArchive(Path file) {
    return Files.isRegularFile(file) && TarReader.isNamedTar(String.valueOf(file.getFileName()));
  }

  /** A tar for each split, or one for all. */
  private Recognized archives(Path folder, List<Path> archives, List<String> names, Boxes boxes)
      throws IOException {
    if (WebDataset.isIn(archives.get(0))) {
      return webDataset(folder.toString(), archives, names);
    }
    List<String> stems =
        archives.stream().map(a -> TarReader.stem(String.valueOf(a.getFileName()))).toList();
    boolean each = stems.stream().allMatch(stem -> Split.of(stem).isPresent());
    if (each) {
      List<Tree> trees = new ArrayList<>();
      for (Path archive : archives) {
        trees.add(TarReader.read(archive, disk));
      }
      Recognized found = tree(PackedTree.union(folder.toString(), stems, trees), names, boxes);
      return found.withLayout("a tar of class folders for each split");
    }
    if (archives.size() > 1) {
      throw new LinnetException(
          "%s: holds several archives (%s); name one, or call them train, val and test"
              .formatted(
                  folder,
                  ClassFolders.some(
                      archives.stream().map(a -> String.valueOf(a.getFileName())).toList())));
    }
    return recognize(archives.get(0), names, boxes);
  }

  private Recognized tree(Tree tree, List<String> names, Boxes boxes) {
    if (Idx.isIn(tree)) {
      return Idx.read(tree, classes(tree, names));
    }
    if (Cifar.isIn(tree)) {
      return Cifar.read(tree, classes(tree, names));
    }
    if (PascalVoc.isIn(tree)) {
      return PascalVoc.read(tree).labelled(boxes);
    }
    if (Coco.isIn(tree)) {
      return Coco.read(tree).labelled(boxes);
    }
    return ClassFolders.read(tree, classes);
  }

  private static List<String> classes(Tree tree, List<String> names) {
    List<String> written = NamedFiles.lines(tree, List.of("classes.txt"));
    return written.isEmpty() ? names : written;
  }
}
