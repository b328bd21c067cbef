package dev.linnet.recipe;

/** What a network is trained for. */
public enum Task {
  /** To name the class of a picture. */
  CLASSIFICATION,
  /** To put pictures of a class near each other, also of classes that it was not trained on. */
  SIMILARITY
}
