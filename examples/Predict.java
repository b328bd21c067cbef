///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//DEPS dev.linnet:linnet-core:0.1.0-SNAPSHOT
//RUNTIME_OPTIONS -Dorg.bytedeco.javacpp.maxphysicalbytes=0

// Says what is on pictures: the three most probable classes of each.
//
//   jbang examples/Predict.java runs/photos new.jpg more/   a run or a folder of weights, then
// pictures

import dev.linnet.data.BadPictures;
import dev.linnet.data.PictureList;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.train.Predictor;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

public final class Predict {
  public static void main(String... args) {
    List<Path> named = Stream.of(args).skip(1).map(Path::of).toList();
    PictureList pictures = PictureList.of(named); // all pictures of a folder
    BadPictures bad =
        new BadPictures(BadPictures.Limit.DEFAULT, pictures.size(), System.err::println);
    try (Predictor predictor =
        SavedModel.open(Path.of(args[0]), Device.CPU).predictor(Device.CPU, DType.FLOAT32)) {
      predictor.predictAll(pictures, 32, bad, Predict::print);
    }
  }

  private static void print(Predictor.Prediction prediction) {
    System.out.println(prediction.picture());
    prediction.ranked().stream()
        .limit(3)
        .forEach(r -> System.out.printf("  %5.1f %% %s%n", 100 * r.probability(), r.name()));
  }
}
