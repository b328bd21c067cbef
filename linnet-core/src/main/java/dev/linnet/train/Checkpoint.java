package dev.linnet.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.linnet.base.LinnetException;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.weights.SafeTensors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The full state of a training as one safetensors file, written at once: weights, their average,
 * the state of optimizer and objective, and in the header where the run stands and what it was made
 * of. Random streams are functions of the seed and the position, so there is nothing of them to
 * save.
 */
final class Checkpoint {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HEADER = "linnet";
  private static final String RECALL_AT_1 = "recall_at_1";
  private static final int VERSION = 1;

  private Checkpoint() {}

  static void save(Trainer.Parts parts, TrainOptions options, Progress progress) {
    Scope.run(
        "checkpoint",
        () ->
            Autograd.off(
                () ->
                    SafeTensors.write(
                        parts.store().checkpoint(),
                        tensors(parts),
                        Map.of(HEADER, header(options, progress)))));
  }

  static void load(Trainer.Parts parts, TrainOptions options, Progress progress) {
    Path file = parts.store().checkpoint();
    try (SafeTensors saved = SafeTensors.open(file)) {
      read(file, header(file, saved), options, progress);
      Scope.run(
          "checkpoint",
          () ->
              Autograd.off(
                  () -> {
                    Map<String, Tensor> tensors = new LinkedHashMap<>();
                    saved.names().forEach(name -> tensors.put(name, saved.tensor(name)));
                    parts.optimizer().loadState(section(tensors, "optimizer."));
                    parts
                        .averaging()
                        .ifPresent(a -> a.average().loadState(section(tensors, "average.")));
                    restore(file, parts.objective().parameters(), section(tensors, "objective."));
                    restore(file, parts.model().state(), section(tensors, "model."));
                  }));
    }
  }

