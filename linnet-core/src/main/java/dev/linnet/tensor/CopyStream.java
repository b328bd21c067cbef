package dev.linnet.tensor;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.pytorch.DeviceGuardImplInterface;
import org.bytedeco.pytorch.Stream;
import org.bytedeco.pytorch.global.torch;

/**
 * A queue of a card for copies to it, beside the one for computing, so that a batch travels while
 * the step before it is computed. One for each thread and card.
 *
 * <p>What is computed with a copy waits for it on the card, and the copy's memory is not given to
 * others before that is done: the order that PyTorch's notes on CUDA prescribe ("CUDA streams", and
 * {@code Tensor.record_stream}). It takes the devices' own interface, {@code
 * c10::impl::DeviceGuardImplInterface}, which also a libtorch without the bindings' CUDA part has.
 */
final class CopyStream {
  private static final System.Logger LOG = System.getLogger(CopyStream.class.getName());

  private static final ThreadLocal<Map<Device, Optional<CopyStream>>> OWN =
      ThreadLocal.withInitial(HashMap::new);

  private final DeviceGuardImplInterface card;
  private final Stream queue;
  private final byte index;

  private CopyStream(Device device) {
    card = Kernels.kept(torch.getDeviceGuardImpl(device.handle().type()));
    queue = Kernels.kept(card.getStreamFromGlobalPool(device.handle(), false));
    index = (byte) device.index();
  }

  /** That of this thread to a device; empty for devices without queues. */
  static Optional<CopyStream> to(Device device) {
    return OWN.get().computeIfAbsent(device, CopyStream::made);
  }

  private static Optional<CopyStream> made(Device device) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return Optional.of(new CopyStream(device));
    } catch (RuntimeException | LinkageError e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "copies to "
              + device
              + " have no queue of their own and wait for the step before them: "
              + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
      return Optional.empty();
    } finally {
      scope.close();
    }
  }

  /**
   * Runs a copy on this queue.
   *
   * @param copy gives a tensor on the card
   * @return its result, for use on the queue for computing
   */
  org.bytedeco.pytorch.Tensor run(Supplier<org.bytedeco.pytorch.Tensor> copy) {
    PointerPointer<?> event = new PointerPointer<>(1).put(0, null);
    Stream computing = card.exchangeStream(queue);
    org.bytedeco.pytorch.Tensor made;
    try {
      made = copy.get();
      card.record(event, queue, index, torch.EventFlag.PYTORCH_DEFAULT);
    } finally {
      card.exchangeStream(computing);
    }
    card.block(event.get(0), computing);
    card.destroyEvent(event.get(0), index);
    made.record_stream(computing);
    return made;
  }
}
