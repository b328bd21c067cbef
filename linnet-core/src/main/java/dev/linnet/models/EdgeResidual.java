package dev.linnet.models;

import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.tensor.Tensor;

/**
 * Fused inverted residual (Fused-MBConv): one full convolution in the place of the 1×1 that expands
 * and the depthwise one.
 *
 * <p>Gupta and Tan, EfficientNet-EdgeTPU, 2019; Tan and Le, ICML 2021, arXiv:2104.00298 (Fig. 2).
 */
final class EdgeResidual extends Module {
  private final Conv2d convExp;
  private final NormAct bn1;
  private final Module se;
  private final Conv2d convPwl;
  private final NormAct bn2;
  private final DropPath dropPath;
  private final boolean hasShortcut;

  EdgeResidual(BlockSite site) {
    int expanded = site.expanded();
    convExp = child("conv_exp", site.spatial(site.in(), expanded));
    bn1 = child("bn1", site.norm(expanded));
    se = child("se", site.squeezeExcite(expanded));
    convPwl = child("conv_pwl", site.pointwise(expanded, site.out()));
    bn2 = child("bn2", site.lastNorm());
    dropPath = child("drop_path", site.dropPath());
    hasShortcut = site.hasShortcut();
  }

  /** Maps [N, in, H, W] to [N, out, ⌈H/stride⌉, ⌈W/stride⌉]. */
  @Override
  protected Tensor compute(Tensor x) {
    Tensor y = se.forward(bn1.forward(convExp, x));
    y = convPwl.forward(y);
    return hasShortcut ? bn2.forward(y, x, dropPath) : bn2.forward(y);
  }
}
