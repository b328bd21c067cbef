package dev.linnet.nn;

import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A module whose parameters and buffers are given tensors, of any floating type. */
public final class Net extends Module {
  private final List<Parameter> all = new ArrayList<>();

  private Net() {}

  /** Parameters by name; the tensors are taken out of their scope and closed with the net. */
  public static Net of(Map<String, Tensor> parameters) {
    Net net = new Net();
    parameters.forEach(
        (name, t) -> {
          Parameter p = net.parameter(name, Initializer.ZEROS, sizes(t));
          p.replace(t);
          net.all.add(p);
        });
    return net;
  }

  /** Adds a buffer. */
  public Net withBuffer(String name, Tensor t) {
    Parameter p = buffer(name, t.dtype(), Initializer.ZEROS, sizes(t));
    p.replace(t);
    all.add(p);
    return this;
  }

  private static long[] sizes(Tensor t) {
    Shape shape = t.shape();
    return shape.toArray();
  }

  /** The tensor of a parameter or buffer, by its place. */
  public Tensor tensor(int index) {
    return all.get(index).value();
  }

  /** A linear layer with the first parameter as its weight. */
  @Override
  protected Tensor compute(Tensor x) {
    return x.linear(tensor(0), null);
  }
}
