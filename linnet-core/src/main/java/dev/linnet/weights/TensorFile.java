package dev.linnet.weights;

import dev.linnet.base.LinnetException;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A file of named tensors, or several files that belong together.
 *
 * <p>What a file claims is checked when it is opened; a tensor is read when it is asked for. One
 * thread at a time; whoever opens one closes it.
 */
interface TensorFile extends AutoCloseable {

  /** Names of the tensors, in the order of the file. */
  Set<String> names();

  /**
   * The shape of a tensor.
   *
   * @throws LinnetException if there is none of that name
   */
  Shape shape(String name);

  /**
   * The type of a tensor's elements.
   *
   * @throws LinnetException if there is none of that name
   */
  DType dtype(String name);

  /**
   * Copies a tensor out of the file; it belongs to the innermost open scope.
   *
   * @throws LinnetException if there is none of that name, or the file can no longer be read
   */
  Tensor tensor(String name);

  /**
   * Overwrites tensors of the same shapes with those of the file.
   *
   * @param targets by name
   * @return how many of the file's numbers are infinite or NaN
   * @throws LinnetException as {@link #tensor}; some targets may then be overwritten
   */
  default long read(Map<String, Tensor> targets) {
    long[] broken = new long[1];
    targets.forEach(
        (name, target) ->
            Scope.run(
                "read",
                () -> {
                  Tensor values = tensor(name);
                  target.set(values);
                  broken[0] += NotFinite.count(values);
                }));
    return broken[0];
  }

  /** Closes the file; tensors that were read stay. */
  @Override
  void close();

  /**
   * Opens a file in any of the formats that are read: safetensors, the index of its shards, or what
   * {@code torch.save} writes. The first bytes say which it is, never its name.
   *
   * @throws LinnetException if it is not there, cannot be read, is none of them, or breaks a rule
   *     of its format
   */
  static TensorFile open(Path path) {
    return switch (Format.of(path)) {
      case SAFETENSORS -> SafeTensors.open(path);
      case SHARDS -> ShardedTensors.open(path);
      case TORCH_ZIP, TORCH_LEGACY -> TorchFile.open(path);
    };
  }

  /**
   * Bytes of a tensor, each size at least 0.
   *
   * @throws ArithmeticException if a product overflows, also where another size is 0
   */
  static long bytes(DType dtype, List<Long> sizes) {
    long product = dtype.bytes();
    for (long size : sizes) {
      product = Math.multiplyExact(product, Math.max(1, size));
    }
    return sizes.contains(0L) ? 0 : product;
  }

  /** What a file is. */
  enum Format {
    SAFETENSORS,
    SHARDS,
    TORCH_ZIP,
    TORCH_LEGACY;

    private static final int TAR_MAGIC = 257;
    private static final int HEAD = 512;

    /** Looks at the first bytes; what is known not to be weights gets a line that says so. */
    static Format of(Path path) {
      byte[] head;
      try (RawFile file = RawFile.open(path)) {
        head = file.head(HEAD);
      }
      if (head.length > 8 && head[8] == '{') {
        return SAFETENSORS;
      }
      if (startsWith(head, "PK\3\4") || startsWith(head, "PK\5\6")) {
        return TORCH_ZIP;
      }
      if (head.length > 1 && (head[0] & 0xff) == Unpickler.PROTO && head[1] >= 2) {
        return TORCH_LEGACY;
      }
      String text = new String(head, StandardCharsets.ISO_8859_1).stripLeading();
      if (text.startsWith("{")) {
        return SHARDS;
      }
      throw new LinnetException(path + ": " + whatElse(head, text.toLowerCase(Locale.ROOT)));
    }

    private static String whatElse(byte[] head, String text) {
      if (text.startsWith("version https://git-lfs")) {
        return "is a pointer of Git LFS, not the weights; fetch them with: git lfs pull";
      }
      if (text.startsWith("<!doctype") || text.startsWith("<html")) {
        return "is a web page, not weights; download the file itself";
      }
      if (head.length >= TAR_MAGIC + 5
          && new String(head, TAR_MAGIC, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
        return "is a tar, such as PyTorch wrote before version 0.1.10; load it in Python and save"
            + " it again with torch.save";
      }
      return "is no file of weights; must be safetensors, model.safetensors.index.json, or a state"
          + " dict that torch.save wrote"
          + (head.length == 0 ? "; the file is empty" : "");
    }

    private static boolean startsWith(byte[] head, String magic) {
      byte[] m = magic.getBytes(StandardCharsets.ISO_8859_1);
      return head.length >= m.length && Arrays.equals(head, 0, m.length, m, 0, m.length);
    }
  }
}
