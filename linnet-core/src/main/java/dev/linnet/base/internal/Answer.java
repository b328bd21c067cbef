package dev.linnet.base.internal;

import java.net.http.HttpHeaders;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The head of what a server answered. */
public final class Answer {
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private final int status;
  private final HttpHeaders headers;

  Answer(int status, HttpHeaders headers) {
    this.status = status;
    this.headers = headers;
  }

  /** The status of HTTP. */
  public int status() {
    return status;
  }

  /** The first header of a name, whose case does not matter. */
  public Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  /** The bytes that a header counts. */
  public OptionalLong length(String name) {
    try {
      return headers.firstValueAsLong(name);
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** Whether the server names another address. */
  public boolean isRedirect() {
    return REDIRECTS.contains(status) && header("Location").isPresent();
  }
}
