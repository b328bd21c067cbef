package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;

/** Files with bytes changed at random: a picture or a line that names the file, nothing else. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class HostileFilesTest {
  private static final List<String> FILES =
      GoldenPictures.entries("formats/formats.json", "files")
          .map((JsonNode entry) -> entry.get("file").asText())
          .toList();

  /** A lying header may promise this much; more would only be slow. */
  private static final DecodeOptions OPTIONS = DecodeOptions.DEFAULT.withMaxPixels(2_000_000);

  @Seeds(20)
  void changed_files_give_a_picture_or_a_line(RandomState random) {
    for (String name : FILES) {
      byte[] file = changed(GoldenPictures.bytes("formats/" + name), random);
      read(name, file, random);
      if (name.endsWith(".png")) {
        repairChecksums(file);
        read(name, file, random);
      }
    }
  }

  private static void read(String name, byte[] file, RandomState random) {
    try {
      ImageHeader header = ImageHeader.read(file, name);
      Picture picture = Decoder.decode(file, name, OPTIONS);
      assertThat(picture.size()).isEqualTo(header.size(Orientation.APPLY));
      RandomResizedCrop.of(ImageSize.square(5)).decode(file, name, OPTIONS, random);
      EvalTransform.of(ImageSize.square(5), 0.875, Interpolation.BILINEAR)
          .decode(file, name, OPTIONS);
    } catch (BadPictureException e) {
      assertThat(e).hasMessageStartingWith(name + ": ");
      assertThat(e.getMessage()).doesNotContain("\n").hasSizeLessThan(200);
    }
  }

  private static byte[] changed(byte[] file, RandomState random) {
    if (random.nextBoolean(0.2)) {
      return Arrays.copyOf(file, random.nextInt(file.length));
    }
    byte[] result = file.clone();
    int changes = random.nextBoolean(0.5) ? 1 : 1 + random.nextInt(20);
    for (int i = 0; i < changes; i++) {
      boolean header = random.nextBoolean(0.6);
      int at = random.nextInt(header ? Math.min(file.length, 200) : file.length);
      int kind = random.nextInt(4);
      result[at] =
          switch (kind) {
            case 0 -> 0;
            case 1 -> (byte) 0xFF;
            case 2 -> (byte) (result[at] ^ (1 << random.nextInt(8)));
            default -> (byte) random.nextInt();
          };
    }
    return result;
  }

  /** Lets changed PNGs past the checksums, so that the decoder behind sees them. */
  private static void repairChecksums(byte[] file) {
    ByteBuffer buffer = ByteBuffer.wrap(file);
    int at = 8;
    while (at + 12 <= file.length) {
      int length = buffer.getInt(at);
      if (length < 0 || length > file.length - at - 12) {
        return;
      }
      CRC32 crc = new CRC32();
      crc.update(file, at + 4, length + 4);
      buffer.putInt(at + 8 + length, (int) crc.getValue());
      at += 12 + length;
    }
  }
}
