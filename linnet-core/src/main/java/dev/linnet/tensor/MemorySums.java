package dev.linnet.tensor;

import dev.linnet.tensor.SharedMemory.Sign;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Sums over the processes of one machine by the memory that they share, where messages would copy
 * everything through the system twice.
 *
 * <p>Few numbers are put down by each process and added up by all. A buffer is summed where it is:
 * each process adds up its part of the slots of all, and writes the sums back into all of them.
 * Both add by rank, so that the bits are the same in all processes.
 */
final class MemorySums implements AutoCloseable {
  /** The most bytes of a tensor that has no buffer of its own. */
  private static final int FEW = 1 << 16;

  /**
   * Elements that a thread adds before it writes them back, so that they are in its cache still.
   */
  private static final long PIECE = 1 << 15;

  private final ProcessGroup group;
  private final SharedMemory table;
  private final SharedMemory.Watch watch;
  private final Deque<Shared> begun = new ArrayDeque<>();
  private long turns;

  private MemorySums(ProcessGroup group, SharedMemory table, SharedMemory.Watch watch) {
    this.group = group;
    this.table = table;
    this.watch = watch;
  }

  /**
   * Where all processes of a group are on one machine; all of them call it together.
   *
   * @param watch ends waits that are in vain
   */
  static Optional<MemorySums> open(ProcessGroup group, SharedMemory.Watch watch) {
    return SharedMemory.open(group, 2L * FEW).map(table -> new MemorySums(group, table, watch));
  }

  /** Whether a tensor is one that {@link #sum} takes. */
  static boolean takes(Tensor tensor) {
    return tensor.device().equals(Device.CPU) && tensor.bytes() <= FEW;
  }

  /** Sums few numbers in place. Of two halves each is written anew only when all have read it. */
  void sum(Tensor tensor) {
    long turn = ++turns;
    int at = (int) (turn % 2) * FEW;
    Scope.run(
        "sum in memory",
        () ->
            Autograd.off(
                () -> {
                  long[] shape = tensor.shape().toArray();
                  DType type = tensor.dtype();
                  Tensor.wrap(table.slot(group.rank()).position(at), type, shape).set(tensor);
                  table.announce(Sign.READY, turn);
                  table.await(Sign.READY, turn, watch);
                  tensor.set(Tensor.wrap(table.slot(0).position(at), type, shape));
                  for (int r = 1; r < group.size(); r++) {
                    tensor.addInPlace(Tensor.wrap(table.slot(r).position(at), type, shape));
                  }
                }));
  }

  /** Memory that is summed where it is, or empty where there is none; all call it together. */
  Optional<ProcessGroup.Buffer> buffer(DType type, long count) {
    return SharedMemory.open(group, count * type.bytes())
        .map(memory -> new Shared(memory, type, count));
  }

  @Override
  public void close() {
    table.close();
  }

  /** A buffer in the memory of all. */
  private final class Shared implements ProcessGroup.Buffer {
    private final SharedMemory memory;
    private final List<ByteBuffer> held = new ArrayList<>();
    private final List<Tensor> slots = new ArrayList<>();
    private final long from;
    private final long end;
    private long turn;

    Shared(SharedMemory memory, DType type, long count) {
      this.memory = memory;
      this.from = count * group.rank() / group.size();
      this.end = count * (group.rank() + 1) / group.size();
      for (int r = 0; r < group.size(); r++) {
        held.add(memory.slot(r));
        slots.add(Tensor.wrap(held.get(r), type, count).unscoped());
      }
    }

    @Override
    public Tensor tensor() {
      return slots.get(group.rank());
    }

    @Override
    public ProcessGroup.Pending sumLater() {
      memory.announce(Sign.READY, ++turn);
      begun.add(this);
      return () -> {
        while (!begun.isEmpty()) {
          begun.remove().add();
        }
        memory.await(Sign.DONE, turn, watch);
      };
    }

    /** Makes sums of this process's part. */
    private void add() {
      memory.await(Sign.READY, turn, watch);
      long step = PIECE * Engine.threads();
      Autograd.off(
          () -> {
            for (long at = from; at < end; at += step) {
              long start = at;
              long length = Math.min(step, end - at);
              Scope.run("piece of a sum", () -> add(start, length));
            }
          });
      memory.announce(Sign.DONE, turn);
    }

    private void add(long start, long length) {
      Tensor sum = slots.get(0).narrow(0, start, length);
      List<Tensor> others = new ArrayList<>();
      for (int r = 1; r < slots.size(); r++) {
        others.add(slots.get(r).narrow(0, start, length));
      }
      others.forEach(sum::addInPlace);
      others.forEach(other -> other.set(sum));
    }

    @Override
    public void close() {
      slots.forEach(Tensor::close);
      held.clear();
      memory.close();
    }
  }
}
