package dev.linnet.models;

import dev.linnet.nn.Parameter;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Recording;
import dev.linnet.tensor.Shape;
import java.util.List;
import java.util.Set;

/**
 * The memory that a training step takes at its peak, estimated from the recorded forward pass
 * before anything runs. On a processor it was 0.9 to 1.3 of what was measured for ResNets (a test
 * compares).
 *
 * <p>The rule:
 *
 * <ul>
 *   <li>process: {@value #PROCESS_MIB} MiB for the Java machine, libtorch and its buffers;
 *   <li>state: for each parameter 4 bytes of weight and 2 of a 16-bit copy in mixed precision; for
 *       each that is trained 4 more of gradient, and 4 for each further number that the optimizer
 *       and the average keep;
 *   <li>activations: the results that the way back needs, because the operator that made them or
 *       one that reads them saves them (a convolution its input, a rectifier its result), from the
 *       first trained layer on, in the type of the training, and the places of max pools, 8 bytes
 *       each; of the way back the moment when they and the gradients of one operator's inputs and
 *       result are largest together; and 15 % for holes in the heap. They grow with the batch, the
 *       rest does not;
 *   <li>with {@link Memory#LOW}: of each block the inputs stay, and inside of one block at a time
 *       all that its way back needs.
 * </ul>
 *
 * @param processBytes of the process without any network
 * @param stateBytes of weights, gradients, optimizer and averages
 * @param activationBytes of the activations of the whole batch
 * @param batch pictures in the recorded batch
 */
public record MemoryEstimate(long processBytes, long stateBytes, long activationBytes, int batch) {
  private static final int PROCESS_MIB = 400;

  /** What the heap loses between blocks, and kernels to buffers; measured at 10 to 20 %. */
  private static final double HOLES = 1.15;

  /** Operators whose way back reads their inputs. */
  private static final Set<String> SAVES_INPUTS =
      Set.of(
          "conv2d",
          "linear",
          "matmul",
          "batch_norm",
          "layer_norm",
          "max_pool2d",
          "avg_pool2d",
          "adaptive_avg_pool2d",
          "silu",
          "gelu",
          "relu6",
          "hardswish",
          "hardsigmoid",
          "mul",
          "div",
          "pow",
          "log",
          "abs");

  /** Operators whose way back reads their result. */
  private static final Set<String> SAVES_RESULT =
      Set.of("relu", "sigmoid", "tanh", "softmax", "log_softmax", "exp", "sqrt");

  /**
   * How many numbers a network has learnt or will.
   *
   * @param all frozen ones included
   * @param trained those that training changes
   */
  public record Weights(long all, long trained) {
    /** Those of a network as it is frozen now. */
    public static Weights of(Classifier model) {
      return new Weights(
          model.parameterCount(),
          model.parameters().values().stream()
              .filter(Parameter::isTrained)
              .mapToLong(p -> p.shape().count())
              .sum());
    }
  }

  /**
   * Estimates a training step.
   *
   * @param forward of one batch, in which frozen layers are frozen and blocks are chosen as in the
   *     training; see {@link ZooModel#record}
   * @param weights of the network
   * @param copies numbers kept for each trained parameter beside weight and gradient: 1 for
   *     momentum, 2 for AdamW, 1 more for an average
   * @param dtype of the activations: fp32, or the 16-bit type of mixed precision
   */
  public static MemoryEstimate ofTraining(
      Recording forward, Weights weights, int copies, DType dtype) {
    Shape pictures = forward.nodes().get(0).inputShapes().get(0);
    long state =
        weights.all() * (dtype.bytes() < 4 ? 4 + 2 : 4) + weights.trained() * 4 * (1 + copies);
    return new MemoryEstimate(
        (long) PROCESS_MIB << 20,
        state,
        (long) (HOLES * (pictures.count() * 4 + peak(forward.nodes(), dtype))),
        Math.toIntExact(pictures.dim(0)));
  }

  /** All of it. */
  public long totalBytes() {
    return processBytes + stateBytes + activationBytes;
  }

  /**
   * The largest batch whose estimate stays within so many bytes; 0 if not even one picture does.
   */
  public int largestBatch(long availableBytes) {
    long left = availableBytes - processBytes - stateBytes;
    long each = Math.max(1, activationBytes / batch);
    return (int) Math.max(0, Math.min(Integer.MAX_VALUE, left / each));
  }

  /**
   * Largest sum, over the operators from last to first, of what is still kept and in work. What a
   * part that is computed again keeps for itself is there during that part alone.
   */
  private static long peak(List<Recording.Node> nodes, DType dtype) {
    boolean[] kept = new boolean[nodes.size()];
    boolean[] keptInside = new boolean[nodes.size()];
    for (Recording.Node node : nodes) {
      boolean again = node.part() != Recording.Node.NO_PART;
      if (node.tracked() && SAVES_RESULT.contains(node.operator())) {
        (again ? keptInside : kept)[node.index()] = true;
      }
      for (int input : node.inputs()) {
        if (input >= 0 && node.tracked()) {
          boolean inside = again && nodes.get(input).part() == node.part();
          (inside ? keptInside : kept)[input] |=
              SAVES_INPUTS.contains(node.operator()) || (again && !inside);
        }
      }
    }
    long largest = 0;
    long sum = 0;
    long insideSum = 0;
    int part = Recording.Node.NO_PART;
    for (Recording.Node node : nodes) {
      if (node.part() != part) {
        part = node.part();
        insideSum = 0;
      }
      if (kept[node.index()]) {
        sum += bytes(node, dtype);
      } else if (keptInside[node.index()]) {
        insideSum += bytes(node, dtype);
      }
      if (node.tracked() && node.operator().equals("max_pool2d")) {
        long places = 8 * node.output().count();
        if (part == Recording.Node.NO_PART) {
          sum += places;
        } else {
          insideSum += places;
        }
      }
      long inWork = bytes(node, dtype);
      for (int input : node.inputs()) {
        inWork += input < 0 ? 0 : bytes(nodes.get(input), dtype);
      }
      largest = Math.max(largest, sum + insideSum + inWork);
    }
    return largest;
  }

  private static long bytes(Recording.Node node, DType dtype) {
    return node.output().count() * dtype.bytes();
  }
}
