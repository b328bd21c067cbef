package dev.linnet.train.bench;

import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.Processor;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/**
 * What this machine can do at best: the two lines of a roofline (Williams, Waterman and Patterson,
 * CACM 2009).
 *
 * @param instructions sets that decide how fast it multiplies, such as {@code avx512_bf16}
 * @param threads with which it was measured
 * @param oneThread bytes a second that one thread copies, reading and writing both counted
 * @param copy the same of all threads
 * @param peaks of fp32 and bf16
 * @param seconds that measuring took
 */
public record Machine(
    List<String> instructions,
    int threads,
    double oneThread,
    double copy,
    List<Peak> peaks,
    double seconds) {
  private static final long COPIED = 64 << 20; // fp32 numbers: 256 MiB, beyond any cache
  private static final long SIDE = 1024;
  private static final long SECOND_SHARE = 200_000_000; // ns that each figure may take

  public Machine {
    instructions = List.copyOf(instructions);
    peaks = List.copyOf(peaks);
  }

  /**
   * The most operations a second of a type; a multiply-add is two.
   *
   * @param matmul of 1024² matrices
   * @param convolution of 3×3 over [2, 256, 28, 28], channels-last, 256 channels out
   */
  public record Peak(DType dtype, double matmul, double convolution) {
    /** The better of the two. */
    public double best() {
      return Math.max(matmul, convolution);
    }
  }

  /** Measures it, in 1 to 4 s; nothing else should run meanwhile. */
  public static Machine measure() {
    long begin = System.nanoTime();
    int threads = Engine.threads();
    List<Peak> peaks = new ArrayList<>();
    double[] copies = new double[2];
    Scope.run("copies", () -> Autograd.off(() -> copy(copies, threads)));
    for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16)) {
      Scope.run(
          "peaks",
          () ->
              Autograd.off(
                  () -> {
                    peaks.add(new Peak(dtype, matmul(dtype), convolution(dtype)));
                  }));
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    List<String> sets = Processor.here().vectorSets();
    return new Machine(sets, threads, copies[0], copies[1], peaks, seconds);
  }

  /** The most operations a second of a type, or 0 where it was not measured. */
  public double peak(DType dtype) {
    return peaks.stream().filter(p -> p.dtype() == dtype).mapToDouble(Peak::best).sum();
  }

  /**
   * The least time that work can take here, in seconds.
   *
   * @param bytes read and written
   * @param operations of a type; none of one that was not measured take time
   */
  public double atBest(double bytes, double operations, DType dtype) {
    double peak = peak(dtype);
    return Math.max(bytes / copy, peak > 0 ? operations / peak : 0);
  }

  /** Bytes a second of one thread and of all. */
  private static void copy(double[] rates, int threads) {
    Tensor from = Tensor.ones(DType.FLOAT32, Device.CPU, COPIED);
    Tensor to = Tensor.zeros(DType.FLOAT32, Device.CPU, COPIED);
    double bytes = 2.0 * from.bytes();
    Engine.setThreads(1);
    try {
      rates[0] = bytes / seconds(() -> to.set(from));
      Engine.setThreads(threads);
      rates[1] = threads == 1 ? rates[0] : bytes / seconds(() -> to.set(from));
    } finally {
      Engine.setThreads(threads);
    }
  }

  private static double matmul(DType dtype) {
    Tensor a = Tensor.ones(dtype, Device.CPU, SIDE, SIDE);
    Tensor b = Tensor.ones(dtype, Device.CPU, SIDE, SIDE);
    return 2.0 * SIDE * SIDE * SIDE / seconds(() -> a.matmul(b));
  }

  private static double convolution(DType dtype) {
    Tensor x = Tensor.ones(dtype, Device.CPU, 2, 256, 28, 28).channelsLast();
    Tensor w = Tensor.ones(dtype, Device.CPU, 256, 256, 3, 3).channelsLast();
    Window window = Window.square(1, 1, 1);
    return 2.0 * x.count() * 256 * 9 / seconds(() -> x.conv2d(w, null, window, 1));
  }

  /** The shortest time of some runs after a first one. */
  private static double seconds(Runnable work) {
    long best = Long.MAX_VALUE;
    long begin = System.nanoTime();
    for (int i = 0; i < 3 || System.nanoTime() - begin < SECOND_SHARE; i++) {
      long start = System.nanoTime();
      Scope.run("once", work);
      best = i == 0 ? best : Math.min(best, System.nanoTime() - start);
    }
    return best / 1e9;
  }
}
