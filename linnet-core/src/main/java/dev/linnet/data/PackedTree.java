package dev.linnet.data;

import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The members of an archive, each found again by where its bytes lie. */
final class PackedTree implements Tree {
  private final String where;
  private final List<Member> members;
  private final List<String> warnings;

  private PackedTree(String where, List<Member> members, List<String> warnings) {
    this.where = where;
    this.members = members;
    this.warnings = List.copyOf(warnings);
  }

  /** The bytes of a member. */
  @FunctionalInterface
  interface Content {
    /** Reads them all. */
    byte[] read() throws IOException;
  }

  /** A file of the archive. */
  record Member(String path, long length, Content content) {}

  /** The members sorted by path; of several with one path the last counts, as in tar. */
  static PackedTree of(String where, List<Member> members, List<String> warnings) {
    List<Member> sorted = new ArrayList<>(members);
    sorted.sort(Comparator.comparing(Member::path));
    List<Member> unique = new ArrayList<>(sorted.size());
    for (Member member : sorted) {
      int last = unique.size() - 1;
      if (last >= 0 && unique.get(last).path().equals(member.path())) {
        unique.set(last, member);
      } else {
        unique.add(member);
      }
    }
    return new PackedTree(where, unique, warnings);
  }

  /** Several trees side by side, each under a folder of its own. */
  static PackedTree union(String where, List<String> folders, List<Tree> trees) {
    List<Member> members = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    for (int i = 0; i < trees.size(); i++) {
      Tree tree = trees.get(i);
      warnings.addAll(tree.warnings());
      for (int file = 0; file < tree.count(); file++) {
        int index = file;
        members.add(
            new Member(
                folders.get(i) + "/" + tree.path(file), tree.length(file), () -> tree.read(index)));
      }
    }
    return of(where, members, warnings);
  }

  /**
   * The path of a member, made plain.
   *
   * @throws LinnetException if it is absolute or leads out of the archive
   */
  static String safePath(String archive, String name) {
    boolean drive = name.length() >= 2 && name.charAt(1) == ':';
    if (name.startsWith("/") || name.startsWith("\\") || drive) {
      throw refused(archive, name, "has an absolute path");
    }
    if (name.indexOf('\\') < 0
        && !name.contains("..")
        && !name.contains("./")
        && !name.contains("//")) {
      return name; // nearly all
    }
    List<String> parts = new ArrayList<>();
    for (String part : name.split("[/\\\\]", -1)) {
      if (part.equals("..")) {
        throw refused(archive, name, "leads out of the archive");
      }
      if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return String.join("/", parts);
  }

  /** Whether a part of a path is hidden. */
  static boolean isHidden(String path) {
    for (int from = 0; from < path.length(); ) {
      int slash = path.indexOf('/', from);
      int end = slash < 0 ? path.length() : slash;
      if (Tree.isHidden(path.substring(from, end))) {
        return true;
      }
      from = end + 1;
    }
    return false;
  }

  private static LinnetException refused(String archive, String name, String why) {
    return new LinnetException(
        "%s: member \"%s\" %s, so the archive is refused; pack the pictures again by relative paths"
            .formatted(archive, name, why));
  }

  @Override
  public int count() {
    return members.size();
  }

  @Override
  public String path(int file) {
    return members.get(file).path();
  }

  @Override
  public long length(int file) {
    return members.get(file).length();
  }

  @Override
  public byte[] read(int file) throws IOException {
    return members.get(file).content().read();
  }

  @Override
  public String where(int file) {
    return where + "/" + path(file);
  }

  @Override
  public String where() {
    return where;
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }
}
