package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ManyThreadsTest {
  private static final List<String> FILES =
      List.of("formats/progressive.jpg", "formats/rgba8.png", "formats/lossy.webp");
  private static final PictureTransform TRANSFORM =
      Sequence.of(RandomResizedCrop.of(ImageSize.square(32)), RandomHorizontalFlip.DEFAULT);

  private static Picture read(int index) {
    String file = FILES.get(index % FILES.size());
    return TRANSFORM.decode(
        GoldenPictures.bytes(file), file, DecodeOptions.DEFAULT, RandomState.of(1).at(0, index));
  }

  @Test
  void pictures_do_not_depend_on_the_number_of_threads() throws Exception {
    List<Callable<Picture>> tasks = new ArrayList<>();
    List<Picture> expected = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      int index = i;
      tasks.add(() -> read(index));
      expected.add(read(index));
    }
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Picture> pictures = new ArrayList<>();
      for (Future<Picture> future : threads.invokeAll(tasks)) {
        pictures.add(future.get());
      }

      assertThat(pictures).isEqualTo(expected);
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void native_memory_is_given_back_without_the_garbage_collector() {
    readAll();
    long before = Pointer.totalCount();
    for (int i = 0; i < 50; i++) {
      readAll();
    }

    assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
  }

  private static void readAll() {
    for (int i = 0; i < FILES.size(); i++) {
      read(i);
    }
    byte[] broken = GoldenPictures.bytes("formats/lzw.tiff");
    broken[4] ^= 1; // where its directory stands
    try {
      Decoder.decode(broken, "broken", DecodeOptions.DEFAULT);
    } catch (BadPictureException e) {
      assertThat(e).hasMessageStartingWith("broken: ");
    }
  }
}
