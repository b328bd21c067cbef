package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Proxies;
import dev.linnet.base.internal.Fetch;
import dev.linnet.base.internal.FetchException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looking names up, and fetching from a server of the test's own. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CatalogTest {
  private final byte[] archive =
      Samples.gzip(Samples.tar("round/a/1.png", "round/a/2.png", "round/b/1.png", "round/b/2.png"));
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch end = new CountDownLatch(1);

  /** Bytes after which the server breaks off, once; 0 for none. */
  private int breakAfter;

  private boolean ranges = true;
  private int status = 200;
  private boolean silent;

  @TempDir Path temp;
  private HttpServer server;
  private ExecutorService threads;

  CatalogTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    threads = Executors.newCachedThreadPool();
  }

  @BeforeEach
  void start() {
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    requests.add(exchange.getRequestURI().getPath() + (range == null ? "" : " " + range));
    int from = 0;
    if (range != null && ranges) {
      from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range", "bytes " + from + "-" + (archive.length - 1) + "/" + archive.length);
    }
    if (silent) {
      waitForEnd();
    }
    if (status != 200) {
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
      return;
    }
    byte[] rest = Arrays.copyOfRange(archive, from, archive.length);
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, rest.length);
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

  private void waitForEnd() {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/set.tar.gz");
  }

  private Catalog.Entry entry(String md5) {
    return Catalog.Entry.of("photos", "some photos")
        .withRemotes(List.of(new Catalog.Remote(address(), md5, Catalog.Remote.Then.GUNZIP)));
  }

  private Catalog.Entry entry() {
    return entry(md5(archive));
  }

  private static String md5(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private Places places(String... data) {
    return new Places(
        Stream.of(data).map(temp::resolve).toList(),
        temp.resolve("cache"),
        List.of(temp.resolve("system")),
        Proxies.NONE);
  }

  private DataSource open(Catalog.Entry entry, DataOptions options) {
    return new DataSources(new Catalog(List.of(entry)), Disk.REAL).openNamed("photos", options);
  }

  @Test
  void environment_variables_name_the_places() {
    assertThat(Places.of(Map.of("LINNET_DATA", "/d", "LINNET_CACHE", "/c")))
        .isEqualTo(
            new Places(
                List.of(Path.of("/d")),
                Path.of("/c"),
                List.of(Path.of("/usr/share/datasets")),
                Proxies.NONE));
    assertThat(Places.of(Map.of("XDG_CACHE_HOME", "/x", "HOME", "/h")).cache())
        .isEqualTo(Path.of("/x/linnet"));
    assertThat(Places.of(Map.of("HOME", "/h", "LINNET_CACHE", "")).cache())
        .isEqualTo(Path.of("/h/.cache/linnet"));
  }

  @Test
  void a_name_is_looked_up_in_LINNET_DATA_then_in_the_cache_then_in_the_system() {
    Samples.pictures(temp, "system/photos/s/1.png", "system/photos/s/2.png");
    DataOptions options = DataOptions.of(places("data")).withHoldout(Holdout.NONE);
    assertThat(open(entry(), options).classes()).containsExactly("s");

    Samples.file(temp.resolve("cache/photos/x.tar"), Samples.tar("c/1.png", "c/2.png"));
    assertThat(open(entry(), options).classes()).containsExactly("c");

    Samples.file(temp.resolve("data/photos.tar.gz"), Samples.gzip(Samples.tar("d/1.png")));
    assertThat(open(entry(), options).classes()).containsExactly("d");
    assertThat(requests).isEmpty();
  }

  @Test
  void a_folder_of_the_same_name_beside_is_said() throws IOException {
    String name = Files.createDirectories(temp.resolve("digits")).toString();
    Catalog.Entry digits = Catalog.Entry.builtIn(name, "as the catalog's");

    DataSource source =
        new DataSources(new Catalog(List.of(digits)), Disk.REAL)
            .openNamed(name, DataOptions.of(places()));

    assertThat(source.warnings())
        .containsExactly(name + ": the data set of that name; for the folder write ./" + name);
  }

  @Test
  void an_empty_folder_of_that_name_is_not_taken_for_the_data_set() throws IOException {
    Files.createDirectories(temp.resolve("cache/photos/.git"));

    assertThatThrownBy(() -> open(entry("00"), DataOptions.of(places())))
        .hasMessageContaining("cannot be fetched");
  }

  @Test
  void another_name_is_looked_up_in_LINNET_DATA_too() {
    Samples.pictures(temp, "data/mine/a/1.png", "data/mine/b/1.png");

    assertThat(DataSources.open("mine", DataOptions.of(places("data"))).classes()).hasSize(2);
  }

  @Test
  void a_data_set_is_fetched_checked_and_unpacked_once() {
    List<Long> heard = Collections.synchronizedList(new ArrayList<>());
    DataOptions options =
        DataOptions.of(places())
            .withDownloads((source, done, total) -> heard.addAll(List.of(done, total)));

    DataSource source = open(entry(), options);

    assertThat(Samples.sizes(source)).isEqualTo("train 2, val 2");
    assertThat(temp.resolve("cache/photos/set.tar")).exists();
    assertThat(temp.resolve("cache/photos").toFile().list()).containsExactly("set.tar");
    assertThat(temp.resolve("cache").toFile().list()).containsExactly("photos");
    assertThat(heard).endsWith((long) archive.length, (long) archive.length);
    open(entry(), options);
    assertThat(requests).containsExactly("/set.tar.gz");
  }

  @Test
  void what_was_fetched_before_a_break_is_not_fetched_again() {
    breakAfter = 700;
    DataOptions options = DataOptions.of(places());
    assertThatThrownBy(() -> open(entry(), options))
        .isInstanceOf(LinnetException.class)
        .hasMessageContaining(
            " cannot be fetched (it broke off after 700 of " + archive.length + " bytes); put ");

    assertThat(Samples.sizes(open(entry(), options))).isEqualTo("train 2, val 2");
    assertThat(requests).containsExactly("/set.tar.gz", "/set.tar.gz bytes=700-");
  }

  @Test
  void a_server_without_ranges_sends_all_again() {
    breakAfter = 700;
    ranges = false;
    DataOptions options = DataOptions.of(places());
    assertThatThrownBy(() -> open(entry(), options)).isInstanceOf(LinnetException.class);

    assertThat(Samples.sizes(open(entry(), options))).isEqualTo("train 2, val 2");
  }

  @Test
  void the_rest_of_another_file_is_thrown_away_and_all_is_fetched() {
    Samples.file(temp.resolve("cache/.photos.partial/set.tar.gz.part"), new byte[100]);

    assertThat(Samples.sizes(open(entry(), DataOptions.of(places())))).isEqualTo("train 2, val 2");
    assertThat(requests).containsExactly("/set.tar.gz bytes=100-", "/set.tar.gz");
  }

  @Test
  void a_wrong_checksum_is_said_and_nothing_is_kept() {
    assertThatThrownBy(() -> open(entry("00"), DataOptions.of(places())))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            ("photos: not found; looked for LINNET_DATA (not set), TEMP/cache/photos,"
                    + " TEMP/system/photos; ADDRESS cannot be fetched (its MD5 is MD5, must be 00);"
                    + " put set.tar.gz, or class folders into TEMP/cache/photos")
                .replace("TEMP", temp.toString())
                .replace("ADDRESS", address().toString())
                .replace("is MD5", "is " + md5(archive)));
    assertThat(temp.resolve("cache/.photos.partial/set.tar.gz.part")).doesNotExist();
  }

  @Test
  void without_network_one_line_says_where_it_looked_and_what_to_put_there() {
    server.stop(0);

    assertThatThrownBy(() -> open(entry(), DataOptions.of(places("data"))))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            ("photos: not found; looked for TEMP/data/photos (LINNET_DATA), TEMP/cache/photos,"
                    + " TEMP/system/photos; ADDRESS cannot be fetched (no connection); put"
                    + " set.tar.gz, or class folders into TEMP/data/photos")
                .replace("TEMP", temp.toString())
                .replace("ADDRESS", address().toString()));
  }

  @Test
  void an_answer_that_is_no_file_is_said() {
    status = 404;

    assertThatThrownBy(() -> open(entry(), DataOptions.of(places())))
        .hasMessageContaining(address() + " cannot be fetched (HTTP 404); put");
  }

  @Test
  void a_server_that_falls_silent_is_given_up() {
    silent = true;

    assertThatThrownBy(
            () ->
                new Download(new Fetch(Proxies.NONE, Duration.ofMillis(200)), DownloadListener.NONE)
                    .fetch(entry(), temp.resolve("cache/photos")))
        .isInstanceOf(FetchException.class)
        .hasMessage(address() + " cannot be fetched (nothing came for 0.2 s)");
  }

  @Test
  void a_proxy_of_the_environment_is_asked_in_place_of_the_publisher() {
    URI publisher = URI.create("http://publisher.invalid/set.tar.gz");
    Catalog.Entry photos =
        Catalog.Entry.of("photos", "some photos")
            .withRemotes(
                List.of(new Catalog.Remote(publisher, md5(archive), Catalog.Remote.Then.GUNZIP)));
    Places behind =
        Places.of(
            Map.of(
                "LINNET_CACHE",
                temp.resolve("cache").toString(),
                "http_proxy",
                "127.0.0.1:" + server.getAddress().getPort()));

    assertThat(Samples.sizes(open(photos, DataOptions.of(behind)))).isEqualTo("train 2, val 2");
    assertThat(requests).containsExactly("/set.tar.gz");
  }

  @Test
  void two_processes_do_not_fetch_the_same_at_once() throws IOException {
    Path partial = Files.createDirectories(temp.resolve("cache/.photos.partial"));
    try (FileChannel channel =
            FileChannel.open(
                partial.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThatThrownBy(() -> open(entry(), DataOptions.of(places())))
          .hasMessage(
              "photos: is being fetched by another process into " + partial + "; wait for it");
    }
  }

  @Test
  void a_data_set_that_is_not_fetched_says_what_to_put_there() {
    assertThatThrownBy(() -> DataSources.open("imagenet", DataOptions.of(places("data"))))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            ("imagenet: not found; looked for TEMP/data/imagenet (LINNET_DATA),"
                    + " TEMP/cache/imagenet, TEMP/system/imagenet; it is not fetched for you; put"
                    + " train/ and val/ with a folder for each WordNet id, as image-net.org hands"
                    + " them out into TEMP/data/imagenet")
                .replace("TEMP", temp.toString()));
  }

  @Test
  void the_list_says_where_each_data_set_is() {
    Samples.idx(temp.resolve("data/MNIST/raw"), "train", 3);

    List<Catalog.Listed> list = Catalog.STANDARD.list(places("data"));

    assertThat(list)
        .extracting(Catalog.Listed::name)
        .containsExactly(
            "digits",
            "mnist",
            "fashion-mnist",
            "cifar10",
            "cifar100",
            "eurosat",
            "flowers102",
            "food101",
            "imagenette",
            "imagenet");
    assertThat(list.get(0).state()).isEqualTo(Catalog.State.BUILT_IN);
    assertThat(list.get(1))
        .isEqualTo(
            new Catalog.Listed(
                "mnist",
                "60,000 + 10,000 handwritten digits, 28x28 grey",
                Catalog.State.FOUND,
                temp.resolve("data/MNIST/raw").toString()));
    assertThat(list.get(3).state()).isEqualTo(Catalog.State.FETCHED_ON_USE);
    assertThat(list.get(3).where())
        .isEqualTo("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz");
    assertThat(list.get(9).state()).isEqualTo(Catalog.State.MISSING);
    assertThat(list.get(9).where()).startsWith("put train/ and val/ with").endsWith("imagenet");
  }
}
