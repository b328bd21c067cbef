package dev.linnet.weights;

import dev.linnet.models.Classifier;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the network of the zoo whose names and shapes are nearest to those of a file. Heads are
 * left out, since their sizes are the data's; networks are declared without memory.
 */
final class LikelyModel {
  private static final double LEAST = 0.5;
  private static final int MOST = 3;
  private static final String COUNTER = "num_batches_tracked";

  private LikelyModel() {}

  /**
   * Returns the end of a message, such as {@code "; by its names and shapes it most likely is
   * resnet32"}; empty if no network has half of them in common, or none more than the given one.
   *
   * @param not the network that the file does not fit
   */
  static String of(TensorFile file, Classifier not) {
    Map<String, Shape> shapes = new HashMap<>();
    for (String name : file.names()) {
      if (!name.endsWith(COUNTER)) {
        shapes.put(name, file.shape(name));
      }
    }
    double best = Math.max(LEAST, share(shapes, not));
    List<String> likely = new ArrayList<>();
    for (ZooModel model : Zoo.models()) {
      double share = share(shapes, model.declare(model.options()));
      if (share > best) {
        best = share;
        likely.clear();
      }
      if (share == best && !model.name().equals(not.architecture())) {
        likely.add(model.name());
      }
    }
    if (likely.isEmpty() || best <= share(shapes, not)) {
      return "";
    }
    return "; by its names and shapes it most likely is "
        + String.join(" or ", likely.subList(0, Math.min(MOST, likely.size())));
  }

  /** Names with the same shape, of all names that one of the two has. */
  private static double share(Map<String, Shape> published, Classifier model) {
    Map<String, Shape> shapes = new HashMap<>();
    published.forEach((name, shape) -> shapes.put(model.stateName(name), shape));
    String head = model.headName() + ".";
    int both = 0;
    int all = 0;
    for (Map.Entry<String, Parameter> entry : model.state().entrySet()) {
      String name = entry.getKey();
      if (!name.startsWith(head) && !name.endsWith(COUNTER)) {
        all++;
        Shape theirs = shapes.get(name);
        both += theirs != null && theirs.equals(entry.getValue().shape()) ? 1 : 0;
      }
    }
    for (String name : shapes.keySet()) {
      all += name.startsWith(head) ? 0 : 1;
    }
    return all == both ? 0 : (double) both / (all - both);
  }
}
