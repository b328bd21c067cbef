package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.data.PictureCache.Where;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PngWriter;
import dev.linnet.testing.Seeds;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The cache of decoded pictures on disk. */
@Timeout(60)
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PixelFileTest {
  private static final DecodeOptions DECODE = DecodeOptions.DEFAULT;
  private static final int BYTES = (int) Samples.SIZE.area() * 3;

  @TempDir Path temp;

  private PictureSet set(String name) {
    return DataSources.open(
            temp.resolve(name).toString(), Samples.options(temp).withHoldout(Holdout.NONE))
        .train();
  }

  private PictureSet ten() {
    Samples.pictures(
        temp.resolve("set"),
        IntStream.range(0, 10)
            .mapToObj(i -> (i % 2 == 0 ? "a/" : "b/") + i + ".png")
            .toArray(String[]::new));
    return set("set");
  }

  private PictureCache cache(long room) {
    return new PictureCache(
        new PictureCache.Options(Where.DISK, OrAuto.of(new ByteCount(room)), temp.resolve("cache")),
        DECODE);
  }

  /** Reads everything through the cache, compares it, and returns what the cache said. */
  private String read(PictureSet set, long room) {
    try (PictureCache cache = cache(room)) {
      PictureSet kept = cache.keep(set, "pictures");
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < set.size(); i++) {
          assertThat(kept.read(i, DECODE)).as("%d", i).isEqualTo(set.read(i, DECODE));
        }
      }
      return String.join("\n", cache.notes());
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(temp.resolve("cache/pictures"))) {
      return all.filter(file -> file.toString().endsWith(".pixels")).sorted().toList();
    }
  }

  private Path file() throws IOException {
    assertThat(files()).hasSize(1);
    return files().get(0);
  }

  @Test
  void a_second_run_finds_what_the_first_has_decoded() throws IOException {
    PictureSet set = ten();

    String first = read(set, 1_000_000);
    String second = read(set, 1_000_000);

    assertThat(first)
        .isEqualTo(
            "pictures: decoded once and kept in " + file() + ", 0 MB of 0 MB; 0 of 10 are there");
    assertThat(second).endsWith("; 10 of 10 are there");
    assertThat(new PixelFolder(temp.resolve("cache")).usage())
        .isEqualTo(new PixelFolder.Usage(1, 4096 + 10L * BYTES));
  }

  @Test
  void the_same_files_are_found_wherever_they_lie() throws IOException {
    read(ten(), 1_000_000);
    for (String folder : List.of("a", "b")) {
      Files.createDirectories(temp.resolve("other/" + folder));
      try (Stream<Path> all = Files.list(temp.resolve("set/" + folder))) {
        for (Path file : all.toList()) {
          Files.copy(file, temp.resolve("other/" + folder).resolve(file.getFileName()));
        }
      }
    }

    assertThat(read(set("other"), 1_000_000)).endsWith("; 10 of 10 are there");
    assertThat(files()).hasSize(1);
  }

  @Test
  void a_picture_that_has_changed_is_decoded_anew_and_the_others_are_not() throws IOException {
    PictureSet before = ten();
    read(before, 1_000_000);
    long taken = PixelFile.taken(file());
    byte[] other = PngWriter.write(Samples.picture(99, new ImageSize(10, 12), 1));
    Files.write(temp.resolve("set/b/3.png"), other);

    assertThat(read(set("set"), 1_000_000)).endsWith("; 10 of 10 are there");
    assertThat(PixelFile.taken(file())).isEqualTo(taken + BYTES);
  }

  @Test
  void other_options_have_a_file_of_their_own() throws IOException {
    PictureSet set = ten();
    read(set, 1_000_000);
    DecodeOptions gray = DECODE.withColor(ColorMode.GRAY);
    try (PictureCache cache =
        new PictureCache(
            new PictureCache.Options(Where.DISK, OrAuto.auto(), temp.resolve("cache")), gray)) {
      assertThat(cache.keep(set, "pictures").read(3, gray)).isEqualTo(set.read(3, gray));
    }

    assertThat(files()).hasSize(2);
  }

  @Test
  void no_more_is_written_than_there_is_room_for_until_there_is_more() throws IOException {
    PictureSet set = ten();

    read(set, 4L * BYTES);
    long small = Files.size(file());

    assertThat(small).isEqualTo(4096 + 4L * BYTES);
    assertThat(read(set, 1_000_000)).endsWith("; 4 of 10 are there");
    assertThat(read(set, 1_000_000)).endsWith("; 10 of 10 are there");
  }

  @Test
  void what_was_opened_longest_ago_makes_room() throws IOException {
    PictureSet set = ten();
    read(PictureSubset.of(set, 0, 1, 2), 6L * BYTES);
    Path oldest = file();
    Files.setLastModifiedTime(oldest, FileTime.fromMillis(1));
    read(PictureSubset.of(set, 3, 4, 5), 20L * BYTES);
    assertThat(files()).hasSize(2).contains(oldest);

    read(PictureSubset.of(set, 6, 7, 8), 4096 + 8L * BYTES);

    assertThat(files()).doesNotContain(oldest);
  }

  @Test
  void a_folder_that_cannot_be_written_is_said_and_nothing_is_lost() throws IOException {
    PictureSet set = ten();
    Files.writeString(temp.resolve("cache"), "in the way");

    assertThat(read(set, 1_000_000))
        .startsWith(
            "pictures: decoded each time, because "
                + temp.resolve("cache/pictures")
                + " cannot be written (");
  }

  /** Whatever lies there: what is read is what the files say, and no exception is thrown. */
  @Seeds(60)
  void a_file_that_is_broken_counts_as_absent(RandomState random) throws IOException {
    PictureSet set = ten();
    read(set, 1_000_000);
    Path file = file();
    byte[] bytes = Files.readAllBytes(file);
    int data = (int) PixelFile.dataAt(set.size()) + 10 * BYTES;
    switch (random.nextInt(5)) {
      case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> {
        bytes = new byte[random.nextInt(20_000)];
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] = (byte) random.nextInt();
        }
      }
      case 2 -> bytes[random.nextInt(64)] ^= (byte) (1 << random.nextInt(8)); // the head
      case 3 -> { // lines
        for (int i = 0; i < 1 + random.nextInt(20); i++) {
          bytes[64 + random.nextInt(640)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      default -> { // pixels
        for (int i = 0; i < 1 + random.nextInt(20); i++) {
          bytes[random.nextInt(data)] ^= (byte) (1 << random.nextInt(8));
        }
      }
    }
    Files.write(file, bytes);

    read(set, 1_000_000);
    read(set, 1_000_000);
  }

  @Test
  void a_line_that_points_elsewhere_counts_as_absent_though_its_sum_is_right() throws IOException {
    PictureSet set = ten();
    read(set, 1_000_000);
    byte[] whole = Files.readAllBytes(file());
    for (long offset : new long[] {-1, 0, 64, 4095, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40}) {
      ByteBuffer bytes = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
      bytes.putLong(64 + 32, offset);
      CRC32C sum = new CRC32C();
      sum.update(bytes.array(), 64, 56);
      bytes.putInt(64 + 56, (int) sum.getValue());
      Files.write(file(), bytes.array());

      assertThat(read(set, 1_000_000)).as("%d", offset).endsWith("; 9 of 10 are there");
    }
  }

  @Test
  void two_caches_of_one_process_share_a_file() throws Exception {
    PictureSet set = ten();
    try (PictureCache one = cache(1_000_000);
        PictureCache other = cache(1_000_000)) {
      List<PictureSet> sets = List.of(one.keep(set, "pictures"), other.keep(set, "pictures"));

      IntStream.range(0, 400)
          .parallel()
          .forEach(
              i ->
                  assertThat(sets.get(i % 2).read(i / 2 % 10, DECODE))
                      .isEqualTo(set.read(i / 2 % 10, DECODE)));
    }
    assertThat(read(set, 1_000_000)).contains(" of 10 are there");
  }

  private Process process(String order) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            PixelProcess.class.getName(),
            temp.resolve("set").toString(),
            temp.resolve("cache").toString(),
            order)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private PictureSet many() {
    for (int i = 0; i < 300; i++) {
      Samples.file(
          temp.resolve("set/%s/%03d.png".formatted(i % 2 == 0 ? "a" : "b", i)),
          PngWriter.write(Samples.picture(i, new ImageSize(60, 70), 3)));
    }
    return set("set");
  }

  @Test
  void two_processes_fill_a_file_at_once_and_one_that_is_killed_leaves_nothing_wrong()
      throws Exception {
    PictureSet set = many();
    int sum = 0;
    for (int i = 0; i < set.size(); i++) {
      sum += set.read(i, DECODE).hashCode();
    }
    List<Process> processes = new ArrayList<>();
    processes.add(process("forwards"));
    processes.add(process("backwards"));
    Process killed = process("forwards");
    try (BufferedReader out = killed.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).isEqualTo("begun");
    }
    killed.destroyForcibly().waitFor();
    for (Process process : processes) {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).isZero();
      assertThat(said.lines().toList()).containsExactly("begun", String.valueOf(sum));
    }

    assertThat(read(set, 1_000_000_000)).contains("; 300 of 300 are there");
  }
}
