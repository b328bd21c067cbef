package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.DownloadListener;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSources;
import dev.linnet.data.Places;
import dev.linnet.data.ShardWriter;
import dev.linnet.tensor.Device;
import dev.linnet.testing.Team;
import dev.linnet.train.RunFolder;
import dev.linnet.weights.Hub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ShardUseTest {
  @TempDir Path temp;

  @BeforeEach
  void shards() throws IOException {
    Places places = Places.of(Map.of("LINNET_CACHE", temp.resolve("cache").toString()));
    ShardWriter.write(
        DataSources.open("digits", DataOptions.of(places).withLimit(6)),
        temp.resolve("plain"),
        new ShardWriter.Options(40, 1 << 20, true, 0),
        line -> {});
    Path packed = Files.createDirectories(temp.resolve("packed"));
    for (String name : List.of("train-000000.tar", "train-000001.tar")) {
      try (GZIPOutputStream out =
          new GZIPOutputStream(Files.newOutputStream(packed.resolve(name + ".gz")))) {
        Files.copy(temp.resolve("plain").resolve(name), out);
      }
    }
  }

  private Experiment plan(String data, String... sets) {
    Experiment.Surroundings around =
        new Experiment.Surroundings(
            Places.of(Map.of("LINNET_CACHE", temp.resolve("cache").toString())),
            DownloadListener.NONE,
            Device.CPU,
            Hub.of(Map.of("LINNET_CACHE", temp.resolve("cache").toString())));
    return Experiment.plan(
        RecipeReader.create()
            .read(
                "plain",
                Map.of("data", temp.resolve(data).toString(), "workers", "4"),
                List.of(sets)),
        around);
  }

  private List<String> warnings(Experiment experiment) {
    return experiment.warnings().stream()
        .map(line -> line.replace(temp.toString(), "TEMP"))
        .filter(line -> line.contains("workers"))
        .toList();
  }

  @Test
  void fewer_shards_than_workers_are_said() {
    assertThat(warnings(plan("plain")))
        .containsExactly(
            "TEMP/plain: 2 shards for 4 workers, which share them: each picture is still read"
                + " once");
    assertThat(warnings(plan("packed")))
        .containsExactly(
            "TEMP/packed: 2 shards for 4 workers, which share them: each picture is still read"
                + " once, but each shard is unpacked by one at a time");
  }

  @Test
  void fewer_shards_than_the_workers_of_all_processes_are_said_by_one_of_them() {
    List<List<String>> said =
        Team.of(
            2,
            group -> {
              List<String> heard = new ArrayList<>();
              Experiment experiment = plan("plain", "workers=2");
              assertThat(warnings(experiment)).isEmpty();
              RunFolder folder = new RunFolder(temp.resolve("run" + group.rank()));
              new TrainingRun(experiment, folder, List.of("test"), heard::add, group).close();
              return heard.stream().filter(line -> line.contains("shard")).toList();
            });
    assertThat(said)
        .containsExactly(
            List.of(
                temp
                    + "/plain: 2 shards for 2 processes with 2 workers, which share them: each"
                    + " picture is still read once"),
            List.of());
    Experiment packed = plan("packed", "workers=1");
    assertThat(ShardUse.over(2, packed.recipe(), packed.training(), "packed")).isEmpty();
    assertThat(ShardUse.over(3, packed.recipe(), packed.training(), "packed"))
        .contains(
            "packed: 2 shards for 3 processes with 1 worker, which share them: each picture is"
                + " still read once, but each process unpacks every shard");
  }

  @Test
  void packed_shards_give_one_order_only() {
    String packed = temp.resolve("packed").toString();
    assertThatThrownBy(() -> plan("packed", "sampling=balanced"))
        .hasMessage(
            "sampling: got balanced, but the shards of "
                + packed
                + " are packed; must be uniform: they are read through. Or unpack them (gunzip"
                + " *.tar.gz, or zstd -d *.tar.zst): plain shards are read in any order");
    assertThatThrownBy(() -> plan("packed", "sampling.buffer=none"))
        .hasMessage(
            "sampling.buffer: got none, but the shards of "
                + packed
                + " are packed; must be auto or a number: they are read through. Or unpack them"
                + " (gunzip *.tar.gz, or zstd -d *.tar.zst): plain shards are read in any order");
    assertThat(plan("packed", "sampling.buffer=7").training().size()).isPositive();
    assertThat(plan("plain", "sampling=balanced").training().size()).isPositive();
  }

  @Test
  void a_buffer_is_for_shards() {
    assertThatThrownBy(() -> plan("../digits", "data=digits", "sampling.buffer=7"))
        .hasMessage(
            "sampling.buffer: got 7, but digits has no shards; must be none, or auto, which mixes"
                + " all");
  }
}
