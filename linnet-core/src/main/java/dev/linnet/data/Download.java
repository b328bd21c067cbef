package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the files of a data set into a folder, which appears when all are there and checked. What
 * an earlier attempt left is gone on with.
 */
final class Download {
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final int CHUNK = 1 << 16;

  private final DownloadListener listener;
  private final Duration silence;

  Download(DownloadListener listener) {
    this(listener, Duration.ofSeconds(60));
  }

  /**
   * @param silence how long nothing may come before the download is given up
   */
  Download(DownloadListener listener, Duration silence) {
    this.listener = listener;
    this.silence = silence;
  }

  /** A download that failed; the message says which address and why, without what to do. */
  static final class FailedException extends Exception {
    private static final long serialVersionUID = 1L;

    FailedException(URI source, String reason, @Nullable Throwable cause) {
      super(source + " cannot be fetched (" + reason + ")", cause);
    }
  }

  /**
   * Fetches all files of an entry.
   *
   * @param folder the folder to make; its files are gathered in one beside it
   * @return the folder
   */
  Path fetch(Catalog.Entry entry, Path folder) throws FailedException {
    Path gathering = folder.resolveSibling("." + folder.getFileName() + ".partial");
    try {
      Files.createDirectories(gathering);
      try (FileChannel lockFile =
              FileChannel.open(
                  gathering.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = lock(lockFile)) {
        if (lock == null) {
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
              .formatted(gathering, Disk.reason(e)),
          e);
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // another thread of this process has it
    }
  }

  private void fetch(Catalog.Remote remote, Path folder) throws IOException, FailedException {
    String name = remote.fileName();
    boolean gunzip = remote.then() == Catalog.Remote.Then.GUNZIP;
    Path done = folder.resolve(gunzip ? TarReader.stem(name) + ".tar" : name);
    if (Files.exists(done)) {
      return;
    }
    Path part = folder.resolve(name + ".part");
    boolean resumed = Files.exists(part) && Files.size(part) > 0;
    request(remote.source(), part);
    String got = md5(part);
    if (!got.equals(remote.md5()) && resumed) {
      Files.delete(part); // what was there may have been of an older file
      request(remote.source(), part);
      got = md5(part);
    }
    if (!got.equals(remote.md5())) {
      Files.delete(part);
      throw new FailedException(
          remote.source(), "its MD5 is " + got + ", must be " + remote.md5(), null);
    }
    if (gunzip) {
      gunzip(part, done);
      Files.delete(part);
    } else {
      Files.move(part, done, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private void request(URI source, Path part) throws IOException, FailedException {
    long there = Files.exists(part) ? Files.size(part) : 0;
    HttpClient client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(CONNECT)
            .build();
    HttpRequest.Builder request = HttpRequest.newBuilder(source).header("User-Agent", "linnet");
    if (there > 0) {
      request.header("Range", "bytes=" + there + "-");
    }
    try (Sink sink = new Sink(source, part, there)) {
      CompletableFuture<HttpResponse<Void>> answer =
          client.sendAsync(request.build(), sink::accept);
      int status = wait(answer, sink, source).statusCode();
      if (status == 416) {
        return; // nothing is left to send; the checksum tells whether it is the right file
      }
      if (status != 200 && status != 206) {
        throw new FailedException(source, "HTTP " + status, null);
      }
    }
  }

  private HttpResponse<Void> wait(
      CompletableFuture<HttpResponse<Void>> answer, Sink sink, URI source)
      throws IOException, FailedException {
    long seen = -1;
    while (true) {
      try {
        return answer.get(silence.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        long now = sink.written.get();
        if (now == seen || now == sink.start) {
          answer.cancel(true);
          throw new FailedException(
              source, "nothing came for " + silence.toMillis() / 1000.0 + " s", e);
        }
        seen = now;
      } catch (ExecutionException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        if (cause instanceof UncheckedIOException disk && disk.getCause() != null) {
          throw disk.getCause();
        }
        String reason = cause.getMessage();
        throw new FailedException(
            source,
            reason == null
                ? cause.getClass().getSimpleName()
                : reason.lines().findFirst().orElse("unknown"),
            cause);
      } catch (InterruptedException e) {
        answer.cancel(true);
        Thread.currentThread().interrupt();
        throw new FailedException(source, "interrupted", e);
      }
    }
  }

  /** Writes what comes behind what is there. */
  private final class Sink implements AutoCloseable {
    private final URI source;
    private final FileChannel channel;
    private final long start;
    private final AtomicLong written = new AtomicLong();
    private long total = -1;

    Sink(URI source, Path part, long there) throws IOException {
      this.source = source;
      this.channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      this.start = there;
      written.set(there);
    }

    HttpResponse.BodySubscriber<Void> accept(HttpResponse.ResponseInfo info) {
      int status = info.statusCode();
      boolean goesOn =
          status == 206
              && info.headers()
                  .firstValue("Content-Range")
                  .map(range -> range.startsWith("bytes " + start + "-"))
                  .orElse(false);
      if (status != 200 && status != 206) {
        return HttpResponse.BodySubscribers.replacing(null);
      }
      try {
        long from = goesOn ? start : 0;
        if (status == 206 && !goesOn) {
          throw new IOException("the server sent another part than asked for");
        }
        channel.truncate(from);
        channel.position(from);
        written.set(from);
        total = info.headers().firstValueAsLong("Content-Length").orElse(-1);
        total = total < 0 ? -1 : total + from;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return HttpResponse.BodySubscribers.ofByteArrayConsumer(this::write);
    }

    private void write(Optional<byte[]> chunk) {
      if (chunk.isEmpty()) {
        return;
      }
      try {
        ByteBuffer bytes = ByteBuffer.wrap(chunk.get());
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        written.addAndGet(chunk.get().length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      listener.progress(source, written.get(), total);
    }

    @Override
    public void close() throws IOException {
      channel.close();
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

  private static String md5(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("MD5");
      byte[] chunk = new byte[CHUNK];
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has MD5", e);
    }
  }
}
