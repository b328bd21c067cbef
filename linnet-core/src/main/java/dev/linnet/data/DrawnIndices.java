package dev.linnet.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.linnet.base.LinnetException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which pictures a draw took: for each split that was drawn the pool that it came from (a split as
 * the data set brings it; {@code train} where it brings none) and positions in it, rising.
 *
 * <p>A run keeps it as JSON, and opens its data set with it again. Immutable.
 */
public final class DrawnIndices {
  /** Nothing was drawn. */
  public static final DrawnIndices NONE = new DrawnIndices(0, Map.of());

  private static final ObjectMapper JSON = new ObjectMapper();

  private final long seed;
  private final Map<Split, Part> parts;

  private DrawnIndices(long seed, Map<Split, Part> parts) {
    this.seed = seed;
    this.parts = parts.isEmpty() ? Map.of() : new EnumMap<>(parts);
  }

  /** What one split took. */
  static final class Part {
    final Split pool;
    final int poolSize;
    final String poolFingerprint;
    private final int[] positions;

    /** Takes the array as its own. */
    Part(Split pool, int poolSize, String poolFingerprint, int[] positions) {
      this.pool = pool;
      this.poolSize = poolSize;
      this.poolFingerprint = poolFingerprint;
      this.positions = positions;
    }

    int[] positions() {
      return positions.clone();
    }
  }

  static DrawnIndices of(long seed, Map<Split, Part> parts) {
    return parts.isEmpty() ? NONE : new DrawnIndices(seed, parts);
  }

  /** Whether nothing was drawn. */
  public boolean isEmpty() {
    return parts.isEmpty();
  }

  /** The seed of the draw. */
  public long seed() {
    return seed;
  }

  /** Positions of a split's pictures in its pool, rising; none where the split was not drawn. */
  public int[] positions(Split split) {
    Part part = parts.get(split);
    return part == null ? new int[0] : part.positions();
  }

  /** The split of the data set that a split was drawn from; none where it was not drawn. */
  public Optional<Split> pool(Split split) {
    return Optional.ofNullable(parts.get(split)).map(part -> part.pool);
  }

  Map<Split, Part> parts() {
    return parts;
  }

  /** As one JSON object. */
  public String toJson() {
    ObjectNode root = JSON.createObjectNode();
    root.put("seed", seed);
    ObjectNode splits = root.putObject("splits");
    parts.forEach(
        (split, part) -> {
          ObjectNode node = splits.putObject(split.key());
          node.put("pool", part.pool.key());
          node.put("pool_size", part.poolSize);
          node.put("pool_fingerprint", part.poolFingerprint);
          ArrayNode indices = node.putArray("indices");
          for (int position : part.positions) {
            indices.add(position);
          }
        });
    return root.toString();
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @param name of the file, for messages
   * @throws LinnetException if it is something else
   */
  public static DrawnIndices fromJson(String json, String name) {
    try {
      JsonNode root = JSON.readTree(json);
      Map<Split, Part> parts = new EnumMap<>(Split.class);
      for (Map.Entry<String, JsonNode> entry : root.path("splits").properties()) {
        Split split = Split.of(entry.getKey()).orElseThrow(() -> broken(name, entry.getKey()));
        parts.put(split, part(entry.getValue(), name, entry.getKey()));
      }
      if (!root.path("seed").isIntegralNumber() || !root.path("splits").isObject()) {
        throw broken(name, "seed or splits");
      }
      return of(root.path("seed").asLong(), parts);
    } catch (JsonProcessingException e) {
      throw new LinnetException(
          name + ": holds no drawn split (" + e.getOriginalMessage() + "); start a new run", e);
    }
  }

  private static Part part(JsonNode node, String name, String split) {
    Split pool = Split.of(node.path("pool").asText()).orElseThrow(() -> broken(name, split));
    int size = node.path("pool_size").asInt(-1);
    JsonNode indices = node.path("indices");
    int[] positions = new int[indices.size()];
    int before = -1;
    for (int i = 0; i < positions.length; i++) {
      int position = indices.get(i).isInt() ? indices.get(i).asInt() : -1;
      if (position <= before || position >= size) {
        throw broken(name, split);
      }
      positions[i] = position;
      before = position;
    }
    return new Part(pool, size, node.path("pool_fingerprint").asText(), positions);
  }

  private static LinnetException broken(String name, String split) {
    return new LinnetException(
        "%s: holds no drawn split (broken at \"%s\"); start a new run".formatted(name, split));
  }
}
