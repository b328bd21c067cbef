package dev.linnet.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A file in the safetensors format: an 8-byte length, a JSON header, and the tensors' bytes.
 *
 * <p>A tensor is read straight into its memory when it is asked for. All rules of the format are
 * checked when it is opened: the header's length, known types, shapes whose product does not
 * overflow, ranges inside the file, without overlaps and holes, no key twice. Source: the format's
 * description in the repository of Hugging Face's {@code safetensors}.
 *
 * <p>One thread at a time.
 */
public final class SafeTensors implements TensorFile {
  private static final long MAX_HEADER = 100_000_000;

  private static final String METADATA = "__metadata__";
  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength((int) MAX_HEADER).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** The format's names of types, in its order of writing: the widest first. */
  private static final Map<String, DType> TYPES = types();

  private final RawFile file;
  private final Map<String, Entry> entries;
  private final Map<String, String> metadata;
  private final long dataStart;

  private record Entry(DType dtype, Shape shape, long begin, long end) {}

  private SafeTensors(
      RawFile file, Map<String, Entry> entries, Map<String, String> metadata, long dataStart) {
    this.file = file;
    this.entries = entries;
    this.metadata = metadata;
    this.dataStart = dataStart;
  }

  // ------------------------------------------------------------------ reading

  /**
   * Opens a file and checks its header.
   *
   * @throws LinnetException if it is not there, cannot be read or breaks a rule of the format
   */
  public static SafeTensors open(Path path) {
    RawFile file = RawFile.open(path);
    boolean done = false;
    try {
      SafeTensors opened = read(path, file);
      done = true;
      return opened;
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  /** Names of the tensors, in the order of the file. */
  @Override
  public Set<String> names() {
    return entries.keySet();
  }

  /** What the header says beside the tensors. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** The shape of a tensor. */
  @Override
  public Shape shape(String name) {
    return entry(name).shape();
  }

  /** The type of a tensor. */
  @Override
  public DType dtype(String name) {
    return entry(name).dtype();
  }

  /**
   * Copies a tensor out of the file; it belongs to the innermost open scope.
   *
   * @throws LinnetException if the file can no longer be read
   */
  @Override
  public Tensor tensor(String name) {
    Entry entry = entry(name);
    return file.tensor(entry.dtype(), dataStart + entry.begin(), entry.shape().toArray());
  }

  @Override
  public long read(Map<String, Tensor> targets) {
    List<RawFile.Part> parts = new ArrayList<>(targets.size());
    targets.forEach(
        (name, target) -> {
          Entry entry = entry(name);
          parts.add(new RawFile.Part(entry.dtype(), dataStart + entry.begin(), target));
        });
    return file.read(parts);
  }

  /** Closes the file; tensors that were read stay. */
  @Override
  public void close() {
    file.close();
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new LinnetException(file.path() + ": has no tensor \"" + Quote.name(name) + "\"");
    }
    return entry;
  }

  private static SafeTensors read(Path path, RawFile file) {
    long size = file.size();
    if (size < 8) {
      throw broken(path, "it has " + size + " bytes, too few for a header");
    }
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    file.read(length, 0);
    long headerSize = length.getLong(0);
    if (headerSize < 2 || headerSize > MAX_HEADER || headerSize > size - 8) {
      throw broken(
          path,
          "its header claims "
              + Long.toUnsignedString(headerSize)
              + " bytes, the file has "
              + size
              + (headerSize >= 0 && headerSize > size - 8 ? "; it may be cut short" : ""));
    }
    ByteBuffer header = ByteBuffer.allocate((int) headerSize);
    file.read(header, 8);
    JsonNode root = parse(path, header.flip());
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals(METADATA)) {
        metadata.putAll(metadata(path, field.getValue()));
      } else {
        entries.put(field.getKey(), entry(path, field.getKey(), field.getValue()));
      }
    }
    checkCover(path, entries, size - 8 - headerSize);
    return new SafeTensors(
        file,
        Collections.unmodifiableMap(sorted(entries)),
        Collections.unmodifiableMap(metadata),
        8 + headerSize);
  }

  private static JsonNode parse(Path file, ByteBuffer header) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(header).toString();
      JsonNode root = text.startsWith("{") ? JSON.readTree(text) : null;
      if (root == null || !root.isObject()) {
        throw broken(file, "its header is no JSON object");
      }
      return root;
    } catch (CharacterCodingException e) {
      throw broken(file, "its header is not UTF-8");
    } catch (JsonProcessingException e) {
      throw broken(file, "its header is broken: " + e.getOriginalMessage());
    } catch (StackOverflowError e) {
      throw broken(file, "its header is nested too deeply");
    }
  }

  private static Map<String, String> metadata(Path file, JsonNode node) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw broken(file, METADATA + "." + Quote.name(field.getKey()) + " is no text");
      }
      texts.put(field.getKey(), field.getValue().textValue());
    }
    if (!node.isObject()) {
      throw broken(file, METADATA + " is no object");
    }
    return texts;
  }

  private static Entry entry(Path file, String name, JsonNode node) {
    DType dtype = TYPES.get(node.path("dtype").asText());
    if (dtype == null) {
      throw broken(
          file,
          "tensor \""
              + Quote.name(name)
              + "\" has the type "
              + node.path("dtype")
              + "; must be one of "
              + String.join(", ", TYPES.keySet()));
    }
    JsonNode offsets = node.path("data_offsets");
    if (!isCounts(node.path("shape")) || !isCounts(offsets) || offsets.size() != 2) {
      throw broken(
          file,
          "tensor \""
              + Quote.name(name)
              + "\": shape and data_offsets must be lists of numbers ≥ 0");
    }
    List<Long> sizes = new ArrayList<>();
    node.path("shape").forEach(size -> sizes.add(size.longValue()));
    long bytes;
    try {
      bytes = TensorFile.bytes(dtype, sizes);
    } catch (ArithmeticException e) {
      throw broken(
          file, "tensor \"" + Quote.name(name) + "\" has too many elements: " + node.path("shape"));
    }
    long begin = offsets.get(0).longValue();
    long end = offsets.get(1).longValue();
    if (end < begin || end - begin != bytes) {
      throw broken(
          file,
          "tensor \""
              + Quote.name(name)
              + "\" has "
              + bytes
              + " bytes by its shape, but the range ["
              + begin
              + ", "
              + end
              + ")");
    }
    return new Entry(
        dtype, Shape.of(sizes.stream().mapToLong(Long::longValue).toArray()), begin, end);
  }

  private static boolean isCounts(JsonNode list) {
    if (!list.isArray()) {
      return false;
    }
    for (JsonNode number : list) {
      if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
        return false;
      }
    }
    return true;
  }

  /** The ranges must follow one another from 0 to the end of the file. */
  private static void checkCover(Path file, Map<String, Entry> entries, long dataSize) {
    long at = 0;
    for (Map.Entry<String, Entry> e : sorted(entries).entrySet()) {
      long begin = e.getValue().begin();
      if (begin != at) {
        throw broken(
            file,
            "tensor \""
                + Quote.name(e.getKey())
                + "\" begins at byte "
                + begin
                + " of the data, but the one before ends at "
                + at
                + (begin < at ? ": they overlap" : ": there is a hole"));
      }
      at = e.getValue().end();
    }
    if (at != dataSize) {
      throw broken(
          file,
          "its tensors have "
              + at
              + " bytes, but the file holds "
              + dataSize
              + (at > dataSize ? "; it is cut short" : ""));
    }
  }

  private static Map<String, Entry> sorted(Map<String, Entry> entries) {
    List<Map.Entry<String, Entry>> list = new ArrayList<>(entries.entrySet());
    list.sort(
        Comparator.<Map.Entry<String, Entry>>comparingLong(e -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    Map<String, Entry> result = new LinkedHashMap<>();
    list.forEach(e -> result.put(e.getKey(), e.getValue()));
    return result;
  }

  private static LinnetException broken(Path file, String why) {
    return new LinnetException(file + ": is no valid safetensors file: " + why);
  }

  // ------------------------------------------------------------------ writing

  /**
   * Writes tensors as a new file, complete or not at all; the same tensors give the same bytes.
   *
   * @param tensors by name; in the file the widest types come first, then by name, as Hugging
   *     Face's writer does
   * @param metadata texts beside them
   * @throws LinnetException if it cannot be written; an old file of that name stays
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    List<Map.Entry<String, Tensor>> order = new ArrayList<>(tensors.entrySet());
    List<DType> widths = new ArrayList<>(TYPES.values());
    order.sort(
        Comparator.<Map.Entry<String, Tensor>>comparingInt(
                e -> widths.indexOf(e.getValue().dtype()))
            .thenComparing(Map.Entry::getKey));
    byte[] header = header(order, metadata);
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
          writeFully(channel, length.putLong(header.length).flip());
          writeFully(channel, ByteBuffer.wrap(header));
          for (Map.Entry<String, Tensor> e : order) {
            e.getValue().<IOException>readBytes(bytes -> writeFully(channel, bytes));
          }
        });
  }

  private static byte[] header(
      List<Map.Entry<String, Tensor>> order, Map<String, String> metadata) {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode texts = root.putObject(METADATA);
      metadata.forEach(texts::put);
    }
    long at = 0;
    for (Map.Entry<String, Tensor> e : order) {
      ObjectNode node = root.putObject(e.getKey());
      node.put("dtype", name(e.getValue().dtype()));
      for (long size : e.getValue().shape().toArray()) {
        node.withArray("shape").add(size);
      }
      if (!node.has("shape")) {
        node.putArray("shape");
      }
      node.putArray("data_offsets").add(at).add(at + e.getValue().bytes());
      at += e.getValue().bytes();
    }
    String json = root.toString();
    int size = json.getBytes(StandardCharsets.UTF_8).length;
    return (json + " ".repeat((8 - size % 8) % 8)).getBytes(StandardCharsets.UTF_8);
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static String name(DType dtype) {
    return TYPES.entrySet().stream()
        .filter(e -> e.getValue() == dtype)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, DType> types() {
    Map<String, DType> types = new LinkedHashMap<>();
    types.put("I64", DType.INT64);
    types.put("F64", DType.FLOAT64);
    types.put("F32", DType.FLOAT32);
    types.put("I32", DType.INT32);
    types.put("BF16", DType.BFLOAT16);
    types.put("F16", DType.FLOAT16);
    types.put("I16", DType.INT16);
    types.put("I8", DType.INT8);
    types.put("U8", DType.UINT8);
    types.put("BOOL", DType.BOOL);
    return Collections.unmodifiableMap(types);
  }
}
