package dev.linnet.nn;

import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that a module owns: trained (weights) or kept beside (running statistics).
 *
 * <p>It has a shape from the start and memory from {@link Module#materialize} until {@link
 * Module#close}.
 */
public final class Parameter {
  /** What training does with it. */
  public enum Kind {
    /** Has a gradient and is updated by the optimizer. */
    TRAINED,
    /** Changes as a side effect of the forward pass, or not at all. */
    BUFFER
  }

  private final Kind kind;
  private final DType dtype;
  private final Shape shape;
  private final Initializer initializer;
  private boolean decays = true;
  private boolean frozen;
  private @Nullable Tensor value;

  Parameter(Kind kind, DType dtype, Shape shape, Initializer initializer) {
    this.kind = kind;
    this.dtype = dtype;
    this.shape = shape;
    this.initializer = initializer;
  }

  /** Trained or a buffer. */
  public Kind kind() {
    return kind;
  }

  /**
   * Whether weight decay may shrink it; false for what a network adds to its activations, such as
   * the embedding of positions.
   */
  public boolean decays() {
    return decays;
  }

  /** The same parameter, which weight decay leaves alone. */
  Parameter withoutDecay() {
    decays = false;
    return this;
  }

  /** Whether training changes it: it is {@link Kind#TRAINED} and not frozen. */
  public boolean isTrained() {
    return kind == Kind.TRAINED && !frozen;
  }

  /**
   * Freezes or thaws it: what is frozen has no gradient, so that optimizers leave it as it is.
   *
   * @param now false for buffers
   */
  void setTrained(boolean now) {
    frozen = !now;
    if (value != null) {
      value.clearGrad();
      value.requireGrad(isTrained());
    }
  }

  /** Its shape, known before it has memory. */
  public Shape shape() {
    return shape;
  }

  /** The type of its elements. */
  public DType dtype() {
    return dtype;
  }

  /**
   * Its tensor, which belongs to the module.
   *
   * @throws IllegalStateException before {@link Module#materialize}
   */
  public Tensor value() {
    Tensor v = value;
    if (v == null) {
      throw new IllegalStateException("the module has no memory yet; call materialize first");
    }
    return v;
  }

  /** True once it has memory. */
  public boolean isMaterialized() {
    return value != null;
  }

  /** Makes or remakes the tensor. Needs an open scope. */
  void materialize(Device device, RandomState random) {
    close();
    Tensor made =
        device.kind() == Device.Kind.META
            ? Tensor.empty(dtype, device, shape.toArray())
            : initializer.make(dtype, shape, random).to(device);
    value = made.unscoped().requireGrad(isTrained());
  }

  /**
   * Makes a tensor this parameter's own, instead of first values or of the tensor that it had,
   * which is closed: an optimizer made before does not know the new one. Needs the scope of the
   * tensor to be open.
   *
   * @throws IllegalArgumentException if shape or type differ
   */
  public void take(Tensor tensor) {
    if (!tensor.shape().equals(shape) || tensor.dtype() != dtype) {
      throw new IllegalArgumentException(
          "a parameter of shape " + shape + " and type " + dtype + " cannot take " + tensor);
    }
    replace(tensor);
  }

  /** Puts another tensor of the same shape in the place of this one's. */
  void replace(Tensor other) {
    close();
    value = other.unscoped().requireGrad(isTrained());
  }

  /** Puts another tensor in the place of this one's for a while, and gives this one's. */
  Tensor exchange(Tensor other) {
    Tensor own = value();
    value = other;
    return own;
  }

  void close() {
    if (value != null) {
      value.close();
      value = null;
    }
  }
}
