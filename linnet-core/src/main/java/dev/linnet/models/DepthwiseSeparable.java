package dev.linnet.models;

import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.tensor.Tensor;

/**
 * Depthwise separable convolution: one that looks around in each channel, then a 1×1 that mixes
 * them.
 *
 * <p>Howard et al., arXiv:1704.04861 (Fig. 3, right). With a linear 1×1 it is the inverted residual
 * of expansion 1, whose first 1×1 would do nothing.
 */
final class DepthwiseSeparable extends Module {
  private final Conv2d convDw;
  private final NormAct bn1;
  private final Module se;
  private final Conv2d convPw;
  private final NormAct bn2;
  private final DropPath dropPath;
  private final boolean hasShortcut;

  DepthwiseSeparable(BlockSite site, NormAct.Spec last) {
    convDw = child("conv_dw", site.depthwise(site.in()));
    bn1 = child("bn1", site.norm(site.in()));
    se = child("se", site.squeezeExcite(site.in()));
    convPw = child("conv_pw", site.pointwise(site.in(), site.out()));
    bn2 = child("bn2", last);
    dropPath = child("drop_path", site.dropPath());
    hasShortcut = site.hasShortcut();
  }

  /** Maps [N, in, H, W] to [N, out, ⌈H/stride⌉, ⌈W/stride⌉]. */
  @Override
  protected Tensor compute(Tensor x) {
    Tensor y = se.forward(bn1.forward(convDw.forward(x)));
    y = convPw.forward(y);
    return hasShortcut ? bn2.forward(y, x, dropPath) : bn2.forward(y);
  }
}
