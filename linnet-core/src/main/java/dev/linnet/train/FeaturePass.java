package dev.linnet.train;

import dev.linnet.base.RandomState;
import dev.linnet.data.Batch;
import dev.linnet.image.ImageSize;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Detour;
import dev.linnet.nn.Taps;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A pass of a batch through the network in which a {@link FeatureTrick} may act.
 *
 * @param batch with the targets as the features will be mixed
 * @param place the module after which the trick acts, or null for nowhere
 * @param change what it does there
 */
record FeaturePass(Batch batch, @Nullable String place, UnaryOperator<Tensor> change) {

  /** The pass of a batch to which nothing happens. */
  static FeaturePass plain(Batch batch) {
    return new FeaturePass(batch, null, UnaryOperator.identity());
  }

  private static <P> FeaturePass of(FeatureTrick<P> trick, Batch batch, P plan) {
    Tensor targets = trick.targets(batch.softTargets(), plan);
    UnaryOperator<Tensor> change = features -> trick.features(features, plan);
    return trick.place(plan).equals(FeatureTrick.PICTURES)
        ? plain(batch.with(change.apply(batch.images()), targets))
        : new FeaturePass(batch.with(batch.images(), targets), trick.place(plan), change);
  }

  /** Runs work on the network, during which the trick acts. */
  <T> T run(Classifier model, Supplier<T> work) {
    return place == null ? work.get() : Detour.run(model, place, change, work);
  }

  /** Draws for one batch after the other; knows the shapes of the maps by the pictures' size. */
  static final class Source {
    private final Classifier model;
    private final FeatureTrick<?> trick;
    private final Map<ImageSize, Map<String, Shape>> known = new HashMap<>();

    Source(Classifier model, FeatureTrick<?> trick) {
      this.model = model;
      this.trick = trick;
    }

    FeaturePass draw(RandomState random, Batch batch) {
      return draw(trick, random, batch);
    }

    private <P> FeaturePass draw(FeatureTrick<P> typed, RandomState random, Batch batch) {
      Optional<P> plan = typed.draw(random, batch, maps(batch));
      return plan.map(p -> of(typed, batch, p)).orElseGet(() -> plain(batch));
    }

    private Map<String, Shape> maps(Batch batch) {
      Map<String, Shape> one =
          known.computeIfAbsent(batch.imageSize(), size -> mapsOfOne(batch.images()));
      Map<String, Shape> all = new LinkedHashMap<>();
      one.forEach((place, shape) -> all.put(place, times(batch.size(), shape)));
      return all;
    }

    private static Shape times(int pictures, Shape one) {
      long[] sizes = one.toArray();
      sizes[0] = pictures;
      return Shape.of(sizes);
    }

    /** Of one picture, in evaluation, which leaves the network as it is. */
    private Map<String, Shape> mapsOfOne(Tensor images) {
      Map<String, Shape> shapes = new LinkedHashMap<>();
      List<String> places = trick.places(model);
      List<String> modules = places.stream().filter(p -> !p.equals(FeatureTrick.PICTURES)).toList();
      boolean training = model.isTraining();
      Scope scope = Scope.open("shapes of maps");
      try {
        Tensor picture = images.narrow(0, 0, 1);
        model.eval();
        Map<String, Tensor> seen =
            Autograd.off(() -> Taps.run(model, modules, () -> model.forward(picture)).tapped());
        seen.forEach((name, maps) -> shapes.put(name, maps.shape()));
        if (places.contains(FeatureTrick.PICTURES)) {
          shapes.put(FeatureTrick.PICTURES, picture.shape());
        }
      } finally {
        if (training) {
          model.train();
        }
        scope.close();
      }
      return shapes;
    }
  }
}
