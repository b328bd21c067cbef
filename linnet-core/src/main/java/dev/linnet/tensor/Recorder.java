package dev.linnet.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects the nodes of a {@link Recording}; a scope and the scopes inside it share one. */
final class Recorder {
  private final List<Recording.Node> nodes = new ArrayList<>();

  void add(
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
            attributes));
  }

  List<Recording.Node> nodes() {
    return nodes;
  }
}
