package dev.linnet.nn;

import dev.linnet.base.Check;
import dev.linnet.tensor.Tensor;

/**
 * Multi-head self-attention of tokens [N, L, C]: each token takes the mean of all values, weighed
 * by {@code softmax(q · kᵀ / √d)}, in heads of d = C / heads channels.
 *
 * <p>Vaswani et al., NeurIPS 2017, arXiv:1706.03762 (§3.2). The three maps to queries, keys and
 * values are one linear layer, as in timm.
 */
public final class Attention extends Module {

  /**
   * The description of the layer.
   *
   * @param channels C, a multiple of the heads
   * @param heads parts of the channels, each with weights of its own, at least 1
   * @param weightStart how the weights of both linear layers start; biases start at 0
   */
  public record Spec(int channels, int heads, Initializer weightStart) implements Layer<Attention> {
    public Spec {
      Check.that(
          heads >= 1 && channels >= 1 && channels % heads == 0,
          "heads",
          heads,
          "a divisor of the " + channels + " channels");
    }

    /** Other first weights. */
    public Spec withStart(Initializer weight) {
      return new Spec(channels, heads, weight);
    }

    @Override
    public Attention build() {
      return new Attention(this);
    }
  }

  private final Spec spec;
  private final Linear qkv;
  private final Linear proj;

  private Attention(Spec spec) {
    this.spec = spec;
    int channels = spec.channels();
    qkv = child("qkv", linear(channels, 3 * channels));
    proj = child("proj", linear(channels, channels));
  }

  /** Weights start as PyTorch's linear layers. */
  public static Spec of(int channels, int heads) {
    return new Spec(channels, heads, Initializer.TORCH_DEFAULT);
  }

  private Linear.Spec linear(int in, int out) {
    return Linear.of(in, out).withStart(spec.weightStart(), Initializer.ZEROS);
  }

  @Override
  protected Tensor compute(Tensor x) {
    long n = x.dim(0);
    long length = x.dim(1);
    Tensor parts =
        qkv.forward(x)
            .reshape(n, length, 3, spec.heads(), spec.channels() / spec.heads())
            .permute(2, 0, 3, 1, 4);
    Tensor[] each = parts.unbind(0);
    Tensor heads = each[0].attention(each[1], each[2]);
    return proj.forward(heads.transpose(1, 2).reshape(n, length, spec.channels()));
  }
}
