package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.PictureLoader.Options;
import dev.linnet.data.PictureLoader.Order;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.tensor.Scope;
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
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class WebDatasetTest {
  @TempDir Path temp;

  private Path folder() {
    return temp.resolve("set");
  }

  private DataSource open() {
    return open(folder().toString());
  }

  private DataSource open(String name) {
    return DataSources.open(name, Samples.options(temp).withHoldout(Holdout.NONE));
  }

  private String message(String name) {
    try {
      open(name);
    } catch (LinnetException e) {
      return String.valueOf(e.getMessage()).replace(temp.toString(), "TEMP");
    }
    throw new AssertionError("was opened");
  }

  private List<String> warnings(DataSource source) {
    return source.warnings().stream().map(w -> w.replace(temp.toString(), "TEMP")).toList();
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A shard of PNGs 0000 …, with these labels. */
  private static byte[] shard(int seed, String... labels) {
    Map<String, byte[]> members = new TreeMap<>();
    for (int i = 0; i < labels.length; i++) {
      String key = String.format("%04d", i);
      members.put(key + ".cls", text(labels[i]));
      members.put(key + ".png", Samples.png(100L * seed + i));
    }
    return Samples.tar(members);
  }

  private void write(String name, byte[] tar) {
    byte[] packed = tar;
    if (name.endsWith("gz")) {
      packed = Samples.gzip(tar);
    } else if (name.endsWith("zst")) {
      packed = Zstd.compress(tar);
    }
    Samples.file(folder().resolve(name), packed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tar", "tar.gz", "tar.zst"})
  void shards_of_a_folder_are_one_data_set_split_by_their_names(String ending) {
    write("flowers-train-000000." + ending, shard(0, "0", "1"));
    write("flowers-train-000001." + ending, shard(1, "1", "0", "1"));
    write("flowers-validation-000000." + ending, shard(2, "1"));
    Samples.file(folder().resolve("classes.txt"), text("rose\ntulip\n"));

    DataSource source = open();

    assertThat(source.layout())
        .isEqualTo(ending.equals("tar") ? "WebDataset shards" : "WebDataset shards, packed");
    assertThat(source.classes()).containsExactly("rose", "tulip");
    assertThat(Samples.sizes(source)).isEqualTo("train 5, val 1");
    assertThat(warnings(source)).isEmpty();
    PictureSet train = source.train();
    assertThat(IntStream.range(0, 5).map(train::label)).containsExactly(0, 1, 1, 0, 1);
    assertThat(train.name(2)).isEqualTo("flowers-train-000001/0000.png");
    for (int i : new int[] {4, 0, 2, 1, 3, 3}) {
      long seed = i < 2 ? i : 98 + i;
      assertThat(train.read(i, DecodeOptions.DEFAULT)).isEqualTo(Samples.picture(seed));
      assertThat(train.info(i).size()).isEqualTo(Samples.SIZE);
    }
    assertThat(source.need(Split.VAL).read(0, DecodeOptions.DEFAULT))
        .isEqualTo(Samples.picture(200));
  }

  @Test
  void packed_shards_have_the_fingerprint_of_plain_ones() {
    Map<String, byte[]> members =
        Map.of(
            "a.png",
            Samples.png(1),
            "a.cls",
            text("x"),
            "b.png",
            Samples.png(2),
            "b.cls",
            text("y"));
    Samples.file(temp.resolve("one/s-0.tar"), Samples.tar(members));
    Samples.file(temp.resolve("two/s-0.tar.gz"), Samples.gzip(Samples.tar(members)));

    assertThat(open(temp.resolve("two").toString()).fingerprint())
        .isEqualTo(open(temp.resolve("one").toString()).fingerprint());
  }

  /** A tar of members in this order. */
  private static byte[] inOrder(List<Map.Entry<String, byte[]>> members) {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    for (Map.Entry<String, byte[]> member : members) {
      byte[] alone = Samples.tar(Map.of(member.getKey(), member.getValue()));
      tar.write(alone, 0, 512 + (member.getValue().length + 511) / 512 * 512);
    }
    tar.writeBytes(new byte[1024]);
    return tar.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tar", "tar.gz", "tar.zst"})
  void halves_of_samples_may_lie_apart(String ending) {
    write(
        "s-0." + ending,
        inOrder(
            List.of(
                Map.entry("a.cls", text("0")),
                Map.entry("c.cls", text("1")),
                Map.entry("b.png", Samples.png(2)),
                Map.entry("c.png", Samples.png(3)),
                Map.entry("a.png", Samples.png(1)),
                Map.entry("b.cls", text("1")))));

    PictureSet train = open().train();
    List<String> seen = new ArrayList<>();
    for (int i = 0; i < train.size(); i++) {
      int number = train.name(i).charAt(4) - 'a' + 1;
      assertThat(train.read(i, DecodeOptions.DEFAULT)).isEqualTo(Samples.picture(number));
      seen.add(train.name(i) + " " + train.label(i));
    }
    assertThat(seen).containsExactly("s-0/b.png 1", "s-0/c.png 1", "s-0/a.png 0");
  }

  @ParameterizedTest
  @EnumSource
  void a_member_that_is_too_large_for_a_picture_is_not_read(TarReader.Packing packing) {
    ShardIndex.Sample sample = new ShardIndex.Sample("a.png", 512, 3L << 30, "0", null);
    ShardTree.Shard shard =
        new ShardTree.Shard(temp.resolve("s-0"), "s-0", packing, List.of(sample));
    ShardTree tree = new ShardTree("set", Disk.REAL, List.of(shard), List.of());

    assertThatThrownBy(() -> tree.read(0))
        .isInstanceOf(IOException.class)
        .hasMessage("3221225472 bytes, which is too large for one file");
  }

  @Test
  void labels_that_are_names_are_sorted_and_json_has_one_too() {
    Map<String, byte[]> members = new TreeMap<>();
    members.put("dir/1.old.jpeg", new byte[3]); // the ending is "old.jpeg"
    members.put("dir/1.png", Samples.png(1));
    members.put("dir/1.json", text("{\"width\": 3, \"label\": \"tulip\"}"));
    members.put("dir/2.png", Samples.png(2));
    members.put("dir/2.cls", text(" rose\n"));
    members.put("dir/2.json", text("{\"label\": \"tulip\"}"));
    members.put("dir/2.txt", text("a caption"));
    write("shard_0.tar", Samples.tar(members));

    DataSource source = open(folder().resolve("shard_0.tar").toString());

    assertThat(source.classes()).containsExactly("rose", "tulip");
    assertThat(Samples.sizes(source)).isEqualTo("train 2");
    assertThat(source.set(Split.TRAIN).orElseThrow().label(1)).isEqualTo(0);
    assertThat(warnings(source))
        .containsExactly(
            "TEMP/set/shard_0.tar: 2 classes have one picture only, which stays in train: \"rose\","
                + " \"tulip\"");
  }

  @Test
  void numbers_without_names_are_the_classes() {
    write("a-0.tar", shard(0, "10", "2", "2"));

    assertThat(open().classes())
        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10");
  }

  @Test
  void folders_of_splits_may_hold_the_shards() {
    write("train/000.tar", shard(0, "0", "1"));
    write("train/001.tar", shard(1, "0"));
    write("val/000.tar", shard(2, "1"));
    Samples.file(folder().resolve("classnames.txt"), text("a\nb"));

    assertThat(Samples.sizes(open())).isEqualTo("train 3, val 1");
    assertThat(open().classes()).containsExactly("a", "b");
    assertThat(open().train().name(2)).isEqualTo("train/001/0000.png");
  }

  @Test
  void braces_name_some_of_the_shards() {
    for (int i = 0; i < 12; i++) {
      write("s-%02d.tar".formatted(i), shard(i, "0", "1"));
    }

    assertThat(Samples.sizes(open(folder() + "/s-{03..10}.tar"))).isEqualTo("train 16");
    assertThat(Samples.sizes(open(folder() + "/s-{00,10,11}.tar"))).isEqualTo("train 6");
    assertThat(message(folder() + "/s-{10..15}.tar"))
        .isEqualTo(
            "TEMP/set/s-{10..15}.tar: 4 of 6 shards are not there: TEMP/set/s-12.tar,"
                + " TEMP/set/s-13.tar, TEMP/set/s-14.tar, …; fetch them, or name those that are");
  }

  @Test
  void a_number_that_is_missing_in_between_is_said() {
    for (int i : new int[] {0, 1, 3, 7}) {
      write("s-%03d.tar".formatted(i), shard(i, "0", "1"));
    }

    assertThat(warnings(open()))
        .containsExactly(
            "TEMP/set: no shard between s-001.tar and s-003.tar",
            "TEMP/set: no 3 shards between s-003.tar and s-007.tar");
  }

  @Test
  void a_shard_that_ends_early_is_refused_or_borne_and_said() {
    byte[] whole = shard(1, "0", "1", "0");
    write("s-0.tar", shard(0, "0", "1", "1"));
    write("s-1.tar", Arrays.copyOf(whole, 3884)); // three members of two records, a header, 300

    String line =
        "TEMP/set/s-1.tar: ends at byte 3884 inside member \"0001.png\", which goes on to byte %d; 1 sample before it is whole"
            .formatted(3584 + Samples.png(101).length);
    assertThat(message(folder().toString()))
        .isEqualTo(
            line + "; fetch or write it again, or go on with what is whole: max_bad.shards 1");
    DataSource borne = openBearing(1);
    assertThat(Samples.sizes(borne)).isEqualTo("train 4");
    assertThat(warnings(borne)).containsExactly(line + " (the rest is skipped)");

    DataCheck.Report report =
        DataCheck.run(borne, DecodeOptions.DEFAULT, 2, DataCheck.Listener.NONE);
    assertThat(report.count(DataCheck.Kind.CUT_SHARD)).isEqualTo(1);
    assertThat(report.findings()).hasSize(1);
  }

  private DataSource openBearing(int cutShards) {
    return DataSources.open(
        folder().toString(),
        Samples.options(temp).withHoldout(Holdout.NONE).withCutShards(cutShards));
  }

  @Test
  void packed_shards_and_files_that_are_no_tars_break_too() {
    byte[] gz = Samples.gzip(shard(1, "0", "1", "0"));
    write("s-0.tar", shard(0, "0", "1"));
    Samples.file(folder().resolve("s-1.tar.gz"), Arrays.copyOf(gz, gz.length - 600));
    Samples.file(folder().resolve("s-2.tar"), new byte[0]);

    assertThat(message(folder().toString()))
        .matches(
            "TEMP/set/s-1.tar.gz: is broken at byte \\d+ unpacked, in or behind member"
                + " \"000\\d.(cls|png)\" \\(Unexpected end of ZLIB input stream\\); \\d samples?"
                + " before it (is|are) whole, and 1 of the other 2 shards is broken too; fetch or"
                + " write it again, or go on with what is whole: max_bad.shards 2");
    DataSource borne = openBearing(2);
    assertThat(borne.need(Split.TRAIN).size()).isBetween(3, 4);
    assertThat(warnings(borne))
        .contains(
            "TEMP/set/s-2.tar: is no tar that can be read (plain, gz or zst); 0 samples before it"
                + " are whole (the rest is skipped)");
  }

  @Test
  void a_shard_cut_between_members_is_suspected() {
    write("s-0.tar", Arrays.copyOf(shard(0, "0", "1", "0"), 4096));
    write("s-1.tar", Arrays.copyOf(shard(0, "0", "1", "0"), 4096 + 100));

    assertThat(message(folder().toString()))
        .startsWith(
            "TEMP/set/s-1.tar: is broken at byte 4196, in or behind member \"0001.png\" (ends"
                + " inside a header); 2 samples before it are whole;");
    assertThat(warnings(openBearing(1)))
        .contains(
            "TEMP/set/s-0.tar: has no end mark, so it may be cut behind its last member; compare"
                + " its length with where it came from");
  }

  @Test
  void a_packed_shard_that_breaks_later_gives_bad_pictures() {
    write("s-0.tar.gz", shard(0, "0", "1", "0", "1"));
    PictureSet train = open().train();
    byte[] gz = Samples.gzip(shard(0, "0", "1", "0", "1"));
    Samples.file(folder().resolve("s-0.tar.gz"), Arrays.copyOf(gz, gz.length / 2));

    assertThat(train.read(0, DecodeOptions.DEFAULT)).isEqualTo(Samples.picture(0));
    for (int i : new int[] {3, 3}) {
      assertThatThrownBy(() -> train.read(i, DecodeOptions.DEFAULT))
          .isInstanceOf(BadPictureException.class)
          .hasMessage(
              folder().resolve("s-0.tar.gz")
                  + "/000"
                  + i
                  + ".png: cannot be read (Unexpected end of ZLIB input stream)");
    }
    assertThat(train.read(0, DecodeOptions.DEFAULT)).isEqualTo(Samples.picture(0));
  }

  @Test
  void halves_of_samples_are_left_out_and_said() {
    Map<String, byte[]> members = new TreeMap<>();
    members.put("1.png", Samples.png(1));
    members.put("1.cls", text("0"));
    members.put("1.webp", Samples.png(9));
    members.put("2.png", Samples.png(2));
    members.put("3.cls", text("1"));
    members.put("4.png", Samples.png(3));
    members.put("4.json", text("{\"caption\": \"a dog\"}"));
    members.put("5.png", Samples.png(3));
    members.put("5.json", text("no json"));
    members.put("6.png", Samples.png(3));
    members.put("6.cls", text("1"));
    write("s-0.tar", Samples.tar(members));

    assertThat(warnings(open()))
        .startsWith(
            "TEMP/set/s-0.tar: 3 samples without a label (KEY.cls or KEY.json), left out: 2.png,"
                + " 4.png, 5.png",
            "TEMP/set/s-0.tar: 1 sample without a picture, left out: 3",
            "TEMP/set/s-0.tar: 1 sample whose key has a picture already, left out: 1.webp");
  }

  @Test
  void labels_that_do_not_fit_are_refused() {
    write("train-0.tar", shard(0, "0", "2"));
    Samples.file(folder().resolve("classes.txt"), text("a\nb\n"));
    assertThat(message(folder().toString()))
        .isEqualTo(
            "TEMP/set/train-0.tar/0001.png: has the label 2; must be in [0, 2), the lines of"
                + " classes.txt");

    write("train-0.tar", shard(0, "rose", "tulip"));
    write("val-0.tar", shard(0, "rose", "tulp"));
    assertThat(message(folder().toString()))
        .isEqualTo(
            "TEMP/set/val-0.tar/0001.png: has the class \"tulp\", which train has not; did you"
                + " mean \"tulip\"?");
  }

  @Test
  void an_index_is_kept_until_its_shard_changes() throws IOException {
    write("s-0.tar", shard(0, "0", "1"));
    write("s-1.tar.gz", shard(1, "0", "1", "1"));
    List<Path> files = List.of(folder().resolve("s-0.tar"), folder().resolve("s-1.tar.gz"));
    for (Path file : files) {
      Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
    }
    Indexes indexes = Indexes.in(temp.resolve("cache"));
    List<IndexedShard> first = IndexedShard.all("set", files, indexes, 0);

    // other content of the same length and time: what is kept is believed
    byte[] other = shard(0, "1", "1");
    Files.write(files.get(0), other);
    Files.setLastModifiedTime(files.get(0), FileTime.fromMillis(1_000_000));
    assertThat(IndexedShard.all("set", files, indexes, 0)).isEqualTo(first);
    assertThat(IndexedShard.all("another", files, indexes, 0)).isNotEqualTo(first);

    Files.setLastModifiedTime(files.get(0), FileTime.fromMillis(2_000_000));
    List<IndexedShard> again = IndexedShard.all("set", files, indexes, 0);
    assertThat(again.get(0).index().samples().get(0).label()).isEqualTo("1");
    assertThat(again.get(1)).isEqualTo(first.get(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"size", "channels", "packing", "offset"})
  void a_kept_index_that_says_what_cannot_be_is_not_believed(String wrong) throws IOException {
    write("s-0.tar.gz", shard(0, "0", "1"));
    List<Path> files = List.of(folder().resolve("s-0.tar.gz"));
    Indexes indexes = Indexes.in(temp.resolve("cache"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(1);
      write(out, files.get(0).toString());
      out.writeLong(Files.size(files.get(0)));
      out.writeLong(Files.getLastModifiedTime(files.get(0)).to(TimeUnit.NANOSECONDS));
      write(out, wrong.equals("packing") ? "RAR" : "GZIP");
      write(out, "");
      out.writeInt(0);
      out.writeInt(1);
      write(out, "0000.png");
      out.writeLong(wrong.equals("offset") ? -1 : 1536);
      out.writeLong(100);
      write(out, "0");
      out.writeBoolean(true);
      write(out, "png");
      out.writeInt(wrong.equals("size") ? 0 : 14);
      out.writeInt(20);
      out.writeByte(wrong.equals("channels") ? 9 : 3);
      out.writeByte(1);
    }
    String place = Path.of("set").toAbsolutePath().normalize().toString();
    indexes.write("shards-1", place, bytes.toByteArray());

    assertThat(IndexedShard.all("set", files, indexes, 0))
        .isEqualTo(IndexedShard.all("set", files, Indexes.NONE, 0));
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    out.writeInt(text.length());
    out.write(text(text));
  }

  @Seeds(100)
  void a_kept_index_that_was_damaged_is_not_believed(RandomState random) throws IOException {
    write("s-0.tar.gz", shard(0, "0", "1"));
    List<Path> files = List.of(folder().resolve("s-0.tar.gz"));
    Files.setLastModifiedTime(files.get(0), FileTime.fromMillis(1_000_000));
    Indexes indexes = Indexes.in(temp.resolve("cache"));
    List<IndexedShard> first = IndexedShard.all("set", files, indexes, 0);
    Path kept;
    try (Stream<Path> inside = Files.list(temp.resolve("cache/index"))) {
      kept = inside.findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(kept);
    bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
    Files.write(
        kept, random.nextBoolean(0.5) ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length)));

    assertThat(IndexedShard.all("set", files, indexes, 0)).isEqualTo(first);
  }

  @Seeds(100)
  void a_damaged_shard_gives_pictures_or_one_line(RandomState random) {
    for (int i = 0; i < 3; i++) {
      byte[] tar = shard(i, "0", "1", "0");
      if (i > 0) {
        tar[random.nextInt(tar.length)] = (byte) random.nextInt(256);
      }
      tar = random.nextBoolean(0.2) ? Arrays.copyOf(tar, random.nextInt(tar.length)) : tar;
      write(
          "s-%d.%s".formatted(i, List.of("tar", "tar.gz", "tar.zst").get(random.nextInt(3))), tar);
    }
    try {
      PictureSet set = openBearing(random.nextInt(4)).need(Split.TRAIN);
      for (int i = 0; i < set.size(); i++) {
        try {
          set.read(i, DecodeOptions.DEFAULT);
        } catch (BadPictureException e) {
          assertThat(String.valueOf(e.getMessage()).lines()).hasSize(1);
        }
      }
    } catch (LinnetException e) {
      assertThat(String.valueOf(e.getMessage()).lines()).hasSize(1);
    }
  }

  /** Index and bytes of each picture of each batch. */
  private static List<List<String>> read(PictureLoader loader, int epoch, int first) {
    List<List<String>> all = new ArrayList<>();
    try (Loader.Pass pass = loader.pass(epoch, first)) {
      while (pass.hasNext()) {
        Scope.run(
            "batch",
            () -> {
              Batch batch = pass.next();
              byte[] bytes = batch.images().toBytes();
              int each = bytes.length / Math.max(1, batch.size());
              List<String> row = new ArrayList<>();
              for (int i = 0; i < batch.size(); i++) {
                row.add(
                    batch.index(i)
                        + " "
                        + HexFormat.of().formatHex(bytes, i * each, i * each + 20));
              }
              all.add(row);
            });
      }
    }
    return all;
  }

  private static PictureLoader loader(PictureSet set, Options options) {
    return new PictureLoader(
        set,
        new PictureLoader.Reading(
            DecodeOptions.DEFAULT, (p, r) -> p, Samples.SIZE, Normalization.IMAGENET),
        options,
        new BadPictures(new BadPictures.Limit(0, 0), set.size(), w -> {}));
  }

  @Seeds(8)
  void processes_and_workers_read_every_picture_once(RandomState random) {
    int shards = 1 + random.nextInt(5);
    int left = 24;
    List<String> endings = List.of("tar", "tar.gz", "tar.zst");
    String ending = endings.get(random.nextInt(3));
    for (int i = 0; i < shards; i++) {
      int size = i == shards - 1 ? left : 1 + random.nextInt(left - shards + 1 + i);
      left -= size;
      String[] labels = new String[size];
      Arrays.setAll(labels, k -> k % 2 == 0 ? "0" : "1");
      write("s-%d.%s".formatted(i, ending), shard(i, labels));
      if (left < shards - i) {
        break;
      }
    }
    PictureSet set = open().need(Split.TRAIN);
    for (Order order : Order.values()) {
      Options options =
          new Options(6, order, random.nextInt(1000), 0)
              .withSampler(
                  random.nextBoolean(0.3)
                      ? ShardSampler.usual(set)
                      : new ShardSampler(1 + random.nextInt(30)));
      List<List<String>> expected = read(loader(set, options), 2, 0);
      List<String> all = expected.stream().flatMap(List::stream).toList();
      assertThat(all)
          .hasSize(set.size() / 6 * 6 + (order == Order.SEQUENTIAL ? set.size() % 6 : 0));
      assertThat(all).doesNotHaveDuplicates();
      for (int processes = 1; processes <= 3; processes++) {
        for (int workers = 0; workers <= 4; workers++) {
          int from = random.nextInt(expected.size());
          List<List<String>> joined = new ArrayList<>();
          expected.stream().skip(from).forEach(row -> joined.add(new ArrayList<>()));
          for (int rank = 0; rank < processes; rank++) {
            Options mine =
                new Options(
                    6,
                    order,
                    options.seed(),
                    workers,
                    options.sampler(),
                    1,
                    new Part(rank, processes));
            PictureLoader loader = loader(set, mine);
            List<List<String>> rows = read(loader, 2, from); // as one that goes on there
            loader.close();
            for (int i = 0; i < rows.size(); i++) {
              joined.get(i).addAll(rows.get(i));
            }
          }
          assertThat(joined).isEqualTo(expected.subList(from, expected.size()));
        }
      }
    }
  }

  @Test
  void an_epoch_with_a_buffer_unpacks_each_shard_once() {
    for (int i = 0; i < 7; i++) {
      write("s-%d.tar.gz".formatted(i), shard(i, "0", "1", "0", "1", "0", "1", "0", "1"));
    }
    PictureSet set = open().train();
    Shards shards = set.shards().orElseThrow();
    for (int workers : new int[] {0, 3}) {
      int before = shards.begun();
      Options options =
          new Options(4, Order.SHUFFLED, 1, workers).withSampler(new ShardSampler(20));
      PictureLoader loader = loader(set, options);
      assertThat(read(loader, 0, 0)).hasSize(14);
      loader.close();
      assertThat(shards.begun() - before).isEqualTo(7);
    }
  }

  @Test
  void a_picture_that_is_looked_at_and_then_read_is_unpacked_once() {
    for (int i = 0; i < 3; i++) {
      write("s-%d.tar.gz".formatted(i), shard(i, "0", "1", "0", "1", "0", "1"));
    }
    PictureSet set = open().train();
    Shards shards = set.shards().orElseThrow();
    int[] order = new ShardSampler(9).order(set, RandomState.of(1));
    try (Shards.Ahead ahead = shards.expect(order)) {
      assertThat(ahead).isNotNull();
      for (int index : order) {
        assertThat(set.encoded(index)).isPresent();
        set.read(index, DecodeOptions.DEFAULT);
      }
    }
    assertThat(shards.begun()).isEqualTo(3);
  }

  @Test
  void who_closes_what_it_said_twice_takes_nothing_from_others() {
    write("s-0.tar.gz", shard(0, "0", "1", "0", "1", "0", "1"));
    PictureSet set = open().train();
    Shards shards = set.shards().orElseThrow();
    Shards.Ahead other = shards.expect(0, 1);
    try (Shards.Ahead ahead = shards.expect(0, 1, 2, 3, 4, 5)) {
      set.read(2, DecodeOptions.DEFAULT);
      other.close();
      other.close();
      set.read(3, DecodeOptions.DEFAULT);
      set.read(0, DecodeOptions.DEFAULT);
      assertThat(ahead).isNotNull();
    }
    assertThat(shards.begun()).isEqualTo(1);
  }

  @Test
  void a_buffer_mixes_shards_and_needs_some() {
    for (int i = 0; i < 6; i++) {
      write("s-%d.tar".formatted(i), shard(i, "0", "1", "0", "1", "0", "1", "0", "1"));
    }
    PictureSet set = open().train();
    ShardSampler sampler = new ShardSampler(16);
    int[] order = sampler.order(set, RandomState.of(1));
    assertThat(Arrays.stream(order).sorted().toArray()).isEqualTo(IntStream.range(0, 48).toArray());
    assertThat(order).isEqualTo(sampler.order(set, RandomState.of(1)));
    assertThat(order).isNotEqualTo(sampler.order(set, RandomState.of(2)));
    assertThat(Arrays.stream(order).limit(8).map(i -> i / 8).distinct().count()).isGreaterThan(2);
    assertThat(ShardSampler.usual(set)).isEqualTo(Sampler.UNIFORM);

    Samples.pictures(temp, "plain/a/1.png", "plain/b/1.png");
    PictureSet folders = open(temp.resolve("plain").toString()).train();
    assertThatThrownBy(() -> sampler.order(folders, RandomState.of(1)))
        .hasMessage(
            "sampling.buffer: got 16, but the data lie in no shards; must be none, which mixes them"
                + " all");
  }
}
