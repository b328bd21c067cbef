package dev.linnet.data;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;

/**
 * Each picture several times, one after the other; the epoch keeps its number of pictures, so that
 * it has as many fewer different ones (Berman et al., 2019, arXiv:1902.05509, §3.2; DeiT's {@code
 * RASampler} on one device). The loader's draws differ each time.
 *
 * @param of the order of what is repeated
 * @param repeats at least 1
 */
public record RepeatedSampler(Sampler of, int repeats) implements Sampler {
  public RepeatedSampler {
    Check.that(repeats >= 1, "repeats", repeats, "at least 1");
  }

  @Override
  public int[] order(PictureSet set, RandomState random) {
    int[] once = of.order(set, random);
    int[] order = new int[once.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = once[i / repeats];
    }
    return order;
  }
}
