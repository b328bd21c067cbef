package dev.linnet.cli;

import dev.linnet.base.DownloadListener;
import java.net.URI;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Tells how far a download is; without a terminal, that it began. */
final class DownloadProgress implements DownloadListener {
  private static final long REDRAW_NANOS = 100_000_000;
  private static final double MEBIBYTE = 1 << 20;

  private final Output output;
  private final AtomicReference<@Nullable URI> said = new AtomicReference<>();
  private final AtomicLong drawn = new AtomicLong();

  DownloadProgress(Output output) {
    this.output = output;
  }

  @Override
  public void progress(URI source, long done, long total) {
    if (!source.equals(said.getAndSet(source))) {
      output.note("downloading " + source);
    }
    long now = System.nanoTime();
    if (!output.showsProgress() || now - drawn.get() < REDRAW_NANOS) {
      return;
    }
    drawn.set(now);
    output.progress(
        total > 0
            ? String.format(
                Locale.ROOT,
                "%.1f of %.1f MiB, %d %%",
                done / MEBIBYTE,
                total / MEBIBYTE,
                100 * done / total)
            : String.format(Locale.ROOT, "%.1f MiB", done / MEBIBYTE));
  }
}
