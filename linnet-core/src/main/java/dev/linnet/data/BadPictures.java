package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.image.BadPictureException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Counts, names and bears broken pictures up to a limit: above both a share and a number it is an
 * error. Each picture counts once, however often it is met. Any thread.
 */
public final class BadPictures {
  private final Limit limit;
  private final int pictures;
  private final Consumer<String> warnings;
  private final Map<String, String> seen = new LinkedHashMap<>();

  /**
   * How many broken pictures are borne; more than both is an error.
   *
   * @param share of the pictures, in [0, 1]
   * @param count of pictures, at least 0
   */
  public record Limit(double share, int count) {
    /** 1 % and 3 pictures. */
    public static final Limit DEFAULT = new Limit(0.01, 3);

    public Limit {
      Check.that(share >= 0 && share <= 1, "max_bad.share", share, "in [0, 1]");
      Check.that(count >= 0, "max_bad.count", count, "at least 0");
    }
  }

  /**
   * @param pictures of the set, that the share is taken of
   * @param warnings hears one line for each broken picture
   */
  public BadPictures(Limit limit, int pictures, Consumer<String> warnings) {
    this.limit = limit;
    this.pictures = pictures;
    this.warnings = warnings;
  }

  /**
   * Takes note of a broken picture.
   *
   * @throws LinnetException if there are too many now
   */
  public void add(BadPictureException bad) {
    String line = String.valueOf(bad.getMessage());
    synchronized (seen) {
      if (seen.putIfAbsent(line, line) != null) {
        return;
      }
      warnings.accept(line + " (skipped)");
      if (seen.size() > limit.count() && seen.size() > limit.share() * pictures) {
        throw new LinnetException(
            seen.size()
                + " of "
                + pictures
                + " pictures are broken, the last: "
                + line
                + "; mend or remove them (linnet data check names all),"
                + " or raise max_bad.share and max_bad.count",
            bad);
      }
    }
  }

  /** The number of broken pictures. */
  public int count() {
    synchronized (seen) {
      return seen.size();
    }
  }
}
