package dev.linnet.models;

import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.tensor.Fusion;
import dev.linnet.tensor.Tensor;

/**
 * Inverted residual with a linear bottleneck (MBConv): 1×1 expands, a depthwise convolution looks
 * around, squeeze-and-excitation where the row has it, 1×1 projects without an activation.
 *
 * <p>Sandler et al., CVPR 2018, arXiv:1801.04381 (Table 1, Fig. 4d); with squeeze-and-excitation
 * Howard et al., ICCV 2019, arXiv:1905.02244 (Fig. 4).
 */
final class InvertedResidual extends Module {
  private final Conv2d convPw;
  private final NormAct bn1;
  private final Conv2d convDw;
  private final NormAct bn2;
  private final Module se;
  private final Conv2d convPwl;
  private final NormAct bn3;
  private final DropPath dropPath;
  private final boolean hasShortcut;

  InvertedResidual(BlockSite site) {
    int expanded = site.expanded();
    convPw = child("conv_pw", site.pointwise(site.in(), expanded));
    bn1 = child("bn1", site.norm(expanded));
    convDw = child("conv_dw", site.depthwise(expanded));
    bn2 = child("bn2", site.norm(expanded));
    se = child("se", site.squeezeExcite(expanded));
    convPwl = child("conv_pwl", site.pointwise(expanded, site.out()));
    bn3 = child("bn3", site.lastNorm());
    dropPath = child("drop_path", site.dropPath());
    hasShortcut = site.hasShortcut();
  }

  /** Maps [N, in, H, W] to [N, out, ⌈H/stride⌉, ⌈W/stride⌉]. */
  @Override
  protected Tensor compute(Tensor x) {
    Tensor[] ways = hasShortcut ? Fusion.fork(x) : new Tensor[] {x};
    Tensor y = bn1.forward(convPw, ways[0]);
    y = se.forward(bn2.forward(convDw, y));
    y = convPwl.forward(y);
    return hasShortcut ? bn3.forward(y, ways[1], dropPath) : bn3.forward(y);
  }
}
