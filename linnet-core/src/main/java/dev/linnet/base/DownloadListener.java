package dev.linnet.base;

import java.net.URI;

/** Hears how far a download is, from any thread. */
@FunctionalInterface
public interface DownloadListener {
  /** Hears nothing. */
  DownloadListener NONE = (source, done, total) -> {};

  /**
   * Some bytes came.
   *
   * @param done bytes that are there, those of an earlier attempt among them
   * @param total bytes in all; −1 where the publisher does not say
   */
  void progress(URI source, long done, long total);
}
