package dev.linnet.weights;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.InvalidValueException;
import dev.linnet.base.LinnetException;
import dev.linnet.base.internal.LockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The hub, with servers of the test's own. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class HubTest {
  private static final String NAME = "hf://owner/name";
  private static final String CONFIG = "{\"architecture\": \"resnet20\"}";
  private static final String COMMIT = FakeHub.COMMIT;
  private static final String AT = "/" + COMMIT + "/";

  private final byte[] weights = new byte[1500];
  private final FakeHub server =
      new FakeHub().with("config.json", CONFIG).with("model.safetensors", filled(weights));
  private final Map<String, String> environment = new HashMap<>();

  @TempDir private Path temp;

  @AfterEach
  void stop() {
    server.close();
  }

  private static byte[] filled(byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31);
    }
    return bytes;
  }

  private Hub hub(String... variables) {
    environment.putIfAbsent("HF_ENDPOINT", server.endpoint());
    environment.putIfAbsent("HF_HOME", temp.resolve("home").toString());
    environment.putIfAbsent("HF_HUB_CACHE", temp.resolve("hub").toString());
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }
    return Hub.of(environment);
  }

  private Path repository() {
    return temp.resolve("hub/models--owner--name");
  }

  private Path snapshot() {
    return repository().resolve("snapshots").resolve(COMMIT);
  }

  private void fails(Hub hub, String message) {
    assertThatThrownBy(() -> hub.folder(NAME))
        .isInstanceOf(LinnetException.class)
        .hasMessage(said(message));
  }

  private String said(String message) {
    return message
        .replace("<endpoint>", server.endpoint())
        .replace("<cache>", temp.resolve("hub").toString())
        .replace("<commit>", COMMIT);
  }

  /** Every file of the cache: its path, and what it holds or leads to. */
  private List<String> cache() throws IOException {
    try (Stream<Path> all = Files.walk(temp.resolve("hub"))) {
      List<String> lines = new ArrayList<>();
      for (Path file : all.sorted().toList()) {
        String name = temp.resolve("hub").relativize(file).toString();
        if (Files.isSymbolicLink(file)) {
          lines.add(name + " -> " + Files.readSymbolicLink(file));
        } else if (Files.isRegularFile(file)) {
          lines.add(name + " " + Files.size(file));
        }
      }
      return lines;
    }
  }

  // ------------------------------------------------------------------ what is right

  @Test
  void what_is_fetched_lies_where_huggingface_hub_puts_it() throws IOException {
    assertThat(hub().folder(NAME)).isEqualTo(snapshot());

    String config = server.etag("config.json");
    String tensors = server.etag("model.safetensors");
    assertThat(cache())
        .containsExactlyInAnyOrder(
            ".locks/models--owner--name/" + config + ".lock 0",
            ".locks/models--owner--name/" + tensors + ".lock 0",
            "models--owner--name/blobs/" + config + " " + CONFIG.length(),
            "models--owner--name/blobs/" + tensors + " 1500",
            "models--owner--name/refs/main 40",
            "models--owner--name/snapshots" + AT + "config.json -> ../../blobs/" + config,
            "models--owner--name/snapshots" + AT + "model.safetensors -> ../../blobs/" + tensors);
    assertThat(repository().resolve("refs/main")).hasContent(COMMIT);
    assertThat(snapshot().resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(server.requests)
        .containsExactly(
            "HEAD /main/config.json",
            "GET " + AT + "config.json",
            "HEAD " + AT + "model.safetensors",
            "GET " + AT + "model.safetensors",
            "GET storage/model.safetensors");
  }

  @Test
  void a_branch_is_asked_for_once_more_and_a_commit_never_again() {
    hub().folder(NAME);
    server.requests.clear();

    assertThat(hub().folder(NAME)).isEqualTo(snapshot());
    assertThat(server.requests).containsExactly("HEAD /main/config.json");
    assertThat(hub().folder(NAME + "@" + COMMIT)).isEqualTo(snapshot());
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void a_listener_hears_of_every_byte() {
    List<String> heard = Collections.synchronizedList(new ArrayList<>());
    hub()
        .withDownloads((source, done, total) -> heard.add(source + " " + done + "/" + total))
        .folder(NAME);
    assertThat(heard)
        .first()
        .isEqualTo(server.endpoint() + "/owner/name/resolve/" + COMMIT + "/config.json 28/28");
    assertThat(heard)
        .last()
        .isEqualTo(
            server.endpoint() + "/owner/name/resolve/" + COMMIT + "/model.safetensors 1500/1500");
  }

  @Test
  void weights_in_shards_are_fetched_with_their_index() {
    FakeHub sharded =
        new FakeHub()
            .with("config.json", CONFIG)
            .with(
                "model.safetensors.index.json",
                "{\"weight_map\": {\"a\": \"m-2.safetensors\", \"b\": \"m-1.safetensors\","
                    + " \"c\": \"m-2.safetensors\"}}")
            .with("m-1.safetensors", "one")
            .with("m-2.safetensors", "two");
    try (sharded) {
      Path folder = hub("HF_ENDPOINT", sharded.endpoint()).folder(NAME);
      assertThat(folder.toFile().list())
          .containsExactlyInAnyOrder(
              "config.json", "model.safetensors.index.json", "m-1.safetensors", "m-2.safetensors");
      assertThat(repository().resolve(".no_exist").resolve(COMMIT).resolve("model.safetensors"))
          .exists();
    }
  }

  @Test
  void pickled_weights_in_shards_are_fetched_with_their_index() {
    FakeHub sharded =
        new FakeHub()
            .with("config.json", CONFIG)
            .with("pytorch_model.bin.index.json", "{\"weight_map\": {\"a\": \"m-1.bin\"}}")
            .with("m-1.bin", "one");
    try (sharded) {
      Path folder = hub("HF_ENDPOINT", sharded.endpoint()).folder(NAME);
      assertThat(folder.toFile().list())
          .containsExactlyInAnyOrder("config.json", "pytorch_model.bin.index.json", "m-1.bin");
      sharded.requests.clear();
      assertThat(hub("HF_ENDPOINT", sharded.endpoint(), "HF_HUB_OFFLINE", "1").folder(NAME))
          .isEqualTo(folder);
      assertThat(sharded.requests).isEmpty();
    }
  }

  @Test
  void without_safetensors_the_pickled_weights_are_fetched() {
    FakeHub pickled = new FakeHub().with("config.json", CONFIG).with("pytorch_model.bin", "bin");
    try (pickled) {
      Path folder = hub("HF_ENDPOINT", pickled.endpoint()).folder(NAME);
      assertThat(folder.resolve("pytorch_model.bin")).hasContent("bin");
      pickled.requests.clear();
      hub().folder(NAME);
      assertThat(pickled.requests).containsExactly("HEAD /main/config.json");
    }
  }

  @Test
  void a_token_goes_to_the_hub_and_not_to_where_it_redirects() throws IOException {
    Path file = Files.writeString(temp.resolve("token"), "hf_secret\n");
    hub("HF_TOKEN_PATH", file.toString()).folder(NAME);
    assertThat(server.requests)
        .containsExactly(
            "HEAD /main/config.json as Bearer hf_secret",
            "GET " + AT + "config.json as Bearer hf_secret",
            "HEAD " + AT + "model.safetensors as Bearer hf_secret",
            "GET " + AT + "model.safetensors as Bearer hf_secret",
            "GET storage/model.safetensors");
  }

  @Test
  void a_hub_that_redirects_to_another_is_followed_without_the_token() {
    FakeHub mirror = new FakeHub();
    try (mirror) {
      mirror.elsewhere = server.endpoint() + "/owner/name/resolve/main/config.json";
      hub("HF_ENDPOINT", mirror.endpoint(), "HF_TOKEN", "hf_x").folder(NAME);
      assertThat(mirror.requests).first().isEqualTo("HEAD /main/config.json as Bearer hf_x");
      assertThat(server.requests).allMatch(request -> !request.contains("hf_x"));
    }
  }

  @Test
  void a_proxy_is_asked_in_place_of_the_hub() {
    Hub hub =
        hub(
            "HF_ENDPOINT",
            "http://hub.invalid",
            "HTTP_PROXY",
            "http://me:secret@127.0.0.1:" + server.port());
    assertThat(hub.folder(NAME)).isEqualTo(snapshot());
    assertThat(server.requests)
        .first()
        .isEqualTo("HEAD /main/config.json proxy Basic bWU6c2VjcmV0"); // me:secret
    assertThat(server.requests).last().isEqualTo("GET storage/model.safetensors");
  }

  @Test
  void other_revisions_are_names_of_branches_and_of_commits() {
    fails(
        hub(),
        NAME + "@v1.0/x",
        NAME
            + "@v1.0/x: the repository has no revision \"v1.0/x\" (HTTP 404); see <endpoint>/owner/name for"
            + " its branches and tags");
    assertThat(server.requests).containsExactly("HEAD /v1.0%2Fx/config.json");
  }

  private void fails(Hub hub, String name, String message) {
    assertThatThrownBy(() -> hub.folder(name)).hasMessage(said(message));
  }

  // ------------------------------------------------------------------ breaks and damage

  @Test
  void what_came_before_a_break_is_gone_on_with() {
    server.breakAfter = 700;
    fails(
        hub(),
        NAME
            + ": <endpoint>/owner/name/resolve/<commit>/model.safetensors cannot be fetched (it broke off"
            + " after 700 of 1500 bytes); check network and proxy, and run this again");
    assertThat(repository().resolve("refs")).doesNotExist();

    assertThat(hub().folder(NAME).resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(server.requests)
        .endsWith(
            "HEAD " + AT + "model.safetensors",
            "GET " + AT + "model.safetensors bytes=700-",
            "GET storage/model.safetensors bytes=700-");
  }

  @Test
  void the_rest_of_another_file_is_thrown_away() throws IOException {
    Path part =
        repository().resolve("blobs/" + server.etag("model.safetensors") + ".linnet.incomplete");
    Files.createDirectories(part.getParent());
    Files.write(part, new byte[100]);
    assertThat(hub().folder(NAME).resolve("model.safetensors")).hasBinaryContent(weights);

    Files.delete(snapshot().resolve("model.safetensors"));
    Files.delete(repository().resolve("blobs/" + server.etag("model.safetensors")));
    Files.write(part, new byte[2000]);
    assertThat(hub().folder(NAME).resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(part).doesNotExist();
  }

  @Test
  void a_wrong_checksum_is_said_and_nothing_is_kept() throws IOException {
    server.tag = "0".repeat(64);
    fails(
        hub(),
        NAME
            + ": <endpoint>/owner/name/resolve/<commit>/model.safetensors cannot be fetched (its SHA-256 is "
            + server.etag("model.safetensors")
            + ", must be "
            + server.tag
            + "); check network and proxy, and run this again");
    assertThat(cache()).noneMatch(line -> line.contains("incomplete"));
    assertThat(repository().resolve("blobs").resolve(server.tag)).doesNotExist();
  }

  @Test
  void a_server_that_falls_silent_is_given_up() {
    server.silent = true;
    fails(
        hub().withSilence(Duration.ofMillis(200)),
        NAME
            + ": <endpoint>/owner/name/resolve/<commit>/model.safetensors cannot be fetched (nothing came for"
            + " 0.2 s); check network and proxy, and run this again");
  }

  @Test
  void redirects_without_end_are_given_up() {
    server.elsewhere = server.endpoint() + "/owner/name/resolve/main/config.json";
    fails(
        hub(),
        NAME
            + ": <endpoint>/owner/name/resolve/main/config.json cannot be fetched (more than 10"
            + " redirects); check network and proxy, and run this again");
    assertThat(server.requests).hasSize(11);
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:///etc/passwd", "ftp://127.0.0.1/x", "http://%%", "mailto:x"})
  void a_redirect_to_what_is_no_address_is_refused(String address) {
    server.elsewhere = address;
    fails(
        hub(),
        NAME
            + ": <endpoint>/owner/name/resolve/main/config.json cannot be fetched (a redirect to what is"
            + " no address); check network and proxy, and run this again");
  }

  @Test
  void a_disk_that_is_full_is_said() throws IOException {
    Path part =
        repository().resolve("blobs/" + server.etag("model.safetensors") + ".linnet.incomplete");
    Files.createDirectories(part.getParent());
    Files.createSymbolicLink(part, Path.of("/dev/full"));
    fails(
        hub(),
        "<cache>/models--owner--name: cannot be written (No space left on device); free space, or set"
            + " HF_HUB_CACHE to another folder");
  }

  @Test
  void a_cache_that_cannot_be_written_is_said() throws IOException {
    Files.writeString(temp.resolve("hub"), "a file");
    assertThatThrownBy(() -> hub().folder(NAME))
        .isInstanceOf(LinnetException.class)
        .hasMessageStartingWith(said("<cache>/models--owner--name: cannot be written ("))
        .hasMessageEndingWith( // which of its folders is said depends on the version of Java
            ": Not a directory); free space, or set HF_HUB_CACHE to another folder");
  }

  // ------------------------------------------------------------------ refusals

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "401|RepoNotFound||there is no such repository at <endpoint>, or it is private (HTTP 401); check"
            + " the name, or set HF_TOKEN to a token that may read it",
        "401||hf_secret|there is no such repository at <endpoint>, or it is private (HTTP 401); check the"
            + " name, or set HF_TOKEN to another token: the one that was sent may not read it",
        "401|GatedRepo||the repository is gated or not yours (HTTP 401); ask for access at"
            + " <endpoint>/owner/name, then set HF_TOKEN to a token that may read it",
        "403|GatedRepo|hf_secret|the repository is gated or not yours (HTTP 403); ask for access at"
            + " <endpoint>/owner/name, then set HF_TOKEN to another token: the one that was sent may not"
            + " read it",
        "404|RepoNotFound||there is no such repository at <endpoint> (HTTP 404); check owner and name, for"
            + " a private one set HF_TOKEN to a token that may read it",
        "404|RevisionNotFound||the repository has no revision \"main\" (HTTP 404); see"
            + " <endpoint>/owner/name for its branches and tags",
        "404|EntryNotFound||the repository has no config.json at revision \"main\" (HTTP 404), so it"
            + " is no folder of weights; name one for timm",
        "429|||<endpoint>/owner/name/resolve/main/config.json cannot be fetched (HTTP 429); the hub is"
            + " busy: try again later",
        "503|||<endpoint>/owner/name/resolve/main/config.json cannot be fetched (HTTP 503); the hub is"
            + " busy: try again later",
        "418|||<endpoint>/owner/name/resolve/main/config.json cannot be fetched (HTTP 418); check network"
            + " and proxy, and run this again",
        "407|||<endpoint>/owner/name/resolve/main/config.json cannot be fetched (HTTP 407); the proxy wants"
            + " https_proxy=http://USER:PASSWORD@HOST:PORT",
      })
  void a_refusal_says_what_to_do(int status, String code, String token, String message) {
    server.status = status;
    server.errorCode = code == null ? "" : code;
    Hub hub = token == null ? hub() : hub("HF_TOKEN", token);
    fails(hub, NAME + ": " + message);
    assertThat(temp.resolve("hub")).doesNotExist();
  }

  @Test
  void a_repository_without_weights_is_said() {
    FakeHub empty = new FakeHub().with("config.json", CONFIG);
    try (empty) {
      fails(
          hub("HF_ENDPOINT", empty.endpoint()),
          NAME
              + ": the repository has no weights that Linnet reads at revision \"main\": none of"
              + " model.safetensors, model.safetensors.index.json, pytorch_model.bin,"
              + " pytorch_model.bin.index.json; name one for"
              + " PyTorch or timm");
    }
  }

  @Test
  void what_is_no_hub_is_said() {
    server.commit = "../../../../etc";
    fails(
        hub(),
        NAME
            + ": <endpoint> does not answer as the hub does (no valid X-Repo-Commit); check HF_ENDPOINT and"
            + " the proxy");
    server.commit = COMMIT;
    server.tag = "../../../evil";
    fails(
        hub(),
        NAME
            + ": <endpoint> does not answer as the hub does (no valid ETag); check HF_ENDPOINT and the proxy");
    assertThat(temp.resolve("evil")).doesNotExist();
  }

  @Test
  void an_index_that_names_files_elsewhere_is_refused() {
    FakeHub evil =
        new FakeHub()
            .with("config.json", CONFIG)
            .with(
                "model.safetensors.index.json",
                "{\"weight_map\": {\"a\": \"../../../evil.safetensors\"}}");
    try (evil) {
      fails(
          hub("HF_ENDPOINT", evil.endpoint()),
          "<cache>/models--owner--name/snapshots/<commit>/model.safetensors.index.json: names"
              + " \"../../../evil.safetensors\", which is no .safetensors file beside it");
    }
  }

  @Test
  void a_config_that_is_too_large_is_not_fetched() {
    FakeHub large = new FakeHub().with("config.json", new byte[(16 << 20) + 1]);
    try (large) {
      fails(
          hub("HF_ENDPOINT", large.endpoint()),
          NAME + ": its config.json has 16777217 bytes; must have 16777216 at most");
      assertThat(large.requests).containsExactly("HEAD /main/config.json");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf://",
        "hf://owner",
        "hf://owner/",
        "hf://owner/name/more",
        "hf://datasets/owner/name",
        "hf://owner/na me",
        "hf://../name",
        "hf://owner/..",
        "hf://owner/a--b",
        "hf://owner/name.git",
        "hf://owner/name@",
        "hf://owner/name@../main",
        "hf://owner/name@a//b",
        "hf://owner/name@/a",
        "hf://own\u0000er/name",
      })
  void a_name_of_another_form_is_refused(String name) {
    assertThatThrownBy(() -> hub().folder(name))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage(
            "name on the hub: got "
                + name.replace('\0', '?')
                + "; must be hf://OWNER/NAME or hf://OWNER/NAME@REVISION");
    assertThat(server.requests).isEmpty();
  }

  @Test
  void no_token_is_in_a_message() {
    assertThatThrownBy(() -> hub("HF_TOKEN", "hf_sec\nret").folder(NAME))
        .isInstanceOf(LinnetException.class)
        .hasMessage("HF_TOKEN: holds what is no token of the hub; must be one word, such as hf_…");
    assertThatThrownBy(() -> hub("HF_ENDPOINT", "https://me:secret@hub").folder(NAME))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "HF_ENDPOINT: is no address of a hub; must be like https://HOST or"
                + " http://HOST:PORT/PATH, without user and password");
  }

  // ------------------------------------------------------------------ the cache

  /**
   * As huggingface_hub 2.4.0 leaves it after {@code hf_hub_download} of both files (seen on Linux):
   * blobs by tag, links to them, the commit in {@code refs/main} without an end of line, empty lock
   * files, and a tag for backups.
   */
  private void layOutAsPython() throws IOException {
    Path blobs = Files.createDirectories(repository().resolve("blobs"));
    Files.createDirectories(repository().resolve("refs"));
    Files.createDirectories(snapshot());
    Path locks = Files.createDirectories(temp.resolve("hub/.locks/models--owner--name"));
    Files.writeString(
        temp.resolve("hub/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n");
    Files.writeString(repository().resolve("refs/main"), COMMIT);
    for (String file : List.of("config.json", "model.safetensors")) {
      String etag = server.etag(file);
      Files.write(
          blobs.resolve(etag), file.equals("config.json") ? CONFIG.getBytes(UTF_8) : weights);
      Files.createSymbolicLink(snapshot().resolve(file), Path.of("..", "..", "blobs", etag));
      Files.createFile(locks.resolve(etag + ".lock"));
    }
  }

  @Test
  void what_python_fetched_is_used_without_a_request_when_offline() throws IOException {
    layOutAsPython();
    assertThat(hub("HF_HUB_OFFLINE", "1").folder(NAME)).isEqualTo(snapshot());
    assertThat(hub("HF_HUB_OFFLINE", "true").folder(NAME + "@main")).isEqualTo(snapshot());
    assertThat(hub("HF_HUB_OFFLINE", "YES").folder(NAME + "@" + COMMIT)).isEqualTo(snapshot());
    assertThat(server.requests).isEmpty();
  }

  @Test
  void what_python_fetched_is_not_fetched_again_when_online() throws IOException {
    layOutAsPython();
    List<String> before = cache();
    assertThat(hub().folder(NAME)).isEqualTo(snapshot());
    assertThat(server.requests).containsExactly("HEAD /main/config.json");
    assertThat(cache()).isEqualTo(before);
  }

  @Test
  void a_blob_of_another_commit_is_linked_and_not_fetched() throws IOException {
    layOutAsPython();
    Files.delete(snapshot().resolve("config.json"));
    Files.delete(snapshot().resolve("model.safetensors"));
    assertThat(hub().folder(NAME).resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(server.requests).noneMatch(request -> request.startsWith("GET"));
  }

  @Test
  void a_link_to_a_blob_that_is_gone_is_made_anew() throws IOException {
    layOutAsPython();
    Files.delete(repository().resolve("blobs").resolve(server.etag("model.safetensors")));
    assertThat(hub().folder(NAME).resolve("model.safetensors")).hasBinaryContent(weights);
  }

  @Test
  void offline_it_is_said_what_is_missing_and_where() throws IOException {
    fails(
        hub("HF_HUB_OFFLINE", "1"),
        NAME
            + ": is not in the cache: <cache>/models--owner--name has no revision \"main\"; unset"
            + " HF_HUB_OFFLINE to fetch it, or set HF_HUB_CACHE to the folder that has it");
    layOutAsPython();
    Files.delete(snapshot().resolve("model.safetensors"));
    fails(
        hub(),
        NAME
            + ": is not in the cache: <cache>/models--owner--name/snapshots/<commit> lacks"
            + " model.safetensors; unset HF_HUB_OFFLINE to fetch it, or set HF_HUB_CACHE to the"
            + " folder that has it");
    assertThat(server.requests).isEmpty();
  }

  @Test
  void a_hub_that_cannot_be_asked_leaves_what_is_in_the_cache() throws IOException {
    layOutAsPython();
    server.status = 503;
    assertThat(hub().folder(NAME)).isEqualTo(snapshot());
    server.close();
    assertThat(hub().folder(NAME)).isEqualTo(snapshot());
    Files.delete(snapshot().resolve("model.safetensors"));
    fails(
        hub(),
        NAME
            + ": <endpoint>/owner/name/resolve/main/config.json cannot be fetched (no connection); check"
            + " network and proxy, and run this again");
  }

  @Test
  void where_there_are_no_links_the_files_themselves_are_there() throws IOException {
    Path folder = hub("HF_HUB_DISABLE_SYMLINKS", "1").folder(NAME);
    assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights).isRegularFile();
    assertThat(Files.isSymbolicLink(folder.resolve("model.safetensors"))).isFalse();
    assertThat(repository().resolve("blobs").toFile().list()).isEmpty();
    server.requests.clear();
    hub().folder(NAME);
    assertThat(server.requests).containsExactly("HEAD /main/config.json");
  }

  @Test
  void a_second_process_waits_and_takes_what_the_first_fetched() throws Exception {
    server.slowMillis = 2000;
    Path answer = temp.resolve("answer");
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                HubProcess.class.getName(),
                server.endpoint(),
                temp.resolve("hub").toString(),
                answer.toString())
            .redirectErrorStream(true)
            .redirectOutput(temp.resolve("out").toFile())
            .start();
    while (!server.requests.contains("GET storage/model.safetensors") && other.isAlive()) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    assertThat(hub().folder(NAME)).isEqualTo(snapshot());

    assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(other.exitValue()).as(Files.readString(temp.resolve("out"))).isZero();
    assertThat(answer).hasContent(snapshot().toString());
    assertThat(server.requests).containsOnlyOnce("GET storage/model.safetensors");
  }

  @Test
  void a_process_that_holds_the_lock_and_does_nothing_is_named() throws IOException {
    Path lock =
        temp.resolve("hub/.locks/models--owner--name/" + server.etag("config.json") + ".lock");
    Files.createDirectories(lock.getParent());
    try (LockFile held = LockFile.open(lock)) {
      assertThat(held.tryHold()).isTrue();
      fails(
          hub().withSilence(Duration.ofMillis(300)),
          NAME
              + ": another process holds "
              + lock
              + " and fetches nothing; end it, and run this again");
    }
  }

  // ------------------------------------------------------------------ the environment

  @Test
  void the_cache_is_where_huggingface_hub_has_it() {
    assertThat(cache("HF_HUB_CACHE", "/a", "HUGGINGFACE_HUB_CACHE", "/b")).isEqualTo("/a");
    assertThat(cache("HUGGINGFACE_HUB_CACHE", "/b", "HF_HOME", "/c")).isEqualTo("/b");
    assertThat(cache("HF_HOME", "/c", "XDG_CACHE_HOME", "/d")).isEqualTo("/c/hub");
    assertThat(cache("XDG_CACHE_HOME", "/d")).isEqualTo("/d/huggingface/hub");
    assertThat(cache("HOME", "/h")).isEqualTo("/h/.cache/huggingface/hub");
    assertThat(cache("HF_HOME", "~/x", "HOME", "/h")).isEqualTo("/h/x/hub");
    assertThat(cache("HF_HOME", "$D/x", "D", "/d")).isEqualTo("/d/x/hub");
    assertThat(cache("HF_HUB_CACHE", "${D}/x/$E", "D", "/d")).isEqualTo("/d/x/$E");
  }

  private static String cache(String... variables) {
    return new HubSettings(map(variables)).cache().toString();
  }

  private static Map<String, String> map(String... variables) {
    Map<String, String> map = new HashMap<>();
    for (String[] pair :
        Stream.iterate(0, i -> i < variables.length, i -> i + 2)
            .map(i -> Arrays.copyOfRange(variables, i, i + 2))
            .toList()) {
      map.put(pair[0], pair[1]);
    }
    return map;
  }

  @Test
  void the_token_is_where_huggingface_hub_has_it() throws IOException {
    String home = Files.createDirectories(temp.resolve("h")).toString();
    assertThat(new HubSettings(map("HF_HOME", home)).token()).isEmpty();
    Files.writeString(temp.resolve("h/token"), "  in_home\r\n");
    assertThat(new HubSettings(map("HF_HOME", home)).token()).contains("in_home");
    assertThat(new HubSettings(map("HF_HOME", home, "HF_TOKEN", "one")).token()).contains("one");
    assertThat(new HubSettings(map("HF_TOKEN", "one", "HUGGING_FACE_HUB_TOKEN", "two")).token())
        .contains("one");
    assertThat(new HubSettings(map("HUGGING_FACE_HUB_TOKEN", "two")).token()).contains("two");
    assertThat(
            new HubSettings(map("HF_TOKEN", "one", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).token())
        .isEmpty();
    assertThatThrownBy(() -> new HubSettings(map("HF_TOKEN_PATH", home)).token())
        .hasMessage(
            home
                + ": cannot be read (Is a directory); it should hold the hub's token; mend it, or"
                + " set HF_TOKEN_PATH to another file");
  }

  @Test
  void the_endpoint_is_the_public_hub_where_none_is_named() {
    assertThat(new HubSettings(Map.of()).endpoint()).isEqualTo("https://huggingface.co");
    assertThat(new HubSettings(Map.of("HF_ENDPOINT", "https://m.example/hf//")).endpoint())
        .isEqualTo("https://m.example/hf");
  }
}
