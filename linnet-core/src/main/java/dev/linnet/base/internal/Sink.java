package dev.linnet.base.internal;

import dev.linnet.base.DownloadListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Writes what comes behind what is there, as far as it may come. */
final class Sink implements AutoCloseable {
  private final URI source;
  private final Fetch.Expected expected;
  private final DownloadListener listener;
  private final FileChannel channel;
  private final long start;
  private volatile long written;
  private volatile long total = -1;
  private volatile @Nullable IOException disk;
  private volatile @Nullable String refused;

  Sink(URI source, Path part, Fetch.Expected expected, DownloadListener listener)
      throws IOException {
    this.source = source;
    this.expected = expected;
    this.listener = listener;
    this.channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    this.start = channel.size();
    this.written = start;
  }

  /** The disk's trouble, on its way out of the waiting for the network. */
  static final class DiskException extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    private final IOException disk;

    DiskException(IOException disk) {
      super(disk);
      this.disk = disk;
    }

    IOException disk() {
      return disk;
    }
  }

  /** Bytes that are there. */
  long written() {
    return written;
  }

  /** Fails if the disk did. */
  void checkDisk() {
    IOException trouble = disk;
    if (trouble != null) {
      throw new DiskException(trouble);
    }
  }

  /** Fails if the server ended too early, or sent what is too much. */
  void checkComplete() throws FetchException {
    Optional<FetchException> failure = failure();
    if (failure.isPresent()) {
      throw failure.get();
    }
    if (written < expected.size()) {
      throw brokeOff(expected.size());
    }
  }

  /** Why the transfer ended, if this end of it knows better than the client. */
  Optional<FetchException> failure() {
    checkDisk();
    String why = refused;
    if (why != null) {
      return Optional.of(new FetchException(source, why, null));
    }
    return written < total ? Optional.of(brokeOff(total)) : Optional.empty();
  }

  private FetchException brokeOff(long all) {
    return new FetchException(
        source, "it broke off after " + written + " of " + all + " bytes", null);
  }

  /** Takes the body of a file; of all else nothing. */
  HttpResponse.BodySubscriber<Void> accept(HttpResponse.ResponseInfo head) {
    int status = head.statusCode();
    if (status != 200 && status != 206) {
      return HttpResponse.BodySubscribers.discarding();
    }
    long from = status == 206 ? start : 0;
    long length = head.headers().firstValueAsLong("Content-Length").orElse(-1);
    String range = head.headers().firstValue("Content-Range").orElse("");
    if (status == 206 && !range.startsWith("bytes " + start + "-")) {
      refused = "the server sent another part than asked for";
    } else if (length >= 0 && length > most() - from) {
      refused = tooLarge(from + length);
    } else {
      total = length < 0 ? -1 : from + length;
      rewind(from);
    }
    return new Body();
  }

  private long most() {
    return expected.size() >= 0 ? expected.size() : expected.most();
  }

  private String tooLarge(long bytes) {
    return expected.size() >= 0
        ? "it has " + bytes + " bytes, must have " + expected.size()
        : "it has " + bytes + " bytes, may have " + expected.most();
  }

  private void rewind(long from) {
    try {
      channel.truncate(from);
      channel.position(from);
      written = from;
    } catch (IOException e) {
      disk = e;
    }
  }

  private void write(ByteBuffer bytes) throws IOException {
    long after = written + bytes.remaining();
    if (after > most()) {
      refused = tooLarge(after);
      throw new IOException(tooLarge(after));
    }
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      disk = e;
      throw e;
    }
    written = after;
  }

  private final class Body implements HttpResponse.BodySubscriber<Void> {
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private Flow.@Nullable Subscription subscription;

    @Override
    public CompletionStage<Void> getBody() {
      return end;
    }

    @Override
    public void onSubscribe(Flow.Subscription coming) {
      subscription = coming;
      if (refused != null || disk != null) {
        stop(new IOException("not wanted"));
        return;
      }
      coming.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> chunks) {
      if (end.isDone()) {
        return;
      }
      try {
        for (ByteBuffer chunk : chunks) {
          write(chunk);
        }
      } catch (IOException e) {
        stop(e);
        return;
      }
      listener.progress(source, written, total);
    }

    private void stop(IOException why) {
      if (subscription != null) {
        subscription.cancel();
      }
      end.completeExceptionally(why);
    }

    @Override
    public void onError(Throwable trouble) {
      end.completeExceptionally(trouble);
    }

    @Override
    public void onComplete() {
      end.complete(null);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
