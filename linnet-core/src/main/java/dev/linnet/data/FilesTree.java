package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Files on disk: all below a folder, or a list of them. */
final class FilesTree implements Tree {
  private final Path root;
  private final Disk disk;
  private final String[] paths;
  private final long[] lengths;
  private final boolean isKept;
  private final List<String> emptyFolders;
  private final List<String> warnings;

  private FilesTree(Path root, Disk disk, Listing listing, List<String> emptyFolders) {
    List<Entry> entries = listing.entries();
    this.root = root;
    this.disk = disk;
    this.paths = new String[entries.size()];
    this.lengths = new long[paths.length];
    for (int i = 0; i < paths.length; i++) {
      paths[i] = entries.get(i).path();
      lengths[i] = entries.get(i).length();
    }
    this.emptyFolders = emptyFolders;
    this.warnings = List.copyOf(listing.warnings());
    this.isKept = listing.isKept();
  }

  /** A file below the root. */
  record Entry(String path, long length) {}

  /**
   * A folder below the root, or the root itself.
   *
   * @param path empty for the root
   * @param modified when something in it was added, removed or renamed, in ns since 1970; {@link
   *     #UNSETTLED} where that was just now, so that another change would not show
   */
  record Folder(String path, long modified) {
    static final long UNSETTLED = Long.MIN_VALUE;
    private static final long SETTLES = TimeUnit.SECONDS.toNanos(3);

    /** A folder about to be listed. */
    static Folder of(String path, FileTime time) {
      long now = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
      long modified = time.to(TimeUnit.NANOSECONDS);
      return new Folder(path, modified > now - SETTLES ? UNSETTLED : modified);
    }
  }

  /**
   * What lies below a root.
   *
   * @param entries sorted by path
   * @param folders the root first
   * @param warnings what was skipped, one line each
   * @param isKept whether lengths may be those of an earlier time
   */
  record Listing(List<Entry> entries, List<Folder> folders, List<String> warnings, boolean isKept) {
    Listing(List<Entry> entries, List<Folder> folders, List<String> warnings) {
      this(entries, folders, warnings, false);
    }

    /** The same from an index. */
    Listing kept() {
      return new Listing(entries, folders, warnings, true);
    }

    List<String> emptyFolders() {
      Set<String> filled = new HashSet<>();
      String last = "";
      for (Entry entry : entries) {
        int slash = entry.path().lastIndexOf('/');
        boolean same = slash == last.length() && entry.path().startsWith(last);
        if (slash > 0 && !same) {
          last = entry.path().substring(0, slash);
          for (int at = slash; at > 0 && filled.add(entry.path().substring(0, at)); ) {
            at = entry.path().lastIndexOf('/', at - 1);
          }
        }
      }
      return folders.stream()
          .map(Folder::path)
          .filter(folder -> !folder.isEmpty() && !filled.contains(folder))
          .sorted()
          .toList();
    }
  }

  /**
   * All files below a folder. Links are followed; a link that leads back up is skipped and said.
   *
   * @throws LinnetException if a folder cannot be read
   */
  static FilesTree below(Path root, Disk disk) {
    return of(root, disk, list(root));
  }

  /** The files of a listing. */
  static FilesTree of(Path root, Disk disk, Listing listing) {
    return new FilesTree(root, disk, listing, listing.emptyFolders());
  }

  /**
   * Lists all files below a folder.
   *
   * @throws LinnetException if a folder cannot be read
   */
  static Listing list(Path root) {
    Walk walk = new Walk(root);
    try {
      Files.walkFileTree(root, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, walk);
    } catch (IOException e) {
      throw Walk.unreadable(root, e);
    }
    walk.entries.sort(Comparator.comparing(Entry::path));
    return new Listing(walk.entries, walk.folders, walk.warnings());
  }

  /** The given files in the given order; paths are relative to the root, or absolute. */
  static FilesTree of(Path root, Disk disk, List<Entry> entries) {
    return new FilesTree(root, disk, new Listing(entries, List.of(), List.of()), List.of());
  }

  @Override
  public int count() {
    return paths.length;
  }

  @Override
  public String path(int file) {
    return paths[file];
  }

  @Override
  public long length(int file) {
    return lengths[file];
  }

  @Override
  public long lengthNow(int file) {
    try {
      return isKept ? Files.size(root.resolve(paths[file])) : lengths[file];
    } catch (IOException e) {
      return lengths[file]; // who reads it says so
    }
  }

  @Override
  public byte[] read(int file) throws IOException {
    return disk.read(root.resolve(paths[file]), 0, -1);
  }

  @Override
  public String where(int file) {
    return root.resolve(paths[file]).toString();
  }

  @Override
  public String where() {
    return root.toString();
  }

  @Override
  public Optional<Path> file(int file) {
    return Optional.of(root.resolve(paths[file]));
  }

  @Override
  public List<String> emptyFolders() {
    return emptyFolders;
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }

  /** Collects the files of a folder. */
  static final class Walk extends SimpleFileVisitor<Path> {
    final List<Entry> entries = new ArrayList<>();
    private final Path root;
    private final List<String> loops = new ArrayList<>();
    private final List<String> dangling = new ArrayList<>();
    private final List<String> special = new ArrayList<>();
    final List<Folder> folders = new ArrayList<>();

    Walk(Path root) {
      this.root = root;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      boolean isRoot = folder.equals(root);
      if (!isRoot && isHidden(folder)) {
        return FileVisitResult.SKIP_SUBTREE;
      }
      folders.add(Folder.of(isRoot ? "" : relative(folder), attributes.lastModifiedTime()));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (isHidden(file)) {
        return FileVisitResult.CONTINUE;
      }
      if (!attributes.isRegularFile()) {
        (attributes.isSymbolicLink() ? dangling : special).add(relative(file));
        return FileVisitResult.CONTINUE;
      }
      entries.add(new Entry(relative(file), attributes.size()));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (isHidden(file)) {
        return FileVisitResult.CONTINUE;
      }
      if (e instanceof FileSystemLoopException) {
        loops.add(relative(file));
        return FileVisitResult.CONTINUE;
      }
      throw unreadable(file, e);
    }

    @Override
    public FileVisitResult postVisitDirectory(
        Path folder, @org.jspecify.annotations.Nullable IOException e) throws IOException {
      if (e != null) {
        throw unreadable(folder, e);
      }
      return FileVisitResult.CONTINUE;
    }

    List<String> warnings() {
      List<String> warnings = new ArrayList<>();
      skipped(warnings, loops, "link that leads back up is", "links that lead back up are");
      skipped(warnings, dangling, "link to nothing is", "links to nothing are");
      skipped(
          warnings,
          special,
          "file that is no regular one is",
          "files that are no regular ones are");
      return warnings;
    }

    private void skipped(List<String> warnings, List<String> files, String one, String many) {
      if (!files.isEmpty()) {
        warnings.add(
            "%s: %d %s skipped: %s"
                .formatted(
                    root,
                    files.size(),
                    files.size() == 1 ? one : many,
                    ClassFolders.some(files.stream().sorted().toList())));
      }
    }

    static LinnetException unreadable(Path file, IOException e) {
      return new LinnetException(
          "%s: cannot be read (%s); allow reading it, or take it out of the data set"
              .formatted(file, AtomicFile.reason(e)),
          e);
    }

    private static boolean isHidden(Path file) {
      Path name = file.getFileName();
      return name != null && Tree.isHidden(name.toString());
    }

    private String relative(Path file) {
      String path = root.relativize(file).toString();
      return File.separatorChar == '/' ? path : path.replace(File.separatorChar, '/');
    }
  }
}
