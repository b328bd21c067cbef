package dev.linnet.models;

import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Initializer;
import dev.linnet.nn.Linear;
import dev.linnet.nn.Module;

/** The layer whose outputs are the classes, as it is declared before their number is known. */
sealed interface Head {
  /** Its inputs. */
  int features();

  /** The layer for some classes. */
  Module build(int classes);

  /** A linear layer on pooled features. */
  record OfLinear(Linear.Spec spec) implements Head {
    @Override
    public int features() {
      return spec.in();
    }

    @Override
    public Module build(int classes) {
      return new Linear.Spec(spec.in(), classes, spec.bias(), spec.weightStart(), spec.biasStart())
          .build();
    }
  }

  /**
   * A 1×1 convolution on the last maps, which are pooled afterwards; it starts normal with
   * deviation 0.01 (SqueezeNet).
   */
  record OfConv(int features) implements Head {
    @Override
    public Module build(int classes) {
      return Conv2d.of(features, classes, 1)
          .withStart(Initializer.normal(0.01), Initializer.ZEROS)
          .build();
    }
  }
}
