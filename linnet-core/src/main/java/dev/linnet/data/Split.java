package dev.linnet.data;

import java.util.Locale;
import java.util.Optional;

/** A part of a data set. */
public enum Split {
  /** What is trained on. */
  TRAIN,
  /** What chooses the best weights. */
  VAL,
  /** What is read once, at the end. */
  TEST;

  /** The name in files and on the command line: {@code train}, {@code val} or {@code test}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The split that a folder, an archive or a manifest's cell names, in any of its spellings. */
  public static Optional<Split> of(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "train", "training" -> Optional.of(TRAIN);
      case "val", "valid", "validation" -> Optional.of(VAL);
      case "test", "testing" -> Optional.of(TEST);
      default -> Optional.empty();
    };
  }
}
