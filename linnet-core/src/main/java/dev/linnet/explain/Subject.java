package dev.linnet.explain;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Taps;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A network that is explained, and the layer whose maps are looked at. It is put in evaluation
 * mode; its weights get no gradients.
 *
 * <p>Any number of threads may explain it at once.
 */
public final class Subject {
  private final Classifier model;
  private final Optional<String> layer;

  private Subject(Classifier model, Optional<String> layer) {
    this.model = model;
    this.layer = layer;
    model.eval();
  }

  /** Its last maps are looked at, or those that {@link Classifier#explainedLayer} names. */
  public static Subject of(Classifier model) {
    return new Subject(model, model.explainedLayer());
  }

  /**
   * Another layer's maps are looked at.
   *
   * @param name full name of a module, such as {@code layer3.1}; whether there is one is found when
   *     the network runs
   */
  public Subject at(String name) {
    return new Subject(model, Optional.of(name));
  }

  /** The network. */
  public Classifier model() {
    return model;
  }

  /** The layer, as messages call it. */
  public String layerName() {
    return layer.orElse("the last maps");
  }

  /** Logits [N, classes] of pictures, not recorded for differentiation. */
  Tensor logits(Tensor pictures) {
    return Autograd.off(() -> Scope.keeping("answer", () -> model.forward(pictures)));
  }

  /** The logit of each picture's class, [N]. */
  static Tensor chosen(Tensor logits, int... classes) {
    long[] indices = new long[classes.length];
    for (int i = 0; i < classes.length; i++) {
      Check.that(
          classes[i] >= 0 && classes[i] < logits.dim(1),
          "class",
          classes[i],
          "in [0, " + logits.dim(1) + ")");
      indices[i] = classes[i];
    }
    Tensor columns = Tensor.of(indices, classes.length, 1).to(logits.device());
    return logits.gather(1, columns).squeeze(1);
  }

  /** The maps [N, C, h, w] of the layer, not recorded for differentiation. */
  Tensor activations(Tensor pictures) {
    return Autograd.off(
        () ->
            Scope.keeping(
                "maps",
                () -> {
                  if (layer.isEmpty()) {
                    return places(model.features(pictures));
                  }
                  Taps.Seen seen = tapped(pictures);
                  return places(model.maps(layer.get(), put(seen), pictures).copy());
                }));
  }

  /**
   * The layer's maps and the gradient of each picture's class by them.
   *
   * @param maps [N, C, h, w]
   * @param gradients of the same shape
   */
  record Differentiated(Tensor maps, Tensor gradients) {}

  /** Runs forward and back to the layer. */
  Differentiated differentiated(Tensor pictures, int... classes) {
    Tensor leaf =
        pictures.detach().copy().requireGrad(true); // so that all that follows is recorded
    if (layer.isEmpty()) {
      Tensor maps = places(model.features(leaf));
      Tensor logits = model.head(model.pool(maps.copy()));
      return new Differentiated(maps.detach(), chosen(logits, classes).sum().gradient(maps));
    }
    Taps.Seen seen = tapped(leaf);
    Tensor output = put(seen);
    Tensor maps = places(model.maps(layer.get(), output, leaf));
    Tensor gradient = chosen(seen.output(), classes).sum().gradient(output);
    return new Differentiated(maps.detach(), model.maps(layer.get(), gradient, leaf));
  }

  private Taps.Seen tapped(Tensor pictures) {
    return Taps.run(model, List.of(layer.orElseThrow()), () -> model.forward(pictures));
  }

  private Tensor put(Taps.Seen seen) {
    Tensor output = seen.tapped().get(layer.orElseThrow());
    if (output == null) {
      throw new LinnetException(
          "layer: got \""
              + layer.get()
              + "\", which does not run when the network answers; must be one that does");
    }
    return requireNonNull(output);
  }

  /** Maps of one pixel have no places to tell apart. */
  private Tensor places(Tensor maps) {
    if (maps.dim(2) * maps.dim(3) == 1) {
      throw new LinnetException(
          "the maps of layer \""
              + layerName()
              + "\" have one pixel, so no place to point at; name an earlier layer, or use "
              + IntegratedGradients.KEY
              + ", "
              + SmoothGrad.KEY
              + " or "
              + Occlusion.KEY);
    }
    return maps;
  }

  /** The gradient of each picture's class by the picture, [N, C, H, W]. */
  Tensor inputGradient(Tensor pictures, int... classes) {
    return inputGradient(pictures, logits -> chosen(logits, classes).sum());
  }

  private Tensor inputGradient(Tensor pictures, Function<Tensor, Tensor> score) {
    Scope scope = Scope.open("gradient");
    try {
      Tensor leaf = pictures.detach().copy().requireGrad(true);
      return scope.keep(score.apply(model.forward(leaf)).gradient(leaf));
    } finally {
      scope.close();
    }
  }

  /** The sum over channels: [N, C, h, w] to [N, h, w]. */
  static Tensor overChannels(Tensor maps) {
    return maps.sum(Dims.of(1));
  }
}
