package dev.linnet.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.BadPictures;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSources;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Places;
import dev.linnet.data.Split;
import dev.linnet.image.Orientation;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.testing.Shared;
import dev.linnet.train.FeatureExtractor;
import dev.linnet.train.FeatureTable;
import dev.linnet.train.Predictor;
import dev.linnet.weights.Pretrained;
import dev.linnet.weights.WeightsFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.Lock;
import org.apache.lucene.store.NIOFSDirectory;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FeatureIndexTest {
  private static final Map<String, String> FACTS = Map.of("layer", "a", "weights", "w");
  private static final int NO_GRAPH = 1_000_000;

  @TempDir private Path folder;

  private final List<String> notes = new ArrayList<>();

  private FeatureIndex.Place place(Map<String, String> facts, int graphFrom) {
    return new FeatureIndex.Place(
        folder.resolve("index"), facts, 100_000, graphFrom, notes::add, (done, all) -> {});
  }

  /** Rows without a center: their cosines are spread around 0, which is hardest for a graph. */
  private static FeatureTable random(int rows, int width, int seed) {
    RandomState random = RandomState.of(seed);
    float[] values = new float[rows * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return FeatureTable.of(
        values, width, new int[rows], IntStream.range(0, rows).map(i -> 2 * i).toArray());
  }

  private static FeatureTable part(FeatureTable table, int from, int to) {
    return table.select(IntStream.range(from, to).toArray());
  }

  private static double cosine(FeatureTable a, int i, FeatureTable b, int j) {
    double product = 0;
    double left = 0;
    double right = 0;
    for (int c = 0; c < a.width(); c++) {
      product += (double) a.value(i, c) * b.value(j, c);
      left += (double) a.value(i, c) * a.value(i, c);
      right += (double) b.value(j, c) * b.value(j, c);
    }
    return product / Math.sqrt(left * right);
  }

  private static int[] plain(FeatureTable table, FeatureTable queries, int q, int k) {
    return IntStream.range(0, table.rows())
        .boxed()
        .sorted(Comparator.comparingDouble(row -> -cosine(table, row, queries, q)))
        .limit(k)
        .mapToInt(table::index)
        .toArray();
  }

  private static int[] positions(List<FeatureIndex.Hit> hits) {
    return hits.stream().mapToInt(FeatureIndex.Hit::index).toArray();
  }

  /** The share of the ten nearest that a graph finds. */
  private double recall(FeatureTable table, FeatureTable queries) {
    try (FeatureIndex index = FeatureIndex.create(place(FACTS, 1), table)) {
      assertThat(index.hasGraph()).isTrue();
      List<List<FeatureIndex.Hit>> all = index.nearest(queries, 10);
      int found = 0;
      for (int q = 0; q < queries.rows(); q++) {
        Set<Integer> truth = new HashSet<>();
        IntStream.of(plain(table, queries, q, 10)).forEach(truth::add);
        for (int position : positions(all.get(q))) {
          found += truth.contains(position) ? 1 : 0;
        }
      }
      return found / (10.0 * queries.rows());
    }
  }

  @Test
  void the_nearest_are_those_of_the_plain_cosine_with_and_without_a_graph() {
    FeatureTable all = random(400, 12, 1);
    FeatureTable table = part(all, 0, 380);
    FeatureTable queries = part(all, 380, 400);
    for (int graphFrom : List.of(NO_GRAPH, 1)) {
      try (FeatureIndex index = FeatureIndex.create(place(FACTS, graphFrom), table)) {
        assertThat(index.hasGraph()).isEqualTo(graphFrom == 1);
        assertThat(index.pictures()).isEqualTo(380);
        assertThat(index.width()).isEqualTo(12);
        List<List<FeatureIndex.Hit>> hits = index.nearest(queries, 7);
        for (int q = 0; q < queries.rows(); q++) {
          assertThat(positions(hits.get(q))).containsExactly(plain(table, queries, q, 7));
          FeatureIndex.Hit third = hits.get(q).get(2);
          assertThat(third.cosine())
              .isCloseTo(cosine(table, third.index() / 2, queries, q), within(1e-6));
        }
      }
    }
    assertThat(notes).isEmpty();
  }

  @Test
  void a_graph_finds_19_of_20_of_random_rows() {
    FeatureTable all = random(2050, 32, 2);
    assertThat(recall(part(all, 0, 2000), part(all, 2000, 2050))).isGreaterThanOrEqualTo(0.95);
  }

  @Test
  @Tag("slow")
  void a_graph_finds_19_of_20_of_many_random_rows() {
    FeatureTable all = random(50_100, 64, 3);
    assertThat(recall(part(all, 0, 50_000), part(all, 50_000, 50_100)))
        .isGreaterThanOrEqualTo(0.95);
  }

  @Test
  @Tag("slow")
  void a_graph_finds_19_of_20_of_real_features() {
    Path weights = Shared.path("data/weights/squeezenet1_1");
    DataOptions options = DataOptions.of(Places.of(Map.of())).withLimit(300);
    PictureSet set =
        DataSources.open(Shared.path("data/cifar10").toString(), options).need(Split.TRAIN);
    try (Pretrained pretrained = WeightsFolder.load(weights, Device.CPU);
        PictureLoader loader =
            new PictureLoader(
                set,
                Predictor.reading(pretrained.preprocessing(), Orientation.IGNORE, 1L << 24),
                new PictureLoader.Options(32, PictureLoader.Order.SEQUENTIAL, 0, 2),
                new BadPictures(BadPictures.Limit.DEFAULT, set.size(), w -> {}))) {
      FeatureTable all =
          new FeatureExtractor(pretrained.model(), Device.CPU, DType.FLOAT32)
              .run(loader, (done, of) -> {})
              .values()
              .iterator()
              .next();
      int[] queries = IntStream.range(0, all.rows()).filter(row -> row % 30 == 0).toArray();
      int[] others = IntStream.range(0, all.rows()).filter(row -> row % 30 != 0).toArray();
      assertThat(recall(all.select(others), all.select(queries))).isGreaterThanOrEqualTo(0.95);
    }
  }

  @Test
  void features_wider_than_lucene_takes_by_itself() {
    FeatureTable table = random(40, 2048, 4);
    try (FeatureIndex index = FeatureIndex.create(place(FACTS, 1), table)) {
      assertThat(index.width()).isEqualTo(2048);
      assertThat(positions(index.nearest(table.select(5), 3).get(0)))
          .containsExactly(plain(table, table, 5, 3));
    }
  }

  @Test
  void what_was_made_is_opened_again_and_answers_the_same() {
    FeatureTable table = random(300, 8, 5);
    for (int graphFrom : List.of(NO_GRAPH, 1)) {
      FeatureIndex.Place place = place(FACTS, graphFrom);
      List<List<FeatureIndex.Hit>> first;
      try (FeatureIndex made = FeatureIndex.create(place, table)) {
        first = made.nearest(part(table, 0, 20), 5);
      }
      try (FeatureIndex again = FeatureIndex.open(place).orElseThrow()) {
        assertThat(again.hasGraph()).isEqualTo(graphFrom == 1);
        assertThat(again.nearest(part(table, 0, 20), 5)).isEqualTo(first);
      }
    }
    assertThat(notes).isEmpty();
  }

  @Test
  void one_of_other_facts_is_not_opened() {
    assertThat(FeatureIndex.open(place(FACTS, 1))).isEmpty();
    FeatureIndex.create(place(FACTS, NO_GRAPH), random(30, 8, 6)).close();
    assertThat(FeatureIndex.open(place(Map.of("layer", "b", "weights", "v"), NO_GRAPH))).isEmpty();
    assertThat(notes)
        .containsExactly(
            folder.resolve("index") + ": is an index with other layer, weights; made anew");
  }

  @Test
  void a_broken_index_is_not_opened() throws IOException {
    Path file = folder.resolve("index/index.safetensors");
    FeatureIndex.create(place(FACTS, NO_GRAPH), random(30, 8, 6)).close();
    byte[] whole = Files.readAllBytes(file);
    for (int length : List.of(0, 5, 100, whole.length - 1)) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      assertThat(FeatureIndex.open(place(FACTS, NO_GRAPH))).isEmpty();
    }
    Map<String, String> facts = new java.util.HashMap<>(FACTS);
    facts.put("rows", "1");
    FeatureTable.of(new float[] {1, Float.NaN}, 2, new int[1], new int[1]).save(file, facts);
    assertThat(FeatureIndex.open(place(FACTS, NO_GRAPH))).isEmpty();
    FeatureTable.of(new float[] {1, 0}, 2, new int[1], new int[] {100_000}).save(file, facts);
    assertThat(FeatureIndex.open(place(FACTS, NO_GRAPH))).isEmpty();
    assertThat(notes).hasSize(6).containsOnly(folder.resolve("index") + ": is damaged; made anew");
  }

  @Test
  void a_broken_graph_is_made_anew_from_the_features() throws IOException {
    FeatureTable table = random(300, 8, 7);
    FeatureIndex.Place place = place(FACTS, 1);
    List<List<FeatureIndex.Hit>> first;
    try (FeatureIndex made = FeatureIndex.create(place, table)) {
      first = made.nearest(part(table, 0, 20), 5);
    }
    int broken = 0;
    for (String ending : List.of(".vec", ".vex", ".vem", ".dvd", ".si", "segments_1")) {
      for (int way = 0; way < 3; way++) {
        Path file = file(ending);
        byte[] bytes = Files.readAllBytes(file);
        switch (way) {
          case 0 -> Files.delete(file);
          case 1 -> Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
          default -> {
            bytes[bytes.length / 2] ^= 0x55;
            Files.write(file, bytes);
          }
        }
        try (FeatureIndex again = FeatureIndex.open(place).orElseThrow()) {
          assertThat(again.nearest(part(table, 0, 20), 5)).as(ending + way).isEqualTo(first);
        }
        broken++;
      }
    }
    assertThat(notes)
        .hasSize(broken)
        .containsOnly(
            folder.resolve("index/graph") + ": is missing or damaged; made anew from the features");
  }

  private Path file(String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("index/graph"))) {
      return files.filter(file -> file.toString().endsWith(ending)).findFirst().orElseThrow();
    }
  }

  @Test
  void a_graph_that_another_process_writes_is_refused() throws IOException {
    Path graph = folder.resolve("index/graph");
    try (Directory directory = new NIOFSDirectory(graph);
        Lock lock = directory.obtainLock("write.lock")) {
      lock.ensureValid();
      assertThatThrownBy(() -> FeatureIndex.create(place(FACTS, 1), random(30, 8, 8)))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              graph + ": is being written by another process; wait for it, or name another folder");
    }
  }

  @Test
  void a_folder_with_something_else_is_refused() throws IOException {
    Path other = Files.createDirectories(folder.resolve("photos"));
    FeatureIndex.check(other);
    FeatureIndex.check(folder.resolve("new"));
    Path picture = Files.writeString(other.resolve("a.jpg"), "");
    assertThatThrownBy(() -> FeatureIndex.check(other))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            other + ": holds a.jpg and is no index; name a new folder, or that of an index");
    assertThatThrownBy(() -> FeatureIndex.check(picture))
        .isInstanceOf(LinnetException.class)
        .hasMessage(picture + ": is a file; an index is a folder, name a new one");
  }

  @Test
  void rows_without_a_direction_are_left_out() {
    float[] values = {1, 2, 0, 0, Float.NaN, 1, 2, 1};
    FeatureTable table = FeatureTable.of(values, 2, new int[4], new int[] {0, 1, 2, 3});
    try (FeatureIndex index = FeatureIndex.create(place(FACTS, NO_GRAPH), table)) {
      assertThat(positions(index.nearest(table.select(3), 2).get(0))).containsExactly(3, 0);
    }
    assertThat(notes).containsExactly("2 of 4 pictures have features of 0 or NaN alone; left out");
    assertThatThrownBy(() -> FeatureIndex.create(place(FACTS, 1), table.select(1, 2)))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "features: got 0 or NaN alone; must have a direction; choose another layer, or other"
                + " weights");
  }
}
