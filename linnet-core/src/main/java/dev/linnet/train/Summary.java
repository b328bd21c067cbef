package dev.linnet.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.linnet.models.ModelCost;
import java.util.Optional;

/**
 * The content of {@code summary.json}, which other programs read.
 *
 * @param result how the training went
 * @param test metrics of the saved weights on the test pictures, or else on those of validation;
 *     empty where there are neither
 * @param finalTest the same of the last epoch's weights, where they are others than the saved ones
 * @param cost of one picture
 */
public record Summary(
    TrainingResult result, Optional<Metrics> test, Optional<Metrics> finalTest, ModelCost cost) {

  /**
   * As JSON: {@code {"final": {…}, "best": {…, "epoch"}, "test": {…}}}, each with {@code top1},
   * {@code top5} in percent, {@code loss}, {@code images}, {@code seconds}, {@code images_per_s}.
   */
  public String toJson() {
    ObjectNode root = new ObjectMapper().createObjectNode();
    if (!result.epochs().isEmpty()) {
      EpochMetrics last = result.epochs().get(result.epochs().size() - 1);
      root.set("final", row(last, finalTest.or(() -> test)));
      result.best().ifPresent(b -> root.set("best", row(b, test).put("epoch", b.epoch())));
    }
    test.ifPresent(m -> root.set("test", Checkpoint.toJson(m)));
    root.put("end", result.end().name().toLowerCase(java.util.Locale.ROOT));
    root.put("epochs", result.epochs().size()).put("updates", result.updates());
    root.put("seconds", result.seconds());
    ObjectNode costs = root.putObject("cost");
    costs.put("parameters", cost.parameters()).put("macs", cost.macs());
    return root.toPrettyString() + "\n";
  }

  /** The epoch's validation, or what was measured at the end where there was none. */
  private static ObjectNode row(EpochMetrics epoch, Optional<Metrics> measured) {
    ObjectNode node =
        epoch
            .validation()
            .or(() -> measured)
            .map(Checkpoint::toJson)
            .orElseGet(() -> new ObjectMapper().createObjectNode());
    return node.put("train_loss", epoch.trainLoss()).put("train_top1", epoch.trainTop1());
  }
}
