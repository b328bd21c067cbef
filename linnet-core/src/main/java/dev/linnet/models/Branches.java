package dev.linnet.models;

import dev.linnet.nn.Module;
import dev.linnet.nn.Sequential;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Ways from one map, whose ends are put beside each other: the Inceptions' figures.
 *
 * <p>Nobody's child: it only runs parts, which belong to another module by their names.
 */
final class Branches extends Module {
  private final List<Module> branches = new ArrayList<>();

  /** Adds a branch, whose parts run one after the other. */
  Branches with(Module... parts) {
    Sequential branch = new Sequential();
    for (Module part : parts) {
      branch.append(part);
    }
    branches.add(branch);
    return this;
  }

  @Override
  protected Tensor compute(Tensor x) {
    List<Tensor> ends = new ArrayList<>();
    for (Module branch : branches) {
      ends.add(branch.forward(x));
    }
    return Tensor.cat(ends, 1);
  }
}
