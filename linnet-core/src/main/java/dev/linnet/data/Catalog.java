package dev.linnet.data;

import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.base.internal.Fetch;
import dev.linnet.base.internal.FetchException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The data sets that are known by name, and where each comes from. A name is looked up in {@code
 * LINNET_DATA}, in the cache, where a system package puts it, and then fetched from its publisher.
 */
public final class Catalog {
  private static final String MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/";
  private static final String FASHION =
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/";
  private static final String TORONTO = "https://www.cs.toronto.edu/~kriz/";
  private static final List<String> FASHION_CLASSES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  /** The names that Linnet knows; addresses and checksums are those that torchvision uses. */
  public static final Catalog STANDARD =
      new Catalog(
          List.of(
              Entry.builtIn("digits", "10,000 + 2,000 digits of MNIST, 28x28, in the jar"),
              Entry.of("mnist", "60,000 + 10,000 handwritten digits, 28x28 grey")
                  .withFolders("MNIST/raw")
                  .withRemotes(
                      idx(
                          MNIST,
                          "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                          "d53e105ee54ea40749a09fcbcd1e9432",
                          "9fb629c4189551a2d022fa330f9573f3",
                          "ec29112dd5afa0611ce80d1b7f02629c")),
              Entry.of("fashion-mnist", "60,000 + 10,000 pieces of clothing, 28x28 grey")
                  .withFolders("FashionMNIST/raw")
                  .withClasses(FASHION_CLASSES)
                  .withRemotes(
                      idx(
                          FASHION,
                          "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                          "25c81989df183df01b3e8a0aad5dffbe",
                          "bef4ecab320f06d8554ea6380940ec79",
                          "bb300cfdad3c16e7a12a480ee83cd310")),
              Entry.of("cifar10", "50,000 + 10,000 photos of 10 classes, 32x32")
                  .withFolders("cifar-10-batches-bin")
                  .withRemotes(
                      List.of(
                          new Remote(
                              URI.create(TORONTO + "cifar-10-binary.tar.gz"),
                              "c32a1d4ab5d03f1284b67883e8d87530",
                              Remote.Then.GUNZIP))),
              Entry.of("cifar100", "50,000 + 10,000 photos of 100 classes, 32x32")
                  .withFolders("cifar-100-binary")
                  .withRemotes(
                      List.of(
                          new Remote(
                              URI.create(TORONTO + "cifar-100-binary.tar.gz"),
                              "03b5dce01913d631647c71ecec9e9cb8",
                              Remote.Then.GUNZIP))),
              Entry.of("eurosat", "27,000 satellite photos of 10 kinds of land, 64x64")
                  .withPut("the unpacked EuroSAT.zip of zenodo.org/records/7711810"),
              Entry.of("flowers102", "8,189 photos of 102 flowers")
                  .withPut(
                      "class folders of the photos of"
                          + " www.robots.ox.ac.uk/~vgg/data/flowers/102, or a manifest"),
              Entry.of("food101", "101,000 photos of 101 dishes")
                  .withPut(
                      "train/ and test/ with class folders, of the photos of"
                          + " data.vision.ee.ethz.ch/cvl/datasets_extra/food-101"),
              Entry.of("imagenette", "9,469 + 3,925 photos of 10 ImageNet classes")
                  .withFolders("imagenette2", "imagenette2-320", "imagenette2-160")
                  .withRemotes(
                      List.of(
                          new Remote(
                              URI.create(
                                  "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-320.tgz"),
                              "3df6f0d01a2c9592104656642f5e78a3",
                              Remote.Then.GUNZIP))),
              Entry.of("imagenet", "1,281,167 + 50,000 photos of 1,000 classes")
                  .withFolders("ILSVRC2012", "ILSVRC/Data/CLS-LOC")
                  .withPut(
                      "train/ and val/ with a folder for each WordNet id, as image-net.org hands"
                          + " them out")));

  private final List<Entry> entries;

