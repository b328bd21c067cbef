package dev.linnet.tensor;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A forward pass as a small graph: operators in order, their inputs, shapes and attributes.
 *
 * <p>Multiply-adds count as in the reference of the field: convolutions output elements × kernel
 * area × input channels / groups, linear layers and matrix products m × n × k, nothing else. Record
 * on {@link Device#META} to count without computing.
 *
 * @param nodes the operators, in the order of their execution
 */
public record Recording(List<Node> nodes) {
  public Recording {
    nodes = List.copyOf(nodes);
  }

  /**
   * One operator.
   *
   * @param index its number, from 0
   * @param operator its name, such as {@code conv2d}
   * @param inputs numbers of the nodes that made its inputs; −1 for weights and pictures
   * @param inputShapes shapes of its inputs
   * @param output shape of its result
   * @param bytes bytes of its result
   * @param macs multiply-adds
   * @param tracked whether the way back of a training comes through it: something before it is
   *     trained
   * @param part number of the part that a training {@linkplain Recomputed computes again}, from 0,
   *     or {@link #NO_PART}
   * @param attributes such as stride and groups
   */
  public record Node(
      int index,
      String operator,
      List<Integer> inputs,
      List<Shape> inputShapes,
      Shape output,
      long bytes,
      long macs,
      boolean tracked,
      int part,
      Map<String, Object> attributes) {
    /** The part of what is computed once. */
    public static final int NO_PART = -1;

    public Node {
      inputs = List.copyOf(inputs);
      inputShapes = List.copyOf(inputShapes);
      attributes = Map.copyOf(attributes);
    }
  }

  /** Runs a forward pass without differentiation and records it; its result is not kept. */
  public static Recording of(Supplier<Tensor> forward) {
    Scope scope = Scope.open("recording");
    GraphRecorder recorder = new GraphRecorder();
    scope.recorder = recorder;
    try {
      Autograd.off(forward);
      return new Recording(recorder.nodes());
    } finally {
      scope.close();
    }
  }

  /** Runs work as a part that a training computes again; where nothing is recorded it just runs. */
  public static <T> T part(Supplier<T> work) {
    return Scope.listening() instanceof GraphRecorder recorder ? recorder.part(work) : work.get();
  }

  /**
   * The node that made a tensor of the pass, if any did: a picture and a weight have none.
   *
   * @param tensor what the pass computed; it may be closed
   */
  public Optional<Node> nodeOf(Tensor tensor) {
    return tensor.node < 0 ? Optional.empty() : Optional.of(nodes.get(tensor.node));
  }

  /** Multiply-adds of the whole pass. */
  public long macs() {
    long macs = 0;
    for (Node node : nodes) {
      macs += node.macs();
    }
    return macs;
  }

  /** Bytes of all results that are no views of others: what training keeps for the way back. */
  public long activationBytes() {
    long bytes = 0;
    for (Node node : nodes) {
      if (!VIEWS.contains(node.operator())) {
        bytes += node.bytes();
      }
    }
    return bytes;
  }

  /** Operators that give the memory of their input another shape. */
  static final Set<String> VIEWS =
      Set.of(
          "reshape",
          "flatten",
          "permute",
          "transpose",
          "unsqueeze",
          "squeeze",
          "expand",
          "narrow",
          "select",
          "slice",
          "detach");
}
