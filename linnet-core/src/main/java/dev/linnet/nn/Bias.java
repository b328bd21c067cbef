package dev.linnet.nn;

/** Whether a layer adds a trained number to each of its outputs. */
public enum Bias {
  WITH,
  WITHOUT
}
