package dev.linnet.weights;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A hub on this machine with one repository, {@code owner/name}, at one commit. As the real one it
 * answers {@code /owner/name/resolve/REVISION/FILE} for small files itself, with git's SHA-1 as
 * their tag, and redirects large ones (weights) to another server, with their SHA-256 as {@code
 * X-Linked-Etag}. It can fail in all the ways of a hub.
 */
final class FakeHub implements AutoCloseable {
  static final String COMMIT = "9b1c5c3ad2c2a0bd2e5a1f7d8c4e6b0a7f3d2e19";

  private final HttpServer hub = server();
  private final HttpServer storage = server();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch end = new CountDownLatch(1);
  private final Map<String, byte[]> files = new LinkedHashMap<>();

  /** What was asked: method, server, file, range, and whether a token came. */
  final List<String> requests = Collections.synchronizedList(new ArrayList<>());

  /** The status of every answer of the hub's; 0 for the right one. */
  int status;

  /** What the hub calls that status. */
  String errorCode = "";

  /** Bytes of a large file after which the storage breaks off, once; 0 for none. */
  int breakAfter;

  /** Whether the storage answers nothing. */
  boolean silent;

  /** Milliseconds that the storage takes over a file. */
  int slowMillis;

  /** The tag of every large file; empty for the right one. */
  String tag = "";

  /** The commit that the hub names. */
  String commit = COMMIT;

  /** Where the hub redirects all to; empty for nowhere. */
  String elsewhere = "";

  FakeHub() {
    hub.createContext("/", this::answer);
    storage.createContext("/", this::store);
    for (HttpServer server : List.of(hub, storage)) {
      server.setExecutor(threads);
      server.start();
    }
  }

  private static HttpServer server() {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  FakeHub with(String file, byte[] bytes) {
    files.put(file, bytes);
    return this;
  }

  FakeHub with(String file, String text) {
    return with(file, text.getBytes(UTF_8));
  }

  String endpoint() {
    return "http://127.0.0.1:" + hub.getAddress().getPort();
  }

  int port() {
    return hub.getAddress().getPort();
  }

  private String storageAddress() {
    return "http://127.0.0.1:" + storage.getAddress().getPort();
  }

  String etag(String file) {
    byte[] bytes = files.getOrDefault(file, new byte[0]);
    return isLarge(file) ? sha("SHA-256", new byte[0], bytes) : git(bytes);
  }

  static String git(byte[] bytes) {
    return sha("SHA-1", ("blob " + bytes.length + "\0").getBytes(US_ASCII), bytes);
  }

  private static boolean isLarge(String file) {
    return !file.endsWith(".json");
  }

  private static String sha(String algorithm, byte[] before, byte[] bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(before);
      return HexFormat.of().formatHex(digest.digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void note(HttpExchange exchange, String where) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    String token = exchange.getRequestHeaders().getFirst("Authorization");
    String proxy = exchange.getRequestHeaders().getFirst("Proxy-Authorization");
    requests.add(
        exchange.getRequestMethod()
            + " "
            + where
            + exchange.getRequestURI().getRawPath().replaceFirst("^/owner/name/resolve", "")
            + (range == null ? "" : " " + range)
            + (token == null ? "" : " as " + token)
            + (proxy == null ? "" : " proxy " + proxy));
  }

  private void answer(HttpExchange exchange) throws IOException {
    note(exchange, "");
    String[] parts = exchange.getRequestURI().getRawPath().split("/", -1);
    String revision = parts.length == 6 ? parts[4] : "";
    String file = parts.length == 6 ? parts[5] : "";
    exchange.getResponseHeaders().set("X-Repo-Commit", commit);
    if (status != 0) {
      refuse(exchange, status, errorCode);
    } else if (!elsewhere.isEmpty()) {
      exchange.getResponseHeaders().set("Location", elsewhere);
      exchange.getResponseHeaders().remove("X-Repo-Commit");
      exchange.sendResponseHeaders(307, -1);
    } else if (!List.of("main", COMMIT).contains(revision)) {
      refuse(exchange, 404, "RevisionNotFound");
    } else if (!files.containsKey(file)) {
      refuse(exchange, 404, "EntryNotFound");
    } else if (isLarge(file)) {
      exchange
          .getResponseHeaders()
          .set("X-Linked-Etag", '"' + (tag.isEmpty() ? etag(file) : tag) + '"');
      exchange.getResponseHeaders().set("X-Linked-Size", String.valueOf(files.get(file).length));
      exchange
          .getResponseHeaders()
          .set("Location", storageAddress() + "/" + file + "?signature=secret");
      exchange.sendResponseHeaders(302, -1);
    } else {
      exchange.getResponseHeaders().set("ETag", "W/\"" + etag(file) + '"');
      send(exchange, files.get(file));
    }
    exchange.close();
  }

  private static void refuse(HttpExchange exchange, int status, String code) throws IOException {
    if (!code.isEmpty()) {
      exchange.getResponseHeaders().set("X-Error-Code", code);
    }
    exchange.sendResponseHeaders(status, -1);
  }

  private void store(HttpExchange exchange) throws IOException {
    note(exchange, "storage");
    String file = exchange.getRequestURI().getPath().substring(1);
    byte[] bytes = files.getOrDefault(file, new byte[0]);
    pause();
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    byte[] rest = Arrays.copyOfRange(bytes, from, bytes.length);
    if (range != null) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
    }
    exchange.sendResponseHeaders(range == null ? 200 : 206, rest.length);
    try (OutputStream out = exchange.getResponseBody()) {
      if (breakAfter > 0) {
        out.write(rest, 0, breakAfter);
        breakAfter = 0;
        out.flush();
        throw new IOException("the test breaks off");
      }
      out.write(rest);
    }
  }

  private void pause() throws IOException {
    try {
      Thread.sleep(slowMillis);
      if (silent) {
        end.await();
        throw new IOException("the test ends");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void send(HttpExchange exchange, byte[] bytes) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(bytes.length));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    exchange.sendResponseHeaders(200, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  @Override
  public void close() {
    if (end.getCount() == 0) {
      return;
    }
    end.countDown();
    hub.stop(0);
    storage.stop(0);
    threads.shutdownNow();
  }
}
