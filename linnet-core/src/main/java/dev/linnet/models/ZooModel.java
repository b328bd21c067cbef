package dev.linnet.models;

import static java.util.stream.Collectors.joining;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Recording;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** A name of the zoo and what stands behind it. Immutable; any thread. */
public final class ZooModel {
  private final String name;
  private final String family;
  private final Published published;
  private final Set<Parts.Part> parts;
  private final Function<ModelOptions, Classifier> network;

  ZooModel(
      String name,
      String family,
      Published published,
      Set<Parts.Part> parts,
      Function<ModelOptions, Classifier> network) {
    this.name = name;
    this.family = family;
    this.published = published;
    this.parts = parts;
    this.network = network;
  }

  /** Such as {@code resnet50d}. */
  public String name() {
    return name;
  }

  /** The family's name, such as {@code resnet}. */
  public String family() {
    return family;
  }

  /** Input size, preprocessing and classes as published. */
  public Published published() {
    return published;
  }

  /** Its paper and its published weights. */
  public ModelCard card() {
    return ModelCard.of(name);
  }

  /** The options with which it was published: its classes and channels. */
  public ModelOptions options() {
    return ModelOptions.DEFAULT
        .withClasses(published.classes())
        .withInChannels(published.preprocessing().input().channels());
  }

  /** What may be exchanged in it, in the order of {@link Parts.Part}. */
  public List<Parts.Part> parts() {
    return Arrays.stream(Parts.Part.values()).filter(parts::contains).toList();
  }

  /**
   * What is said of a part that it does not take, such as {@code resnet20 has no such option; …}.
   */
  public String lacks() {
    return name
        + " has no such option; "
        + (parts.isEmpty()
            ? "it is built as published"
            : "it has " + parts().stream().map(String::valueOf).collect(joining(", ")));
  }

  /**
   * The network without memory; the caller materializes and closes it.
   *
   * @throws LinnetException if the options exchange a part that the network has not
   */
  public Classifier declare(ModelOptions options) {
    for (Parts.Part part : options.parts().changed()) {
      if (!parts.contains(part)) {
        throw new LinnetException("model_options." + part + ": " + lacks());
      }
    }
    return network.apply(options);
  }

  /** The network with memory and first values, channels-last; the caller closes it. */
  public Classifier create(ModelOptions options, Device device, RandomState random) {
    Classifier model = declare(options);
    model.materialize(device, random);
    model.channelsLast();
    return model;
  }

  /**
   * The network as a recorded graph of one forward pass, without memory or computing.
   *
   * @param pictures [N, C, H, W]
   * @throws LinnetException if the pictures are too small for the network
   */
  public Recording record(ModelOptions options, Shape pictures) {
    return record(options, pictures, model -> {});
  }

  /**
   * The same of a network of which a part is frozen.
   *
   * @param pictures [N, C, H, W]
   * @param freezing freezes what is not trained
   * @throws LinnetException if the pictures are too small for the network
   */
  public Recording record(
      ModelOptions options, Shape pictures, Consumer<? super Classifier> freezing) {
    try (Classifier model = declare(options)) {
      freezing.accept(model);
      model.materialize(Device.META, RandomState.of(0));
      return Recording.of(
          () -> model.forward(Tensor.empty(DType.FLOAT32, Device.META, pictures.toArray())));
    } catch (IllegalArgumentException e) {
      throw new LinnetException(
          name
              + ": got pictures of "
              + pictures.dim(2)
              + "×"
              + pictures.dim(3)
              + " pixels, which its layers reduce to nothing; use larger pictures, such as "
              + published.preprocessing().input(),
          e);
    }
  }

  /** What one picture of a size costs. */
  public ModelCost cost(ModelOptions options, int height, int width) {
    Recording recording = record(options, Shape.of(1, options.inChannels(), height, width));
    return new ModelCost(
        new InputSize(options.inChannels(), height, width),
        declare(options).parameterCount(),
        recording.macs(),
        recording.activationBytes());
  }
}
