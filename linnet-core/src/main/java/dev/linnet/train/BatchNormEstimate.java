package dev.linnet.train;

import dev.linnet.base.RandomState;
import dev.linnet.data.Loader;
import dev.linnet.models.Classifier;
import dev.linnet.nn.NormAct;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * Estimates batch norm's running statistics anew: plain means over one pass through the training
 * pictures, in training mode and without gradients, as {@code torch.optim.swa_utils.update_bn}.
 *
 * @param device where the network is
 * @param dtype type of convolutions and matrix products
 */
record BatchNormEstimate(Device device, DType dtype) {

  /** Does it; a network without batch norm stays as it is. Its mode stays too. */
  void run(Classifier model, Loader training, int epoch, RandomState random) {
    boolean wasTraining = model.isTraining();
    model.train();
    List<NormAct> norms = new ArrayList<>();
    model.walk(
        (name, module) -> {
          if (module instanceof NormAct norm && norm.isTraining()) { // a frozen one is not
            norms.add(norm);
          }
        });
    if (norms.isEmpty()) {
      if (!wasTraining) {
        model.eval();
      }
      return;
    }
    Scope.run("estimate statistics", () -> norms.forEach(NormAct::beginEstimate));
    try {
      pass(model, training, epoch, random);
    } finally {
      norms.forEach(NormAct::endEstimate);
      if (!wasTraining) {
        model.eval();
      }
    }
  }

  private void pass(Classifier model, Loader training, int epoch, RandomState random) {
    try (Loader.Pass pass = training.pass(epoch, 0)) {
      for (int batch = 0; pass.hasNext(); batch++) {
        RandomState draws = random.at(epoch, batch);
        Scope.run(
            "estimate statistics",
            () ->
                Autograd.off(
                    () -> {
                      model.reseed(draws);
                      Autocast.run(
                          device,
                          dtype,
                          () -> model.forward(pass.next().prepared(device).images()));
                    }));
      }
    }
  }
}
