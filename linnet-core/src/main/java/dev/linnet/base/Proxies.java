package dev.linnet.base;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Through which proxy a server is asked. What Java itself is told comes first ({@code
 * https.proxyHost} and its like, or a {@link ProxySelector}); then the environment's {@code
 * https_proxy}, {@code http_proxy}, {@code all_proxy} and {@code no_proxy}, lower case before upper
 * case. This machine is never asked through the environment's proxy.
 *
 * <p>Any thread. A proxy's password is never part of a message.
 */
public final class Proxies {
  /** Knows only what Java is told. */
  public static final Proxies NONE = new Proxies(Map.of());

  private static final List<String> NAMES =
      List.of("http_proxy", "https_proxy", "all_proxy", "no_proxy");
  private static final int USUAL_PORT = 80;

  private final Map<String, String> variables;

  private Proxies(Map<String, String> variables) {
    this.variables = Map.copyOf(variables);
  }

  /**
   * The proxies of environment variables; they are read when one is needed. Empty ones count as
   * unset.
   *
   * @param environment such as {@link System#getenv()}
   */
  public static Proxies of(Map<String, String> environment) {
    Map<String, String> found = new TreeMap<>();
    for (String name : NAMES) {
      String lower = environment.getOrDefault(name, "").strip();
      String upper = environment.getOrDefault(name.toUpperCase(Locale.ROOT), "").strip();
      if (!lower.isEmpty() || !upper.isEmpty()) {
        found.put(name, lower.isEmpty() ? upper : lower);
      }
    }
    return new Proxies(found);
  }

  /**
   * The proxy for an address, not looked up; none where the server is asked directly.
   *
   * @param target an {@code http} or {@code https} address
   * @throws LinnetException if the variable that holds is no address of a proxy
   */
  public Optional<InetSocketAddress> address(URI target) {
    Optional<InetSocketAddress> told = ofJava(target);
    if (told.isPresent()) {
      return told;
    }
    return ofEnvironment(target)
        .map(
            proxy ->
                InetSocketAddress.createUnresolved(
                    proxy.getHost(), proxy.getPort() < 0 ? USUAL_PORT : proxy.getPort()));
  }

  /** What the header {@code Proxy-Authorization} says to the proxy for an address, if anything. */
  public Optional<String> authorization(URI target) {
    if (ofJava(target).isPresent()) {
      return Optional.empty();
    }
    return ofEnvironment(target)
        .map(URI::getUserInfo)
        .map(user -> "Basic " + Base64.getEncoder().encodeToString(user.getBytes(UTF_8)));
  }

  private static Optional<InetSocketAddress> ofJava(URI target) {
    ProxySelector selector = ProxySelector.getDefault();
    if (selector == null) {
      return Optional.empty();
    }
    for (Proxy proxy : selector.select(target)) {
      if (proxy.type() == Proxy.Type.HTTP && proxy.address() instanceof InetSocketAddress address) {
        return Optional.of(address);
      }
    }
    return Optional.empty();
  }

  private Optional<URI> ofEnvironment(URI target) {
    String own = target.getScheme().toLowerCase(Locale.ROOT) + "_proxy";
    String name = variables.containsKey(own) ? own : "all_proxy";
    String value = variables.get(name);
    return value == null || isExcluded(target) ? Optional.empty() : Optional.of(parse(name, value));
  }

  private static URI parse(String name, String value) {
    try {
      URI proxy = new URI(value.contains("://") ? value : "http://" + value);
      if ("http".equalsIgnoreCase(proxy.getScheme()) && proxy.getHost() != null) {
        return proxy;
      }
      throw notUsable(name, null);
    } catch (URISyntaxException e) {
      throw notUsable(name, new URISyntaxException("(not shown)", e.getReason()));
    }
  }

  /** The value is left out: it may hold a password. */
  private static LinnetException notUsable(String name, @Nullable Exception cause) {
    return new LinnetException(
        name
            + ": names no proxy that Linnet can use; must be http://HOST:PORT or"
            + " http://USER:PASSWORD@HOST:PORT",
        cause);
  }

  private boolean isExcluded(URI target) {
    String host = target.getHost().toLowerCase(Locale.ROOT);
    if (host.equals("localhost")
        || host.endsWith(".localhost")
        || host.startsWith("127.")
        || host.equals("[::1]")) {
      return true;
    }
    for (String entry : variables.getOrDefault("no_proxy", "").split("[,\\s]+", -1)) {
      if (entry.equals("*") || covers(entry.toLowerCase(Locale.ROOT), host, target.getPort())) {
        return true;
      }
    }
    return false;
  }

  /** A name covers itself and what lies below it: {@code example.org}, {@code .example.org}. */
  private static boolean covers(String entry, String host, int port) {
    String name = entry.startsWith("*.") ? entry.substring(2) : entry;
    name = name.startsWith(".") ? name.substring(1) : name;
    int colon = name.indexOf(':');
    if (colon >= 0 && colon == name.lastIndexOf(':')) {
      if (!name.substring(colon + 1).equals(String.valueOf(port))) {
        return false;
      }
      name = name.substring(0, colon);
    }
    return !name.isEmpty() && (host.equals(name) || host.endsWith("." + name));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Proxies proxies && variables.equals(proxies.variables);
  }

  @Override
  public int hashCode() {
    return variables.hashCode();
  }

  /** The names of the variables that are set, without their values. */
  @Override
  public String toString() {
    return "Proxies" + new TreeMap<>(variables).keySet();
  }
}
