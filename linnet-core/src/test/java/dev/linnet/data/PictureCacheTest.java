package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.data.PictureCache.Where;
import dev.linnet.data.PictureLoader.Order;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.JpegWriter;
import dev.linnet.image.Orientation;
import dev.linnet.image.PadCrop;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import dev.linnet.image.RandomHorizontalFlip;
import dev.linnet.image.RandomResizedCrop;
import dev.linnet.image.ScaledDecoding;
import dev.linnet.image.Sequence;
import dev.linnet.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PictureCacheTest {
  private static final DecodeOptions SCALED =
      DecodeOptions.DEFAULT.withScaledDecoding(ScaledDecoding.ALLOWED);
  private static final ImageSize SIZE = ImageSize.square(16);
  private static final PictureTransform AUGMENT =
      Sequence.of(RandomResizedCrop.of(SIZE), RandomHorizontalFlip.DEFAULT);

  @TempDir Path temp;

  private PictureSet open() {
    return DataSources.open(
            temp.resolve("set").toString(), Samples.options(temp).withHoldout(Holdout.NONE))
        .train();
  }

  /** Eight JPEGs, most of whose windows are decoded at half their size, and two other files. */
  private PictureSet photos() {
    for (int i = 0; i < 8; i++) {
      Picture picture = Samples.picture(i, new ImageSize(40 + 7 * i, 48 + 3 * i), i == 3 ? 1 : 3);
      Samples.file(temp.resolve("set/a/%d.jpg".formatted(i)), JpegWriter.write(picture, 90));
    }
    Samples.pictures(temp, "set/b/1.png", "set/b/2.png");
    return open();
  }

  private PictureCache cache(Where where) {
    return new PictureCache(
        new PictureCache.Options(where, OrAuto.auto(), temp.resolve("cache")), SCALED);
  }

  private PictureCache cache(Where where, long room) {
    return new PictureCache(
        new PictureCache.Options(where, OrAuto.of(new ByteCount(room)), temp.resolve("cache")),
        SCALED);
  }

  private static List<byte[]> batches(PictureSet set, PictureTransform transform, int workers) {
    List<byte[]> batches = new ArrayList<>();
    try (PictureLoader loader =
        new PictureLoader(
            set,
            new PictureLoader.Reading(SCALED, transform, SIZE, Normalization.IMAGENET),
            new PictureLoader.Options(4, Order.SHUFFLED, 5, workers),
            new BadPictures(BadPictures.Limit.DEFAULT, set.size(), warning -> {}))) {
      for (int epoch = 0; epoch < 3; epoch++) {
        Loader.Pass pass = loader.pass(epoch, 0);
        while (pass.hasNext()) {
          Scope.run(
              "batch",
              () ->
                  pass.next()
                      .images()
                      .<RuntimeException>readBytes(
                          bytes -> {
                            byte[] copy = new byte[bytes.remaining()];
                            bytes.get(copy);
                            batches.add(copy);
                          }));
        }
      }
    }
    return batches;
  }

  @Test
  void batches_are_the_same_with_and_without_a_cache() {
    PictureSet set = photos();
    List<PictureTransform> transforms =
        List.of(
            AUGMENT,
            RandomResizedCrop.of(SIZE).withInterpolation(Interpolation.NEAREST),
            EvalTransform.of(SIZE, 0.875, Interpolation.BICUBIC),
            new PadCrop(2, SIZE),
            Sequence.of(new PadCrop(2, SIZE), RandomHorizontalFlip.DEFAULT));
    for (PictureTransform transform : transforms) {
      List<byte[]> plain = batches(set, transform, 0);
      for (int workers : List.of(0, 3)) {
        for (long room : List.of(10_000L, 10_000_000L)) { // for one picture or two, and for all
          for (Where where : List.of(Where.RAM, Where.DISK)) {
            try (PictureCache cache = cache(where, room)) {
              assertThat(batches(cache.keep(set, "pictures"), transform, workers))
                  .as("%s, %d workers, %s of %d bytes", transform, workers, where, room)
                  .containsExactlyElementsOf(plain);
            }
          }
        }
      }
    }
  }

  @Test
  void a_picture_is_decoded_once() throws IOException {
    Samples.pictures(temp, "set/a/1.png", "set/b/1.png");
    Samples.file(temp.resolve("set/b/broken.png"), new byte[7]);
    PictureSet set = open();
    PictureSet kept = cache(Where.AUTO).keep(set, "pictures");

    Picture first = kept.read(0, SCALED);
    String reason = reason(kept, 2, SCALED);
    Files.delete(temp.resolve("set/a/1.png"));
    Files.delete(temp.resolve("set/b/broken.png"));

    assertThat(first).isEqualTo(Samples.picture("set/a/1.png".hashCode()));
    assertThat(kept.read(0, DecodeOptions.DEFAULT)).isEqualTo(first);
    assertThat(kept.read(0, SCALED, (p, r) -> p.gray(), RandomState.of(0))).isEqualTo(first.gray());
    assertThat(reason(kept, 2, SCALED)).isEqualTo(reason);
    assertThat(reason(kept, 0, SCALED.withOrientation(Orientation.IGNORE)))
        .endsWith("cannot be read (it does not exist)");
    assertThat(kept.fingerprint()).isEqualTo(set.fingerprint());
    assertThat(kept.name(1)).isEqualTo("b/1.png");
    assertThat(kept.label(1)).isEqualTo(1);
    assertThat(kept.classes()).containsExactly("a", "b");
  }

  /** Once an operator has had a JPEG at a part of its size, the file is needed no more. */
  @Test
  void a_picture_is_kept_at_the_parts_of_its_size_that_were_needed() throws IOException {
    PictureSet set = photos();
    for (Where where : List.of(Where.RAM, Where.DISK)) {
      try (PictureCache cache = cache(where, 10_000_000)) {
        PictureSet kept = cache.keep(set, "pictures");
        List<Picture> first = cropped(kept);
        assertThat(first).isEqualTo(cropped(set));
        Files.move(temp.resolve("set"), temp.resolve("away"));
        assertThat(cropped(kept)).isEqualTo(first);
        Files.move(temp.resolve("away"), temp.resolve("set"));
      }
    }
    try (PictureCache again = cache(Where.DISK, 10_000_000)) {
      PictureSet kept = again.keep(set, "pictures");
      assertThat(again.notes().get(0)).endsWith("; 10 of 10 are there");
      Path file = onDisk();
      long taken = PixelFile.taken(file);
      assertThat(cropped(kept)).isEqualTo(cropped(set));
      assertThat(PixelFile.taken(file)).isEqualTo(taken);
    }
  }

  @Test
  void a_file_that_is_gone_leaves_what_is_kept_of_it() throws IOException {
    PictureSet set = photos();
    try (PictureCache cache = cache(Where.RAM)) {
      PictureSet kept = cache.keep(set, "pictures");
      PictureTransform half = RandomResizedCrop.of(ImageSize.square(16)).withScale(1, 1);
      Picture first = kept.read(0, SCALED, half, RandomState.of(1));
      Files.delete(temp.resolve("set").resolve(set.name(0)));

      assertThat(reason(kept, 0, SCALED)).endsWith("cannot be read (it does not exist)");
      assertThat(kept.read(0, SCALED, half, RandomState.of(1))).isEqualTo(first);
    }
  }

  @Test
  void a_file_that_has_another_size_by_now_is_read_anew() {
    PictureSet set = photos();
    try (PictureCache cache = cache(Where.RAM)) {
      PictureSet kept = cache.keep(set, "pictures");
      PictureTransform half = RandomResizedCrop.of(ImageSize.square(16)).withScale(1, 1);
      kept.read(0, SCALED, half, RandomState.of(1));
      Samples.file(
          temp.resolve("set").resolve(set.name(0)),
          JpegWriter.write(Samples.picture(9, new ImageSize(21, 20), 3), 90));

      assertThat(kept.read(0, SCALED)).isEqualTo(set.read(0, SCALED));
    }
  }

  private Path onDisk() throws IOException {
    try (Stream<Path> all = Files.list(temp.resolve("cache/pictures"))) {
      return all.filter(file -> file.toString().endsWith(".pixels")).findFirst().orElseThrow();
    }
  }

  /** Windows of all pictures, some of them decoded at a half or a quarter of their size. */
  private static List<Picture> cropped(PictureSet set) {
    PictureTransform crop = RandomResizedCrop.of(ImageSize.square(8));
    List<Picture> all = new ArrayList<>();
    for (int i = 0; i < set.size(); i++) {
      for (int seed = 0; seed < 20; seed++) {
        all.add(set.read(i, SCALED, crop, RandomState.of(seed)));
      }
    }
    return all;
  }

  @Test
  void pictures_at_a_part_of_their_size_get_what_nobody_has_claimed() {
    ImageSize size = new ImageSize(8, 6);
    PixelMemory memory = new PixelMemory(1000);
    memory.claim(1000 - 4 * 3 * 3);
    Picture half = Samples.picture(1, new ImageSize(4, 3), 3);

    assertThat(memory.put(new PixelStore.Key(0, size, 2), Optional.empty(), half)).isPresent();
    assertThat(memory.put(new PixelStore.Key(1, size, 2), Optional.empty(), half)).isEmpty();
    assertThat(memory.isFull()).isFalse();
    Picture whole = Samples.picture(1, size, 3);
    assertThat(memory.put(new PixelStore.Key(1, size, 1), Optional.empty(), whole))
        .hasValueSatisfying(held -> assertThat(held.toPicture()).isEqualTo(whole));
  }

  private static String reason(PictureSet set, int index, DecodeOptions options) {
    try {
      set.read(index, options);
    } catch (BadPictureException e) {
      return String.valueOf(e.getMessage());
    }
    throw new AssertionError("was read");
  }

  /** Counts how often pictures are read. */
  private static final class Counting implements PictureSet {
    final AtomicInteger reads = new AtomicInteger();

    @Override
    public int size() {
      return 6;
    }

    @Override
    public List<String> classes() {
      return List.of("a");
    }

    @Override
    public int label(int index) {
      return 0;
    }

    @Override
    public String name(int index) {
      return "picture " + index;
    }

    @Override
    public Picture read(int index, DecodeOptions options) {
      reads.incrementAndGet();
      return Samples.picture(index);
    }

    @Override
    public PictureInfo info(int index) {
      return new PictureInfo("png", Samples.SIZE, 3, 1);
    }

    @Override
    public String fingerprint() {
      return "counted";
    }
  }

  @Test
  void many_threads_that_want_a_picture_at_once_decode_it_once() {
    Counting set = new Counting();
    PictureSet kept = cache(Where.RAM).keep(set, "pictures");

    IntStream.range(0, 600)
        .parallel()
        .forEach(
            i ->
                assertThat(kept.read(i % set.size(), SCALED))
                    .isEqualTo(Samples.picture(i % set.size())));

    assertThat(set.reads).hasValue(set.size());
  }

  @Test
  void no_more_is_kept_than_there_is_room_for() {
    Counting set = new Counting();
    int bytes = (int) Samples.SIZE.area() * 3;
    PictureCache cache = cache(Where.RAM, 4L * bytes);
    PictureSet kept = cache.keep(set, "pictures");

    for (int round = 0; round < 3; round++) {
      IntStream.range(0, set.size()).forEach(i -> kept.read(i, SCALED));
    }

    assertThat(set.reads).hasValue(4 + 1 + 3 * 2); // the first that finds no room is read twice
    assertThat(cache.notes())
        .containsExactly("pictures: as many are kept in memory as 0 MB hold, of 0 MB");
  }

  @Test
  void what_does_not_fit_is_not_kept_by_itself() {
    Counting set = new Counting();
    PictureCache small = cache(Where.AUTO, 2000);
    PictureCache large = cache(Where.AUTO, 6_000_000_000L);
    PictureCache off = cache(Where.OFF);

    assertThat(small.keep(set, "pictures")).isSameAs(set);
    assertThat(large.keep(set, "pictures")).isNotSameAs(set);
    assertThat(off.keep(set, "pictures")).isSameAs(set);
    assertThat(small.notes())
        .containsExactly(
            "pictures: decoded each time, because they take 0 MB, and 0 MB are to spare");
    assertThat(large.notes())
        .containsExactly("pictures: decoded once and kept in memory, 0 MB of 6.0 GB");
    assertThat(off.notes()).isEmpty();
  }

  @Test
  void two_sets_share_the_room() {
    Counting set = new Counting();
    PictureCache cache = cache(Where.AUTO, 3500); // one of 2544 bytes and a reserve, not two

    assertThat(cache.keep(set, "training pictures")).isNotSameAs(set);
    assertThat(cache.keep(set, "validation pictures")).isSameAs(set);
  }

  @Test
  void raw_pixels_stay_where_they_are() {
    PictureSet digits = DataSources.open("digits", Samples.options(temp)).train();
    PictureCache cache = cache(Where.RAM);

    assertThat(cache.keep(digits, "pictures")).isSameAs(digits);
    assertThat(cache.notes()).isEmpty();
  }

  @Test
  void sizes_are_written_as_people_do() {
    assertThat(ByteCount.parse("400MB")).contains(new ByteCount(400_000_000));
    assertThat(ByteCount.parse("1.5 gb")).contains(new ByteCount(1_500_000_000));
    assertThat(ByteCount.parse("2TB").map(ByteCount::toString)).contains("2TB");
    assertThat(ByteCount.parse("1500MB").map(ByteCount::toString)).contains("1500MB");
    for (String wrong : List.of("", "4", "4G", "-4GB", "0MB", "1e3MB", "4GBs", "99999999999TB")) {
      assertThat(ByteCount.parse(wrong)).as(wrong).isEqualTo(Optional.empty());
    }
    for (long bytes : new long[] {1, 999, 1000, 123_456_789, 4_000_000_000L, Long.MAX_VALUE}) {
      assertThat(ByteCount.parse(new ByteCount(bytes).toString())).contains(new ByteCount(bytes));
    }
    assertThat(ByteCount.shown(412_400_000)).isEqualTo("412 MB");
    assertThat(ByteCount.shown(6_040_000_000L)).isEqualTo("6.0 GB");
    assertThatThrownBy(() -> new ByteCount(0)).hasMessage("bytes: got 0; must be at least 1");
  }

  @Test
  void free_memory_is_what_the_kernel_and_the_control_groups_leave() throws IOException {
    files(Map.of("proc/meminfo", "MemTotal: 9000 kB\nMemFree: 1 kB\nMemAvailable:    8000 kB\n"));
    assertThat(FreeMemory.of(temp)).isEqualTo(8_192_000);

    files(Map.of("proc/self/cgroup", "0::/user/run\n", "sys/fs/cgroup/user/run/memory.max", "max"));
    assertThat(FreeMemory.of(temp)).isEqualTo(8_192_000);

    files(
        Map.of(
            "sys/fs/cgroup/user/memory.max", "5000000\n",
            "sys/fs/cgroup/user/memory.current", "3000000\n",
            "sys/fs/cgroup/user/memory.stat", "anon 7\ninactive_file 1000\n"));
    assertThat(FreeMemory.of(temp)).isEqualTo(2_001_000);
  }

  @Test
  void the_first_version_of_control_groups_counts_too() throws IOException {
    files(
        Map.of(
            "proc/meminfo", "MemAvailable: 8000 kB",
            "proc/self/cgroup", "3:memory:/docker/abc\n1:cpu:/x\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes", "4000000",
            "sys/fs/cgroup/memory/memory.usage_in_bytes", "1000000",
            "sys/fs/cgroup/memory/memory.stat", "total_inactive_file 500"));
    assertThat(FreeMemory.of(temp)).isEqualTo(3_000_500);

    files(Map.of("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712"));
    assertThat(FreeMemory.of(temp)).isEqualTo(8_192_000);
    assertThat(FreeMemory.of(temp.resolve("nothing"))).isZero();
    assertThat(FreeMemory.bytes()).isPositive();
    assertThat(FreeMemory.direct()).isPositive();
  }

  private void files(Map<String, String> files) throws IOException {
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = temp.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
  }
}
