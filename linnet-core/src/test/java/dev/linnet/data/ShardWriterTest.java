package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.image.DecodeOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ShardWriterTest {
  @TempDir Path temp;

  private final List<String> warnings = new ArrayList<>();

  private DataSource open(String name) {
    return DataSources.open(
        temp.resolve(name).toString(), Samples.options(temp).withHoldout(Holdout.NONE));
  }

  private ShardWriter.Written write(String from, String to, ShardWriter.Options options) {
    return ShardWriter.write(open(from), temp.resolve(to), options, warnings::add);
  }

  private List<String> files(String folder) throws IOException {
    try (Stream<Path> inside = Files.list(temp.resolve(folder))) {
      return inside.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  /** Class and pixels of each picture. */
  private static List<String> content(PictureSet set) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < set.size(); i++) {
      all.add(
          set.classes().get(set.label(i))
              + java.util.Arrays.hashCode(set.read(i, DecodeOptions.DEFAULT).pixels()));
    }
    all.sort(null);
    return all;
  }

  @Test
  void shards_hold_what_the_data_set_holds() throws IOException {
    Samples.pictures(
        temp, "set/train/a/1.png", "set/train/a/1.b.png", "set/train/a/1_b.png", "set/val/b/2.png");
    Samples.pictures(temp, "set/train/b/é.png", "set/train/b/2.png", "set/train/b/3.PNG");

    ShardWriter.Written written =
        write("set", "shards", new ShardWriter.Options(4, 1 << 20, true, 3));

    assertThat(written.pictures()).isEqualTo(Map.of(Split.TRAIN, 6, Split.VAL, 1));
    assertThat(written.shards()).isEqualTo(3);
    assertThat(files("shards"))
        .containsExactly("classes.txt", "train-000000.tar", "train-000001.tar", "val-000000.tar");
    DataSource shards = open("shards");
    assertThat(shards.layout()).isEqualTo("WebDataset shards");
    assertThat(shards.classes()).containsExactly("a", "b");
    assertThat(content(shards.train())).isEqualTo(content(open("set").train()));
    assertThat(content(shards.need(Split.VAL))).isEqualTo(content(open("set").need(Split.VAL)));
    assertThat(shards.need(Split.VAL).name(0)).isEqualTo("val-000000/b/2.png");
    assertThat(warnings).isEmpty();
  }

  @Test
  void the_same_seed_writes_the_same_bytes_and_another_mixes_otherwise() throws IOException {
    Samples.pictures(temp, "set/a/1.png", "set/a/2.png", "set/b/1.png", "set/b/2.png");
    Map<String, String> content = new HashMap<>();
    for (String run : List.of("0 first", "0 again", "1 other")) {
      write("set", run, new ShardWriter.Options(9, 1 << 20, true, run.charAt(0)));
      byte[] tar = Files.readAllBytes(temp.resolve(run).resolve("train-000000.tar"));
      content.put(run, new String(tar, StandardCharsets.ISO_8859_1));
    }
    assertThat(content.get("0 again")).isEqualTo(content.get("0 first"));
    assertThat(content.get("1 other")).isNotEqualTo(content.get("0 first"));
  }

  @Test
  void a_shard_is_cut_by_bytes_too_and_order_can_be_kept() throws IOException {
    Samples.pictures(temp, "set/a/1.png", "set/a/2.png", "set/b/1.png", "set/b/2.png");
    write("set", "shards", new ShardWriter.Options(9, 1, false, 0));

    assertThat(files("shards")).hasSize(5);
    assertThat(open("shards").train().name(2)).isEqualTo("train-000002/b/1.png");
  }

  @Test
  void raw_pixels_become_png() throws IOException {
    Samples.idx(temp.resolve("idx"), "train", 6);
    write("idx", "shards", ShardWriter.Options.DEFAULT);

    DataSource shards = open("shards");
    assertThat(content(shards.train())).isEqualTo(content(open("idx").train()));
    assertThat(shards.train().info(0).channels()).isEqualTo(1);
    assertThat(shards.train().info(0).format()).isEqualTo("png");
  }

  @Test
  void what_cannot_be_read_is_left_out_and_said() throws IOException {
    Samples.pictures(temp, "set/a/1.png", "set/b/1.png", "set/b/2.png");
    DataSource source = open("set");
    Files.delete(temp.resolve("set/b/2.png"));

    ShardWriter.Written written =
        ShardWriter.write(source, temp.resolve("out"), ShardWriter.Options.DEFAULT, warnings::add);

    assertThat(written.pictures()).isEqualTo(Map.of(Split.TRAIN, 2));
    assertThat(warnings)
        .containsExactly(
            temp.resolve("set/b/2.png") + ": cannot be read (it does not exist) (left out)");
  }
}
