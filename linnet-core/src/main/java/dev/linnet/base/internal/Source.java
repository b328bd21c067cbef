package dev.linnet.base.internal;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/**
 * The address of a file, and the token that is shown to its own server alone. It has no text, so
 * that no log gets the token.
 */
public final class Source {
  private final URI address;
  private final Optional<String> token;

  private Source(URI address, Optional<String> token) {
    this.address = address;
    this.token = token;
  }

  /** An address that anyone may ask. */
  public static Source of(URI address) {
    return new Source(address, Optional.empty());
  }

  /** An address that is asked with a token, if there is one. */
  public static Source of(URI address, Optional<String> token) {
    return new Source(address, token);
  }

  URI address() {
    return address;
  }

  /** The token if another address has the same scheme, host and port. */
  Optional<String> tokenFor(URI other) {
    return origin(other).equals(origin(address)) ? token : Optional.empty();
  }

  private static String origin(URI address) {
    String scheme = address.getScheme().toLowerCase(Locale.ROOT);
    int usual = scheme.equals("https") ? 443 : 80;
    int port = address.getPort() < 0 ? usual : address.getPort();
    return scheme + "://" + address.getHost().toLowerCase(Locale.ROOT) + ":" + port;
  }
}
