package dev.linnet.models;

import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.tensor.Tensor;

/** Convolution, norm and activation, named {@code conv} and {@code bn} as timm's layer. */
final class ConvNormAct extends Module {
  private final Conv2d conv;
  private final NormAct bn;

  ConvNormAct(Conv2d.Spec conv, NormAct.Spec norm) {
    this.conv = child("conv", conv);
    bn = child("bn", norm);
  }

  /** act(bn(conv(x))). */
  @Override
  protected Tensor compute(Tensor x) {
    return bn.forward(conv, x);
  }

  /** act(bn(conv(x)) + residual). */
  Tensor forward(Tensor x, Tensor residual) {
    return bn.forward(conv.forward(x), residual);
  }

  /** act(dropPath(bn(conv(x))) + residual). */
  Tensor forward(Tensor x, Tensor residual, DropPath dropPath) {
    return bn.forward(conv, x, residual, dropPath);
  }

  Conv2d conv() {
    return conv;
  }

  NormAct bn() {
    return bn;
  }
}
