package dev.linnet.weights;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Writes pickles opcode by opcode, those that Python would never write included. */
final class PickleBytes {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private PickleBytes() {}

  static PickleBytes start() {
    return new PickleBytes().raw(0x80, 2);
  }

  PickleBytes raw(int... values) {
    for (int value : values) {
      bytes.write(value);
    }
    return this;
  }

  /** Opcodes that are letters. */
  PickleBytes ops(String letters) {
    return raw(letters.chars().toArray());
  }

  PickleBytes ops(String letters, int times) {
    return ops(letters.repeat(times));
  }

  PickleBytes global(String module, String name) {
    return ops("c" + module + "\n" + name + "\n");
  }

  PickleBytes text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    raw('X').u32(utf8.length);
    bytes.writeBytes(utf8);
    return this;
  }

  PickleBytes number(long value) {
    return raw(0x8a, 8).u64(value);
  }

  PickleBytes u32(long value) {
    bytes.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array());
    return this;
  }

  PickleBytes u64(long value) {
    bytes.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    return this;
  }

  PickleBytes numbers(long... values) {
    ops("(");
    for (long value : values) {
      number(value);
    }
    return ops("t");
  }

  /** The reference to a storage on the processor. */
  PickleBytes storage(String type, String key, long count) {
    ops("(").text("storage").global("torch", type).text(key).text("cpu").number(count);
    return ops("tQ");
  }

  /** A tensor of a storage of fp32. */
  PickleBytes tensor(String key, long count, long offset, long[] sizes, long[] strides) {
    global("torch._utils", "_rebuild_tensor_v2").ops("(").storage("FloatStorage", key, count);
    number(offset).numbers(sizes).numbers(strides).raw(0x89);
    return global("collections", "OrderedDict").ops(")RtR");
  }

  /** Ends it. */
  byte[] end() {
    return ops(".").bytes.toByteArray();
  }

  /** Reads it. */
  Object load(Path path) {
    byte[] all = end();
    return new Unpickler(path, new PickleInput(path, new ByteArrayInputStream(all), all.length))
        .load();
  }
}
