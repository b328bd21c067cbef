package dev.linnet.cli;

import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Engine;

/**
 * One call of the command line: what it sees of the outside, the options that every verb has, and
 * its voice.
 */
record Session(Shell shell, Common common, Output output) {
  /** A call whose options are still to be read. */
  static Session of(Shell shell) {
    Common common = new Common();
    return new Session(shell, common, new Output(shell, common));
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

  /** The number format of a training step on a device: as asked, else what suits the machine. */
  DType trainingType(Device device) {
    for (DType type : DType.values()) {
      if (type.toString().equals(common.dtype)) {
        return type;
      }
    }
    return DType.BFLOAT16;
  }
}
