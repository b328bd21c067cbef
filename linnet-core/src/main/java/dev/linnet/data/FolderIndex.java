package dev.linnet.data;

import dev.linnet.data.FilesTree.Entry;
import dev.linnet.data.FilesTree.Folder;
import dev.linnet.data.FilesTree.Listing;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The listing of a folder with many files, kept from one time to the next.
 *
 * <p>Adding, removing and renaming a file changes the time of its folder: a folder whose time is
 * the same is not listed again, one whose time is another is. Where folders themselves came or
 * went, or there are links that lead nowhere, all is listed again. That a file was overwritten
 * where it lies changes no folder: it is read as it is, and who needs its length asks for it anew
 * ({@link Listing#isKept}).
 */
final class FolderIndex {
  /** Fewer files are listed faster than it is worth to keep. */
  static final int WORTH = 10_000;

  private static final String KIND = "files-1";

  private FolderIndex() {}

  /**
   * Lists all files below a folder, with the help of what is kept of it.
   *
   * @throws dev.linnet.base.LinnetException if a folder cannot be read
   */
  static Listing list(Path root, Indexes indexes) {
    return list(root, indexes, WORTH);
  }

  static Listing list(Path root, Indexes indexes, int worth) {
    String place = root.toAbsolutePath().normalize().toString();
    Optional<Listing> kept = indexes.read(KIND, place).flatMap(FolderIndex::parse);
    Optional<Listing> current = kept.flatMap(old -> renewed(root, old));
    Listing listing = current.isPresent() ? current.get() : FilesTree.list(root);
    boolean isNew = current.isEmpty() || !current.get().folders().equals(kept.get().folders());
    if (isNew && listing.entries().size() >= worth && listing.warnings().isEmpty()) {
      indexes.write(KIND, place, bytes(listing));
    }
    return listing;
  }

  /** What was kept with the folders that changed listed again; none where that is not enough. */
  private static Optional<Listing> renewed(Path root, Listing old) {
    List<Folder> folders = new ArrayList<>();
    Set<String> changed = new HashSet<>();
    try {
      for (Folder folder : old.folders()) {
        Path path = root.resolve(folder.path());
        Folder now = Folder.of(folder.path(), Files.getLastModifiedTime(path));
        folders.add(now);
        if (now.modified() != folder.modified() || now.modified() == Folder.UNSETTLED) {
          changed.add(folder.path());
        }
      }
      if (changed.size() > old.folders().size() / 2) {
        return Optional.empty();
      }
      return changed.isEmpty()
          ? Optional.of(old)
          : listed(root, old, changed).map(all -> new Listing(all, folders, List.of()).kept());
    } catch (IOException | DirectoryIteratorException e) {
      return Optional.empty(); // a folder is gone, or cannot be read: who lists all says so
    }
  }

  private static Optional<List<Entry>> listed(Path root, Listing old, Set<String> changed)
      throws IOException {
    Map<String, Set<String>> inside = new HashMap<>();
    for (Folder folder : old.folders()) {
      int slash = folder.path().lastIndexOf('/');
      String above = slash < 0 ? "" : folder.path().substring(0, slash);
      if (!folder.path().isEmpty()) {
        inside.computeIfAbsent(above, f -> new HashSet<>()).add(folder.path());
      }
    }
    List<Entry> entries = new ArrayList<>(old.entries().size());
    for (Entry entry : old.entries()) {
      int slash = entry.path().lastIndexOf('/');
      if (!changed.contains(slash < 0 ? "" : entry.path().substring(0, slash))) {
        entries.add(entry);
      }
    }
    for (String folder : changed) {
      Set<String> below = new HashSet<>();
      if (!add(root, folder, entries, below)
          || !below.equals(inside.getOrDefault(folder, Set.of()))) {
        return Optional.empty();
      }
    }
    entries.sort(Comparator.comparing(Entry::path));
    return Optional.of(entries);
  }

  /** Lists one folder; false where something in it is neither file nor folder. */
  private static boolean add(Path root, String folder, List<Entry> entries, Set<String> below)
      throws IOException {
    try (DirectoryStream<Path> inside = Files.newDirectoryStream(root.resolve(folder))) {
      for (Path path : inside) {
        String name = String.valueOf(path.getFileName());
        if (Tree.isHidden(name)) {
          continue;
        }
        String relative = folder.isEmpty() ? name : folder + "/" + name;
        BasicFileAttributes is = Files.readAttributes(path, BasicFileAttributes.class);
        if (is.isDirectory()) {
          below.add(relative);
        } else if (is.isRegularFile()) {
          entries.add(new Entry(relative, is.size()));
        } else {
          return false;
        }
      }
    }
    return true;
  }

  /** Folder by folder: its path, its time, and the names and lengths of its files. */
  private static byte[] bytes(Listing listing) {
    Map<String, List<Entry>> files = new HashMap<>();
    for (Entry entry : listing.entries()) {
      int slash = entry.path().lastIndexOf('/');
      files
          .computeIfAbsent(
              slash < 0 ? "" : entry.path().substring(0, slash), f -> new ArrayList<>())
          .add(entry);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(listing.folders().size());
      for (Folder folder : listing.folders()) {
        write(out, folder.path());
        out.writeLong(folder.modified());
        List<Entry> inside = files.getOrDefault(folder.path(), List.of());
        out.writeInt(inside.size());
        for (Entry entry : inside) {
          write(out, entry.path().substring(entry.path().lastIndexOf('/') + 1));
          out.writeLong(entry.length());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] utf = text.getBytes(StandardCharsets.UTF_8);
    out.writeShort(utf.length);
    out.write(utf);
  }

  /** Reads what was written and trusts none of it. */
  private static Optional<Listing> parse(ByteBuffer in) {
    try {
      List<Folder> folders = new ArrayList<>();
      List<Entry> entries = new ArrayList<>();
      for (int left = in.getInt(); left > 0; left--) {
        String path = text(in);
        if (path.startsWith("/") || List.of(path.split("/", -1)).contains("..")) {
          return Optional.empty();
        }
        folders.add(new Folder(path, in.getLong()));
        String begin = path.isEmpty() ? "" : path + "/";
        for (int files = in.getInt(); files > 0; files--) {
          String name = text(in);
          if (name.indexOf('/') >= 0 || Tree.isHidden(name) || name.isEmpty()) {
            return Optional.empty();
          }
          entries.add(new Entry(begin.concat(name), in.getLong()));
        }
      }
      entries.sort(Comparator.comparing(Entry::path));
      return folders.isEmpty() || in.hasRemaining()
          ? Optional.empty()
          : Optional.of(new Listing(entries, folders, List.of()).kept());
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String text(ByteBuffer in) {
    int length = Short.toUnsignedInt(in.getShort());
    if (length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    String text =
        new String(in.array(), in.arrayOffset() + in.position(), length, StandardCharsets.UTF_8);
    in.position(in.position() + length);
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("no path has a NUL");
    }
    return text;
  }
}
