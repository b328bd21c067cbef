package dev.linnet.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Collects the nodes of a {@link Recording}. */
final class GraphRecorder implements Recorder {
  private final List<Recording.Node> nodes = new ArrayList<>();
  private int parts;
  private int part = Recording.Node.NO_PART;

  @Override
  public void add(
      String operator,
      Map<String, Object> attributes,
      long macs,
      Tensor result,
      @Nullable Tensor... inputs) {
    List<Integer> from = new ArrayList<>();
    List<Shape> shapes = new ArrayList<>();
    boolean tracked = false;
    for (Tensor input : inputs) {
      if (input != null) {
        from.add(input.node);
        shapes.add(input.shape());
        tracked |= input.node < 0 ? input.requiresGrad() : nodes.get(input.node).tracked();
      }
    }
    result.node = nodes.size();
    nodes.add(
        new Recording.Node(
            result.node,
            operator,
            from,
            shapes,
            result.shape(),
            result.bytes(),
            macs,
            tracked,
            part,
            attributes));
  }

  /** Records work as a part; what is inside of a part belongs to that. */
  <T> T part(Supplier<T> work) {
    if (part != Recording.Node.NO_PART) {
      return work.get();
    }
    part = parts++;
    try {
      return work.get();
    } finally {
      part = Recording.Node.NO_PART;
    }
  }

  @Override
  public boolean wantsPlain() {
    return true;
  }

  List<Recording.Node> nodes() {
    return nodes;
  }
}
