package dev.linnet.weights;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.DownloadListener;
import dev.linnet.base.LinnetException;
import dev.linnet.base.internal.Answer;
import dev.linnet.base.internal.Checksum;
import dev.linnet.base.internal.Fetch;
import dev.linnet.base.internal.FetchException;
import dev.linnet.base.internal.LockFile;
import dev.linnet.base.internal.Source;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Folders of weights on the Hugging Face hub: {@code hf://OWNER/NAME[@REVISION]}. They are fetched
 * into the cache that the Python package huggingface_hub uses too, each file checked, and found
 * there afterwards.
 *
 * <p>Any thread. The hub's token goes to its endpoint alone, and into no message.
 */
public final class Hub {
  private static final System.Logger LOG = System.getLogger("dev.linnet.weights");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern GIT = Pattern.compile("[0-9a-f]{40}");
  private static final int LOOK_MILLIS = 100;

  private final HubSettings settings;
  private final DownloadListener downloads;
  private final Duration silence;

  private Hub(HubSettings settings, DownloadListener downloads, Duration silence) {
    this.settings = settings;
    this.downloads = downloads;
    this.silence = silence;
  }

  /**
   * The hub as environment variables say, by the names that huggingface_hub reads: {@code HF_HOME},
   * {@code HF_HUB_CACHE}, {@code HF_ENDPOINT}, {@code HF_TOKEN}, {@code HF_TOKEN_PATH}, {@code
   * HF_HUB_OFFLINE}; and those of {@link dev.linnet.base.Proxies}.
   *
   * @param environment such as {@link System#getenv()}
   */
  public static Hub of(Map<String, String> environment) {
    return new Hub(new HubSettings(environment), DownloadListener.NONE, Fetch.SILENCE);
  }

  /** The same with another one to hear how far a download is. */
  public Hub withDownloads(DownloadListener listener) {
    return new Hub(settings, listener, silence);
  }

  /** The same with another time in which something must come. */
  Hub withSilence(Duration time) {
    return new Hub(settings, downloads, time);
  }

  /** Whether a text names something on the hub. */
  public static boolean isName(String text) {
    return text.startsWith(HubName.SCHEME);
  }

  /**
   * The folder of a name on this machine, for {@link WeightsFolder#load}; what is missing of it is
   * fetched. Where the hub cannot be asked, or a commit is named, what is in the cache is enough.
   *
   * @param name {@code hf://OWNER/NAME} or {@code hf://OWNER/NAME@REVISION}
   * @throws dev.linnet.base.InvalidValueException if the name has another form
   * @throws LinnetException with one line if it cannot be had: what, where, how to mend it
   */
  public Path folder(String name) {
    HubName repository = HubName.parse(name);
    HubCache cache = new HubCache(settings.cache(), repository, settings.isWithoutLinks());
    Optional<Path> there = there(repository, cache);
    if (there.isPresent() && (settings.isOffline() || HubName.isCommit(repository.revision()))) {
      return there.get();
    }
    if (settings.isOffline()) {
      throw offline(repository, cache);
    }
    return new Visit(repository, cache).folder();
  }

  private static Optional<Path> there(HubName name, HubCache cache) {
    return cache
        .commit(name.revision())
        .filter(commit -> cache.missing(commit).isEmpty())
        .map(cache::snapshot);
  }

  private static LinnetException offline(HubName name, HubCache cache) {
    String lacks =
        cache
            .commit(name.revision())
            .map(c -> cache.snapshot(c) + " lacks " + String.join(", ", cache.missing(c)))
            .orElse(cache.folder() + " has no revision \"" + name.revision() + "\"");
    return new LinnetException(
        name
            + ": is not in the cache: "
            + lacks
            + "; unset HF_HUB_OFFLINE to fetch it, or set HF_HUB_CACHE to the folder that has it");
  }

  /**
   * What the hub says about a file.
   *
   * @param commit that the revision is now
   * @param etag its checksum, which is its name in the cache
   * @param size bytes; −1 where the hub does not say
   */
  private record About(String file, String commit, String etag, long size) {}

  /** One repository, for which the hub is asked. */
  private final class Visit {
    private final HubName name;
    private final HubCache cache;
    private final String endpoint = settings.endpoint();
    private final Optional<String> token = settings.token();
    private final Fetch fetch = new Fetch(settings.proxies(), silence);

    Visit(HubName name, HubCache cache) {
      this.name = name;
      this.cache = cache;
    }

    Path folder() {
      About config;
      try {
        config = ask(HubCache.CONFIG, name.revision());
      } catch (FetchException e) {
        Optional<Path> there = e.status() == 404 ? Optional.empty() : there(name, cache);
        if (there.isEmpty()) {
          throw failure(e, HubCache.CONFIG);
        }
        LOG.log(
            System.Logger.Level.WARNING,
            "{0}: the hub cannot be asked for the newest version: {1}; using what is in the cache",
            name,
            e.getMessage());
        return there.get();
      }
      String commit = config.commit();
      put(config);
      if (!putWeights(commit)) {
        throw new LinnetException(
            "%s: the repository has no weights that Linnet reads at revision \"%s\": none of %s; name"
                    .formatted(name, name.revision(), String.join(", ", HubCache.WEIGHTS))
                + " one for PyTorch or timm");
      }
      remember(commit);
      return cache.snapshot(commit);
    }

    /** A cache that is only read is good enough when all is in it. */
    private void remember(String commit) {
      try {
        cache.remember(name.revision(), commit);
      } catch (LinnetException e) {
        LOG.log(System.Logger.Level.DEBUG, "{0}", e.getMessage());
      }
    }

    private boolean putWeights(String commit) {
      for (String file : HubCache.WEIGHTS) {
        if (isPut(file, commit)) {
          if (HubCache.isIndex(file)) {
            cache.shards(commit, file).forEach(shard -> need(shard, commit, file));
          }
          return true;
        }
      }
      return false;
    }

    private void need(String file, String commit, String index) {
      if (!isPut(file, commit)) {
        throw new LinnetException(
            "%s: the repository lacks %s, which its %s names; tell its owner"
                .formatted(name, file, index));
      }
    }

    /** Fetches a file; false if the repository has none of that name. */
    private boolean isPut(String file, String commit) {
      if (Files.exists(cache.file(commit, file))) {
        return true;
      }
      if (cache.isKnownMissing(commit, file)) {
        return false;
      }
      try {
        put(ask(file, commit));
        return true;
      } catch (FetchException e) {
        if (e.status() != 404) {
          throw failure(e, file);
        }
      }
      try {
        cache.rememberMissing(commit, file);
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", cache.folder(), AtomicFile.reason(e));
      }
      return false;
    }

    // ---------------------------------------------------------------- asking

    private Source source(String file, String revision) {
      String quoted = URLEncoder.encode(revision, StandardCharsets.UTF_8).replace("+", "%20");
      URI address = URI.create(endpoint + "/" + name.id() + "/resolve/" + quoted + "/" + file);
      return Source.of(address, token);
    }

    private About ask(String file, String revision) throws FetchException {
      Answer answer =
          fetch.ask(
              source(file, revision),
              redirect ->
                  redirect.header("X-Repo-Commit").isPresent()
                      && redirect.header("X-Linked-Etag").isPresent());
      String commit = answer.header("X-Repo-Commit").orElse("");
      String etag =
          answer
              .header("X-Linked-Etag")
              .or(() -> answer.header("ETag"))
              .map(text -> text.replaceFirst("^W/", "").replace("\"", ""))
              .orElse("");
      if (!HubName.isCommit(commit)) {
        throw notTheHub("X-Repo-Commit");
      }
      if (!SHA256.matcher(etag).matches() && !GIT.matcher(etag).matches()) {
        throw notTheHub("ETag");
      }
      OptionalLong size = answer.length("X-Linked-Size");
      if (size.isEmpty() && !answer.isRedirect()) {
        size = answer.length("Content-Length");
      }
      return new About(file, commit, etag, size.orElse(-1));
    }

    private LinnetException notTheHub(String header) {
      return new LinnetException(
          "%s: %s does not answer as the hub does (no valid %s); check HF_ENDPOINT and the proxy"
              .formatted(name, endpoint, header));
    }

    // ---------------------------------------------------------------- fetching

    private void put(About about) {
      String file = about.file();
      if (Files.exists(cache.file(about.commit(), file))) {
        return;
      }
      long most = file.endsWith(".json") ? HubCache.MOST_JSON : Long.MAX_VALUE;
      if (about.size() > most) {
        throw new LinnetException(
            "%s: its %s has %d bytes; must have %d at most"
                .formatted(name, file, about.size(), most));
      }
      Path blob = cache.blob(about.etag());
      Path lockFile = cache.lock(about.etag());
      try {
        Files.createDirectories(blob.resolveSibling("."));
        Files.createDirectories(lockFile.resolveSibling("."));
        try (LockFile lock = LockFile.open(lockFile)) {
          await(lock, about);
          boolean isNew = !Files.exists(blob) && !Files.exists(cache.file(about.commit(), file));
          if (isNew) {
            fetch(about, most);
          }
          cache.point(about.commit(), file, about.etag(), isNew);
        }
      } catch (FetchException e) {
        throw failure(e, file);
      } catch (IOException e) {
        throw new LinnetException(
            "%s: cannot be written (%s); free space, or set HF_HUB_CACHE to another folder"
                .formatted(cache.folder(), AtomicFile.reason(e)),
            e);
      }
    }

    private void fetch(About about, long most) throws IOException, FetchException {
      Path part = cache.incomplete(about.etag());
      Checksum.Kind kind =
          SHA256.matcher(about.etag()).matches() ? Checksum.Kind.SHA256 : Checksum.Kind.GIT;
      fetch.into(
          part,
          source(about.file(), about.commit()),
          new Fetch.Expected(new Checksum(kind, about.etag()), about.size(), most),
          downloads);
      try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(part, cache.blob(about.etag()), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Waits for another process that fetches the same file, as long as something comes. */
    private void await(LockFile lock, About about) throws IOException {
      Path part = cache.incomplete(about.etag());
      URI address = URI.create(endpoint + "/" + name.id() + "/resolve/main/" + about.file());
      long seen = -1;
      long since = System.nanoTime();
      while (!lock.tryHold()) {
        long now = Files.exists(part) ? Files.size(part) : 0;
        if (now != seen) {
          seen = now;
          since = System.nanoTime();
          downloads.progress(address, now, about.size());
        } else if (System.nanoTime() - since > silence.toNanos()) {
          throw new LinnetException(
              "%s: another process holds %s and fetches nothing; end it, and run this again"
                  .formatted(name, cache.lock(about.etag())));
        }
        pause();
      }
    }

    private void pause() {
      try {
        Thread.sleep(LOOK_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LinnetException(name + ": interrupted while another process fetched it", e);
      }
    }

    // ---------------------------------------------------------------- what went wrong

    private LinnetException failure(FetchException e, String file) {
      return new LinnetException(name + ": " + said(e, file), e);
    }

    private String said(FetchException e, String file) {
      String page = endpoint + "/" + name.id();
      String code = e.errorCode().orElse("");
      if (code.equals("GatedRepo") || e.status() == 403) {
        return "the repository is gated or not yours (HTTP %d); ask for access at %s, then %s"
            .formatted(e.status(), page, toToken());
      }
      if (e.status() == 401) {
        return "there is no such repository at %s, or it is private (HTTP 401); check the name, or %s"
            .formatted(endpoint, toToken());
      }
      if (code.equals("RevisionNotFound")) {
        return "the repository has no revision \"%s\" (HTTP 404); see %s for its branches and tags"
            .formatted(name.revision(), page);
      }
      if (code.equals("EntryNotFound")) {
        return "the repository has no %s at revision \"%s\" (HTTP 404), so it is no folder of weights;"
                .formatted(file, name.revision())
            + " name one for timm";
      }
      if (e.status() == 404) {
        return "there is no such repository at %s (HTTP 404); check owner and name, for a private one %s"
            .formatted(endpoint, toToken());
      }
      if (e.status() == 407) {
        return e.getMessage() + "; the proxy wants https_proxy=http://USER:PASSWORD@HOST:PORT";
      }
      if (e.status() == 429 || e.status() >= 500) {
        return e.getMessage() + "; the hub is busy: try again later";
      }
      return e.getMessage() + "; check network and proxy, and run this again";
    }

    /** How access is had, without the token itself. */
    private String toToken() {
      return token.isPresent()
          ? "set HF_TOKEN to another token: the one that was sent may not read it"
          : "set HF_TOKEN to a token that may read it";
    }
  }
}
