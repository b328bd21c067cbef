package dev.linnet.recipe;

import dev.linnet.base.Check;
import dev.linnet.recipe.Tree.Leaf;
import dev.linnet.train.Unfreezing;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which layers of a network that starts from weights are trained; the others are frozen. A recipe
 * writes {@code all}, {@code top:3} or {@code head}.
 *
 * @param layers below the head, at least 0; {@link Unfreezing#ALL} for all
 */
public record TrainedLayers(int layers) {
  /** Nothing is frozen. */
  public static final TrainedLayers ALL = new TrainedLayers(Unfreezing.ALL);

  /** The head alone. */
  public static final TrainedLayers HEAD = new TrainedLayers(0);

  private static final Pattern TOP = Pattern.compile("top:([1-9][0-9]{0,3})");

  public TrainedLayers {
    Check.that(layers >= 0, "train", layers, "at least 0");
  }

  /** The head and some layers below it, as {@code top:N} says it. */
  public static TrainedLayers top(int layers) {
    Check.that(layers >= 1, "train", "top:" + layers, "top:1 or more");
    return new TrainedLayers(layers);
  }

  private static Optional<TrainedLayers> parse(String text) {
    if (text.equals(ALL.toString())) {
      return Optional.of(ALL);
    }
    if (text.equals(HEAD.toString())) {
      return Optional.of(HEAD);
    }
    Matcher top = TOP.matcher(text);
    return top.matches() ? Optional.of(top(Integer.parseInt(top.group(1)))) : Optional.empty();
  }

  /** How a recipe writes it. */
  static Form form() {
    return new Form() {
      @Override
      List<String> expected() {
        return List.of("all", "head", "top:N with N in [1, 9999]");
      }

      @Override
      boolean isSingle() {
        return true;
      }

      @Override
      @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
        Optional<TrainedLayers> read =
            tree instanceof Leaf leaf ? parse(leaf.text()) : Optional.empty();
        return read.isPresent() ? read.get() : refuse(tree, path, fallback, problems);
      }

      @Override
      Tree write(Object value) {
        return Scalars.leaf(value.toString());
      }
    };
  }

  /** As a recipe writes it. */
  @Override
  public String toString() {
    return layers == Unfreezing.ALL ? "all" : layers == 0 ? "head" : "top:" + layers;
  }
}
