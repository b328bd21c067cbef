package dev.linnet.models;

/** What a network puts out. */
public enum Output {
  /** One number a class. */
  LOGITS,
  /** A row of length 1, which is near the rows of pictures that are alike. */
  EMBEDDING
}
