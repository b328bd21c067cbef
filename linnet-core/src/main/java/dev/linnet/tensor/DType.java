package dev.linnet.tensor;

import org.bytedeco.pytorch.global.torch.ScalarType;

/** The type of a tensor's elements. */
public enum DType {
  FLOAT32(ScalarType.Float, 4, "fp32"),
  FLOAT64(ScalarType.Double, 8, "fp64"),
  FLOAT16(ScalarType.Half, 2, "fp16"),
  BFLOAT16(ScalarType.BFloat16, 2, "bf16"),
  INT64(ScalarType.Long, 8, "int64"),
  INT32(ScalarType.Int, 4, "int32"),
  INT16(ScalarType.Short, 2, "int16"),
  INT8(ScalarType.Char, 1, "int8"),
  UINT8(ScalarType.Byte, 1, "uint8"),
  BOOL(ScalarType.Bool, 1, "bool");

  final ScalarType scalarType;
  private final int bytes;
  private final String shortName;

  DType(ScalarType scalarType, int bytes, String shortName) {
    this.scalarType = scalarType;
    this.bytes = bytes;
    this.shortName = shortName;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** True for the four floating-point types. */
  public boolean isFloating() {
    return this == FLOAT32 || this == FLOAT64 || this == FLOAT16 || this == BFLOAT16;
  }

  /** The name in recipes and messages, such as {@code bf16}. */
  @Override
  public String toString() {
    return shortName;
  }

  /** Enums from native calls are not interned: {@code ==} needs this. */
  static DType of(ScalarType type) {
    ScalarType interned = type.intern();
    for (DType dtype : values()) {
      if (dtype.scalarType == interned) {
        return dtype;
      }
    }
    throw new IllegalStateException("no DType for " + interned);
  }
}
