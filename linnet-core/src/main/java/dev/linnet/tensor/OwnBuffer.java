package dev.linnet.tensor;

/**
 * Memory of this process alone, which is sent to be summed.
 *
 * @param tensor outside of all scopes
 */
record OwnBuffer(ProcessGroup group, Tensor tensor) implements ProcessGroup.Buffer {
  @Override
  public ProcessGroup.Pending sumLater() {
    return group.sumLater(tensor);
  }

  @Override
  public void close() {
    tensor.close();
  }
}
