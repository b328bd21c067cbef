package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TarReaderTest {
  private static final String[] PATHS = {
    "./train/cats/1.png", "train/cats/2.png", "train/dogs/ein Hund.png", "val/dogs/é.png"
  };

  @TempDir Path temp;

  private DataSource open(String name) {
    return DataSources.open(temp.resolve(name).toString(), Samples.options(temp));
  }

  private String message(String name, byte[] content) {
    Samples.file(temp.resolve(name), content);
    try {
      open(name);
    } catch (LinnetException e) {
      return String.valueOf(e.getMessage()).replace(temp.toString(), "TEMP");
    }
    throw new AssertionError("was opened");
  }

  private static byte[] packed(String name, byte[] tar) {
    if (name.endsWith("gz")) {
      return Samples.gzip(tar);
    }
    return name.endsWith("zst") ? Zstd.compress(tar) : tar;
  }

  @ParameterizedTest
  @ValueSource(strings = {"set.tar", "set.tar.gz", "set.tgz", "set.tar.zst", "no-ending"})
  void a_tar_of_any_packing_is_read_in_place_and_equals_the_folder(String name) {
    Samples.file(temp.resolve(name), packed(name, Samples.tar(PATHS)));
    for (String path : PATHS) {
      Samples.file(
          temp.resolve("set").resolve(path.replace("./", "")), Samples.png(path.hashCode()));
    }

    DataSource tar = open(name);
    DataSource folder = open("set");

    assertThat(tar.layout()).isEqualTo("class folders in splits in a tar");
    assertThat(Samples.sizes(tar)).isEqualTo("train 3, val 1");
    assertThat(tar.fingerprint()).isEqualTo(folder.fingerprint());
    PictureSet train = tar.train();
    for (int i = 0; i < train.size(); i++) {
      assertThat(train.read(i, DecodeOptions.DEFAULT))
          .isEqualTo(folder.train().read(i, DecodeOptions.DEFAULT));
    }
  }

  @Test
  void a_tar_for_each_split_is_one_data_set() {
    Samples.file(
        temp.resolve("set/train.tar.gz"),
        Samples.gzip(Samples.tar("a/1.png", "b/1.png", "a/2.png", "b/2.png")));
    Samples.file(temp.resolve("set/test.tar"), Samples.tar("a/3.png", "b/3.png"));

    DataSource source = open("set");

    assertThat(source.layout()).isEqualTo("a tar of class folders for each split");
    assertThat(Samples.sizes(source)).isEqualTo("train 2, val 2, test 2");
    assertThat(source.need(Split.TEST).name(0)).isEqualTo("test/a/3.png");
    assertThat(source.need(Split.TEST).read(0, DecodeOptions.DEFAULT))
        .isEqualTo(Samples.picture("a/3.png".hashCode()));
  }

  @Test
  void a_folder_with_one_tar_is_that_tar() {
    Samples.file(temp.resolve("set/pictures.tar"), Samples.tar("x/a/1.png", "x/b/1.png"));

    assertThat(open("set").classes()).containsExactly("a", "b");
  }

  @Test
  void several_tars_that_are_no_splits_are_refused() {
    Samples.file(temp.resolve("set/one.tar"), Samples.tar("a/1.png"));
    Samples.file(temp.resolve("set/two.tar"), Samples.tar("a/1.png"));

    assertThatThrownBy(() -> open("set"))
        .hasMessage(
            temp.resolve("set")
                + ": holds several archives (one.tar, two.tar); name one, or call them train, val"
                + " and test");
  }

  @Test
  void cifar_and_idx_are_found_inside_a_tar() {
    Samples.file(
        temp.resolve("cifar.tgz"),
        Samples.gzip(
            Samples.tar(
                Map.of(
                    "bin/train.bin", Samples.cifar(2, 7, 7),
                    "bin/test.bin", Samples.cifar(2, 9)))));

    assertThat(Samples.sizes(open("cifar.tgz"))).isEqualTo("train 1, val 1, test 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/etc/a/1.png", "C:/a/1.png", "\\a\\1.png"})
  void an_absolute_member_is_refused(String path) {
    byte[] tar = Samples.tar(Map.of(path, Samples.png(1)));

    assertThat(message("set.tar", tar))
        .isEqualTo(
            "TEMP/set.tar: member \""
                + path
                + "\" has an absolute path, so the archive is refused; pack the pictures again by"
                + " relative paths");
    assertThat(message("set.tgz", Samples.gzip(tar))).contains("has an absolute path");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../a/1.png", "a/../../b/1.png", "a\\..\\1.png", "a/.."})
  void a_member_that_leads_out_of_the_archive_is_refused(String path) {
    byte[] tar = Samples.tar(Map.of(path, Samples.png(1)));

    assertThat(message("set.tar", tar))
        .isEqualTo(
            "TEMP/set.tar: member \""
                + path
                + "\" leads out of the archive, so the archive is refused; pack the pictures again"
                + " by relative paths");
    assertThat(message("set.tgz", Samples.gzip(tar))).contains("leads out of the archive");
  }

  @Test
  void links_and_devices_are_skipped_and_said() {
    TarArchiveEntry link = new TarArchiveEntry("a/link.png", TarConstants.LF_SYMLINK);
    link.setLinkName("/etc/passwd");
    TarArchiveEntry hard = new TarArchiveEntry("a/hard.png", TarConstants.LF_LINK);
    hard.setLinkName("a/1.png");
    TarArchiveEntry device = new TarArchiveEntry("a/disk.png", TarConstants.LF_BLK);
    TarArchiveEntry pipe = new TarArchiveEntry("b/pipe.png", TarConstants.LF_FIFO);
    byte[] tar =
        Samples.tarOf(
            List.of(
                new TarArchiveEntry("a/1.png"),
                link,
                hard,
                device,
                pipe,
                new TarArchiveEntry("b/2.png")));
    for (String name : List.of("set.tar", "set.tar.zst")) {
      Samples.file(temp.resolve(name), packed(name, tar));

      DataSource source = open(name);

      assertThat(source.classes()).containsExactly("a", "b");
      assertThat(source.warnings())
          .contains(
              temp.resolve(name)
                  + ": 4 members that are no plain file (links, devices) skipped: a/link.png,"
                  + " a/hard.png, a/disk.png, …");
    }
  }

  @Test
  void a_tar_that_is_cut_short_is_said() {
    byte[] tar = Samples.tar("a/1.png", "b/1.png", "b/2.png");
    byte[] gz = Samples.gzip(tar);

    assertThat(message("plain.tar", Arrays.copyOf(tar, 600)))
        .startsWith("TEMP/plain.tar: is cut short or broken after 0 members (")
        .endsWith("); fetch or pack it again");
    assertThat(message("packed.tar.gz", Arrays.copyOf(gz, gz.length / 2)))
        .startsWith("TEMP/packed.tar.gz: is cut short or broken after 1 members (")
        .endsWith("); fetch or pack it again");
    byte[] zst = Zstd.compress(tar);
    assertThat(message("packed.tar.zst", Arrays.copyOf(zst, zst.length - 9)))
        .startsWith("TEMP/packed.tar.zst: is cut short or broken after ")
        .endsWith("); fetch or pack it again");
  }

  @Test
  void a_plain_tar_that_shrinks_later_gives_a_bad_picture() {
    byte[] tar = Samples.tar("a/1.png", "a/2.png", "b/1.png", "b/2.png");
    Samples.file(temp.resolve("set.tar"), tar);
    PictureSet train = open("set.tar").train();
    Samples.file(temp.resolve("set.tar"), Arrays.copyOf(tar, 600));

    assertThatThrownBy(() -> train.read(1, DecodeOptions.DEFAULT))
        .isInstanceOf(BadPictureException.class)
        .hasMessage(
            temp.resolve("set.tar")
                + "/"
                + train.name(1)
                + ": cannot be read (ends after 600 bytes)");
  }

  @Test
  void a_packing_that_is_not_read_is_said() {
    assertThat(message("set.tar.bz2", "BZh91AY&SY".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(
            "TEMP/set.tar.bz2: is no tar that can be read; must be .tar, .tar.gz or .tar.zst: pack"
                + " it again, or unpack it into a folder");
  }

  @Test
  void a_compressed_tar_above_the_limit_is_refused_before_it_fills_the_heap() {
    Path file = temp.resolve("set.tar.gz");
    Samples.file(
        file,
        Samples.gzip(Samples.tar(Map.of("a/1.png", new byte[3 << 20], "b/1.png", new byte[9]))));

    assertThatThrownBy(() -> TarReader.read(file, Disk.REAL, 2 << 20))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            file
                + ": holds more than the 2 MB that a compressed tar may take in memory; unpack it"
                + " into a folder, or decompress it to a plain .tar, which is read in place");
  }

  @Test
  void a_header_that_inflates_without_end_is_refused() {
    byte[] tar = Samples.tar(Map.of("name", new byte[64 << 20], "z/1.png", new byte[9]));
    tar[156] = TarConstants.LF_GNUTYPE_LONGNAME;
    int sum = 8 * ' ';
    for (int i = 0; i < 512; i++) {
      sum += i >= 148 && i < 156 ? 0 : tar[i];
    }
    byte[] digits = "%06o\0 ".formatted(sum).getBytes(StandardCharsets.UTF_8);
    System.arraycopy(digits, 0, tar, 148, 8);

    assertThat(message("set.tar.gz", Samples.gzip(tar)))
        .startsWith("TEMP/set.tar.gz: is cut short or broken after 0 members (")
        .contains("a header has more than 1048576 bytes");
  }

  @Test
  void a_long_member_that_is_passed_over_is_no_header() {
    byte[] tar = Samples.tar(Map.of(".hidden/1.png", new byte[3 << 20], "b/1.png", new byte[9]));
    Samples.file(temp.resolve("set.tar.gz"), Samples.gzip(tar));

    assertThat(TarReader.read(temp.resolve("set.tar.gz"), Disk.REAL).count()).isEqualTo(1);
  }

  @Test
  void a_name_of_two_lines_is_quoted_in_one() {
    byte[] tar = Samples.tar(Map.of("../a\n\u001b[31m/1.png", Samples.png(1)));

    assertThat(message("set.tar", tar))
        .isEqualTo(
            "TEMP/set.tar: member \"../a??[31m/1.png\" leads out of the archive, so the archive is"
                + " refused; pack the pictures again by relative paths");
  }

  @Test
  void of_two_members_of_one_name_the_last_counts() {
    byte[] first = Samples.tar(Map.of("a/1.png", Samples.png(1)));
    byte[] both = Arrays.copyOf(first, 10240 * 2);
    byte[] second = Samples.tar(Map.of("a/1.png", Samples.png(2), "b/1.png", Samples.png(3)));
    int end = 512 + (Samples.png(1).length + 511) / 512 * 512;
    System.arraycopy(second, 0, both, end, second.length);
    Samples.file(temp.resolve("set.tar"), both);

    PictureSet train = open("set.tar").train();

    assertThat(train.size()).isEqualTo(2);
    assertThat(train.read(0, DecodeOptions.DEFAULT)).isEqualTo(Samples.picture(2));
  }

  @Seeds(200)
  void a_damaged_tar_gives_pictures_or_one_line(RandomState random) {
    byte[] tar = Samples.tar(PATHS);
    for (int i = 0; i <= random.nextInt(4); i++) {
      tar[random.nextInt(tar.length)] = (byte) random.nextInt(256);
    }
    tar = random.nextBoolean(0.3) ? Arrays.copyOf(tar, random.nextInt(tar.length)) : tar;
    byte[] packed =
        switch (random.nextInt(3)) {
          case 0 -> tar;
          case 1 -> Samples.gzip(tar);
          default -> Zstd.compress(tar);
        };
    if (random.nextBoolean(0.3) && packed.length > 0) {
      packed[random.nextInt(packed.length)] ^= (byte) (1 << random.nextInt(8));
    }
    Samples.file(temp.resolve("set.tar"), packed);
    try {
      open("set.tar").set(Split.TRAIN).ifPresent(set -> set.read(0, DecodeOptions.DEFAULT));
    } catch (LinnetException e) {
      assertThat(String.valueOf(e.getMessage()).lines()).hasSize(1);
    }
  }
}
