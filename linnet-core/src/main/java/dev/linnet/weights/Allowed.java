package dev.linnet.weights;

import dev.linnet.tensor.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A global that may stand in a pickle, and what becomes of it. This list is all that there is: it
 * is a subset of what {@code torch.load(weights_only=True)} allows, with numpy's scalars and {@code
 * argparse.Namespace}, which stand in training checkpoints and are kept as a name without content.
 *
 * @param name such as {@code torch.FloatStorage}
 * @param kind what it builds
 * @param dtype of a type of storage
 */
record Allowed(String name, Kind kind, @Nullable DType dtype) {

  /** What a global builds when it is called. */
  enum Kind {
    /** A dictionary. */
    DICT,
    /** A tuple of sizes. */
    SIZE,
    /** A tensor of a storage, an offset, sizes and strides. */
    TENSOR,
    /** The tensor that is its first argument. */
    SAME_TENSOR,
    /** The tensor that another builder makes of the third argument. */
    TENSOR_OF_TYPE,
    /** Nothing: it stands as an argument. */
    STORAGE_TYPE,
    /** Nothing: it stands as an argument. */
    TYPE,
    /** A thing without content. */
    INERT
  }

  private static final Map<String, Allowed> ALL = all();

  /** What a name stands for; empty if it is refused. */
  static Optional<Allowed> find(String name) {
    return Optional.ofNullable(ALL.get(name));
  }

  private static Map<String, Allowed> all() {
    Map<String, Allowed> all = new HashMap<>();
    add(all, Kind.DICT, "collections.OrderedDict");
    add(all, Kind.SIZE, "torch.Size");
    add(all, Kind.TENSOR, "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2");
    add(
        all,
        Kind.SAME_TENSOR,
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state");
    add(all, Kind.TENSOR_OF_TYPE, "torch._tensor._rebuild_from_type_v2");
    add(
        all,
        Kind.TYPE,
        "torch.Tensor",
        "torch.nn.parameter.Parameter",
        "torch.nn.parameter.Buffer",
        "torch.float32",
        "torch.float64",
        "torch.float16",
        "torch.bfloat16",
        "torch.int64",
        "torch.int32",
        "torch.int16",
        "torch.int8",
        "torch.uint8",
        "torch.bool");
    add(
        all,
        Kind.INERT,
        "_codecs.encode",
        "argparse.Namespace",
        "builtins.bytearray",
        "builtins.complex",
        "builtins.set",
        "__builtin__.bytearray",
        "__builtin__.complex",
        "__builtin__.set",
        "collections.Counter",
        "numpy._core.multiarray.scalar",
        "numpy.core.multiarray.scalar",
        "numpy.dtype",
        "torch.device");
    storages()
        .forEach(
            (type, dtype) -> {
              for (String module : List.of("torch.", "torch.cuda.")) {
                String name = module + type + "Storage";
                all.put(name, new Allowed(name, Kind.STORAGE_TYPE, dtype));
              }
            });
    return Map.copyOf(all);
  }

  private static Map<String, DType> storages() {
    return Map.of(
        "Float", DType.FLOAT32,
        "Double", DType.FLOAT64,
        "Half", DType.FLOAT16,
        "BFloat16", DType.BFLOAT16,
        "Long", DType.INT64,
        "Int", DType.INT32,
        "Short", DType.INT16,
        "Char", DType.INT8,
        "Byte", DType.UINT8,
        "Bool", DType.BOOL);
  }

  private static void add(Map<String, Allowed> all, Kind kind, String... names) {
    for (String name : names) {
      all.put(name, new Allowed(name, kind, null));
    }
  }
}
