package dev.linnet.tensor;

import java.util.function.Supplier;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Mixed precision: inside, convolutions and matrix products run in a 16-bit type, losses and norms
 * in fp32, as libtorch's lists say. Weights stay fp32; their casts are kept for the length of the
 * work only. The switch is the thread's own.
 */
public final class Autocast {
  private Autocast() {}

  /**
   * Runs a forward pass in mixed precision.
   *
   * @param device where the work runs
   * @param dtype {@link DType#BFLOAT16} or {@link DType#FLOAT16}; {@link DType#FLOAT32} runs the
   *     work as it is
   */
  public static <T> T run(Device device, DType dtype, Supplier<T> work) {
    if (dtype == DType.FLOAT32) {
      return work.get();
    }
    if (dtype != DType.BFLOAT16 && dtype != DType.FLOAT16) {
      throw new IllegalArgumentException("autocast: got " + dtype + "; must be fp32, bf16 or fp16");
    }
    torch.DeviceType type =
        device.kind() == Device.Kind.CUDA ? torch.DeviceType.CUDA : torch.DeviceType.CPU;
    if (torch.is_autocast_enabled(type)) {
      throw new IllegalStateException("autocast is on already; it does not nest");
    }
    torch.set_autocast_dtype(type, dtype.scalarType);
    torch.set_autocast_enabled(type, true);
    try {
      return work.get();
    } finally {
      torch.set_autocast_enabled(type, false);
      torch.clear_cache();
    }
  }

  /**
   * Runs a part of a forward pass as it is, for what 16 bits are too few for, such as a loss that
   * multiplies matrices.
   *
   * @param device where the work runs
   */
  public static <T> T without(Device device, Supplier<T> work) {
    torch.DeviceType type =
        device.kind() == Device.Kind.CUDA ? torch.DeviceType.CUDA : torch.DeviceType.CPU;
    if (!torch.is_autocast_enabled(type)) {
      return work.get();
    }
    torch.set_autocast_enabled(type, false);
    try {
      return work.get();
    } finally {
      torch.set_autocast_enabled(type, true);
    }
  }

  /** The type of mixed precision here on the processor; null where there is none. */
  static @Nullable DType current() {
    return torch.is_autocast_enabled(torch.DeviceType.CPU)
        ? DType.of(torch.get_autocast_dtype(torch.DeviceType.CPU))
        : null;
  }

  /**
   * Runs a part of a forward pass that keeps no casts of weights: those that are made without
   * differentiation must not serve others, whose way back would end there.
   */
  static <T> T uncached(Supplier<T> work) {
    boolean before = torch.is_autocast_cache_enabled();
    torch.set_autocast_cache_enabled(false);
    try {
      return work.get();
    } finally {
      torch.set_autocast_cache_enabled(before);
    }
  }

  /** The type in which a convolution of such tensors runs here on the processor. */
  static DType type(DType given) {
    boolean floats = given == DType.FLOAT32 || given == DType.BFLOAT16 || given == DType.FLOAT16;
    DType mixed = floats ? current() : null;
    return mixed == null ? given : mixed;
  }

  /** Whether it is on for the processor. */
  static boolean isOn() {
    return torch.is_autocast_enabled(torch.DeviceType.CPU);
  }
}