  Catalog(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /**
   * A data set of the catalog.
   *
   * @param name what {@code --data} takes
   * @param about its pictures in a few words
   * @param folders where it may lie below {@code LINNET_DATA} and the cache, its name first
   * @param classes names of the classes where its files do not say them
   * @param remotes its files at its publisher; none where it is not fetched
   * @param put what to put into a folder of that name where it is not fetched
   */
  record Entry(
      String name,
      String about,
      List<String> folders,
      List<String> classes,
      List<Remote> remotes,
      String put) {
    Entry {
      folders = List.copyOf(folders);
      classes = List.copyOf(classes);
      remotes = List.copyOf(remotes);
    }

    static Entry of(String name, String about) {
      return new Entry(name, about, List.of(name), List.of(), List.of(), "");
    }

    static Entry builtIn(String name, String about) {
      return new Entry(name, about, List.of(), List.of(), List.of(), "");
    }

    Entry withFolders(String... more) {
      List<String> all = Stream.concat(folders.stream(), Stream.of(more)).toList();
      return new Entry(name, about, all, classes, remotes, put);
    }

    Entry withClasses(List<String> names) {
      return new Entry(name, about, folders, names, remotes, put);
    }

    Entry withRemotes(List<Remote> files) {
      return new Entry(name, about, folders, classes, files, put);
    }

    Entry withPut(String what) {
      return new Entry(name, about, folders, classes, remotes, what);
    }

    boolean isBuiltIn() {
      return folders.isEmpty();
    }

    /** What to put into its folder, in words. */
    String toPut() {
      return put.isEmpty()
          ? remotes.stream()
                  .map(Remote::fileName)
                  .reduce((a, b) -> a + ", " + b)
                  .orElse("its pictures")
              + ", or class folders"
          : put;
    }
  }

  /**
   * A file at a publisher.
   *
   * @param source its address
   * @param md5 its checksum, in hexadecimal, as the publisher or torchvision gives it
   * @param then what is done with it once it is there
   */
  record Remote(URI source, String md5, Then then) {
    /** What is done with a file once it is there. */
    enum Then {
      KEEP,
      /** Decompressed, so that the tar is read in place without being held in memory. */
      GUNZIP
    }

    String fileName() {
      String path = source.getPath();
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }

  /** Where a data set of the catalog is. */
  public enum State {
    /** In the jar. */
    BUILT_IN,
    /** On this machine. */
    FOUND,
    /** It will be fetched when it is used. */
    FETCHED_ON_USE,
    /** It has to be put there by hand. */
    MISSING
  }

  /**
   * A line of {@code data list}.
   *
   * @param name what {@code --data} takes
   * @param about its pictures in a few words
   * @param state where it is
   * @param where its place, or what to do; empty for what is built in
   */
  public record Listed(String name, String about, State state, String where) {}

  /** All data sets of the catalog, and where each is on this machine. Fetches nothing. */
  public List<Listed> list(Places places) {
    return entries.stream().map(entry -> listed(entry, places)).toList();
  }

  private Listed listed(Entry entry, Places places) {
    if (entry.isBuiltIn()) {
      return new Listed(entry.name(), entry.about(), State.BUILT_IN, "");
    }
    Optional<Path> found = lookUp(entry, places);
    if (found.isPresent()) {
      return new Listed(entry.name(), entry.about(), State.FOUND, found.get().toString());
    }
    if (!entry.remotes().isEmpty()) {
      String source = entry.remotes().get(0).source().toString();
      return new Listed(entry.name(), entry.about(), State.FETCHED_ON_USE, source);
    }
    return new Listed(
        entry.name(),
        entry.about(),
        State.MISSING,
        "put " + entry.toPut() + " into " + target(entry, places));
  }

  /** The names, in the catalog's order. */
  public List<String> names() {
    return entries.stream().map(Entry::name).toList();
  }

  Optional<Entry> find(String name) {
    return entries.stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /**
   * Finds a data set or fetches it.
   *
   * @throws LinnetException if it is nowhere; says where it was looked for and what to put there
   */
  Path locate(Entry entry, Places places, DownloadListener listener) {
    Optional<Path> found = lookUp(entry, places);
    if (found.isPresent()) {
      return found.get();
    }
    if (entry.remotes().isEmpty()) {
      throw missing(entry, places, "it is not fetched for you", null);
    }
    try {
      Fetch fetch = new Fetch(places.proxies(), Fetch.SILENCE);
      return new Download(fetch, listener).fetch(entry, places.cache().resolve(entry.name()));
    } catch (FetchException e) {
      throw missing(entry, places, String.valueOf(e.getMessage()), e);
    }
  }

  private static LinnetException missing(
      Entry entry, Places places, String why, @org.jspecify.annotations.Nullable Exception cause) {
    List<String> looked = new ArrayList<>();
    looked.add(
        places.data().isEmpty()
            ? "LINNET_DATA (not set)"
            : places.data().get(0).resolve(entry.name()) + " (LINNET_DATA)");
    looked.add(places.cache().resolve(entry.name()).toString());
    places.system().forEach(system -> looked.add(system.resolve(entry.name()).toString()));
    return new LinnetException(
        "%s: not found; looked for %s; %s; put %s into %s"
            .formatted(
                entry.name(), String.join(", ", looked), why, entry.toPut(), target(entry, places)),
        cause);
  }

  private static Path target(Entry entry, Places places) {
    Path base = places.data().isEmpty() ? places.cache() : places.data().get(0);
    return base.resolve(entry.name());
  }

  private static Optional<Path> lookUp(Entry entry, Places places) {
    Stream<Path> bases = Stream.concat(places.data().stream(), Stream.of(places.cache()));
    List<Path> candidates = new ArrayList<>();
    bases.forEach(
        base -> {
          entry.folders().forEach(folder -> candidates.add(base.resolve(folder)));
          for (String ending : List.of(".tar", ".tar.gz", ".tgz", ".tar.zst", ".csv", ".jsonl")) {
            candidates.add(base.resolve(entry.name() + ending));
          }
        });
    places.system().forEach(system -> candidates.add(system.resolve(entry.name())));
    return candidates.stream().filter(Catalog::holdsSomething).findFirst();
  }

  private static boolean holdsSomething(Path path) {
    if (!Files.isDirectory(path)) {
      return Files.exists(path);
    }
    try (Stream<Path> inside = Files.list(path)) {
      return inside.anyMatch(p -> !Tree.isHidden(String.valueOf(p.getFileName())));
    } catch (IOException e) {
      return true; // it is there; that it cannot be read is said when it is opened
    }
  }

  private static List<Remote> idx(
      String base, String trainImages, String trainLabels, String testImages, String testLabels) {
    return List.of(
        idxFile(base, "train-images-idx3-ubyte.gz", trainImages),
        idxFile(base, "train-labels-idx1-ubyte.gz", trainLabels),
        idxFile(base, "t10k-images-idx3-ubyte.gz", testImages),
        idxFile(base, "t10k-labels-idx1-ubyte.gz", testLabels));
  }

  private static Remote idxFile(String base, String name, String md5) {
    return new Remote(URI.create(base + name), md5, Remote.Then.KEEP);
  }

  /** The four files of the built-in data set. */
  static Tree digits() {
    return PackedTree.of(
        "digits",
        Stream.of("t10k-images-idx3", "t10k-labels-idx1", "train-images-idx3", "train-labels-idx1")
            .map(name -> name + "-ubyte.gz")
            .map(name -> new PackedTree.Member(name, 0, () -> resource(name)))
            .toList(),
        List.of());
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = Catalog.class.getResourceAsStream("digits/" + name)) {
      if (in == null) {
        throw new FileNotFoundException("the jar lacks " + name);
      }
      return in.readAllBytes();
    }
  }
}
