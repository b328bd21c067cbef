package dev.linnet.models;

import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.tensor.Tensor;

/** Convolution, norm and activation; around them a shortcut where the site has one. */
final class ConvBnAct extends Module {
  private final Conv2d conv;
  private final NormAct bn1;
  private final DropPath dropPath;
  private final boolean hasShortcut;

  ConvBnAct(BlockSite site) {
    conv = child("conv", site.spatial(site.in(), site.out()));
    bn1 = child("bn1", site.norm(site.out()));
    dropPath = child("drop_path", site.dropPath());
    hasShortcut = site.hasShortcut();
  }

  /** Without a shortcut. */
  ConvBnAct(Conv2d.Spec conv, NormAct.Spec norm) {
    this.conv = child("conv", conv);
    bn1 = child("bn1", norm);
    dropPath = child("drop_path", new DropPath(0));
    hasShortcut = false;
  }

  /** Maps [N, in, H, W] to [N, out, ⌈H/stride⌉, ⌈W/stride⌉]. */
  @Override
  protected Tensor compute(Tensor x) {
    Tensor y = bn1.forward(conv, x);
    return hasShortcut ? dropPath.forward(y).add(x) : y;
  }
}
