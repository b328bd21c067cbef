package dev.linnet.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.data.BadPictures;
import dev.linnet.data.BoxedSet;
import dev.linnet.data.Boxes;
import dev.linnet.data.DataOptions;
import dev.linnet.data.DataSources;
import dev.linnet.data.Holdout;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.Places;
import dev.linnet.data.Split;
import dev.linnet.image.Box;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.models.Classifier;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Zoo;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bright squares on black, and a heatmap that is the brightness of one color a class. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class LocalizationEvaluatorTest {
  private static final ImageSize SIZE = new ImageSize(40, 60);
  private static final EvalTransform VIEW =
      EvalTransform.of(ImageSize.square(32), 0.8, Interpolation.NEAREST);

  @TempDir Path temp;

  /** The level of the channel of the class. */
  private record Brightness() implements Attribution {
    @Override
    public String key() {
      return "brightness";
    }

    @Override
    public Tensor maps(Subject subject, Tensor pictures, int... classes) {
      long[] planes = new long[classes.length];
      for (int i = 0; i < planes.length; i++) {
        planes[i] = 3L * i + classes[i];
      }
      return pictures.reshape(-1, pictures.dim(2), pictures.dim(3)).rows(Tensor.of(planes));
    }
  }

  /** Writes a picture with a red and a green square, and an annotation that may say otherwise. */
  private void picture(String name, Box red, Box green, String... objects) throws IOException {
    byte[] pixels = new byte[(int) SIZE.area() * 3];
    for (int row = 0; row < SIZE.height(); row++) {
      for (int column = 0; column < SIZE.width(); column++) {
        Box pixel = new Box(row, column, ImageSize.square(1));
        pixels[(row * SIZE.width() + column) * 3] = (byte) (red.overlap(pixel) > 0 ? 255 : 0);
        pixels[(row * SIZE.width() + column) * 3 + 1] = (byte) (green.overlap(pixel) > 0 ? 255 : 0);
      }
    }
    StringBuilder xml = new StringBuilder("<annotation>");
    for (String object : objects) {
      String[] parts = object.split(" ", -1);
      xml.append(
          """
          <object><name>%s</name><bndbox><xmin>%s</xmin><ymin>%s</ymin><xmax>%s</xmax><ymax>%s</ymax>\
          </bndbox></object>\
          """
              .formatted((Object[]) parts));
    }
    Files.writeString(temp.resolve("Annotations/" + name + ".xml"), xml + "</annotation>");
    Files.write(
        temp.resolve("JPEGImages/" + name + ".png"), PngWriter.write(Picture.of(SIZE, 3, pixels)));
  }

  @BeforeEach
  void pictures() throws IOException {
    Files.createDirectories(temp.resolve("Annotations"));
    Files.createDirectories(temp.resolve("JPEGImages"));
    Box red = new Box(8, 16, new ImageSize(16, 12));
    Box green = new Box(20, 34, new ImageSize(12, 14));
    picture("a", red, green, "red 17 9 28 24", "green 35 21 48 32"); // both right
    picture("b", red, green, "red 17 9 28 24", "red 1 1 2 2"); // one of two
    picture("c", red, green, "green 17 9 28 24"); // elsewhere
    picture("d", red, green, "red 1 1 2 2"); // cut away by the view
  }

  private BoxedSet set() {
    return BoxedSet.of(
            DataSources.open(
                    temp.toString(),
                    DataOptions.of(Places.of(Map.of()))
                        .withHoldout(Holdout.NONE)
                        .withBoxes(Boxes.KEEP))
                .need(Split.TRAIN))
        .orElseThrow();
  }

  private LocalizationEvaluator.Input input(int batch) {
    return new LocalizationEvaluator.Input(
        set(),
        List.of(1, 0), // classes are sorted: green, red
        List.of("red", "green", "blue"),
        new PictureLoader.Reading(
            DecodeOptions.DEFAULT,
            VIEW,
            VIEW.size(),
            new Normalization(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5))),
        batch,
        0,
        new BadPictures(BadPictures.Limit.DEFAULT, 4, line -> {}));
  }

  /** A network that says "red" to everything. */
  private static Classifier red() {
    Classifier model =
        Zoo.create("resnet20", ModelOptions.DEFAULT.withClasses(3), Device.CPU, RandomState.of(1));
    Scope scope = Scope.open("bias");
    try {
      Tensor bias = model.state(model.headName() + ".bias").value();
      Autograd.off(() -> bias.set(Tensor.of(new float[] {1000, 0, 0})));
    } finally {
      scope.close();
    }
    return model;
  }

  private static LocalizationEvaluator.Report run(LocalizationEvaluator.Input input) {
    try (Classifier model = red()) {
      return new LocalizationEvaluator(Subject.of(model), Device.CPU, new Brightness(), 0.2)
          .run(input, (done, all) -> {});
    }
  }

  @Test
  void each_class_of_a_picture_is_an_example() {
    LocalizationEvaluator.Report report = run(input(3));

    assertThat(report.pictures()).isEqualTo(4);
    assertThat(report.unseen()).isEqualTo(1);
    assertThat(report.examples())
        .extracting(e -> e.name() + " " + e.label() + " " + e.isMet() + " " + e.isAnswered())
        .containsExactly(
            "JPEGImages/a.png 0 true false",
            "JPEGImages/a.png 1 true true",
            "JPEGImages/b.png 1 true true",
            "JPEGImages/c.png 0 false false");
    assertThat(report.classes())
        .containsExactly(
            new LocalizationEvaluator.OfClass("green", 2, 0, 1, 0),
            new LocalizationEvaluator.OfClass("red", 2, 2, 2, 2));
    assertThat(report.result().gtKnown()).isEqualTo(0.75);
    assertThat(report.result().top1()).isEqualTo(0.5);
    assertThat(report.result().answered()).isEqualTo(0.5);
    assertThat(report.result().maxBoxAcc()).isEqualTo(0.75);
  }

  @Test
  void boxes_are_compared_as_the_network_sees_them() {
    LocalizationEvaluator.Example example = run(input(4)).examples().get(1);

    // 40×60 becomes 40×60, of which rows 4 to 36 and columns 14 to 46 are seen
    Box seen = new Box(4, 2, new ImageSize(16, 12));
    assertThat(example.truth()).containsExactly(seen);
    assertThat(example.found()).containsExactly(seen);
    assertThat(example.overlap()).isEqualTo(1);
  }

  @Test
  void the_size_of_a_batch_changes_nothing() {
    assertThat(run(input(1)).examples()).isEqualTo(run(input(4)).examples());
  }

  @Test
  void the_report_has_a_row_a_class_and_the_examples() throws IOException {
    LocalizationEvaluator.Input input = input(4);
    LocalizationEvaluator.Report found = run(input);
    LocalizationReport report = new LocalizationReport("net", "squares", "brightness", found);

    assertThat(report.table())
        .containsExactly(
            List.of("class", "examples", "top-1", "GT-known", "top-1 localization"),
            List.of("green", "2", "0.00 %", "50.00 %", "0.00 %"),
            List.of("red", "2", "100.00 %", "100.00 %", "100.00 %"),
            List.of("all", "4", "50.00 %", "75.00 %", "50.00 %"));
    assertThat(report.line())
        .isEqualTo(
            "top-1 localization 50.00 %  GT-known 75.00 %  (IoU 0.5, threshold 0.20)  MaxBoxAcc"
                + " 75.00 % at 0.00  V2 75.00 %  on 4 pictures by brightness");
    assertThat(report.json().keySet())
        .containsExactly(
            "method",
            "examples",
            "images",
            "unseen",
            "max_box_acc",
            "best_threshold",
            "max_box_acc_v2",
            "threshold",
            "gt_known",
            "top1_localization",
            "top1",
            "classes");
    assertThat(report.json().get("gt_known")).isEqualTo(75.0);
    assertThat(report.csv(input.set().classes()).lines())
        .startsWith(
            "picture,class,answer,iou,left,top,right,bottom",
            "JPEGImages/a.png,green,red,1.0000,20,16,32,28",
            "JPEGImages/a.png,red,red,1.0000,2,4,14,20");
    report.write(temp.resolve("out"), "localization", input, 0);
    try (var files = Files.list(temp.resolve("out"))) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .containsExactlyInAnyOrder("localization.csv", "localization.json", "localization.png");
    }
  }
}
