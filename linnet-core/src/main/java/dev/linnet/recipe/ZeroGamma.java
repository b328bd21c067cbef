package dev.linnet.recipe;

/**
 * Zero γ: the last batch norm of each residual branch starts at 0, so that every block starts as
 * the identity (Goyal et al., 2017, arXiv:1706.02677, §5.1; He et al., CVPR 2019, arXiv:1812.01187,
 * §3.1).
 */
public record ZeroGamma() {
  /** The only one. */
  public static final ZeroGamma DEFAULT = new ZeroGamma();
}
