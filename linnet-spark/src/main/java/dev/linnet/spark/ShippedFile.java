package dev.linnet.spark;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * A file that the driver has and each executor can get, once. It is broadcast in pieces, so that it
 * may be larger than the heap: Spark moves pieces to the disk where memory is short.
 *
 * @param name without folders
 * @param sha256 of the content, in hexadecimal
 * @param pieces of the content, in order
 */
record ShippedFile(String name, String sha256, List<Broadcast<byte[]>> pieces)
    implements Serializable {
  private static final int PIECE = 8 << 20; // bytes

  ShippedFile {
    pieces = List.copyOf(pieces);
  }

  /**
   * Hands a file to Spark.
   *
   * @throws LinnetException if it cannot be read
   */
  static ShippedFile of(Path file, JavaSparkContext spark) {
    List<Broadcast<byte[]>> pieces = new ArrayList<>();
    MessageDigest digest = Sha256.digest();
    try (InputStream in = Files.newInputStream(file)) {
      for (byte[] piece = in.readNBytes(PIECE); piece.length > 0; piece = in.readNBytes(PIECE)) {
        digest.update(piece);
        pieces.add(spark.broadcast(piece));
      }
    } catch (IOException e) {
      throw new LinnetException(file + ": cannot be read (" + AtomicFile.reason(e) + ")", e);
    }
    return new ShippedFile(
        String.valueOf(file.getFileName()), HexFormat.of().formatHex(digest.digest()), pieces);
  }

  /** SHA-256 of names and contents, in hexadecimal. */
  static String checksum(List<ShippedFile> files) {
    MessageDigest all = Sha256.digest();
    for (ShippedFile file : files) {
      all.update((file.name + "\n" + file.sha256 + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(all.digest());
  }

  private void write(Path folder) throws IOException {
    try (OutputStream out = Files.newOutputStream(folder.resolve(name))) {
      for (Broadcast<byte[]> piece : pieces) {
        out.write(piece.value());
      }
    }
  }

  /**
   * A folder with copies of files, which goes when it is closed.
   *
   * @param path of the folder
   * @param files what is in it
   */
  record Folder(Path path, List<ShippedFile> files) implements AutoCloseable {
    static Folder of(List<ShippedFile> files) throws IOException {
      Folder folder = new Folder(Files.createTempDirectory("linnet-model"), files);
      boolean done = false;
      try {
        for (ShippedFile file : files) {
          file.write(folder.path);
        }
        done = true;
        return folder;
      } finally {
        if (!done) {
          folder.close();
        }
      }
    }

    @Override
    public void close() throws IOException {
      for (ShippedFile file : files) {
        Files.deleteIfExists(path.resolve(file.name));
      }
      Files.deleteIfExists(path);
    }
  }
}
