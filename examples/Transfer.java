///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//DEPS dev.linnet:linnet-core:0.1.0-SNAPSHOT
//RUNTIME_OPTIONS -Dorg.bytedeco.javacpp.maxphysicalbytes=0

// Goes on from weights that were trained on other pictures: measures which layers must change, and
// trains those.
//
//   jbang examples/Transfer.java weights/ photos/ 15 runs/transfer   weights, pictures, epochs,
// where to

import dev.linnet.base.DownloadListener;
import dev.linnet.data.Places;
import dev.linnet.recipe.Experiment;
import dev.linnet.recipe.LoadedRecipe;
import dev.linnet.recipe.RecipeReader;
import dev.linnet.recipe.Training;
import dev.linnet.recipe.TrainingRun;
import dev.linnet.recipe.TransferAdvice;
import dev.linnet.recipe.TransferAdvisor;
import dev.linnet.tensor.Device;
import dev.linnet.weights.Hub;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public final class Transfer {
  public static void main(String... args) {
    Map<String, String> keys = Map.of("from", args[0], "data", args[1], "epochs", args[2]);
    LoadedRecipe recipe = RecipeReader.create().read("transfer", keys, List.of());
    Experiment experiment =
        Experiment.plan(
            recipe,
            new Experiment.Surroundings(
                Places.of(System.getenv()),
                DownloadListener.NONE,
                Device.CPU,
                Hub.of(System.getenv())));

    TransferAdvice advice =
        TransferAdvisor.advise(experiment, System.err::println, (done, of) -> {});
    System.out.println("features of            linear probe    LogME");
    for (TransferAdvice.Level level : advice.levels()) {
      System.out.printf("%-22s %10.1f %% %8.3f%n", level.layer(), level.probe(), level.logMe());
    }
    System.out.println("train " + advice.strategy() + ": " + advice.reason());

    Map<String, String> options = new HashMap<>(keys);
    options.putAll(advice.strategy().keys());
    TrainingRun.Outcome outcome =
        new Training("transfer", options, List.of()).train(Path.of(args[3]));
    outcome.test().ifPresent(t -> System.out.printf("%.2f %% right%n", t.metrics().top1()));
  }
}
