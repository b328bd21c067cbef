package dev.linnet.models;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The table of names of one file: each name has a configuration, and all share a network.
 *
 * @param <C> the configuration, a column of the paper's table
 */
final class Family<C> {
  private final String name;
  private final BiFunction<C, ModelOptions, Classifier> network;
  private final Set<Parts.Part> parts;
  private final UnaryOperator<String> names;
  private final Map<String, ZooModel> models;

  private Family(
      String name,
      BiFunction<C, ModelOptions, Classifier> network,
      Set<Parts.Part> parts,
      UnaryOperator<String> names,
      Map<String, ZooModel> models) {
    this.name = name;
    this.network = network;
    this.parts = parts;
    this.names = names;
    this.models = models;
  }

  /** A family without names. */
  static <C> Family<C> of(String name, BiFunction<C, ModelOptions, Classifier> network) {
    return new Family<>(name, network, Set.of(), UnaryOperator.identity(), Map.of());
  }

  /** The same family whose networks, named from here on, let these parts be exchanged. */
  Family<C> takes(Parts.Part... exchangeable) {
    return new Family<>(name, network, Set.of(exchangeable), names, models);
  }

  /**
   * The same family whose networks, named from here on, also are published with other names in
   * their state dicts.
   *
   * @param ours from a published name to the network's; others stay as they are
   */
  Family<C> names(UnaryOperator<String> ours) {
    return new Family<>(name, network, parts, ours, models);
  }

  /** The same family with one more name. */
  Family<C> model(String model, C config, Published published) {
    Map<String, ZooModel> more = new LinkedHashMap<>(models);
    Function<ModelOptions, Classifier> build =
        options -> network.apply(config, options).named(model).reads(names);
    if (more.put(model, new ZooModel(model, name, published, parts, build)) != null) {
      throw new IllegalStateException("the family " + name + " names " + model + " twice");
    }
    return new Family<>(name, network, parts, names, more);
  }

  /** Its names in the order of the table. */
  List<ZooModel> models() {
    return List.copyOf(models.values());
  }
}
