package dev.linnet.base.internal;

import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Proxies;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Fetches files over HTTP: goes on where an earlier attempt broke off, checks what came, gives up
 * when nothing comes, and goes through the proxies that the environment and Java name. Redirects
 * are followed, but never from https to http, and a token goes to the server that was named alone.
 *
 * <p>Any thread.
 */
public final class Fetch {
  /** How long nothing may come before a download is given up. */
  public static final Duration SILENCE = Duration.ofSeconds(60);

  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final int MOST_REDIRECTS = 10;

  private final Proxies proxies;
  private final Duration silence;
  private final HttpClient client;

  /**
   * @param silence how long nothing may come before a download is given up
   */
  public Fetch(Proxies proxies, Duration silence) {
    this.proxies = proxies;
    this.silence = silence;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT)
            .proxy(new Selector(proxies))
            .build();
  }

  /**
   * What is to come.
   *
   * @param checksum of the whole file
   * @param size bytes of the whole file; −1 where it is not known
   * @param most bytes that are taken at most
   */
  public record Expected(Checksum checksum, long size, long most) {
    /** A file of unknown size. */
    public static Expected of(Checksum checksum) {
      return new Expected(checksum, -1, Long.MAX_VALUE);
    }
  }

  /**
   * Asks about a file without fetching it. Redirects are followed until one says enough.
   *
   * @param enough whether the head of a redirect says all that is wanted
   * @throws FetchException if no answer came, or one of failure
   */
  public Answer ask(Source source, Predicate<Answer> enough) throws FetchException {
    Answer answer =
        send(
            source,
            enough,
            at ->
                await(
                    source,
                    client.sendAsync(
                        request(at, source).method("HEAD", noBody()).build(),
                        HttpResponse.BodyHandlers.discarding()),
                    () -> 0));
    if (!answer.isRedirect() && answer.status() != 200) {
      throw new FetchException(source.address(), answer);
    }
    return answer;
  }

  /**
   * Fetches a file and checks it. What came of it before is gone on with; if that was of another
   * file, all is fetched anew.
   *
   * @param part takes the bytes; after a break it keeps what came, after a wrong checksum it is
   *     gone
   * @throws IOException if the part cannot be written
   * @throws FetchException if the file cannot be fetched, or is another one
   */
  public void into(Path part, Source source, Expected expected, DownloadListener listener)
      throws IOException, FetchException {
    if (expected.size() >= 0 && Files.exists(part) && Files.size(part) > expected.size()) {
      Files.delete(part);
    }
    boolean resumed = Files.exists(part) && Files.size(part) > 0;
    Checksum.Kind kind = expected.checksum().kind();
    request(part, source, expected, listener);
    Checksum got = Checksum.of(kind, part);
    if (!got.equals(expected.checksum()) && resumed) {
      Files.delete(part); // what was there may have been of an older file
      request(part, source, expected, listener);
      got = Checksum.of(kind, part);
    }
    if (!got.equals(expected.checksum())) {
      Files.delete(part);
      throw new FetchException(
          source.address(),
          "its " + kind + " is " + got.hex() + ", must be " + expected.checksum().hex(),
          null);
    }
  }

  private void request(Path part, Source source, Expected expected, DownloadListener listener)
      throws IOException, FetchException {
    long there = Files.exists(part) ? Files.size(part) : 0;
    try (Sink sink = new Sink(source.address(), part, expected, listener)) {
      Answer answer =
          send(
              source,
              redirect -> false,
              at -> {
                HttpRequest.Builder request = request(at, source);
                if (there > 0) {
                  request.header("Range", "bytes=" + there + "-");
                }
                CompletableFuture<HttpResponse<Void>> coming =
                    client.sendAsync(request.build(), sink::accept);
                try {
                  return await(source, coming, sink::written);
                } catch (FetchException e) {
                  throw e.getCause() instanceof IOException ? sink.failure().orElse(e) : e;
                }
              });
      sink.checkDisk();
      if (answer.status() == 416) {
        return; // nothing is left to send; the checksum tells whether it is the right file
      }
      if (answer.status() != 200 && answer.status() != 206) {
        throw new FetchException(source.address(), answer);
      }
      sink.checkComplete();
    } catch (Sink.DiskException e) {
      throw e.disk();
    }
  }

  /** One request to one address. */
  @FunctionalInterface
  private interface Hop {
    Answer to(URI address) throws FetchException;
  }

  private Answer send(Source source, Predicate<Answer> enough, Hop hop) throws FetchException {
    URI at = source.address();
    for (int i = 0; i <= MOST_REDIRECTS; i++) {
      proxies.address(at); // says what is wrong with its variable here, not in the client's thread
      Answer answer = hop.to(at);
      if (!answer.isRedirect() || enough.test(answer)) {
        return answer;
      }
      at = next(source, at, answer.header("Location").orElse(""));
    }
    throw new FetchException(source.address(), "more than " + MOST_REDIRECTS + " redirects", null);
  }

  private static URI next(Source source, URI at, String location) throws FetchException {
    URI next;
    try {
      next = at.resolve(new URI(location));
    } catch (URISyntaxException e) {
      throw new FetchException(source.address(), "a redirect to what is no address", null);
    }
    String scheme = String.valueOf(next.getScheme());
    boolean web = scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https");
    if (!web || next.getHost() == null) {
      throw new FetchException(source.address(), "a redirect to what is no address", null);
    }
    if (scheme.equalsIgnoreCase("http") && at.getScheme().equalsIgnoreCase("https")) {
      throw new FetchException(source.address(), "a redirect from https to http", null);
    }
    return next;
  }

  private HttpRequest.Builder request(URI at, Source source) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(at)
            .header("User-Agent", "linnet")
            .header("Accept-Encoding", "identity");
    source.tokenFor(at).ifPresent(token -> request.header("Authorization", "Bearer " + token));
    proxies.authorization(at).ifPresent(user -> request.header("Proxy-Authorization", user));
    return request;
  }

  private static HttpRequest.BodyPublisher noBody() {
    return HttpRequest.BodyPublishers.noBody();
  }

  private Answer await(
      Source source, CompletableFuture<HttpResponse<Void>> coming, LongSupplier moved)
      throws FetchException {
    URI address = source.address();
    long seen = moved.getAsLong();
    while (true) {
      try {
        HttpResponse<Void> response = coming.get(silence.toMillis(), TimeUnit.MILLISECONDS);
        return new Answer(response.statusCode(), response.headers());
      } catch (TimeoutException e) {
        long now = moved.getAsLong();
        if (now == seen) {
          coming.cancel(true);
          throw new FetchException(
              address, "nothing came for " + silence.toMillis() / 1000.0 + " s", e);
        }
        seen = now;
      } catch (ExecutionException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        if (cause instanceof LinnetException known) {
          throw known;
        }
        throw new FetchException(address, reason(cause), cause);
      } catch (InterruptedException e) {
        coming.cancel(true);
        Thread.currentThread().interrupt();
        throw new FetchException(address, "interrupted", e);
      }
    }
  }

  /** The trouble in a few words; the client's own are meant for programmers. */
  private static String reason(Throwable trouble) {
    for (Throwable t = trouble; t != null; t = t.getCause()) {
      if (t instanceof UnresolvedAddressException) {
        return "unknown host";
      }
      if (t instanceof HttpConnectTimeoutException) {
        return "no connection within " + CONNECT.toSeconds() + " s";
      }
    }
    String message = trouble.getMessage();
    if (trouble instanceof ConnectException && (message == null || message.isBlank())) {
      return "no connection";
    }
    return message == null
        ? trouble.getClass().getSimpleName()
        : message.lines().findFirst().orElse("unknown");
  }

  /** Tells the client what {@link Proxies} says. */
  private static final class Selector extends ProxySelector {
    private final Proxies proxies;

    Selector(Proxies proxies) {
      this.proxies = proxies;
    }

    @Override
    public List<Proxy> select(URI target) {
      Optional<InetSocketAddress> found = proxies.address(target);
      if (found.isEmpty()) {
        return List.of(Proxy.NO_PROXY);
      }
      InetSocketAddress at = found.get();
      return List.of(
          new Proxy(Proxy.Type.HTTP, new InetSocketAddress(at.getHostString(), at.getPort())));
    }

    @Override
    public void connectFailed(URI target, SocketAddress proxy, @Nullable IOException trouble) {
      // the request fails with it
    }
  }
}
