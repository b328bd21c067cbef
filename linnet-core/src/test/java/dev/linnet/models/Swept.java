package dev.linnet.models;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.HashWeights;
import dev.linnet.weights.WeightsFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A network of the zoo under test: with {@link HashWeights}, so that nothing starts at zero, few
 * classes, and sizes that it takes. Its memory comes with the first use and goes with {@link
 * #close}.
 */
final class Swept implements AutoCloseable {
  static final int CLASSES = 7;
  private static final long SMALL = 3_000_000; // parameters
  private static final long LARGE = 30_000_000;
  private static final int FARTHEST = 400;
  private static final Map<String, Double> GAINS = gains();

  /**
   * Pictures that a network takes.
   *
   * @param height in pixels
   * @param width in pixels
   */
  record Size(int height, int width) {}

  private final ZooModel zoo;
  private final ModelOptions options;
  private @Nullable Classifier model;
  private @Nullable Classifier shapes;
  private @Nullable Path saved;
  private int least;

  Swept(ZooModel zoo) {
    this.zoo = zoo;
    options = zoo.options().withClasses(CLASSES);
  }

  /**
   * The small networks, and the smallest of each family unless it is large; {@code -Dlinnet.models}
   * chooses.
   */
  static Stream<Swept> small() {
    Set<String> small = namesOfSmall();
    return chosen().filter(zoo -> small.contains(zoo.name())).map(Swept::new);
  }

  /** All others. */
  static Stream<Swept> large() {
    Set<String> small = namesOfSmall();
    return chosen().filter(zoo -> !small.contains(zoo.name())).map(Swept::new);
  }

  private static Stream<ZooModel> chosen() {
    String names = System.getProperty("linnet.models", ".*"); // a regular expression
    return Zoo.models().stream().filter(zoo -> zoo.name().matches(names));
  }

  private static Set<String> namesOfSmall() {
    Set<String> names = new HashSet<>();
    Zoo.models().stream()
        .collect(Collectors.groupingBy(ZooModel::family))
        .values()
        .forEach(
            family -> {
              Map<String, Long> sizes =
                  family.stream().collect(Collectors.toMap(ZooModel::name, Swept::parameters));
              long least = Collections.min(sizes.values());
              sizes.values().removeIf(size -> size > Math.min(Math.max(least, SMALL), LARGE));
              names.addAll(sizes.keySet());
            });
    return names;
  }

  private static long parameters(ZooModel zoo) {
    return zoo.declare(zoo.options()).parameterCount();
  }

  private static Map<String, Double> gains() {
    Map<String, Double> gains = new LinkedHashMap<>();
    for (JsonNode row : Golden.json("zoo.json").get("models")) {
      gains.put(row.get("name").asText(), row.get("gain").asDouble());
    }
    return gains;
  }

  ZooModel zoo() {
    return zoo;
  }

  String name() {
    return zoo.name();
  }

  ModelOptions options() {
    return options;
  }

  int channels() {
    return options.inChannels();
  }

  /** With memory, in evaluation mode. */
  Classifier model() {
    Classifier made = model;
    if (made == null) {
      made = zoo.declare(options);
      put(made, p -> Tensor.zeros(p.dtype(), Device.CPU, p.shape().toArray()));
      made.channelsLast();
      HashWeights.fill(made, GAINS.getOrDefault(name(), 1.0));
      raiseBiases(made);
      model = made;
    }
    made.eval();
    return made;
  }

  /** Else all of a few channels between two layers may be dead, and with them their gradients. */
  private static void raiseBiases(Classifier network) {
    Map<String, Parameter> all = network.parameters();
    Autograd.off(
        () ->
            all.forEach(
                (name, bias) -> {
                  Parameter weight = all.get(name.replaceAll("bias$", "weight"));
                  if (name.endsWith("bias") && weight != null && weight.shape().rank() > 1) {
                    bias.value().addInPlace(0.5);
                  }
                }));
  }

  /** Another one with the same weights; the caller closes it. */
  Classifier copy() {
    Map<String, Parameter> weights = model().state();
    Classifier made = zoo.declare(options);
    Iterator<Parameter> next = weights.values().iterator();
    put(made, p -> next.next().value().detach().copy());
    made.eval();
    return made;
  }

  private static void put(Classifier network, Function<Parameter, Tensor> values) {
    Scope.run("put", () -> network.state().values().forEach(p -> p.take(values.apply(p))));
  }

  /** A folder with its weights, which {@link #close} deletes. */
  Path saved() {
    Path folder = saved;
    if (folder == null) {
      try {
        folder = Files.createTempDirectory("linnet-sweep");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      saved = folder;
      save(folder);
    }
    return folder;
  }

  /** Writes its weights to a folder. */
  void save(Path folder) {
    List<String> names = IntStream.range(0, options.classes()).mapToObj(i -> "class " + i).toList();
    WeightsFolder.save(folder, model(), names, zoo.published().preprocessing());
  }

  /** The least side of a square picture that it takes. */
  int least() {
    if (least == 0) {
      least = next(1, zoo.published().preprocessing().input().height());
    }
    return least;
  }

  /** The least square at which the last map has four pixels or more. */
  Size sensible() {
    List<FeatureLevel> levels = shapes().levels();
    int stride = levels.isEmpty() ? 1 : levels.get(levels.size() - 1).stride();
    int side = next(Math.max(least(), 2 * stride), FARTHEST);
    return new Size(side, side);
  }

  /** Sides that differ and are no powers of two, as far as the network takes such. */
  Size odd() {
    for (int more = 0; more < 32; more++) {
      for (int side = 0; side < 32; side++) {
        Size size = new Size(least() + 7 + side, least() + 13 + more);
        if (takes(size.height(), size.width())) {
          return size;
        }
      }
    }
    return new Size(least(), least());
  }

  private int next(int from, int to) {
    for (int side = from; side <= to; side++) {
      if (takes(side, side)) {
        return side;
      }
    }
    throw new IllegalStateException(name() + " takes no square of " + from + " to " + to);
  }

  /** Whether it takes pictures of a size, found without computing. */
  boolean takes(int height, int width) {
    Classifier network = shapes();
    try (Scope scope = Scope.open("size")) {
      return network
                  .forward(Tensor.empty(DType.FLOAT32, Device.META, 1, channels(), height, width))
                  .rank()
              == 2
          && !scope.name().isEmpty();
    } catch (LinnetException | IllegalArgumentException e) {
      return false;
    }
  }

  /** Without memory, for shapes. */
  Classifier shapes() {
    Classifier made = shapes;
    if (made == null) {
      made = zoo.declare(options);
      made.materialize(Device.META, RandomState.of(0));
      shapes = made;
    }
    return made;
  }

  @Override
  public void close() throws IOException {
    if (saved != null) {
      for (String name : List.of("config.json", "model.safetensors")) {
        Files.deleteIfExists(saved.resolve(name));
      }
      Files.deleteIfExists(saved);
      saved = null;
    }
    if (model != null) {
      model.close();
      model = null;
    }
    if (shapes != null) {
      shapes.close();
      shapes = null;
    }
  }

  /** Such as {@code resnet50}; names the test. */
  @Override
  public String toString() {
    return name();
  }
}
