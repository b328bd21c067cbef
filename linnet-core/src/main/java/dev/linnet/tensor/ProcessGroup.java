package dev.linnet.tensor;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * The processes that train one network together, as one of them sees it.
 *
 * <p>Every process calls the same operations in the same order; each waits until all others have
 * called it too. What is summed has the same bits in all of them afterwards. {@link #single} is a
 * process alone, for which all of this is nothing, so that a loop need not ask.
 *
 * <p>For one thread; {@link #fail} and {@link #close} may be called from any. Operations need an
 * open {@link Scope}.
 */
public interface ProcessGroup extends AutoCloseable {
  /** A process alone. */
  static ProcessGroup single() {
    return SingleProcess.ALONE;
  }

  /** The number of this process, in [0, size). */
  int rank();

  /** How many there are, at least 1. */
  int size();

  /** Whether this is the one that writes and speaks for all. */
  default boolean isFirst() {
    return rank() == 0;
  }

  /**
   * Sums a dense tensor over the processes, in place.
   *
   * @throws LostProcessException if one of them is gone
   */
  void sum(Tensor tensor);

  /** Begins to sum a dense tensor, which nobody may touch until it is there. */
  Pending sumLater(Tensor tensor);

  /** Something that goes on meanwhile, on other threads or in other processes. */
  interface Pending {
    /**
     * Waits for its end.
     *
     * @throws LostProcessException if a process is gone
     */
    void await();
  }

  /**
   * Memory for sums that are made again and again, where that costs the least: processes on one
   * machine share it. All of them ask for it together.
   *
   * @param count of elements, at least 1
   */
  default Buffer buffer(DType type, Device device, long count) {
    return new OwnBuffer(this, Tensor.zeros(type, device, count).unscoped());
  }

  /** Memory for sums. */
  interface Buffer extends AutoCloseable {
    /** Its elements [count], zeros at first; it and its views end with the buffer. */
    Tensor tensor();

    /** Begins to sum it over the processes, in place; nobody may touch it until that is there. */
    Pending sumLater();

    /** Frees the memory, of which no sum may be under way. Closing twice is harmless. */
    @Override
    void close();
  }

  /** Gives a dense tensor the content that it has in the first process. */
  void broadcast(Tensor tensor);

  /**
   * Posts why this process ends before its time, for the others to say.
   *
   * @param why one line
   */
  void fail(String why);

  /** Waits until all are here, and leaves. Closing twice is harmless. */
  @Override
  void close();

  /** The sums of numbers over the processes. */
  default double[] sum(double... values) {
    if (size() == 1) {
      return values.clone();
    }
    return exchanged(values, this::sum);
  }

  /** The numbers of the first process. */
  default double[] ofFirst(double... values) {
    if (size() == 1) {
      return values.clone();
    }
    return exchanged(values, this::broadcast);
  }

  private static double[] exchanged(double[] values, Consumer<Tensor> work) {
    Scope scope = Scope.open("numbers of all processes");
    try {
      Tensor tensor = Tensor.of(values, values.length);
      work.accept(tensor);
      return tensor.toDoubles();
    } finally {
      scope.close();
    }
  }

  /** Makes tensors of floating types their means over the processes, in place, by one sum. */
  default void mean(List<Tensor> tensors) {
    if (size() == 1 || tensors.isEmpty()) {
      return;
    }
    Scope.run(
        "means over processes",
        () ->
            Autograd.off(
                () -> {
                  List<Tensor> flat = new ArrayList<>();
                  tensors.forEach(t -> flat.add(t.detach().reshape(t.count())));
                  Tensor all = Tensor.cat(flat, 0);
                  sum(all);
                  all.mulInPlace(1.0 / size());
                  long at = 0;
                  for (Tensor t : tensors) {
                    t.detach().set(all.narrow(0, at, t.count()).reshape(t.shape().toArray()));
                    at += t.count();
                  }
                }));
  }

  /** The texts of all processes, by their numbers. */
  default List<String> gather(String mine) {
    if (size() == 1) {
      return List.of(mine);
    }
    byte[] bytes = mine.getBytes(UTF_8);
    double[] lengths = new double[size()];
    lengths[rank()] = bytes.length;
    lengths = sum(lengths);
    int longest = (int) Math.max(1, Arrays.stream(lengths).max().orElse(1));
    Scope scope = Scope.open("texts of all processes");
    try {
      ByteBuffer rows = ByteBuffer.allocateDirect(Math.multiplyExact(size(), longest));
      rows.position(rank() * longest).put(bytes);
      Tensor all = Tensor.zeros(DType.UINT8, Device.CPU, size(), longest);
      all.setBytes(rows.clear());
      sum(all); // rows of others are 0
      byte[] found = all.toBytes();
      List<String> texts = new ArrayList<>();
      for (int r = 0; r < size(); r++) {
        texts.add(new String(found, r * longest, (int) lengths[r], UTF_8));
      }
      return List.copyOf(texts);
    } finally {
      scope.close();
    }
  }
}
