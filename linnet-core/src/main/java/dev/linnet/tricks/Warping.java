package dev.linnet.tricks;

import dev.linnet.base.Check;
import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Sampling;
import java.util.List;

/** A filter that may have to be drawn, and the color outside. */
record Warping(WarpFilter filter, List<Integer> fill) {

  Warping with(OrAuto<WarpFilter> filter, OrAuto<List<Integer>> fill) {
    return new Warping(filter.orElse(this.filter), fill.orElse(this.fill));
  }

  Sampling draw(RandomState random) {
    Interpolation interpolation =
        switch (filter) {
          case NEAREST -> Interpolation.NEAREST;
          case BILINEAR -> Interpolation.BILINEAR;
          case BICUBIC -> Interpolation.BICUBIC;
          case RANDOM -> random.nextBoolean(0.5) ? Interpolation.BILINEAR : Interpolation.BICUBIC;
        };
    return new Sampling(interpolation, fill);
  }

  static OrAuto<List<Integer>> copy(OrAuto<List<Integer>> fill) {
    return new OrAuto<>(fill.given().map(List::copyOf));
  }

  static void checkFill(String what, List<Integer> fill) {
    Check.that(
        Sampling.isFill(fill),
        what,
        fill,
        "one or three levels in [0, 255], such as [124, 116, 104]");
  }

  static void checkFill(String what, OrAuto<List<Integer>> fill) {
    Check.that(
        fill.isAutoOr(Sampling::isFill),
        what,
        fill,
        "one or three levels in [0, 255], such as [124, 116, 104], or auto");
  }

  static void checkProbability(String what, double probability) {
    Check.that(probability >= 0 && probability <= 1, what, probability, "in [0, 1]");
  }
}
