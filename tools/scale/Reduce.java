import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.ProcessGroup;
import dev.linnet.tensor.Rendezvous;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * Times sums over processes: one process of those that RANK, WORLD_SIZE, MASTER_ADDR and
 * MASTER_PORT tell of; the first one prints a line a size: by a buffer, in memory where the
 * processes share it; at once, which for few numbers is in memory too; and by messages. Arguments:
 * megabytes of float32, such as 0.00004 1 25 102.
 */
final class Reduce {
  private static final int ROUNDS = 21;

  public static void main(String[] arguments) {
    Engine.setThreads(1);
    long begin = System.nanoTime();
    Rendezvous place = Rendezvous.of(System.getenv()).orElseThrow();
    Scope scope = Scope.open("reduce");
    try (ProcessGroup group = place.join(Device.CPU, Map.of(), System.err::println)) {
      if (group.isFirst()) {
        System.out.printf(Locale.ROOT, "met after %.0f ms%n", (System.nanoTime() - begin) / 1e6);
      }
      for (String argument : arguments) {
        long count = Math.max(1, Math.round(Double.parseDouble(argument) * 1e6 / 4));
        Tensor tensor = Tensor.full(1.0 / group.size(), DType.FLOAT32, Device.CPU, count);
        try (ProcessGroup.Buffer buffer = group.buffer(DType.FLOAT32, Device.CPU, count)) {
          buffer.tensor().set(tensor);
          double byBuffer = median(group, () -> buffer.sumLater().await());
          double atOnce = median(group, () -> group.sum(tensor));
          double byMessages = median(group, () -> group.sumLater(tensor).await());
          if (group.isFirst()) {
            System.out.printf(
                Locale.ROOT,
                "%d processes, %s MB: by a buffer %.2f, at once %.2f, by messages %.2f ms%n",
                group.size(),
                argument,
                byBuffer,
                atOnce,
                byMessages);
          }
        }
      }
    } finally {
      scope.close();
    }
    System.exit(0);
  }

  private static double median(ProcessGroup group, Runnable sum) {
    double[] ms = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      group.sum(1);
      long start = System.nanoTime();
      sum.run();
      ms[i] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(ms);
    return ms[ROUNDS / 2];
  }
}
