package dev.linnet.data;

import dev.linnet.base.Check;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes as people write it: {@code 400MB}, {@code 4GB}, {@code 1.5TB}; a thousand MB
 * are a GB.
 *
 * @param bytes at least 1
 */
public record ByteCount(long bytes) {
  private static final Pattern TEXT =
      Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,12})?) ?(MB|GB|TB)", Pattern.CASE_INSENSITIVE);
  private static final long MB = 1_000_000;
  private static final long GB = 1000 * MB;
  private static final long TB = 1000 * GB;

  public ByteCount {
    Check.that(bytes >= 1, "bytes", bytes, "at least 1");
  }

  /** What a text says; none where it says no number of MB, GB or TB above 0. */
  public static Optional<ByteCount> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long unit =
        switch (matcher.group(2).toUpperCase(Locale.ROOT)) {
          case "MB" -> MB;
          case "GB" -> GB;
          default -> TB;
        };
    BigDecimal bytes = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit));
    return bytes.signum() > 0 && bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0
        ? Optional.of(new ByteCount(bytes.longValue()))
        : Optional.empty();
  }

  /** For people: whole MB, or GB with one digit. */
  public static String shown(long bytes) {
    return bytes < GB
        ? (bytes + MB / 2) / MB + " MB"
        : String.format(Locale.ROOT, "%.1f GB", (double) bytes / GB);
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    if (bytes % TB == 0) {
      return bytes / TB + "TB";
    }
    if (bytes % GB == 0) {
      return bytes / GB + "GB";
    }
    return BigDecimal.valueOf(bytes, 6).stripTrailingZeros().toPlainString() + "MB";
  }
}
