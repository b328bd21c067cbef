package dev.linnet.base.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What the bytes of a file must add up to.
 *
 * @param hex lower case
 */
public record Checksum(Kind kind, String hex) {
  private static final int CHUNK = 1 << 16;

  /** How bytes are added up. */
  public enum Kind {
    MD5("MD5", "MD5"),
    SHA256("SHA-256", "SHA-256"),
    /** SHA-1 of {@code "blob LENGTH\0"} and the bytes: git's name of a file. */
    GIT("git SHA-1", "SHA-1");

    private final String text;
    private final String algorithm;

    Kind(String text, String algorithm) {
      this.text = text;
      this.algorithm = algorithm;
    }

    /** Such as {@code SHA-256}. */
    @Override
    public String toString() {
      return text;
    }
  }

  /** What a file adds up to. */
  public static Checksum of(Kind kind, Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance(kind.algorithm);
      if (kind == Kind.GIT) {
        digest.update(("blob " + Files.size(file) + "\0").getBytes(US_ASCII));
      }
      byte[] chunk = new byte[CHUNK];
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
      return new Checksum(kind, HexFormat.of().formatHex(digest.digest()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + kind.algorithm, e);
    }
  }
}
