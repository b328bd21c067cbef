package dev.linnet.tensor;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import org.bytedeco.pytorch.global.torch;

/**
 * Where tensors live: {@link #CPU}, a CUDA device, or {@link #META}, which holds shapes without
 * memory.
 *
 * @param kind the kind of device
 * @param index which of them, from 0
 */
public record Device(Kind kind, int index) {
  /** The kinds of device. */
  public enum Kind {
    CPU,
    CUDA,
    /** Shapes and types only; every operator costs nothing. Used to count a network's work. */
    META
  }

  /** The processor. */
  public static final Device CPU = new Device(Kind.CPU, 0);

  /** Shapes without memory. */
  public static final Device META = new Device(Kind.META, 0);

  public Device {
    Check.that(index >= 0 && index < 128, "device index", index, "in [0, 127]");
  }

  /**
   * The device that {@code --device} names.
   *
   * @param text {@code auto} (CUDA where there is one, else the processor), {@code cpu}, {@code
   *     cuda} or {@code cuda:N}
   * @throws LinnetException if there is no such device here
   */
  public static Device parse(String text) {
    if (text.equals("cpu")) {
      return CPU;
    }
    boolean cuda = torch.cuda_is_available();
    if (text.equals("auto")) {
      return cuda ? new Device(Kind.CUDA, 0) : CPU;
    }
    if (text.equals("cuda") || text.matches("cuda:\\d{1,3}")) {
      int index = text.equals("cuda") ? 0 : Integer.parseInt(text.substring(5));
      int count = cuda ? Byte.toUnsignedInt(torch.cuda_device_count()) : 0;
      if (index >= count) {
        throw new LinnetException(
            "--device: got "
                + text
                + "; this build of libtorch sees "
                + count
                + " CUDA devices; use --device cpu, or build with -Pgpu on a machine with one");
      }
      return new Device(Kind.CUDA, index);
    }
    throw new LinnetException("--device: got " + text + "; must be auto, cpu, cuda or cuda:N");
  }

  /** {@code cpu}, {@code cuda:0} or {@code meta}. */
  @Override
  public String toString() {
    return switch (kind) {
      case CPU -> "cpu";
      case CUDA -> "cuda:" + index;
      case META -> "meta";
    };
  }

  boolean isMeta() {
    return kind == Kind.META;
  }

  org.bytedeco.pytorch.Device handle() {
    return switch (kind) {
      case CPU -> new org.bytedeco.pytorch.Device(torch.DeviceType.CPU);
      case CUDA -> new org.bytedeco.pytorch.Device(torch.DeviceType.CUDA, (byte) index);
      case META -> new org.bytedeco.pytorch.Device(torch.DeviceType.Meta);
    };
  }

  static Device of(org.bytedeco.pytorch.Device device) {
    torch.DeviceType type = device.type().intern();
    if (type == torch.DeviceType.CPU) {
      return CPU;
    }
    if (type == torch.DeviceType.Meta) {
      return META;
    }
    return new Device(Kind.CUDA, Math.max(0, device.index()));
  }
}
