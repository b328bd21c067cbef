package dev.linnet.tensor;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Batch norm in training whose mean and variance are those of the pictures of all processes ({@link
 * NormStatistics}), by libtorch's operators; {@link NormPass} has it by kernels.
 *
 * <pre>
 *   ∂L/∂x = γ/σ · (g − Σg/n − x̂ · Σ(g·x̂)/n)                           one sum of 2C numbers
 * </pre>
 *
 * <p>Sums travel as float64. The gradients by γ and β are those of this process's pictures: they
 * are summed with all others.
 */
final class SharedNorm extends Function {
  private static final int X = 0;
  private static final int WEIGHT = 1;
  private static final int BIAS = 2;

  private final ProcessGroup group;
  private final BatchNorm norm;
  private final BatchNorm.Pass pass;
  private double count;

  SharedNorm(ProcessGroup group, BatchNorm norm, BatchNorm.Pass pass) {
    super("batch norm over processes");
    this.group = group;
    this.norm = norm;
    this.pass = pass;
  }

  @Override
  protected Tensor[] forward(Tensor... in) {
    Tensor x = in[X];
    double own = (double) x.count() / x.dim(1);
    // Libtorch moves scratch statistics, and so takes their type for the results.
    T_TensorTensor_T found =
        torch.batch_norm_update_stats(
            x.handle(), optional(norm.runningMean().copy()), optional(norm.runningVar().copy()), 0);
    Tensor mean = new Tensor(new org.bytedeco.pytorch.Tensor(found.get0()), "mean");
    Tensor variance = new Tensor(new org.bytedeco.pytorch.Tensor(found.get1()), "variance");
    NormStatistics all = NormStatistics.over(group, mean, variance, own);
    count = all.count();
    norm.move(pass, all);
    DType type = norm.runningMean().dtype();
    Tensor m = all.mean().to(type);
    Tensor v = all.variance().to(type);
    Tensor y = x.batchNorm(new BatchNorm(in[WEIGHT], in[BIAS], m, v), false, 0, pass.eps());
    save(x);
    save(in[WEIGHT]);
    save(m);
    save(v);
    return new Tensor[] {y};
  }

  @Override
  protected @Nullable Tensor[] backward(@Nullable Tensor... gradients) {
    Tensor given = gradients[0];
    Tensor x = saved(0);
    Tensor weight = saved(1);
    Tensor mean = saved(2);
    Tensor variance = saved(3);
    if (given == null) {
      given = x.mul(0); // the others wait for this process's sums
    }
    if (x.isChannelsLast() && !given.isChannelsLast()) {
      given = given.channelsLast();
    }
    BoolPointer wanted = new BoolPointer(3);
    wanted.put(0, false).put(1, true).put(2, false); // the others are made below
    T_TensorTensorTensor_T found =
        torch.native_batch_norm_backward(
            given.handle(),
            x.handle(),
            optional(weight),
            optional(mean),
            optional(variance),
            new TensorOptional(),
            new TensorOptional(),
            false,
            pass.eps(),
            wanted);
    Tensor byWeight = new Tensor(new org.bytedeco.pytorch.Tensor(found.get1()), "gradient");
    // Not the kernel's: it adds one by one, and many equal gradients lose two digits by that.
    Tensor byBias =
        new Tensor(
            torch.sum(
                given.handle(),
                allBut(1, x.rank()),
                false,
                new ScalarTypeOptional(weight.handle().scalar_type())),
            "gradient");
    Tensor[] sums = NormStatistics.gradientsOver(group, byWeight, byBias);
    long[] plane = new long[x.rank()];
    Arrays.fill(plane, 1);
    plane[1] = x.dim(1);
    DType type = mean.dtype();
    Tensor inverse = variance.to(DType.FLOAT64).add(pass.eps()).pow(-0.5);
    Tensor ofX = sums[0].mul(inverse).div(count).to(type).reshape(plane);
    Tensor ofAll = sums[1].div(count).to(type).reshape(plane);
    Tensor scale = weight.mul(inverse.to(type)).reshape(plane);
    Tensor through = x.sub(mean.reshape(plane)).mulInPlace(ofX).addInPlace(ofAll);
    // scaled last, so that what must cancel out over a channel does
    Tensor byX = given.sub(through).mulInPlace(scale).to(x.dtype());
    return new Tensor[] {byX, byWeight, byBias};
  }

  private static long[] allBut(int dim, int rank) {
    return IntStream.range(0, rank).filter(d -> d != dim).mapToLong(d -> d).toArray();
  }

  private static TensorOptional optional(Tensor t) {
    return new TensorOptional(t.handle());
  }
}
