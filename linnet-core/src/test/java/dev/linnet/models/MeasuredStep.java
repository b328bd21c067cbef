package dev.linnet.models;

import dev.linnet.base.RandomState;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A process of its own that trains two steps and prints its peak resident memory in bytes. */
final class MeasuredStep {
  private MeasuredStep() {}

  public static void main(String[] args) throws IOException {
    ZooModel zoo = Zoo.find(args[0]);
    int batch = Integer.parseInt(args[1]);
    int side = Integer.parseInt(args[2]);
    DType dtype = DType.valueOf(args[3]);
    try (Scope all = Scope.open("measure");
        Classifier model = zoo.create(zoo.options(), Device.CPU, RandomState.of(1))) {
      model.train();
      model.keep(Memory.valueOf(args[4]));
      long[] classes = new long[batch];
      Tensor targets = Tensor.of(classes);
      model
          .parameters()
          .forEach((n, p) -> p.value().detach().copy()); // momentum, kept by the scope
      for (int step = 0; step < 2; step++) {
        Scope.run(
            "step",
            () -> {
              Tensor x =
                  Tensor.normal(0, 1, RandomState.of(2), DType.FLOAT32, batch, 3, side, side)
                      .channelsLast();
              Scope.keeping(
                      "forward",
                      () ->
                          Autocast.run(
                              Device.CPU,
                              dtype,
                              () -> model.forward(x).crossEntropy(targets, null, 0)))
                  .backward();
            });
        model.parameters().forEach((n, p) -> p.value().clearGrad());
      }
      System.out.println(all.name() + " " + peak());
    }
  }

  private static long peak() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("no VmHWM");
  }
}
