package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.testing.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FolderIndexTest {
  @TempDir Path temp;
  private Path root;
  private Indexes indexes;
  private long time = 1_000_000;

  @BeforeEach
  void folders() throws IOException {
    root = temp.resolve("set");
    indexes = Indexes.in(temp.resolve("cache"));
    for (String path :
        List.of("train/a/1.png", "train/a/2.png", "train/a-b/1.png", "val/a/1.png")) {
      Samples.file(root.resolve(path), new byte[3]);
    }
    Files.createDirectories(root.resolve("val/empty"));
    settle();
  }

  /** As if nothing had happened for long; folders that were not touched keep their time. */
  private void settle() throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path folder : all.filter(Files::isDirectory).toList()) {
        if (Files.getLastModifiedTime(folder).toMillis() > 1_000_000_000_000L) {
          Files.setLastModifiedTime(folder, FileTime.fromMillis(time += 1000));
        }
      }
    }
  }

  private FilesTree.Listing list() {
    return FolderIndex.list(root, indexes, 0);
  }

  @Test
  void folders_that_did_not_change_are_not_listed_again() throws IOException {
    FilesTree.Listing first = list();
    assertThat(first).isEqualTo(FilesTree.list(root));
    assertThat(first.emptyFolders()).containsExactly("val/empty");

    Path folder = root.resolve("train/a");
    FileTime before = Files.getLastModifiedTime(folder);
    Files.delete(folder.resolve("1.png"));
    Files.setLastModifiedTime(folder, before); // so that nobody can see it
    assertThat(list()).isEqualTo(first.kept());
    assertThat(FolderIndex.list(root, indexes.renewed(), 0).entries()).hasSize(3);
    assertThat(list().entries()).hasSize(3);
  }

  @Test
  void a_file_that_was_overwritten_where_it_lies_changes_the_fingerprint() throws IOException {
    list();
    String before = fingerprint(list());
    Files.write(root.resolve("train/a/2.png"), new byte[4]);

    assertThat(list().isKept()).isTrue();
    assertThat(fingerprint(list()))
        .isEqualTo(fingerprint(FilesTree.list(root)))
        .isNotEqualTo(before);
  }

  private String fingerprint(FilesTree.Listing listing) {
    FileStore store = new FileStore(FilesTree.of(root, Disk.REAL, listing));
    int[] all = IntStream.range(0, store.count()).toArray();
    return new StoredSet(store, all, new int[all.length], List.of("a")).fingerprint();
  }

  @Test
  void a_folder_that_changed_just_now_is_not_believed() throws IOException {
    Files.setLastModifiedTime(
        root.resolve("train/a"), FileTime.fromMillis(System.currentTimeMillis()));
    list();
    FileTime before = Files.getLastModifiedTime(root.resolve("train/a"));
    Files.delete(root.resolve("train/a/1.png"));
    Files.setLastModifiedTime(root.resolve("train/a"), before);

    assertThat(list().entries()).hasSize(3);
  }

  @Seeds(40)
  void what_is_added_removed_and_renamed_is_seen(RandomState random) throws IOException {
    list();
    for (int step = 0; step < 8; step++) {
      change(random, step);
      if (random.nextBoolean(0.7)) {
        settle();
      }
      FilesTree.Listing real = FilesTree.list(root);
      FilesTree.Listing seen = list();
      assertThat(seen.entries()).isEqualTo(real.entries());
      assertThat(seen.emptyFolders()).isEqualTo(real.emptyFolders());
    }
  }

  private void change(RandomState random, int step) throws IOException {
    List<Path> files = new ArrayList<>();
    List<Path> folders = new ArrayList<>();
    try (Stream<Path> all = Files.walk(root)) {
      all.sorted().forEach(path -> (Files.isDirectory(path) ? folders : files).add(path));
    }
    Path folder = folders.get(random.nextInt(folders.size()));
    switch (random.nextInt(files.size() > 2 ? 6 : 3)) {
      case 0, 1 -> Samples.file(folder.resolve("new" + step + ".png"), new byte[step]);
      case 2 -> Files.createDirectories(folder.resolve("folder" + step + "/deep"));
      case 3 -> Files.delete(files.get(random.nextInt(files.size())));
      case 4 -> {
        Path file = files.get(random.nextInt(files.size()));
        Files.move(file, folder.resolve("moved" + step + ".png"));
      }
      default -> {
        if (!folder.equals(root)) {
          try (Stream<Path> inside = Files.walk(folder)) {
            for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
              Files.delete(path);
            }
          }
        }
      }
    }
  }

  @Test
  void small_folders_and_those_with_strange_links_are_not_kept() throws IOException {
    FolderIndex.list(root, indexes);
    assertThat(temp.resolve("cache/index")).doesNotExist();

    Files.createSymbolicLink(root.resolve("train/a/loop"), root);
    settle();
    assertThat(list().warnings()).hasSize(1);
    assertThat(temp.resolve("cache/index")).doesNotExist();
  }

  @Test
  void a_link_that_comes_later_is_seen() throws IOException {
    list();
    Files.createSymbolicLink(root.resolve("train/a/nothing.png"), temp.resolve("nothing"));
    settle();

    assertThat(list().warnings()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x",
        "/etc",
        "train/../..",
        "train|../1.png",
        "train|.hidden",
        "train|",
        "a NUL b"
      })
  void a_kept_index_of_other_places_is_not_believed(String hostile) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      String[] parts = hostile.replace("NUL", "\0").split("\\|", -1);
      out.writeInt(1);
      out.writeShort(parts[0].length());
      out.write(parts[0].getBytes(StandardCharsets.UTF_8));
      out.writeLong(0);
      out.writeInt(parts.length - 1);
      for (String name : Arrays.asList(parts).subList(1, parts.length)) {
        out.writeShort(name.length());
        out.write(name.getBytes(StandardCharsets.UTF_8));
        out.writeLong(1);
      }
    }
    indexes.write("files-1", root.toAbsolutePath().normalize().toString(), bytes.toByteArray());

    assertThat(list()).isEqualTo(FilesTree.list(root));
  }

  @Seeds(100)
  void a_kept_index_that_was_damaged_is_not_believed(RandomState random) throws IOException {
    FilesTree.Listing first = list();
    Path kept;
    try (Stream<Path> inside = Files.list(temp.resolve("cache/index"))) {
      kept = inside.findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(kept);
    bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
    Files.write(
        kept, random.nextBoolean(0.5) ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length)));

    assertThat(list()).isEqualTo(first);
  }
}
