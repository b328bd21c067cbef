package dev.linnet.nn;

/**
 * The description of a layer: a record whose {@link #build} makes the layer. {@link Module#child}
 * builds and names it.
 *
 * @param <M> the kind of layer
 */
public interface Layer<M extends Module> {
  /** A new layer without memory. */
  M build();
}
