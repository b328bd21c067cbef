package dev.linnet.models;

import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;

/** The Inceptions' convolution: without bias, then batch norm with ε 1e-3 and the activation. */
final class BasicConv extends Module {
  private static final double EPS = 1e-3;

  private final Conv2d conv;
  private final NormAct bn;

  BasicConv(Conv2d.Spec conv, Nonlinearity activation) {
    this.conv = child("conv", conv.withoutBias());
    bn = child("bn", NormAct.of(conv.out(), activation).withEps(EPS));
  }

  @Override
  protected Tensor compute(Tensor x) {
    return bn.forward(conv, x);
  }
}
