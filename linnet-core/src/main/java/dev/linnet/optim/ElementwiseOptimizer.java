package dev.linnet.optim;

import dev.linnet.tensor.Foreach;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.List;

/**
 * An optimizer that treats each element apart from the others, for which libtorch has no fused
 * kernel: some list operations, {@link Blocks block} by block.
 */
abstract class ElementwiseOptimizer extends Optimizer {
  private final int scratch;

  /**
   * @param scratch lists for what is computed in between
   */
  ElementwiseOptimizer(
      String name, List<Memory> memories, List<ParameterGroup> groups, int scratch) {
    super(name, memories, groups);
    this.scratch = scratch;
  }

  @Override
  final void update(Batch batch, List<Tensor> gradients, double lr, double weightDecay) {
    Step step = step(batch, lr, weightDecay);
    batch.blocks(Blocks.Cut.ROWS, scratch).forEach(gradients, step::update);
  }

  /** The update of one group. */
  interface Step {
    /** Changes a part of the group in place. */
    void update(Blocks.Block block);
  }

  /** What is to be done to each block of a group. */
  abstract Step step(Batch batch, double lr, double weightDecay);

  /**
   * The gradients with λθ added, as new numbers; the gradients themselves where λ is 0.
   *
   * @param scratch index of the list that takes them
   */
  static TensorList decayed(Blocks.Block block, double weightDecay, int scratch) {
    if (weightDecay == 0) {
      return block.gradients();
    }
    TensorList sum = block.scratch(scratch);
    Foreach.copy(sum, block.gradients());
    Foreach.add(sum, block.parameters(), weightDecay);
    return sum;
  }
}
