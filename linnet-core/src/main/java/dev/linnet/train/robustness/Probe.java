package dev.linnet.train.robustness;

import static java.util.Objects.requireNonNull;

import dev.linnet.data.Normalization;
import dev.linnet.metric.Predictions;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;

/**
 * A network in evaluation mode that answers, and whose loss is differentiated by its pictures: its
 * weights get no gradients until this is closed.
 */
final class Probe implements AutoCloseable {
  private final Classifier model;
  private final Device device;
  private final DType dtype;
  private final Normalization normalization;

  Probe(Classifier model, Device device, DType dtype, Normalization normalization) {
    this.model = model;
    this.device = device;
    this.dtype = dtype;
    this.normalization = normalization;
    model.eval();
    weightsRequireGrad(false);
  }

  /** Levels to input; bit for bit what evaluation feeds. */
  Tensor input(Tensor levels) {
    return normalization.normalize(levels).channelsLast();
  }

  /**
   * Answers.
   *
   * @param input normalized, [N, C, H, W]
   * @param targets int64 [N]
   */
  Predictions answers(Tensor input, Tensor targets) {
    return Autograd.off(
        () -> {
          Predictions[] read = new Predictions[1];
          Scope.run(
              "answers",
              () ->
                  read[0] =
                      Predictions.of(
                          Autocast.run(device, dtype, () -> model.forward(input)), targets));
          return requireNonNull(read[0]);
        });
  }

  /**
   * The gradient of Σ −log softmax(f(x) / T)[y] times N·T, which has the same sign, by levels.
   *
   * @param levels [N, C, H, W] in [0, 255]
   * @param targets int64 [N]
   * @param temperature T
   */
  Tensor gradient(Tensor levels, Tensor targets, double temperature) {
    Tensor leaf = levels.copy().requireGrad(true);
    Tensor loss =
        Scope.keeping(
            "forward",
            () ->
                Autocast.run(device, dtype, () -> model.forward(input(leaf)))
                    .to(DType.FLOAT32)
                    .div(temperature)
                    .crossEntropy(targets, null, 0)
                    .mul(temperature * levels.dim(0)));
    loss.backward();
    return requireNonNull(leaf.grad(), "the loss depends on the pictures");
  }

  Device device() {
    return device;
  }

  @Override
  public void close() {
    weightsRequireGrad(true);
  }

  private void weightsRequireGrad(boolean required) {
    for (Parameter weight : model.parameters().values()) {
      weight.value().requireGrad(required);
    }
  }
}
