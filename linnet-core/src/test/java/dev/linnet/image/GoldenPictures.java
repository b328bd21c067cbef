package dev.linnet.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.testing.Golden;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.stream.Stream;

/** The reference pictures of this room: {@code src/test/resources/golden/images}. */
final class GoldenPictures {
  private GoldenPictures() {}

  static byte[] bytes(String path) {
    try (InputStream in = GoldenPictures.class.getResourceAsStream("/golden/images/" + path)) {
      return Objects.requireNonNull(in, path).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The elements of a list in a JSON file. */
  static Stream<JsonNode> entries(String path, String list) {
    return Golden.json("images/" + path).get(list).valueStream();
  }

  /** The pixels as they are stored. */
  static Picture picture(String path) {
    return Decoder.decode(
        bytes(path), path, DecodeOptions.DEFAULT.withOrientation(Orientation.IGNORE));
  }

  /** The first 16 digits of the SHA-256 of the pixels. */
  static String sha256(Picture picture) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(picture.pixels());
      return HexFormat.of().formatHex(digest).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The largest difference of a level. */
  static int distance(Picture a, Picture b) {
    byte[] one = a.pixels();
    byte[] other = b.pixels();
    int distance = 0;
    for (int i = 0; i < one.length; i++) {
      distance = Math.max(distance, Math.abs((one[i] & 0xFF) - (other[i] & 0xFF)));
    }
    return distance;
  }
}
