package dev.linnet.weights;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Proxies;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the environment says about the hub, by the names that the package huggingface_hub reads. It
 * is a class without text, not a record, so that no log gets the token.
 */
final class HubSettings {
  private static final String PUBLIC = "https://huggingface.co";
  private static final Set<String> TRUE = Set.of("1", "on", "yes", "true");
  private static final Pattern VARIABLE = Pattern.compile("\\$(\\w+|\\{\\w+})");
  private static final int LONGEST_TOKEN = 4096;

  private final Map<String, String> environment;

  HubSettings(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /** The variables of a proxy. */
  Proxies proxies() {
    return Proxies.of(environment);
  }

  /** {@code HF_HUB_CACHE}, else {@code HUGGINGFACE_HUB_CACHE}, else {@code $HF_HOME/hub}. */
  Path cache() {
    return path("HF_HUB_CACHE")
        .or(() -> path("HUGGINGFACE_HUB_CACHE"))
        .orElseGet(() -> home().resolve("hub"));
  }

  /** Whether {@code HF_HUB_OFFLINE} forbids the network. */
  boolean isOffline() {
    return isTrue("HF_HUB_OFFLINE");
  }

  /** Whether {@code HF_HUB_DISABLE_SYMLINKS} wants copies in place of links. */
  boolean isWithoutLinks() {
    return isTrue("HF_HUB_DISABLE_SYMLINKS");
  }

  /** {@code HF_ENDPOINT}, else the public hub; without a slash at its end. */
  String endpoint() {
    String named = get("HF_ENDPOINT").replaceFirst("/+$", "");
    if (named.isEmpty()) {
      return PUBLIC;
    }
    try {
      URI address = new URI(named);
      String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
      if ((scheme.equals("http") || scheme.equals("https"))
          && address.getHost() != null
          && address.getRawUserInfo() == null
          && address.getRawQuery() == null
          && address.getRawFragment() == null) {
        return named;
      }
    } catch (URISyntaxException e) {
      throw noEndpoint(e);
    }
    throw noEndpoint(null);
  }

  private static LinnetException noEndpoint(@Nullable Exception cause) {
    return new LinnetException(
        "HF_ENDPOINT: is no address of a hub; must be like https://HOST or http://HOST:PORT/PATH,"
            + " without user and password",
        cause);
  }

  /**
   * {@code HF_TOKEN}, else {@code HUGGING_FACE_HUB_TOKEN}, else what the file {@code HF_TOKEN_PATH}
   * holds, else {@code $HF_HOME/token}.
   *
   * @throws LinnetException if it has characters that no token has, or its file cannot be read
   */
  Optional<String> token() {
    if (isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
      return Optional.empty();
    }
    for (String name : new String[] {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
      String token = get(name);
      if (!token.isEmpty()) {
        return Optional.of(checked(token, name));
      }
    }
    Path file = path("HF_TOKEN_PATH").orElseGet(() -> home().resolve("token"));
    try (InputStream in = Files.newInputStream(file)) {
      String token =
          new String(in.readNBytes(LONGEST_TOKEN + 1), StandardCharsets.ISO_8859_1).strip();
      return token.isEmpty() ? Optional.empty() : Optional.of(checked(token, file.toString()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new LinnetException(
          file
              + ": cannot be read ("
              + AtomicFile.reason(e)
              + "); it should hold the hub's token; mend it, or set HF_TOKEN_PATH to another file",
          e);
    }
  }

  private static String checked(String token, String where) {
    if (token.length() > LONGEST_TOKEN || !token.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new LinnetException(
          where + ": holds what is no token of the hub; must be one word, such as hf_…");
    }
    return token;
  }

  private Path home() {
    return path("HF_HOME")
        .orElseGet(
            () ->
                path("XDG_CACHE_HOME")
                    .orElseGet(() -> userHome().resolve(".cache"))
                    .resolve("huggingface"));
  }

  private Path userHome() {
    String home = get("HOME");
    return Path.of(home.isEmpty() ? System.getProperty("user.home", ".") : home);
  }

  private boolean isTrue(String name) {
    return TRUE.contains(get(name).toLowerCase(Locale.ROOT));
  }

  private String get(String name) {
    return environment.getOrDefault(name, "").strip();
  }

  /** A path of the environment, in which ~ and $NAME stand for what they do in a shell. */
  private Optional<Path> path(String name) {
    String text = get(name);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    if (text.equals("~") || text.startsWith("~/")) {
      text = userHome() + text.substring(1);
    }
    Matcher variable = VARIABLE.matcher(text);
    return Optional.of(
        Path.of(
            variable.replaceAll(
                found -> {
                  String key = found.group(1).replaceAll("[{}]", "");
                  String value = environment.getOrDefault(key, found.group());
                  return Matcher.quoteReplacement(value);
                })));
  }
}
