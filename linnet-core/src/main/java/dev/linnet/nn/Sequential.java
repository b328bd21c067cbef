package dev.linnet.nn;

import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Modules one after the other, named 0, 1, 2, … in PyTorch's way.
 *
 * <p>One that is nobody's child only runs its parts, which may belong to another module by other
 * names.
 */
public final class Sequential extends Module {
  private final List<Module> parts = new ArrayList<>();

  /** Adds a part at the end. */
  public Sequential append(Module part) {
    child(Integer.toString(parts.size()), part);
    parts.add(part);
    return this;
  }

  /** Builds a layer and adds it at the end. */
  public Sequential append(Layer<?> layer) {
    return append(layer.build());
  }

  /** The number of parts. */
  public int size() {
    return parts.size();
  }

  @Override
  protected Tensor compute(Tensor x) {
    Tensor y = x;
    for (int i = 0; i < parts.size(); i++) {
      Module part = parts.get(i);
      if (part instanceof Conv2d conv
          && i + 1 < parts.size()
          && parts.get(i + 1) instanceof NormAct norm) {
        y = norm.forward(conv, y);
        i++;
      } else {
        y = part.forward(y);
      }
    }
    return y;
  }
}
