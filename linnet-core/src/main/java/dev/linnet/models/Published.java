package dev.linnet.models;

import dev.linnet.base.Check;
import java.util.List;

/**
 * What is known about a name from where it was published.
 *
 * @param preprocessing of the published weights
 * @param classes of the published head, at least 1
 * @param source whose definition and names the network follows
 */
public record Published(Preprocessing preprocessing, int classes, Source source) {
  /** A paper's for CIFAR-10: 32×32 as they are; mean and deviation of its training pictures. */
  static final Published CIFAR10 =
      paper(
          Preprocessing.IMAGENET
              .withColors(List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616))
              .withInput(InputSize.square(3, 32))
              .withCropPct(1),
          10);

  /** The same for CIFAR-100. */
  static final Published CIFAR100 =
      paper(
          CIFAR10
              .preprocessing()
              .withColors(List.of(0.5071, 0.4865, 0.4409), List.of(0.2673, 0.2564, 0.2762)),
          100);

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

  /** Of torchvision, with ImageNet's 1000 classes: 224 of 256 pixels, bilinear. */
  static Published torchvision() {
    return new Published(
        Preprocessing.IMAGENET.withInterpolation("bilinear"), 1000, Source.TORCHVISION);
  }

  /** Of a paper. */
  static Published paper(Preprocessing preprocessing, int classes) {
    return new Published(preprocessing, classes, Source.PAPER);
  }
}
