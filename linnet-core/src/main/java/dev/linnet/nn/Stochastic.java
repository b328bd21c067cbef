package dev.linnet.nn;

import dev.linnet.base.RandomState;

/** A layer that draws random numbers in training. */
public interface Stochastic {
  /** Gives the stream for the next forward passes. */
  void drawFrom(RandomState random);
}
