package dev.linnet.weights;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.linnet.base.AtomicFile;
import dev.linnet.base.InvalidValueException;
import dev.linnet.base.LinnetException;
import dev.linnet.models.Classifier;
import dev.linnet.models.InputSize;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Output;
import dev.linnet.models.Parts;
import dev.linnet.models.Parts.Presence;
import dev.linnet.models.Preprocessing;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.tensor.Nonlinearity;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What {@code config.json} says about the weights beside it, in the layout that timm and the hub
 * use. What it leaves out is as the zoo has it for that name.
 *
 * @param architecture a name of the zoo
 * @param options classes, channels and rates of the network
 * @param classNames in the order of the logits; empty where it does not say
 * @param preprocessing what the weights want to see
 */
public record WeightsConfig(
    String architecture,
    ModelOptions options,
    List<String> classNames,
    Preprocessing preprocessing) {
  private static final String CFG = "pretrained_cfg";

  /** Linnet's own: where it is given, the outputs are an embedding, of length 1. */
  private static final String TASK = "task";

  private static final String SIMILARITY = "similarity";
  private static final long MAX_BYTES = 100_000_000;
  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** Arguments that timm has not for all networks, by the names of {@code model_options}. */
  private static final String WIDTH = "width";

  private static final String SQUEEZE = "squeeze_excite";
  private static final String SHAKE = "shake_drop";
  private static final String DROP_PATH_RATE = "drop_path_rate";

  private static final String DROP_BLOCK_RATE = "drop_block_rate"; // timm's, of ResNets

  /** Arguments of timm that say nothing about the network's layers. */
  private static final Set<String> HARMLESS =
      Set.of("num_classes", "pretrained", "img_size", "scriptable", "exportable", "global_pool");

  public WeightsConfig {
    classNames = List.copyOf(classNames);
    if (!classNames.isEmpty() && classNames.size() != options.classes()) {
      throw new LinnetException(
          "label_names: got "
              + classNames.size()
              + " names; must be one for each of the "
              + options.classes()
              + " classes");
    }
  }

  /** Other names of the classes. */
  WeightsConfig withClassNames(List<String> names) {
    return new WeightsConfig(architecture, options, names, preprocessing);
  }

  /**
   * Reads a file.
   *
   * @throws LinnetException with one line if it is missing, no JSON, or says what cannot be
   */
  static WeightsConfig read(Path file) {
    JsonNode root = parse(file);
    try {
      return of(root);
    } catch (InvalidValueException e) {
      throw new LinnetException(file + ": " + e.getMessage(), e);
    } catch (LinnetException e) {
      throw new LinnetException(file + ": " + e.getMessage(), e);
    }
  }

  private static JsonNode parse(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new LinnetException(file + ": has more than " + MAX_BYTES + " bytes; is no config");
      }
      JsonNode root = JSON.readTree(Files.readString(file, StandardCharsets.UTF_8));
      if (!root.isObject()) {
        throw new LinnetException(file + ": is no JSON object; see a folder that Linnet wrote");
      }
      return root;
    } catch (NoSuchFileException e) {
      throw new LinnetException(
          file
              + ": no such file; a folder of weights has config.json and model.safetensors; for a"
              + " bare file of weights name its network, as in: resnet50 --weights FILE",
          e);
    } catch (JacksonException e) {
      throw new LinnetException(
          file
              + ": is no valid JSON: "
              + e.getOriginalMessage()
              + (e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")"),
          e);
    } catch (MalformedInputException e) {
      throw new LinnetException(file + ": is not UTF-8", e);
    } catch (IOException e) {
      throw new LinnetException(file + ": cannot be read (" + AtomicFile.reason(e) + ")", e);
    }
  }

  private static WeightsConfig of(JsonNode root) {
    JsonNode name = root.path("architecture");
    if (!name.isTextual()) {
      throw new LinnetException("has no \"architecture\"; must be a name of the zoo");
    }
    ZooModel model = Zoo.find(name.textValue());
    JsonNode cfg = root.has(CFG) ? object(root, CFG) : root; // timm once wrote it flat
    Preprocessing preprocessing = preprocessing(cfg, model.published().preprocessing());
    JsonNode args = object(root, "model_args");
    ModelOptions options =
        model
            .options()
            .withInChannels(preprocessing.input().channels())
            .withOutput(output(root.path(TASK)));
    int classes = integer(cfg, "num_classes", options.classes());
    classes = integer(args, "num_classes", integer(root, "num_classes", classes));
    options = withArguments(options.withClasses(classes), args);
    Classifier declared = model.declare(options);
    if (args.hasNonNull("global_pool")) {
      mustBe(args.path("global_pool"), "model_args.global_pool", declared.globalPool());
    }
    return new WeightsConfig(
        model.name(), options, classNames(root), preprocessing.withChannels(options.inChannels()));
  }

  private static ModelOptions withArguments(ModelOptions options, JsonNode args) {
    ModelOptions result = options;
    for (String key : (Iterable<String>) args::fieldNames) {
      String what = "model_args." + key;
      switch (key) {
        case "in_chans" -> result = result.withInChannels(integer(args, key, 3));
        case "drop_rate" -> result = result.withDropRate(number(args.path(key), what));
        case DROP_PATH_RATE -> result = result.withDropPathRate(number(args.path(key), what));
        case "act_layer",
            "pad_type",
            "output_stride",
            "aux_logits",
            WIDTH,
            SQUEEZE,
            SHAKE,
            DROP_BLOCK_RATE ->
            result = result.withParts(withPart(result.parts(), key, args.path(key), what));
        default -> {
          if (!HARMLESS.contains(key)) {
            throw new LinnetException(
                what + ": got " + args.path(key) + "; Linnet does not build this variation");
          }
        }
      }
    }
    return result;
  }

  private static Parts withPart(Parts parts, String key, JsonNode value, String what) {
    return switch (key) {
      case "act_layer" -> parts.withActivation(activation(value, what));
      case "pad_type" ->
          switch (value.asText()) {
            case "", "symmetric" -> parts.withPadding(Parts.Border.SYMMETRIC);
            case "same" -> parts.withPadding(Parts.Border.SAME);
            default -> throw mustBeOneOf(value, what, List.of("\"\"", "same", "symmetric"));
          };
      case "output_stride" -> {
        int stride = integer(value, what);
        yield stride == 32 ? parts : parts.withOutputStride(stride);
      }
      case "aux_logits" -> truth(value, what) ? parts.withAuxiliary(Presence.WITH) : parts;
      case SQUEEZE -> parts.withSqueezeExcite(presence(value, what));
      case SHAKE -> parts.withShakeDrop(presence(value, what));
      case WIDTH -> parts.withWidth(number(value, what));
      case DROP_BLOCK_RATE -> {
        double rate = number(value, what);
        yield rate == 0 ? parts : parts.withDropBlockRate(rate);
      }
      default -> throw new IllegalArgumentException(key);
    };
  }

  private static Presence presence(JsonNode value, String what) {
    return truth(value, what) ? Presence.WITH : Presence.WITHOUT;
  }

  private static boolean truth(JsonNode value, String what) {
    if (!value.isBoolean()) {
      throw mustBeOneOf(value, what, List.of("true", "false"));
    }
    return value.booleanValue();
  }

  private static Nonlinearity activation(JsonNode value, String what) {
    String name = value.asText().equals("swish") ? "silu" : value.asText();
    return Arrays.stream(Nonlinearity.values())
        .filter(function -> name(function).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                mustBeOneOf(
                    value,
                    what,
                    Arrays.stream(Nonlinearity.values()).map(WeightsConfig::name).toList()));
  }

  /** As timm writes it. */
  private static String name(Nonlinearity function) {
    return function.name().toLowerCase(Locale.ROOT).replaceFirst("^hard", "hard_");
  }

  private static LinnetException mustBeOneOf(JsonNode value, String what, List<String> allowed) {
    return new LinnetException(
        what + ": got " + value + "; must be one of " + String.join(", ", allowed));
  }

  /** What of the network is not as published, by timm's names where it has one. */
  private static ObjectNode arguments(Classifier model) {
    ObjectNode args = JSON.createObjectNode();
    if (model.inChannels() != 3) {
      args.put("in_chans", model.inChannels());
    }
    Parts parts = model.parts();
    parts.activation().given().ifPresent(function -> args.put("act_layer", name(function)));
    parts
        .padding()
        .given()
        .ifPresent(border -> args.put("pad_type", border == Parts.Border.SAME ? "same" : ""));
    parts.outputStride().given().ifPresent(stride -> args.put("output_stride", stride));
    parts.auxiliary().given().ifPresent(there -> args.put("aux_logits", there));
    parts.width().given().ifPresent(factor -> args.put(WIDTH, factor));
    parts.squeezeExcite().given().ifPresent(there -> args.put(SQUEEZE, there));
    parts.shakeDrop().given().ifPresent(there -> args.put(SHAKE, there));
    parts.dropBlockRate().given().ifPresent(rate -> args.put(DROP_BLOCK_RATE, rate));
    if (parts.shakeDrop().orElse(false)) { // which scales the branches in evaluation too
      args.put(DROP_PATH_RATE, model.dropPathRate());
    }
    return args;
  }

  private static Preprocessing preprocessing(JsonNode cfg, Preprocessing published) {
    Preprocessing result = published;
    if (cfg.hasNonNull("input_size")) {
      List<Double> size = numbers(cfg.path("input_size"), "pretrained_cfg.input_size", 3);
      boolean whole = size.size() == 3;
      for (double v : size) {
        whole &= v == Math.rint(v) && v >= 1 && v <= 1 << 20;
      }
      if (!whole) {
        throw new LinnetException(
            "pretrained_cfg.input_size: got "
                + cfg.path("input_size")
                + "; must be [channels, height, width], each at least 1");
      }
      InputSize input =
          new InputSize(size.get(0).intValue(), size.get(1).intValue(), size.get(2).intValue());
      result = result.withChannels(input.channels()).withInput(input);
    }
    int channels = result.input().channels();
    if (cfg.hasNonNull("mean")) {
      List<Double> mean = numbers(cfg.path("mean"), "pretrained_cfg.mean", channels);
      result = result.withColors(mean, result.std());
    }
    if (cfg.hasNonNull("std")) {
      List<Double> std = numbers(cfg.path("std"), "pretrained_cfg.std", channels);
      result = result.withColors(result.mean(), std);
    }
    if (cfg.hasNonNull("interpolation")) {
      result = result.withInterpolation(cfg.path("interpolation").asText());
    }
    if (cfg.hasNonNull("crop_pct")) {
      result = result.withCropPct(number(cfg.path("crop_pct"), "pretrained_cfg.crop_pct"));
    }
    if (cfg.hasNonNull("crop_mode")) {
      result = result.withCropMode(cfg.path("crop_mode").asText());
    }
    return result;
  }

  /** A list, or an object from index to name. */
  private static Output output(JsonNode task) {
    if (task.isMissingNode() || task.isNull()) {
      return Output.LOGITS;
    }
    if (!task.asText().equals(SIMILARITY)) {
      throw mustBeOneOf(task, TASK, List.of(SIMILARITY));
    }
    return Output.EMBEDDING;
  }

  private static List<String> classNames(JsonNode root) {
    JsonNode labels = root.path("label_names");
    List<String> names = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      JsonNode label = labels.isArray() ? labels.path(i) : labels.path(Integer.toString(i));
      if (!label.isTextual()) {
        throw new LinnetException("label_names: has no name for class " + i);
      }
      names.add(label.textValue());
    }
    return names;
  }

  private static JsonNode object(JsonNode root, String key) {
    JsonNode node = root.path(key);
    if (node.isMissingNode() || node.isNull()) {
      return JSON.createObjectNode();
    }
    if (!node.isObject()) {
      throw new LinnetException(key + ": got " + node + "; must be an object");
    }
    return node;
  }

  private static int integer(JsonNode parent, String key, int otherwise) {
    JsonNode node = parent.path(key);
    if (node.isMissingNode() || node.isNull()) {
      return otherwise;
    }
    return integer(node, key);
  }

  private static int integer(JsonNode node, String what) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw new LinnetException(what + ": got " + node + "; must be a whole number");
    }
    return node.intValue();
  }

  private static double number(JsonNode node, String what) {
    if (!node.isNumber()) {
      throw new LinnetException(what + ": got " + node + "; must be a number");
    }
    return node.doubleValue();
  }

  /** Numbers of a list; a list of one is repeated, as in timm. */
  private static List<Double> numbers(JsonNode list, String what, int count) {
    List<Double> values = new ArrayList<>();
    if (!list.isArray()) {
      throw new LinnetException(what + ": got " + list + "; must be a list of numbers");
    }
    for (JsonNode value : list) {
      values.add(number(value, what));
    }
    List<Double> spread = values.size() == 1 ? Collections.nCopies(count, values.get(0)) : values;
    if (spread.size() != count) {
      throw new LinnetException(what + ": got " + list + "; must be " + count + " numbers");
    }
    return spread;
  }

  private static void mustBe(JsonNode node, String what, String only) {
    if (!node.asText().equals(only)) {
      throw new LinnetException(what + ": got " + node + "; Linnet builds \"" + only + "\" only");
    }
  }

  /** The file's text for a network, as timm would write it. */
  static String json(
      Classifier model, List<String> classNames, Preprocessing preprocessing, int testSide) {
    ObjectNode root = JSON.createObjectNode();
    root.put("architecture", model.architecture());
    root.put("num_classes", model.classes());
    if (model.output() == Output.EMBEDDING) {
      root.put(TASK, SIMILARITY);
    }
    root.put("num_features", model.numFeatures());
    root.put("global_pool", model.globalPool());
    ArrayNode names = root.putArray("label_names");
    classNames.forEach(names::add);
    ObjectNode args = arguments(model);
    if (!args.isEmpty()) {
      root.set("model_args", args);
    }
    ObjectNode cfg = root.putObject("pretrained_cfg");
    InputSize input = preprocessing.input();
    cfg.putArray("input_size").add(input.channels()).add(input.height()).add(input.width());
    if (testSide != input.height()) {
      cfg.putArray("test_input_size").add(input.channels()).add(testSide).add(testSide);
    }
    cfg.put("fixed_input_size", false);
    cfg.put("interpolation", preprocessing.interpolation());
    cfg.put("crop_pct", preprocessing.cropPct());
    cfg.put("crop_mode", preprocessing.cropMode());
    preprocessing.mean().forEach(cfg.withArray("mean")::add);
    preprocessing.std().forEach(cfg.withArray("std")::add);
    cfg.put("num_classes", model.classes());
    List<String> first = model.firstConvNames();
    if (first.size() == 1) {
      cfg.put("first_conv", first.get(0));
    } else {
      first.forEach(cfg.withArray("first_conv")::add);
    }
    cfg.put("classifier", model.headName());
    return root.toPrettyString() + "\n";
  }
}
