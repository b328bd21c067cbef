package dev.linnet.optim;

import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;

/** The gradients that groups of parameters have, in their order. */
final class Gradients {
  private Gradients() {}

  /**
   * A parameter that has a gradient.
   *
   * @param weight its values
   * @param weightDecay λ of its group
   */
  record Pair(String name, Tensor weight, Tensor gradient, double weightDecay) {}

  /** Does something with all pairs, in a scope of its own and without recording. */
  static void visit(List<ParameterGroup> groups, Consumer<List<Pair>> work) {
    Scope.run("gradients", () -> Autograd.off(() -> work.accept(pairs(groups))));
  }

  /** Gets a number from all gradients. */
  static double measure(List<ParameterGroup> groups, ToDoubleFunction<List<Tensor>> work) {
    double[] result = new double[1];
    visit(
        groups,
        pairs -> result[0] = work.applyAsDouble(pairs.stream().map(Pair::gradient).toList()));
    return result[0];
  }

  /** The dimensions of a row, which stay with size 1: all but the first. */
  static Dims rows(Tensor tensor) {
    return Dims.keeping(LongStream.range(1, tensor.rank()).toArray());
  }

  private static List<Pair> pairs(List<ParameterGroup> groups) {
    List<Pair> pairs = new ArrayList<>();
    for (ParameterGroup group : groups) {
      group
          .parameters()
          .forEach(
              (name, parameter) -> {
                Tensor gradient = parameter.value().grad();
                if (gradient != null) {
                  pairs.add(new Pair(name, parameter.value(), gradient, group.weightDecay()));
                }
              });
    }
    return pairs;
  }
}
