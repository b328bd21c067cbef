package dev.linnet.models;

import dev.linnet.base.Check;

/**
 * What is known about a name from where it was published.
 *
 * @param preprocessing of the published weights
 * @param classes of the published head, at least 1
 * @param source whose definition and names the network follows
 */
public record Published(Preprocessing preprocessing, int classes, Source source) {
  public Published {
    Check.that(classes >= 1, "classes", classes, "at least 1");
  }

  /** Whose definition a network follows. */
  public enum Source {
    TIMM("timm"),
    TORCHVISION("torchvision"),
    /** Neither library has it. */
    PAPER("paper");

    private final String text;

    Source(String text) {
      this.text = text;
    }

    /** Such as {@code timm}. */
    @Override
    public String toString() {
      return text;
    }
  }

  /** Of timm, with ImageNet's 1000 classes. */
  static Published timm(Preprocessing preprocessing) {
    return new Published(preprocessing, 1000, Source.TIMM);
  }

  /** Of a paper. */
  static Published paper(Preprocessing preprocessing, int classes) {
    return new Published(preprocessing, classes, Source.PAPER);
  }
}
