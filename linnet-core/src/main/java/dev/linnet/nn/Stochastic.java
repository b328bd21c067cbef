package dev.linnet.nn;

import dev.linnet.base.RandomState;
import java.util.Optional;

/** A layer that draws random numbers in training. */
public interface Stochastic {
  /** Gives the stream for the next forward passes. */
  void drawFrom(RandomState random);

  /** The stream from which it draws; empty before it was given one. */
  Optional<RandomState> drawsFrom();
}
