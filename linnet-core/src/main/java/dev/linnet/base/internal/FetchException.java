package dev.linnet.base.internal;

import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file that could not be fetched; the message says which address and why, without what to do. The
 * address is shown without what may be secret in it.
 */
public final class FetchException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final @Nullable String errorCode;

  FetchException(URI source, String reason, @Nullable Throwable cause) {
    super(shown(source) + " cannot be fetched (" + reason + ")", cause);
    this.status = 0;
    this.errorCode = null;
  }

  FetchException(URI source, Answer answer) {
    super(shown(source) + " cannot be fetched (HTTP " + answer.status() + ")");
    this.status = answer.status();
    this.errorCode = answer.header("X-Error-Code").orElse(null);
  }

  /** The status of HTTP with which the server refused; 0 if that was not the trouble. */
  public int status() {
    return status;
  }

  /** What the hub calls the trouble, such as {@code RevisionNotFound}. */
  public Optional<String> errorCode() {
    return Optional.ofNullable(errorCode);
  }

  /** An address without user, password and query, which may be a signature. */
  static String shown(URI address) {
    String host = address.getHost() == null ? "" : address.getHost();
    String port = address.getPort() < 0 ? "" : ":" + address.getPort();
    String path = address.getRawPath() == null ? "" : address.getRawPath();
    return address.getScheme() + "://" + host + port + path;
  }
}
