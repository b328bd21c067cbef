package dev.linnet.models;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Dropout;
import dev.linnet.nn.Linear;
import dev.linnet.nn.Module;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A network that names what is in a picture: {@code head(pool(features(x)))}.
 *
 * <p>In evaluation mode any number of threads may call {@link #forward} and its parts at once, each
 * inside a scope of its own; everything else is for one thread.
 */
public abstract class Classifier extends Module {
  private static final Dims HEIGHT_AND_WIDTH = Dims.of(2, 3);

  private final int inChannels;
  private final double dropRate;
  private int classes;
  private String architecture = getClass().getSimpleName();
  private @Nullable String headName;
  private @Nullable Linear head;
  private @Nullable Dropout dropout;

  /** Takes what all networks have in common; a subclass ends its constructor with {@link #head}. */
  protected Classifier(ModelOptions options) {
    inChannels = options.inChannels();
    dropRate = options.dropRate();
    classes = options.classes();
  }

  /**
   * Declares the head: dropout and a linear layer.
   *
   * @param name the linear layer's name in the state
   * @param features its inputs
   */
  protected final void head(String name, int features) {
    dropout = child("head_drop", new Dropout(dropRate));
    headName = name;
    head = child(name, Linear.of(features, classes));
  }

  // ------------------------------------------------------------------ what it computes

  /** Maps pictures [N, C, H, W] to the last maps before pooling. */
  public abstract Tensor features(Tensor x);

  /** Maps the last maps to one row a picture, [N, {@link #numFeatures}]: the mean of each map. */
  public Tensor pool(Tensor features) {
    return features.mean(HEIGHT_AND_WIDTH);
  }

  /** Maps pooled features to logits [N, {@link #classes}]. */
  public final Tensor head(Tensor pooled) {
    return linear().forward(requireNonNull(dropout).forward(pooled));
  }

  /**
   * Maps pictures [N, C, H, W] to logits [N, {@link #classes}].
   *
   * @throws LinnetException if the pictures have not the network's channels, or a size that it
   *     cannot take
   */
  @Override
  public final Tensor forward(Tensor x) {
    if (x.rank() != 4 || x.dim(1) != inChannels) {
      throw new LinnetException(
          architecture
              + ": got pictures "
              + x.shape()
              + "; must be [N, "
              + inChannels
              + ", H, W]; choose the color mode of the pictures, or in_channels of the model");
    }
    checkSize(x.dim(2), x.dim(3));
    return head(pool(features(x)));
  }

  /**
   * Refuses a size that the network cannot take; a network that takes any keeps this.
   *
   * @throws LinnetException with one line that says what it takes
   */
  protected void checkSize(long height, long width) {}

  // ------------------------------------------------------------------ what it is

  /** Its name in the zoo, such as {@code resnet50}. */
  public final String architecture() {
    return architecture;
  }

  /** The number of outputs. */
  public final int classes() {
    return classes;
  }

  /** The number of colors that it takes. */
  public final int inChannels() {
    return inChannels;
  }

  /** The width of the pooled features, which is the head's input. */
  public final int numFeatures() {
    return linear().spec().in();
  }

  /** The head's name in the state, such as {@code fc}. */
  public final String headName() {
    return requireNonNull(headName, "the constructor declares the head");
  }

  /** The name of the first convolution, which sees the colors, such as {@code conv1.0}. */
  public final String firstConvName() {
    String[] first = new String[1];
    walk(
        (name, module) -> {
          if (first[0] == null && module instanceof Conv2d) {
            first[0] = name;
          }
        });
    return Optional.ofNullable(first[0]).orElse("");
  }

  // ------------------------------------------------------------------ another head

  /**
   * Puts a fresh head in the place of the old one, which is closed; the rest stays. An optimizer
   * made before does not know the new one.
   *
   * @param classes outputs of the new head, at least 1
   * @param random where its first weights come from
   */
  public final void resetHead(int classes, RandomState random) {
    Check.that(classes >= 1, "classes", classes, "at least 1");
    Linear old = linear();
    Device device = old.weight().isMaterialized() ? old.weight().value().device() : null;
    Linear fresh = replaceChild(headName(), Linear.of(old.spec().in(), classes).build());
    if (device != null) {
      fresh.materialize(device, random);
    }
    if (isTraining()) {
      fresh.train();
    }
    head = fresh;
    this.classes = classes;
  }

  final Classifier named(String name) {
    architecture = name;
    return this;
  }

  private Linear linear() {
    return requireNonNull(head, "the constructor declares the head");
  }
}
