package dev.linnet.models;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The table of names of one file: each name has a configuration, and all share a network.
 *
 * @param <C> the configuration, a column of the paper's table
 */
final class Family<C> {
  private final String name;
  private final BiFunction<C, ModelOptions, Classifier> network;
  private final Map<String, ZooModel> models;

  private Family(
      String name, BiFunction<C, ModelOptions, Classifier> network, Map<String, ZooModel> models) {
    this.name = name;
    this.network = network;
    this.models = models;
  }

  /** A family without names. */
  static <C> Family<C> of(String name, BiFunction<C, ModelOptions, Classifier> network) {
    return new Family<>(name, network, Map.of());
  }

  /** The same family with one more name. */
  Family<C> model(String model, C config, Published published) {
    Map<String, ZooModel> more = new LinkedHashMap<>(models);
    Function<ModelOptions, Classifier> build =
        options -> network.apply(config, options).named(model);
    if (more.put(model, new ZooModel(model, name, published, build)) != null) {
      throw new IllegalStateException("the family " + name + " names " + model + " twice");
    }
    return new Family<>(name, network, more);
  }

  /** Its names in the order of the table. */
  List<ZooModel> models() {
    return List.copyOf(models.values());
  }
}
