package dev.linnet.weights;

import static java.util.Objects.requireNonNull;

import dev.linnet.models.Classifier;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes state dicts as {@code torch.save} does, in both formats. */
final class TorchBytes {
  private static final Map<DType, String> STORAGES =
      Map.of(
          DType.FLOAT32, "FloatStorage",
          DType.FLOAT16, "HalfStorage",
          DType.BFLOAT16, "BFloat16Storage",
          DType.INT64, "LongStorage");

  private TorchBytes() {}

  /** A state dict below the given keys, outermost first; none for a bare one. */
  static byte[] zip(Map<String, Tensor> tensors, String... wrappings) {
    ZipBytes zip = new ZipBytes().add("archive/data.pkl", pickle(tensors, wrappings));
    int key = 0;
    for (Tensor tensor : tensors.values()) {
      zip.add("archive/data/" + key, bytes(tensor));
      key++;
    }
    return zip.bytes();
  }

  static byte[] legacy(Map<String, Tensor> tensors) {
    ByteArrayOutputStream out = legacyStart();
    out.writeBytes(pickle(tensors));
    PickleBytes keys = PickleBytes.start().ops("](");
    for (int key = 0; key < tensors.size(); key++) {
      keys.text(Integer.toString(key));
    }
    out.writeBytes(keys.ops("e").end());
    for (Tensor tensor : tensors.values()) {
      out.writeBytes(count(tensor.count()));
      out.writeBytes(bytes(tensor));
    }
    return out.toByteArray();
  }

  /** Magic number, version and system, which open a file of the old format. */
  static ByteArrayOutputStream legacyStart() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] magic = new BigInteger("1950a86a20f9469cfc6c", 16).toByteArray();
    PickleBytes first = PickleBytes.start().raw(0x8a, magic.length);
    for (int i = magic.length - 1; i >= 0; i--) {
      first.raw(magic[i]);
    }
    out.writeBytes(first.end());
    out.writeBytes(PickleBytes.start().number(1001).end());
    out.writeBytes(PickleBytes.start().ops("}").end());
    return out;
  }

  static byte[] count(long count) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(count).array();
  }

  /** The whole state of a network. */
  static Map<String, Tensor> state(Classifier model) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    model.state().forEach((name, p) -> tensors.put(name, p.value().detach()));
    return tensors;
  }

  private static byte[] pickle(Map<String, Tensor> tensors, String... wrappings) {
    PickleBytes pickle = PickleBytes.start();
    for (String wrapping : wrappings) {
      pickle.ops("}").text(wrapping);
    }
    pickle.global("collections", "OrderedDict").ops(")R(");
    int key = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor t = entry.getValue();
      long[] sizes = t.shape().toArray();
      long[] strides = new long[sizes.length];
      long step = 1;
      for (int i = sizes.length - 1; i >= 0; i--) {
        strides[i] = step;
        step *= sizes[i];
      }
      pickle.text(entry.getKey()).global("torch._utils", "_rebuild_tensor_v2").ops("(");
      pickle.storage(requireNonNull(STORAGES.get(t.dtype())), Integer.toString(key), t.count());
      pickle.number(0).numbers(sizes).numbers(strides).raw(0x89);
      pickle.global("collections", "OrderedDict").ops(")RtR");
      key++;
    }
    pickle.ops("u");
    for (int i = 0; i < wrappings.length; i++) {
      pickle.ops("s");
    }
    return pickle.end();
  }

  private static byte[] bytes(Tensor tensor) {
    return Autograd.off(() -> tensor.contiguous().toBytes());
  }
}