  private static Map<String, Tensor> tensors(Trainer.Parts parts) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    parts.model().state().forEach((name, p) -> all.put("model." + name, p.value()));
    parts.optimizer().state().forEach((name, t) -> all.put("optimizer." + name, t));
    parts
        .averaging()
        .ifPresent(a -> a.average().state().forEach((name, t) -> all.put("average." + name, t)));
    parts.objective().parameters().forEach((name, p) -> all.put("objective." + name, p.value()));
    return all;
  }

  private static Map<String, Tensor> section(Map<String, Tensor> all, String prefix) {
    Map<String, Tensor> part = new LinkedHashMap<>();
    all.forEach(
        (name, t) -> {
          if (name.startsWith(prefix)) {
            part.put(name.substring(prefix.length()), t);
          }
        });
    return part;
  }

  private static void restore(Path file, Map<String, Parameter> state, Map<String, Tensor> saved) {
    state.forEach(
        (name, p) -> {
          Tensor t = saved.get(name);
          if (t == null || !t.shape().equals(p.shape()) || t.dtype() != p.dtype()) {
            throw new LinnetException(
                file
                    + ": \""
                    + name
                    + "\" is "
                    + (t == null ? "missing" : t.toString())
                    + ", but the model has "
                    + p.value()
                    + "; resume with the model of the run");
          }
          p.value().detach().set(t);
        });
  }

  // ------------------------------------------------------------------ the header

  private static String header(TrainOptions options, Progress progress) {
    ObjectNode root = JSON.createObjectNode();
    root.put("version", VERSION).put("epoch", progress.epoch).put("batch", progress.batch);
    root.put("update", progress.update).put("seconds", progress.seconds);
    root.put("loss_sum", progress.lossSum).put("seen", progress.seen).put("hits", progress.hits);
    root.put("epoch_seconds", progress.epochSeconds).put("wait_seconds", progress.waitSeconds);
    if (options.dtype() == DType.FLOAT16) {
      root.put("loss_scale", progress.scaler.scale()).put("loss_good", progress.scaler.good());
    }
    ObjectNode identity = root.putObject("identity");
    new TreeMap<>(options.identity()).forEach(identity::put);
    for (EpochMetrics row : progress.rows) {
      root.withArray("rows").add(toJson(row));
    }
    return root.toString();
  }

  private static JsonNode header(Path file, SafeTensors saved) {
    String text = saved.metadata().get(HEADER);
    if (text == null) {
      throw new LinnetException(
          file + ": is no checkpoint of a training; --resume takes a run's folder");
    }
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw broken(file, e);
    }
  }

  private static void read(Path file, JsonNode root, TrainOptions options, Progress progress) {
    if (root.path("version").asInt() != VERSION) {
      throw new LinnetException(
          file
              + ": has the version "
              + root.path("version").asText("none")
              + " of the checkpoint's format; this Linnet reads "
              + VERSION);
    }
    checkIdentity(file, root.path("identity"), options.identity());
    try {
      progress.epoch = required(root, "epoch").asInt();
      progress.batch = required(root, "batch").asInt();
      progress.update = required(root, "update").asLong();
      progress.seconds = required(root, "seconds").asDouble();
      progress.lossSum = required(root, "loss_sum").asDouble();
      progress.seen = required(root, "seen").asLong();
      progress.hits = required(root, "hits").asLong();
      progress.epochSeconds = required(root, "epoch_seconds").asDouble();
      progress.waitSeconds = required(root, "wait_seconds").asDouble();
      if (options.dtype() == DType.FLOAT16) {
        progress.scaler =
            new LossScaler(
                required(root, "loss_scale").asDouble(), required(root, "loss_good").asInt());
      }
      progress.rows.clear();
      root.path("rows").forEach(row -> progress.rows.add(fromJson(row)));
    } catch (IllegalArgumentException e) {
      throw broken(file, e);
    }
  }

  private static void checkIdentity(Path file, JsonNode saved, Map<String, String> wanted) {
    new TreeMap<>(wanted)
        .forEach(
            (key, value) -> {
              String was = saved.path(key).asText("unknown");
              if (!was.equals(value)) {
                throw new LinnetException(
                    file
                        + ": the run has the "
                        + key
                        + " "
                        + was
                        + ", but "
                        + value
                        + " was asked for; resume with the same, or start a new run");
              }
            });
  }

  private static JsonNode required(JsonNode node, String key) {
    JsonNode value = node.get(key);
    if (value == null || !value.isNumber()) {
      throw new IllegalArgumentException("\"" + key + "\" is missing");
    }
    return value;
  }

  private static LinnetException broken(Path file, Exception e) {
    return new LinnetException(
        file + ": its header is broken (" + e.getMessage() + "); delete it to start over", e);
  }

  private static ObjectNode toJson(EpochMetrics row) {
    ObjectNode node = JSON.createObjectNode();
    node.put("epoch", row.epoch()).put("update", row.update()).put("lr", row.lr());
    node.put("train_loss", row.trainLoss()).put("train_top1", row.trainTop1());
    row.validation().ifPresent(m -> node.set("val", toJson(m)));
    node.put("seconds", row.seconds()).put("images_per_s", row.imagesPerSecond());
    node.put("data_wait", row.dataWait()).put("best", row.best());
    return node;
  }

  private static EpochMetrics fromJson(JsonNode node) {
    return new EpochMetrics(
        required(node, "epoch").asInt(),
        required(node, "update").asLong(),
        required(node, "lr").asDouble(),
        required(node, "train_loss").asDouble(),
        required(node, "train_top1").asDouble(),
        metrics(node.get("val")),
        required(node, "seconds").asDouble(),
        required(node, "images_per_s").asDouble(),
        required(node, "data_wait").asDouble(),
        node.path("best").asBoolean());
  }

  /** The keys that other programs read. */
  static ObjectNode toJson(Metrics m) {
    ObjectNode node = JSON.createObjectNode();
    m.similarity()
        .ifPresentOrElse(
            s ->
                node.put(RECALL_AT_1, s.recallAt1())
                    .put("recall_at_2", s.recallAt2())
                    .put("recall_at_4", s.recallAt4())
                    .put("recall_at_8", s.recallAt8())
                    .put("map_at_r", s.mapAtR()),
            () -> node.put("top1", m.top1()).put("top5", m.top5()).put("loss", m.loss()));
    node.put("images", m.images()).put("seconds", m.seconds());
    node.put("images_per_s", m.imagesPerSecond());
    return node;
  }

  private static Optional<Metrics> metrics(@Nullable JsonNode node) {
    if (node == null) {
      return Optional.empty();
    }
    if (node.has(RECALL_AT_1)) {
      SimilarityMetrics similarity =
          new SimilarityMetrics(
              required(node, RECALL_AT_1).asDouble(),
              required(node, "recall_at_2").asDouble(),
              required(node, "recall_at_4").asDouble(),
              required(node, "recall_at_8").asDouble(),
              required(node, "map_at_r").asDouble());
      return Optional.of(
          Metrics.of(
              similarity, required(node, "images").asLong(), required(node, "seconds").asDouble()));
    }
    return Optional.of(
        new Metrics(
            required(node, "top1").asDouble(),
            required(node, "top5").asDouble(),
            required(node, "loss").asDouble(),
            required(node, "images").asLong(),
            required(node, "seconds").asDouble()));
  }
}
