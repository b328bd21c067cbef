///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//DEPS dev.linnet:linnet-core:0.1.0-SNAPSHOT
//RUNTIME_OPTIONS -Dorg.bytedeco.javacpp.maxphysicalbytes=0

// Trains a network on your pictures, a folder for each class, and says how good it became.
//
//   mvn install -DskipTests                            once, so that jbang finds the library
//   jbang examples/Train.java photos/ 10 runs/photos   pictures, epochs, where to; each may be left
// out

import dev.linnet.recipe.Training;
import dev.linnet.recipe.TrainingRun;
import dev.linnet.train.EpochMetrics;
import dev.linnet.train.Metrics;
import dev.linnet.train.TrainingListener;
import java.nio.file.Path;
import java.util.Optional;

public final class Train {
  public static void main(String... args) {
    String data = args.length > 0 ? args[0] : "digits"; // which are built in
    String epochs = args.length > 1 ? args[1] : "3";
    Path run = Path.of(args.length > 2 ? args[2] : "runs/train");

    TrainingRun.Outcome outcome =
        Training.on(data).with("epochs", epochs).withListener(new Progress()).train(run);

    outcome.test().ifPresent(t -> System.out.printf("%.2f %% right%n", t.metrics().top1()));
    System.out.println(outcome.folder().report());
  }

  /** A line an epoch. */
  private static final class Progress implements TrainingListener {
    @Override
    public void epochEnded(EpochMetrics epoch) {
      Optional<Metrics> validation = epoch.validation();
      System.out.printf(
          "epoch %d: loss %.3f%s%n",
          epoch.epoch(),
          epoch.trainLoss(),
          validation.map(v -> ", %.2f %% right".formatted(v.top1())).orElse(""));
    }
  }
}
