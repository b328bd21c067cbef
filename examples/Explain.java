///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//DEPS dev.linnet:linnet-core:0.1.0-SNAPSHOT
//RUNTIME_OPTIONS -Dorg.bytedeco.javacpp.maxphysicalbytes=0

// Shows which places of a picture an answer comes from, and whether the heatmap means anything.
//
//   jbang examples/Explain.java runs/photos new.jpg why.html   a run, a picture, the page to write

import dev.linnet.data.PictureList;
import dev.linnet.explain.Explainer;
import dev.linnet.explain.ExplanationPage;
import dev.linnet.explain.Faithfulness;
import dev.linnet.explain.GradCam;
import dev.linnet.explain.Occlusion;
import dev.linnet.image.ColorMap;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

public final class Explain {
  public static void main(String... args) {
    Explainer.Request request =
        new Explainer.Request(
            List.of(GradCam.DEFAULT, Occlusion.DEFAULT),
            Optional.empty(), // the last maps
            List.of(), // the answer
            Optional.of(Faithfulness.DEFAULT),
            Optional.empty());
    try (SavedModel model = SavedModel.open(Path.of(args[0]), Device.CPU)) {
      PictureList picture = PictureList.of(List.of(Path.of(args[1])));
      Explainer.Explained explained =
          model.explainer(Device.CPU).explain(picture, 0, request, step -> {});

      System.out.println("answer: " + explained.answers().get(0).name());
      System.out.println("             deletion  a random map's");
      for (Explainer.Map map : explained.maps()) {
        System.out.printf(
            "%-12s %8.3f %15.3f%n",
            map.method().key(),
            map.scores().orElseThrow().deletion(),
            map.chance().orElseThrow().deletion());
      }
      String network = model.pretrained().model().architecture();
      new ExplanationPage(network, "last", ColorMap.VIRIDIS)
          .page(List.of(explained))
          .write(Path.of(args[2]));
    }
  }
}
