package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.testing.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipMethod;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ZipReaderTest {
  private static final List<String> PATHS =
      List.of("train/cats/1.png", "train/cats/2.png", "train/dogs/ein Hund.png", "val/dogs/é.png");

  @TempDir Path temp;

  private DataSource open(String name) {
    return DataSources.open(temp.resolve(name).toString(), Samples.options(temp));
  }

  private String message(byte[] content) {
    Samples.file(temp.resolve("set.zip"), content);
    try {
      open("set.zip");
    } catch (LinnetException e) {
      return String.valueOf(e.getMessage()).replace(temp.toString(), "TEMP");
    }
    throw new AssertionError("was opened");
  }

  static byte[] zip(int method, List<String> paths) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
      for (String path : paths) {
        ZipArchiveEntry entry = new ZipArchiveEntry(path);
        byte[] content = Samples.png(path.hashCode());
        entry.setMethod(method);
        if (path.endsWith("link.png")) {
          entry.setUnixMode(0120777);
        }
        zip.putArchiveEntry(entry);
        zip.write(content);
        zip.closeArchiveEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  @Test
  void a_zip_is_read_in_place_and_equals_the_folder() {
    Samples.pictures(temp.resolve("set"), PATHS.toArray(String[]::new));
    DataSource folder = open("set");
    for (int method : List.of(ZipArchiveEntry.DEFLATED, ZipArchiveEntry.STORED)) {
      String name = "set" + method;
      Samples.file(temp.resolve(name), method == 0 ? stored() : zip(method, PATHS));
      DataSource zip = open(name);
      assertThat(zip.layout()).isEqualTo("class folders in splits in a zip");
      assertThat(zip.fingerprint()).isEqualTo(folder.fingerprint());
      PictureSet train = zip.train();
      for (int i = 0; i < train.size(); i++) {
        assertThat(train.read(i, DecodeOptions.DEFAULT))
            .isEqualTo(folder.train().read(i, DecodeOptions.DEFAULT));
      }
    }
  }

  /** Sizes and checksums of what is stored are told before. */
  private static byte[] stored() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
      for (String path : PATHS) {
        byte[] content = Samples.png(path.hashCode());
        ZipArchiveEntry entry = new ZipArchiveEntry(path);
        entry.setMethod(ZipArchiveEntry.STORED);
        entry.setSize(content.length);
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(content);
        entry.setCrc(crc.getValue());
        zip.putArchiveEntry(entry);
        zip.write(content);
        zip.closeArchiveEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  @Test
  void paths_that_lead_out_are_refused() {
    assertThat(message(zip(8, List.of("../a/1.png"))))
        .isEqualTo(
            "TEMP/set.zip: member \"../a/1.png\" leads out of the archive, so the archive is"
                + " refused; pack the pictures again by relative paths");
    assertThat(message(zip(8, List.of("/a/1.png"))))
        .isEqualTo(
            "TEMP/set.zip: member \"/a/1.png\" has an absolute path, so the archive is refused;"
                + " pack the pictures again by relative paths");
  }

  @Test
  void links_are_skipped_and_hidden_files_are_not_there() {
    Samples.file(
        temp.resolve("set.zip"),
        zip(8, List.of("a/1.png", "a/link.png", "b/2.png", "__MACOSX/a/1.png", "b/.x.png")));
    DataSource source =
        DataSources.open(
            temp.resolve("set.zip").toString(), Samples.options(temp).withHoldout(Holdout.NONE));
    assertThat(source.train().size()).isEqualTo(2);
    assertThat(source.warnings().stream().map(w -> w.replace(temp.toString(), "TEMP")))
        .contains("TEMP/set.zip: 1 link is skipped: a/link.png");
  }

  @Test
  void other_packings_and_secrets_are_refused() {
    byte[] zip = zip(8, List.of("a/1.png", "b/2.png"));
    int directory = indexOf(zip, new byte[] {'P', 'K', 1, 2});
    byte[] packed = zip.clone();
    packed[directory + 10] = (byte) ZipMethod.BZIP2.getCode();
    assertThat(message(packed))
        .isEqualTo(
            "TEMP/set.zip: member \"a/1.png\" is packed by method 12; must be deflated or stored:"
                + " pack it again, or unpack it into a folder");
    byte[] secret = zip.clone();
    secret[directory + 8] |= 1;
    assertThat(message(secret))
        .isEqualTo(
            "TEMP/set.zip: member \"a/1.png\" is encrypted; must be deflated or stored: pack it"
                + " again, or unpack it into a folder");
  }

  @Test
  void a_size_that_cannot_be_is_refused_before_memory_is_taken() {
    byte[] zip = zip(8, List.of("a/1.png", "b/2.png"));
    int directory = indexOf(zip, new byte[] {'P', 'K', 1, 2});
    zip[directory + 27] = 0x7F; // the size's last byte: 2 GB
    assertThat(message(zip))
        .matches(
            "TEMP/set.zip: is cut short or broken \\(member \"a/1.png\" claims \\d+ bytes, which"
                + " \\d+ cannot hold\\); fetch or pack it again");
  }

  @Test
  void a_cut_zip_is_one_line() {
    byte[] zip = zip(8, PATHS);
    assertThat(message(Arrays.copyOf(zip, zip.length / 2)))
        .startsWith("TEMP/set.zip: is cut short or broken (")
        .endsWith("); fetch or pack it again")
        .doesNotContain("\n");
  }

  @Test
  void a_member_that_was_changed_is_a_broken_picture() {
    byte[] zip = zip(8, List.of("a/1.png", "b/2.png"));
    zip[zip.length / 4] ^= 1;
    Samples.file(temp.resolve("set.zip"), zip);
    PictureSet set =
        DataSources.open(
                temp.resolve("set.zip").toString(), Samples.options(temp).withHoldout(Holdout.NONE))
            .train();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 2; i++) {
                set.read(i, DecodeOptions.DEFAULT);
              }
            })
        .isInstanceOf(BadPictureException.class)
        .hasMessageContaining("set.zip/a/1.png: cannot be read (");
  }

  /** Any byte may be another: what comes is a set, or one line. */
  @Seeds(200)
  void changed_bytes_are_read_or_refused(RandomState random) {
    byte[] zip = zip(8, PATHS);
    for (int change = 1 + random.nextInt(3); change > 0; change--) {
      zip[random.nextInt(zip.length)] = (byte) random.nextInt(256);
    }
    Samples.file(temp.resolve("changed.zip"), zip);
    try {
      PictureSet train = open("changed.zip").train();
      for (int i = 0; i < train.size(); i++) {
        train.read(i, DecodeOptions.DEFAULT);
      }
    } catch (LinnetException expected) {
      assertThat(expected.getMessage()).doesNotContain("\n");
    }
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int i = 0; i + part.length <= bytes.length; i++) {
      if (Arrays.equals(Arrays.copyOfRange(bytes, i, i + part.length), part)) {
        return i;
      }
    }
    throw new AssertionError("not in it");
  }
}
