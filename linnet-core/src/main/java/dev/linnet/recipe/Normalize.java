package dev.linnet.recipe;

/** Which mean and deviation make a picture's levels into the network's input. */
public enum Normalize {
  /** Those of the training pictures, a channel each. */
  DATA,
  /** ImageNet's, which most published weights expect. */
  IMAGENET,
  /** Those that the weights to start from want. */
  WEIGHTS
}
