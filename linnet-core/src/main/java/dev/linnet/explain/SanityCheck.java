package dev.linnet.explain;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.Check;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether a heatmap has to do with what the network learnt: layer by layer, from the head to the
 * first, weights become random, and each time the map is compared with the first one.
 *
 * <p>A map that stays as it was would look the same of a network that learnt nothing: it shows the
 * picture's edges, not the answer's reasons. Adebayo et al., NeurIPS 2018, arXiv:1810.03292, §3,
 * cascading randomization. Random weights are normal with the mean and the deviation of those that
 * were learnt, tensor by tensor, so that signals neither die nor grow; the authors draw them as the
 * training began. Running statistics stay.
 *
 * <p>The network is changed while this runs and has its own weights again afterwards: one thread,
 * and no other that uses the network.
 *
 * @param stages at most so many networks are compared, evenly over the layers, at least 1
 * @param seed of the random weights
 */
public record SanityCheck(int stages, long seed) {
  public static final SanityCheck DEFAULT = new SanityCheck(8, 0);

  public SanityCheck {
    Check.that(stages >= 1, "stages", stages, "at least 1");
  }

  /**
   * A network of which the last layers are random.
   *
   * @param random how many layers are random, from the head on
   * @param layers how many there are
   * @param layer the name that the weights of the last one that became random begin with
   * @param rankCorrelation Spearman's, of all places, with the first map, in [−1, 1]
   * @param structural structural similarity with the first map, in [−1, 1]
   */
  public record Stage(
      int random, int layers, String layer, double rankCorrelation, double structural) {}

  /**
   * Compares the maps of one way to explain one picture.
   *
   * @param picture [1, C, H, W], normalized
   * @param label the class that is explained
   * @return from the head alone to all layers random
   */
  public List<Stage> run(Subject subject, Attribution attribution, Tensor picture, int label) {
    Heatmap first = attribution.explain(subject, picture, label).get(0);
    Heatmap firstShown = first.shown(attribution.shownShare());
    List<List<String>> layers = fromTheHead(subject.model());
    int count = Math.min(stages, layers.size());
    List<Stage> found = new ArrayList<>();
    Scope scope = Scope.open("sanity");
    Map<String, Tensor> learnt = new LinkedHashMap<>();
    Map<String, Parameter> weights = subject.model().parameters();
    try {
      weights.forEach((name, p) -> learnt.put(name, p.value().detach().copy()));
      int done = 0;
      for (int stage = 1; stage <= count; stage++) {
        // The head alone first, all layers last.
        int until =
            count == 1 ? layers.size() : 1 + (layers.size() - 1) * (stage - 1) / (count - 1);
        for (; done < until; done++) {
          randomize(weights, layers.get(done));
        }
        Heatmap map = attribution.explain(subject, picture, label).get(0);
        found.add(
            new Stage(
                until,
                layers.size(),
                common(layers.get(until - 1)),
                MapSimilarity.rankCorrelation(first, map),
                MapSimilarity.structural(firstShown, map.shown(attribution.shownShare()))));
      }
    } finally {
      Autograd.off(() -> learnt.forEach((name, own) -> weight(weights, name).set(own)));
      scope.close();
    }
    return found;
  }

  private void randomize(Map<String, Parameter> weights, List<String> names) {
    RandomState random = RandomState.of(seed);
    Autograd.off(
        () -> {
          for (String name : names) {
            Scope.run(
                "random",
                () -> {
                  Tensor weight = weight(weights, name);
                  double mean = weight.mean().item();
                  double deviation = weight.sub(mean).pow(2).mean().sqrt().item();
                  weight.set(
                      Tensor.normal(
                          mean,
                          Math.max(deviation, 1e-12),
                          random.at(name.hashCode()),
                          weight.dtype(),
                          weight.shape().toArray()));
                });
          }
        });
  }

  private static Tensor weight(Map<String, Parameter> weights, String name) {
    return requireNonNull(weights.get(name)).value();
  }

  /** Names of the weights of each layer, the head first. */
  private static List<List<String>> fromTheHead(Classifier model) {
    TreeMap<Integer, List<String>> layers = new TreeMap<>();
    model
        .layers()
        .forEach((name, layer) -> layers.computeIfAbsent(layer, l -> new ArrayList<>()).add(name));
    return new ArrayList<>(layers.descendingMap().values());
  }

  /** What the names of a layer's weights have in common, up to a point. */
  private static String common(List<String> names) {
    String prefix = names.get(0);
    for (String name : names) {
      while (!name.startsWith(prefix)) {
        prefix = prefix.substring(0, prefix.length() - 1);
      }
    }
    int point = prefix.lastIndexOf('.');
    return point > 0 ? prefix.substring(0, point) : names.get(0);
  }
}
