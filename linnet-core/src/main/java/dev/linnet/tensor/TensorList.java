package dev.linnet.tensor;

import java.util.List;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;

/**
 * Tensors as one native list, for {@link Foreach}: making it costs, so that of the parameters is
 * kept between steps.
 */
public final class TensorList implements AutoCloseable {
  private final List<Tensor> tensors;
  private final IValue value;
  private boolean closed;

  private TensorList(List<Tensor> tensors) {
    this.tensors = tensors;
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      GenericList list = Foreach.list();
      list.reserve(tensors.size());
      for (Tensor t : tensors) {
        list.push_back(new IValue(t.handle()));
      }
      value = new IValue(list);
      value.retainReference();
    } finally {
      scope.close();
    }
  }

  /** A list that only {@link #close} frees; its tensors must live as long. */
  public static TensorList of(List<Tensor> tensors) {
    return new TensorList(List.copyOf(tensors));
  }

  /** No tensors; closing it does nothing. */
  public static final TensorList EMPTY = new TensorList(List.of());

  /** The tensors. */
  public List<Tensor> tensors() {
    return tensors;
  }

  IValue value() {
    if (closed) {
      throw new IllegalStateException("a list of tensors was used after it was closed");
    }
    return value;
  }

  /** Frees the list, not its tensors. */
  @Override
  public void close() {
    if (!closed && this != EMPTY) {
      closed = true;
      value.releaseReference();
    }
  }
}
