package dev.linnet.weights;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.LinnetException;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Several files of weights with an index, {@code model.safetensors.index.json} or {@code
 * pytorch_model.bin.index.json}, that says which of them has which tensor. Index and files must
 * agree in both directions.
 */
final class ShardedTensors implements TensorFile {
  private static final long LARGEST_INDEX = 100_000_000;
  private static final int MOST_SHARDS = 1000;
  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Path index;
  private final Map<String, TensorFile> shards;
  private final Map<String, String> shardOf;

  private ShardedTensors(Path index, Map<String, TensorFile> shards, Map<String, String> shardOf) {
    this.index = index;
    this.shards = shards;
    this.shardOf = shardOf;
  }

  /**
   * Opens an index and its files.
   *
   * @throws LinnetException if one of them is missing or broken, if the index names a file outside
   *     its folder, or if index and files do not have the same tensors
   */
  static ShardedTensors open(Path index) {
    Map<String, String> shardOf = weightMap(index, parse(index));
    Map<String, TensorFile> shards = new LinkedHashMap<>();
    ShardedTensors opened = new ShardedTensors(index, shards, Collections.unmodifiableMap(shardOf));
    boolean done = false;
    try {
      for (String name : shardOf.values()) {
        if (!shards.containsKey(name)) {
          if (shards.size() == MOST_SHARDS) {
            throw broken(index, "it names more than " + MOST_SHARDS + " files");
          }
          shards.put(name, openShard(index, name));
        }
      }
      opened.check();
      done = true;
      return opened;
    } finally {
      if (!done) {
        opened.close();
      }
    }
  }

  /**
   * Names of the files beside an index that it speaks of.
   *
   * @throws LinnetException if it is broken
   */
  static List<String> files(Path index) {
    return weightMap(index, parse(index)).values().stream().distinct().toList();
  }

  private static TensorFile openShard(Path index, String name) {
    Path file = index.resolveSibling(name);
    if (TensorFile.Format.of(file) == TensorFile.Format.SHARDS) {
      throw broken(index, "it names " + name + ", which is an index too");
    }
    return TensorFile.open(file);
  }

  @Override
  public Set<String> names() {
    return shardOf.keySet();
  }

  @Override
  public Shape shape(String name) {
    return shard(name).shape(name);
  }

  @Override
  public DType dtype(String name) {
    return shard(name).dtype(name);
  }

  @Override
  public Tensor tensor(String name) {
    return shard(name).tensor(name);
  }

  @Override
  public long read(Map<String, Tensor> targets) {
    Map<TensorFile, Map<String, Tensor>> byShard = new LinkedHashMap<>();
    targets.forEach(
        (name, target) ->
            byShard.computeIfAbsent(shard(name), s -> new LinkedHashMap<>()).put(name, target));
    return byShard.entrySet().stream().mapToLong(e -> e.getKey().read(e.getValue())).sum();
  }

  @Override
  public void close() {
    shards.values().forEach(TensorFile::close);
  }

  private TensorFile shard(String name) {
    TensorFile shard = shards.get(shardOf.getOrDefault(name, ""));
    if (shard == null) {
      throw new LinnetException(index + ": has no tensor \"" + Quote.name(name) + "\"");
    }
    return shard;
  }

  private void check() {
    shardOf.forEach(
        (name, file) -> {
          if (!shard(name).names().contains(name)) {
            throw broken(
                index, "tensor \"" + Quote.name(name) + "\" is not in " + file + ", as it says");
          }
        });
    shards.forEach(
        (file, shard) -> {
          for (String name : shard.names()) {
            if (!file.equals(shardOf.get(name))) {
              throw broken(
                  index, "it does not say that tensor \"" + Quote.name(name) + "\" is in " + file);
            }
          }
        });
  }

  private static Map<String, String> weightMap(Path index, JsonNode root) {
    JsonNode map = root.path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw broken(index, "it has no \"weight_map\" from tensors to files");
    }
    Map<String, String> shardOf = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String file = entry.getValue().asText();
      if (!entry.getValue().isTextual() || !isPlainName(file)) {
        throw broken(
            index,
            "tensor \""
                + Quote.name(entry.getKey())
                + "\" should lie in \""
                + Quote.name(file)
                + "\"; must be the name of a file beside the index");
      }
      shardOf.put(entry.getKey(), file);
    }
    return shardOf;
  }

  /** Letters, digits and {@code . _ -}, so no folder, drive or parent. */
  private static boolean isPlainName(String name) {
    return name.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,254}");
  }

  private static JsonNode parse(Path index) {
    ByteBuffer bytes;
    try (RawFile file = RawFile.open(index)) {
      if (file.size() > LARGEST_INDEX) {
        throw broken(index, "it has more than " + LARGEST_INDEX + " bytes");
      }
      bytes = ByteBuffer.wrap(file.head((int) file.size()));
    }
    try {
      return JSON.readTree(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
    } catch (CharacterCodingException e) {
      throw broken(index, "it is not UTF-8");
    } catch (JacksonException e) {
      throw broken(index, "it is no JSON: " + e.getOriginalMessage());
    }
  }

  private static LinnetException broken(Path index, String why) {
    return new LinnetException(index + ": is no valid index of weights: " + why);
  }
}
