package dev.linnet.models;

/**
 * Whether the γ of the last norm of each residual branch starts at 0, so that every block starts as
 * its shortcut (Goyal et al., arXiv:1706.02677, §5.1).
 */
public enum ZeroGamma {
  /** As the family is published: on for timm's ResNets, off for the CIFAR paper's. */
  USUAL,
  ON,
  OFF;

  /** This choice, or the family's where none was made. */
  boolean isOn(ZeroGamma usual) {
    return (this == USUAL ? usual : this) == ON;
  }
}
