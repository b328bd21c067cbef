package dev.linnet.loss.similarity;

import dev.linnet.tensor.DType;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Tensor;

/**
 * Embeddings and labels that fit each other, wide enough to compute with.
 *
 * @param embeddings [N, E] of at least 32 bits
 * @param labels int64 [N]
 */
record Rows(Tensor embeddings, Tensor labels) {
  /** Larger than any distance, so that it takes an entry out of a maximum or a softmax. */
  private static final double FAR = 1e9;

  /** The least length that is divided by, as PyTorch's {@code normalize}. */
  private static final double LEAST = 1e-12;

  private static final double MOST = 1e30;

  /**
   * @param loss its name in messages
   * @throws IllegalArgumentException if they are not float [N, E] and int64 [N]
   */
  static Rows of(String loss, Tensor embeddings, Tensor labels) {
    if (embeddings.rank() != 2
        || !embeddings.dtype().isFloating()
        || labels.dtype() != DType.INT64
        || labels.rank() != 1
        || labels.dim(0) != embeddings.dim(0)) {
      throw new IllegalArgumentException(
          loss
              + ": got embeddings "
              + embeddings
              + " and labels "
              + labels
              + "; must be float [N, E] with int64 [N]");
    }
    return new Rows(wide(embeddings), labels);
  }

  private static Tensor wide(Tensor x) {
    boolean half = x.dtype() == DType.BFLOAT16 || x.dtype() == DType.FLOAT16;
    return half ? x.to(DType.FLOAT32) : x;
  }

  /** N. */
  long size() {
    return embeddings.dim(0);
  }

  /** Rows of length 1. */
  static Tensor unit(Tensor rows) {
    return rows.div(rows.norm(Dims.keeping(1)).clamp(LEAST, MOST));
  }

  /** Cosines of all pairs, [N, N]. */
  Tensor cosines() {
    Tensor unit = unit(embeddings);
    return unit.matmul(unit.transpose(0, 1));
  }

  /**
   * Cosines with proxies, [N, K].
   *
   * @throws IllegalArgumentException if the proxies have another width
   */
  Tensor cosines(String loss, Tensor proxies) {
    if (proxies.rank() != 2 || proxies.dim(1) != embeddings.dim(1)) {
      throw new IllegalArgumentException(
          loss + ": got proxies " + proxies + " for embeddings " + embeddings + "; must be [K, E]");
    }
    Tensor unit = unit(wide(proxies)).to(embeddings.dtype());
    return unit(embeddings).matmul(unit.transpose(0, 1));
  }

  /** Squared Euclidean distances of all pairs, [N, N], above 0. */
  Tensor squaredDistances() {
    Tensor squares = embeddings.mul(embeddings).sum(Dims.keeping(1));
    Tensor products = embeddings.matmul(embeddings.transpose(0, 1));
    return squares.add(squares.transpose(0, 1)).sub(products.mul(2)).clamp(LEAST, MOST);
  }

  /** 1 where two different pictures have the same label, [N, N]; else 0. */
  Tensor same() {
    return equal().sub(self());
  }

  /** 1 where two pictures have different labels, [N, N]; else 0. */
  Tensor different() {
    return equal().neg().add(1);
  }

  private Tensor equal() {
    return labels.unsqueeze(1).eq(labels.unsqueeze(0)).to(embeddings.dtype());
  }

  /** 1 on the diagonal. */
  Tensor self() {
    int n = Math.toIntExact(size());
    return Tensor.arange(n).to(labels.device()).oneHot(n).to(embeddings.dtype());
  }

  /** The labels as rows of zeros with a one, [N, K]. */
  Tensor oneHot(Tensor proxies) {
    return labels.oneHot(Math.toIntExact(proxies.dim(0))).to(embeddings.dtype());
  }

  /** Values where a mask is 1, and far below all of them where it is 0. */
  static Tensor only(Tensor values, Tensor mask) {
    return values.add(mask.sub(1).mul(FAR));
  }

  /** Σ values·weights / Σ weights; 0 where all weights are. */
  static Tensor mean(Tensor values, Tensor weights) {
    return values.mul(weights).sum().div(weights.sum().clamp(1, MOST));
  }
}
