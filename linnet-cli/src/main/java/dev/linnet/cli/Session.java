package dev.linnet.cli;

import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;
import dev.linnet.tensor.Processor;
import java.util.ArrayList;
import java.util.List;

/**
 * One call of the command line: what it sees of the outside, the options that every verb has, its
 * voice, and what was asked.
 *
 * @param command the whole command line
 */
record Session(Shell shell, Common common, Output output, List<String> command) {
  /** A call whose options are still to be read. */
  static Session of(Shell shell, List<String> arguments) {
    Common common = new Common();
    List<String> command = new ArrayList<>(List.of("linnet"));
    command.addAll(arguments);
    return new Session(shell, common, new Output(shell, common), List.copyOf(command));
  }

  /**
   * Settles where and with how many threads to compute; loads the native libraries.
   *
   * @throws dev.linnet.base.LinnetException if there is no such device here
   */
  Device device() {
    if (common.threads != null) {
      Engine.setThreads(common.threads);
    }
    return Device.parse(common.device);
  }

  /** Threads that read pictures. */
  int workers() {
    return Runtime.getRuntime().availableProcessors();
  }

  /** The number format of a training step on a device: as asked, else what suits the machine. */
  DType trainingType(Device device) {
    for (DType type : DType.values()) {
      if (type.toString().equals(common.dtype)) {
        return type;
      }
    }
    return device.kind() == Device.Kind.CUDA ? DType.BFLOAT16 : Processor.here().trainingType();
  }
}
