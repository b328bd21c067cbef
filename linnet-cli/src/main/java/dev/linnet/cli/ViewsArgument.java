package dev.linnet.cli;

import dev.linnet.base.Check;
import dev.linnet.recipe.SavedModel;
import dev.linnet.train.TestTimeAugmentation;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which views of a picture a verb averages. */
final class ViewsArgument {
  @Option(
      names = "--tta",
      paramLabel = "VIEWS",
      description =
          "average the probabilities of views of each picture: none, flip (2 passes) or ten-crop"
              + " (10 passes); default as in the run's recipe, else none")
  private @Nullable String views;

  /**
   * What was asked for, else what the run's recipe says.
   *
   * @throws dev.linnet.base.InvalidValueException if there is no such thing
   */
  TestTimeAugmentation of(SavedModel saved) {
    check();
    TestTimeAugmentation asked = views == null ? null : byName().get(views);
    return asked == null ? saved.usualAugmentation() : asked;
  }

  /** Refuses what there is not, before anything is read. */
  void check() {
    if (views != null) {
      Check.that(byName().containsKey(views), "--tta", views, "none, flip or ten-crop");
    }
  }

  private static Map<String, TestTimeAugmentation> byName() {
    Map<String, TestTimeAugmentation> byName = new TreeMap<>();
    for (TestTimeAugmentation each : TestTimeAugmentation.values()) {
      byName.put(each.name().toLowerCase(Locale.ROOT).replace('_', '-'), each);
    }
    return byName;
  }
}
