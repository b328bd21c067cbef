package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.PictureLoader.Options;
import dev.linnet.data.PictureLoader.Order;
import dev.linnet.data.PictureLoader.Reading;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.Box;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.PadCrop;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import dev.linnet.image.RandomHorizontalFlip;
import dev.linnet.image.Sequence;
import dev.linnet.tensor.Scope;
import dev.linnet.testing.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PictureLoaderTest {
  private static final ImageSize SIZE = Samples.SIZE;
  private static final PictureTransform AUGMENT =
      Sequence.of(new PadCrop(2, SIZE), RandomHorizontalFlip.DEFAULT);
  private static final PictureTransform PLAIN = (picture, random) -> picture;

  private final List<String> warnings = new ArrayList<>();

  /** Pictures of noise, some of them broken; notes which are read and by whom. */
  private static final class Noise implements PictureSet {
    final int size;
    final Set<Integer> broken;
    final AtomicInteger reads = new AtomicInteger();
    final Set<String> threads = new ConcurrentSkipListSet<>();

    Noise(int size, Integer... broken) {
      this.size = size;
      this.broken = Set.of(broken);
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public List<String> classes() {
      return List.of("a", "b", "c");
    }

    @Override
    public int label(int index) {
      return index % 3;
    }

    @Override
    public String name(int index) {
      return index + ".png";
    }

    @Override
    public Picture read(int index, DecodeOptions options) {
      reads.incrementAndGet();
      threads.add(Thread.currentThread().getName() + Thread.currentThread().isDaemon());
      if (broken.contains(index)) {
        throw new BadPictureException(name(index), "is broken");
      }
      return Samples.picture(index);
    }

    @Override
    public PictureInfo info(int index) {
      return new PictureInfo("png", SIZE, 3, 1);
    }

    @Override
    public String fingerprint() {
      return "noise";
    }
  }

  private PictureLoader loader(PictureSet set, PictureTransform transform, Options options) {
    return new PictureLoader(
        set,
        new Reading(DecodeOptions.DEFAULT, transform, SIZE, Normalization.IMAGENET),
        options,
        new BadPictures(BadPictures.Limit.DEFAULT, set.size(), warnings::add));
  }

  private static Options training(int batch, int workers) {
    return new Options(batch, Order.SHUFFLED, 5, workers);
  }

  private static Options evaluation(int batch, int workers) {
    return new Options(batch, Order.SEQUENTIAL, 5, workers);
  }

  /** Indices and bytes of each batch of an epoch. */
  private static List<String> batches(PictureLoader loader, int epoch, int first) {
    List<String> all = new ArrayList<>();
    try (Loader.Pass pass = loader.pass(epoch, first)) {
      while (pass.hasNext()) {
        Scope.run(
            "batch",
            () -> {
              Batch batch = pass.next();
              all.add(batch + HexFormat.of().formatHex(batch.images().toBytes()));
            });
      }
    }
    return all;
  }

  /** Indices of each batch of an epoch, from a batch on. */
  private static List<List<Integer>> indexRows(PictureLoader loader, int epoch, int first) {
    List<List<Integer>> all = new ArrayList<>();
    try (Loader.Pass pass = loader.pass(epoch, first)) {
      while (pass.hasNext()) {
        Scope.run(
            "batch",
            () -> {
              Batch batch = pass.next();
              List<Integer> row = new ArrayList<>();
              for (int i = 0; i < batch.size(); i++) {
                row.add(batch.index(i));
              }
              all.add(row);
            });
      }
    }
    return all;
  }

  private static List<Integer> indices(PictureLoader loader, int epoch) {
    List<Integer> all = new ArrayList<>();
    try (Loader.Pass pass = loader.pass(epoch, 0)) {
      while (pass.hasNext()) {
        Scope.run(
            "batch",
            () -> {
              Batch batch = pass.next();
              for (int i = 0; i < batch.size(); i++) {
                all.add(batch.index(i));
              }
            });
      }
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void batches_are_the_same_whatever_the_number_of_workers(int workers) {
    try (PictureLoader alone = loader(new Noise(50), AUGMENT, training(16, 0));
        PictureLoader many = loader(new Noise(50), AUGMENT, training(16, workers))) {
      assertThat(batches(many, 3, 0)).hasSize(3).isEqualTo(batches(alone, 3, 0));
    }
  }

  @Seeds(12)
  void processes_together_read_the_batches_of_one(RandomState random) {
    Noise set = new Noise(30 + random.nextInt(20));
    int batch = 3 + random.nextInt(6);
    for (Order order : Order.values()) {
      Options whole = new Options(batch, order, random.nextInt(100), 0);
      PictureLoader one = loader(set, PLAIN, whole);
      int from = random.nextInt(one.batches());
      List<List<Integer>> expected = indexRows(one, 1, from);
      int count = 1 + random.nextInt(3);
      List<List<Integer>> joined = new ArrayList<>();
      expected.forEach(row -> joined.add(new ArrayList<>()));
      int images = 0;
      for (int part = 0; part < count; part++) {
        PictureLoader loader = loader(set, PLAIN, whole.withPart(new Part(part, count)));
        assertThat(loader.batches()).isEqualTo(one.batches());
        images += loader.images();
        List<List<Integer>> rows = indexRows(loader, 1, from);
        for (int i = 0; i < rows.size(); i++) {
          joined.get(i).addAll(rows.get(i));
        }
      }
      assertThat(joined).isEqualTo(expected);
      assertThat(images).isEqualTo(one.images());
    }
  }

  @Test
  void a_batch_has_a_picture_for_each_process() {
    Options options = training(2, 0);
    assertThatThrownBy(() -> options.withPart(new Part(2, 3)))
        .hasMessage("batch: got 2; must be at least 3, one picture for each process");
  }

  @Test
  void an_epoch_begins_at_any_batch_without_reading_those_before() {
    Noise set = new Noise(100);
    try (PictureLoader loader = loader(set, AUGMENT, training(10, 2))) {
      List<String> whole = batches(loader, 1, 0);
      set.reads.set(0);

      assertThat(batches(loader, 1, 7)).isEqualTo(whole.subList(7, 10));
      assertThat(set.reads).hasValue(30);
      assertThat(batches(loader, 1, 10)).isEmpty();
      assertThatThrownBy(() -> loader.pass(1, 11))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("first batch: got 11; must be in [0, 10]");
    }
  }

  @Test
  void training_shuffles_anew_each_epoch_and_drops_an_incomplete_batch() {
    try (PictureLoader loader = loader(new Noise(25), AUGMENT, training(10, 2))) {
      List<Integer> first = indices(loader, 0);

      assertThat(loader.batches()).isEqualTo(2);
      assertThat(loader.images()).isEqualTo(20);
      assertThat(first).hasSize(20).doesNotHaveDuplicates();
      assertThat(indices(loader, 0)).isEqualTo(first);
      assertThat(indices(loader, 1)).isNotEqualTo(first).hasSize(20);
      Set<Integer> seen = new TreeSet<>();
      for (int epoch = 0; epoch < 30; epoch++) {
        seen.addAll(indices(loader, epoch));
      }
      assertThat(seen).hasSize(25);
    }
  }

  @Test
  void evaluation_takes_each_picture_once_in_order() {
    try (PictureLoader loader = loader(new Noise(25), PLAIN, evaluation(10, 2))) {
      assertThat(loader.batches()).isEqualTo(3);
      assertThat(loader.images()).isEqualTo(25);
      assertThat(indices(loader, 0))
          .isEqualTo(java.util.stream.IntStream.range(0, 25).boxed().toList());
    }
  }

  @Test
  void a_batch_holds_the_pixels_channels_last_and_the_labels() {
    try (PictureLoader loader = loader(new Noise(5), PLAIN, evaluation(4, 1));
        Loader.Pass pass = loader.pass(0, 0)) {
      Scope.run(
          "batch",
          () -> {
            Batch batch = pass.next();
            assertThat(batch.images().shape().toString()).contains("4, 3, 10, 12");
            assertThat(batch.images().isChannelsLast()).isTrue();
            assertThat(batch.targets().toLongs()).containsExactly(0, 1, 2, 0);
            byte[] second = batch.images().select(0, 1).permute(1, 2, 0).contiguous().toBytes();
            assertThat(second).isEqualTo(Samples.picture(1).pixels());
          });
    }
  }

  @Test
  void the_pixels_of_a_batch_stay_until_next_is_called_twice_more() {
    try (PictureLoader loader = loader(new Noise(200), PLAIN, evaluation(10, 2))) {
      for (int epoch = 0; epoch < 2; epoch++) {
        try (Loader.Pass pass = loader.pass(epoch, 0)) {
          Scope.run(
              "batches",
              () -> {
                Batch before = pass.next();
                byte[] pixels = before.images().toBytes();
                while (pass.hasNext()) {
                  Batch batch = pass.next();
                  LockSupport.parkNanos(1_000_000);
                  assertThat(before.images().toBytes()).isEqualTo(pixels);
                  before = batch;
                  pixels = batch.images().toBytes();
                }
              });
        }
      }
    }
  }

  @Test
  void workers_are_daemons_with_names_and_read_parts_of_one_batch() {
    Noise set = new Noise(64);
    CountDownLatch all = new CountDownLatch(3);
    PictureTransform together =
        (picture, random) -> {
          all.countDown();
          try {
            all.await(); // three pictures of the only batch must be read at once
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return picture;
        };
    try (PictureLoader loader = loader(set, together, evaluation(64, 3))) {
      assertThat(indices(loader, 0)).hasSize(64);
    }
    assertThat(set.threads)
        .containsExactly("linnet-data-1true", "linnet-data-2true", "linnet-data-3true");
  }

  @Test
  void no_more_than_four_batches_are_read_ahead() {
    Noise set = new Noise(1000);
    try (PictureLoader loader = loader(set, PLAIN, evaluation(10, 2));
        Loader.Pass pass = loader.pass(0, 0)) {
      LockSupport.parkNanos(300_000_000);
      assertThat(pass.hasNext()).isTrue();
      assertThat(set.reads).hasValue(40);
    }
  }

  @Test
  void broken_pictures_are_left_out_of_their_batch_and_named_once() {
    Noise set = new Noise(20, 0, 7, 8);
    try (PictureLoader loader = loader(set, PLAIN, evaluation(5, 2))) {
      assertThat(indices(loader, 0))
          .containsExactly(1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
      assertThat(indices(loader, 0)).hasSize(17);
      try (Loader.Pass pass = loader.pass(0, 1)) {
        Scope.run(
            "batch",
            () -> {
              Batch batch = pass.next();
              assertThat(batch.targets().toLongs()).containsExactly(2, 0, 0);
              assertThat(batch.images().select(0, 2).permute(1, 2, 0).contiguous().toBytes())
                  .isEqualTo(Samples.picture(9).pixels());
            });
      }
    }
    assertThat(warnings)
        .containsExactlyInAnyOrder(
            "0.png: is broken (skipped)",
            "7.png: is broken (skipped)",
            "8.png: is broken (skipped)");
  }

  @Test
  void too_many_broken_pictures_are_an_error_that_reaches_who_trains() {
    Noise set = new Noise(20, 4, 9, 14, 19);
    try (PictureLoader loader = loader(set, PLAIN, evaluation(5, 1))) {
      assertThatThrownBy(() -> indices(loader, 0))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "4 of 20 pictures are broken, the last: 19.png: is broken; mend or remove them"
                  + " (linnet data check names all), or raise max_bad.share and max_bad.count");
    }
  }

  @Test
  void a_share_is_borne_even_where_the_number_is_above_the_limit() {
    BadPictures bad = new BadPictures(BadPictures.Limit.DEFAULT, 1000, warnings::add);
    for (int i = 0; i < 10; i++) {
      bad.add(new BadPictureException(i + ".png", "is broken"));
      bad.add(new BadPictureException(i + ".png", "is broken"));
    }

    assertThat(bad.count()).isEqualTo(10);
    assertThatThrownBy(() -> bad.add(new BadPictureException("x.png", "is broken")))
        .hasMessageStartingWith("11 of 1000 pictures are broken, the last: x.png: is broken;");
  }

  @Test
  void a_training_batch_of_broken_pictures_only_is_an_error() {
    try (PictureLoader loader = loader(new Noise(2, 0, 1), PLAIN, training(2, 0))) {
      assertThatThrownBy(() -> indices(loader, 0))
          .hasMessage("all 2 pictures of a batch are broken; linnet data check names them");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void what_a_worker_throws_comes_with_its_batch(int workers) {
    PictureTransform failing =
        (picture, random) -> {
          if (picture.equals(Samples.picture(13))) {
            throw new UnsupportedOperationException("the operator fails");
          }
          return picture;
        };
    try (PictureLoader loader = loader(new Noise(40), failing, evaluation(5, workers));
        Loader.Pass pass = loader.pass(0, 0)) {
      Scope.run(
          "batches",
          () -> {
            pass.next();
            pass.next();
            assertThatThrownBy(pass::next)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("the operator fails");
          });
    }
  }

  @Test
  void an_operator_that_gives_another_size_is_an_error() {
    PictureTransform smaller =
        (picture, random) -> picture.crop(new Box(0, 0, new ImageSize(5, 24)));
    try (PictureLoader loader = loader(new Noise(4), smaller, evaluation(4, 1))) {
      assertThatThrownBy(() -> indices(loader, 0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("0.png: became Picture 24x5x3 and not 12x10");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void pictures_that_come_again_in_an_epoch_are_drawn_anew_whatever_the_workers(int workers) {
    Sampler repeats = new RepeatedSampler(Sampler.UNIFORM, 4);
    try (PictureLoader alone =
            loader(new Noise(50), AUGMENT, training(16, 0).withSampler(repeats));
        PictureLoader others =
            loader(new Noise(50), AUGMENT, training(16, workers).withSampler(repeats));
        PictureLoader once = loader(new Noise(50), AUGMENT, training(16, 0))) {
      List<String> batches = batches(alone, 3, 0);
      assertThat(batches(others, 3, 0)).isEqualTo(batches);
      assertThat(batches(others, 3, 1)).isEqualTo(batches.subList(1, 3));
      assertThat(indices(alone, 3).subList(0, 4)).containsOnly(indices(once, 3).get(0));
      List<byte[]> rows = firstRows(alone);
      assertThat(rows.get(0)).as("as without repeats").isEqualTo(firstRows(once).get(0));
      assertThat(rows.subList(1, 4)).anyMatch(row -> !Arrays.equals(row, rows.get(0)));
    }
  }

  /** The pixels of each picture of epoch 3's first batch. */
  private static List<byte[]> firstRows(PictureLoader loader) {
    List<byte[]> rows = new ArrayList<>();
    try (Loader.Pass pass = loader.pass(3, 0)) {
      Scope.run("batch", () -> rows.addAll(rows(pass.next())));
    }
    return rows;
  }

  private static List<byte[]> rows(Batch batch) {
    byte[] pixels = batch.images().permute(0, 2, 3, 1).contiguous().toBytes();
    int length = pixels.length / batch.size();
    List<byte[]> rows = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      rows.add(Arrays.copyOfRange(pixels, i * length, (i + 1) * length));
    }
    return rows;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void further_views_come_after_all_first_ones_and_without_broken_pictures(int workers) {
    Reading reading =
        new Reading(
            DecodeOptions.DEFAULT, PLAIN, new PadCrop(3, SIZE), SIZE, Normalization.IMAGENET);
    BadPictures bad = new BadPictures(BadPictures.Limit.DEFAULT, 8, warnings::add);
    try (PictureLoader loader =
            new PictureLoader(new Noise(8, 2, 5), reading, training(8, workers).withViews(3), bad);
        Loader.Pass pass = loader.pass(0, 0)) {
      Scope.run(
          "batch",
          () -> {
            Batch batch = pass.next();
            assertThat(batch.views()).isEqualTo(3);
            assertThat(batch.size()).isEqualTo(18);
            assertThat(batch.targets().toLongs()).hasSize(18);
            List<byte[]> rows = rows(batch);
            for (int i = 0; i < 6; i++) {
              int index = batch.index(i);
              assertThat(index).isNotIn(2, 5);
              assertThat(batch.index(6 + i)).isEqualTo(index);
              assertThat(batch.index(12 + i)).isEqualTo(index);
              assertThat(rows.get(i)).isEqualTo(Samples.picture(index).pixels());
              byte[] second =
                  new PadCrop(3, SIZE)
                      .apply(
                          Samples.picture(index),
                          dev.linnet.base.RandomState.of(5).at(13, 0, index, 0, 1))
                      .pixels();
              assertThat(rows.get(6 + i)).isEqualTo(second);
            }
            assertThat(rows.subList(6, 12)).isNotEqualTo(rows.subList(12, 18));
          });
    }
  }

  @Test
  void it_closes_while_workers_read_and_its_threads_end() throws InterruptedException {
    Noise set = new Noise(10_000);
    PictureTransform slow =
        (picture, random) -> {
          LockSupport.parkNanos(2_000_000);
          return picture;
        };
    PictureLoader loader = loader(set, slow, training(100, 3));
    Loader.Pass pass = loader.pass(0, 0);
    Scope.run("batch", pass::next);
    double waited = pass.waitedSeconds();
    pass.close();
    loader.close();
    loader.close();

    assertThat(loader.awaitTermination(5)).isTrue();
    assertThat(waited).isBetween(0.02, 30.0);
    assertThat(set.reads.get()).isLessThan(700);
    assertThat(warnings).isEmpty();
    assertThatThrownBy(() -> loader.pass(0, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the loader was closed");
  }

  @Test
  void a_waiting_thread_that_is_interrupted_says_so() {
    PictureTransform never =
        (picture, random) -> {
          LockSupport.parkNanos(200_000_000);
          return picture;
        };
    try (PictureLoader loader = loader(new Noise(8), never, evaluation(8, 1))) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> indices(loader, 0))
          .isInstanceOf(LinnetException.class)
          .hasMessage("reading pictures was interrupted");
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void a_batch_larger_than_the_data_set_is_refused() {
    assertThatThrownBy(() -> loader(new Noise(25), AUGMENT, training(26, 1)))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "batch: got 26, but there are only 25 training pictures; choose a --batch of at most"
                + " 25");
    assertThatThrownBy(() -> training(0, 1)).hasMessage("batch: got 0; must be at least 1");
    assertThatThrownBy(() -> training(1, -1)).hasMessage("workers: got -1; must be in [0, 1024]");
  }

  @Test
  void the_input_is_levels_less_the_mean_by_the_deviation() {
    try (PictureLoader loader = loader(new Noise(2), PLAIN, evaluation(2, 1));
        Loader.Pass pass = loader.pass(0, 0)) {
      Scope.run(
          "batch",
          () -> {
            Batch input = pass.next().prepared(dev.linnet.tensor.Device.CPU);
            float[] values = input.images().toFloats();
            byte[] pixels = Samples.picture(0).pixels();
            float[] expected = new float[(int) SIZE.area()];
            for (int i = 0; i < expected.length; i++) {
              expected[i] = (float) (((pixels[3 * i + 1] & 0xFF) / 255.0 - 0.456) / 0.224);
            }
            int area = (int) SIZE.area();
            assertThat(Arrays.copyOfRange(values, area, 2 * area))
                .containsExactly(expected, org.assertj.core.data.Offset.offset(1e-5f));
            assertThat(input.images().isChannelsLast()).isTrue();
          });
    }
  }
}
