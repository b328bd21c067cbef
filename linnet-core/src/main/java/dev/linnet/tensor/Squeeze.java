package dev.linnet.tensor;

import org.jspecify.annotations.Nullable;

/**
 * A map [N, C, H, W] and the means of its channels [N, C, 1, 1]: on the way back the gradient of
 * the means is added to that of the map by a kernel of {@link OneDnn}, in place where nobody else
 * holds it.
 */
final class Squeeze extends Function {
  private Shape shape = Shape.of();

  Squeeze() {
    super("squeeze");
  }

  /** Means over height and width, which stay with size 1. */
  static Tensor means(Tensor x) {
    return x.mean(Dims.of(2, 3)).unsqueeze(-1).unsqueeze(-1);
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    shape = in[0].shape();
    return new Tensor[] {in[0].detach(), means(in[0])};
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    Tensor ofMap = gradients[0];
    Tensor ofMeans = gradients[1];
    if (ofMeans == null) {
      return new @Nullable Tensor[] {ofMap};
    }
    Tensor each = ofMeans.div((double) (shape.dim(2) * shape.dim(3)));
    if (ofMap == null) {
      return new Tensor[] {Tensor.zeros(each.dtype(), each.device(), shape.toArray()).add(each)};
    }
    if (!Fusion.isPlane(ofMap, ofMap) || each.dtype() != ofMap.dtype()) {
      return new Tensor[] {ofMap.add(each)};
    }
    Tensor sum = Fork.isOurs(ofMap) ? ofMap : ofMap.emptyLike();
    OneDnn.own().addSpread(ofMap, each.contiguous(), sum);
    return new Tensor[] {sum};
  }
}
