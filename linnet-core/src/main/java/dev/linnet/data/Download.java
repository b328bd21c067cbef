package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.base.internal.Checksum;
import dev.linnet.base.internal.Fetch;
import dev.linnet.base.internal.FetchException;
import dev.linnet.base.internal.LockFile;
import dev.linnet.base.internal.Source;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.GZIPInputStream;

/**
 * Fetches the files of a data set into a folder, which appears when all are there and checked. What
 * an earlier attempt left is gone on with.
 */
final class Download {
  private static final int CHUNK = 1 << 16;

  private final Fetch fetch;
  private final DownloadListener listener;

  Download(Fetch fetch, DownloadListener listener) {
    this.fetch = fetch;
    this.listener = listener;
  }

  /**
   * Fetches all files of an entry.
   *
   * @param folder the folder to make; its files are gathered in one beside it
   * @return the folder
   */
  Path fetch(Catalog.Entry entry, Path folder) throws FetchException {
    Path gathering = folder.resolveSibling("." + folder.getFileName() + ".partial");
    try {
      Files.createDirectories(gathering);
      try (LockFile lock = LockFile.open(gathering.resolve(".lock"))) {
        if (!lock.tryHold()) {
          throw new LinnetException(
              "%s: is being fetched by another process into %s; wait for it"
                  .formatted(entry.name(), gathering));
        }
        for (Catalog.Remote remote : entry.remotes()) {
          fetch(remote, gathering);
        }
        Files.delete(gathering.resolve(".lock"));
        Files.deleteIfExists(folder); // an empty folder of that name
        Files.move(gathering, folder, StandardCopyOption.ATOMIC_MOVE);
      }
      AtomicFile.forceFolder(folder.toAbsolutePath().resolveSibling("."));
      return folder;
    } catch (IOException e) {
      throw new LinnetException(
          "%s: cannot be written (%s); free space, or set LINNET_CACHE to another folder"
              .formatted(gathering, AtomicFile.reason(e)),
          e);
    }
  }

  private void fetch(Catalog.Remote remote, Path folder) throws IOException, FetchException {
    String name = remote.fileName();
    boolean gunzip = remote.then() == Catalog.Remote.Then.GUNZIP;
    Path done = folder.resolve(gunzip ? TarReader.stem(name) + ".tar" : name);
    if (Files.exists(done)) {
      return;
    }
    Path part = folder.resolve(name + ".part");
    Checksum checksum = new Checksum(Checksum.Kind.MD5, remote.md5());
    fetch.into(part, Source.of(remote.source()), Fetch.Expected.of(checksum), listener);
    if (gunzip) {
      gunzip(part, done);
      Files.delete(part);
    } else {
      Files.move(part, done, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static void gunzip(Path from, Path to) throws IOException {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(from), CHUNK)) {
      AtomicFile.write(
          to,
          channel -> {
            byte[] chunk = new byte[CHUNK];
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
              ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, n);
              while (bytes.hasRemaining()) {
                channel.write(bytes);
              }
            }
          });
    }
  }
}
