package dev.linnet.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Files under relative paths, sorted by path, whatever holds them: a folder, a tar, the jar. Hidden
 * files are not in it.
 *
 * <p>Any thread may read; no file stays open.
 */
interface Tree {
  /** Number of files. */
  int count();

  /** The path of a file inside the tree, parts separated by {@code /}. */
  String path(int file);

  /** Length of a file in bytes, as the tree's index has it. */
  long length(int file);

  /** The same where the index is of an earlier time: as the file is now. */
  default long lengthNow(int file) {
    return length(file);
  }

  /** All of a file. */
  byte[] read(int file) throws IOException;

  /** What to call a file in a message. */
  String where(int file);

  /** What to call the tree in a message. */
  String where();

  /** The file on disk, where it is one of its own. */
  default Optional<Path> file(int file) {
    return Optional.empty();
  }

  /** What a picture is, where the index of the tree has it. */
  default Optional<PictureInfo> info(int file) {
    return Optional.empty();
  }

  /** How the files lie in shards, where they do. */
  default Optional<Shards> layout() {
    return Optional.empty();
  }

  /** Folders without any file below them; only folders on disk know them. */
  default List<String> emptyFolders() {
    return List.of();
  }

  /** What was noticed while the tree was read, one line each. */
  List<String> warnings();

  /** Files and folders that systems leave behind, and everything whose name begins with a dot. */
  static boolean isHidden(String name) {
    if (name.startsWith(".")) {
      return true;
    }
    for (String left : LEFT_BEHIND) {
      if (left.equalsIgnoreCase(name)) {
        return true;
      }
    }
    return false;
  }

  /** In any case of their letters. */
  List<String> LEFT_BEHIND = List.of("__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini");
}
