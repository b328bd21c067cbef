package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.data.BadPictures;
import dev.linnet.data.NoisePictures;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.explain.NetworkReport;
import dev.linnet.image.ColorMode;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.report.RunReport;
import dev.linnet.report.Section;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.weights.Pretrained;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The page on what a network learnt, of the small networks of every family. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class NetworkSweepTest {
  private static final Set<String> QUICK = Set.of("lenet5", "resnet20");

  static Stream<Swept> quick() {
    return Swept.small().filter(swept -> QUICK.contains(swept.name()));
  }

  static Stream<Swept> others() {
    return Swept.small().filter(swept -> !QUICK.contains(swept.name()));
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("quick")
  void a_page_has_all_its_parts(Swept swept) throws IOException {
    check(swept);
  }

  @Tag("slow")
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("others")
  void a_page_of_the_others_has_all_its_parts(Swept swept) throws IOException {
    check(swept);
  }

  private static void check(Swept swept) throws IOException {
    Swept.Size least = swept.sensible();
    ImageSize size = new ImageSize(least.height(), least.width());
    boolean color = swept.channels() == 3;
    PictureSet set = new NoisePictures(size, swept.channels(), 10, classes(), false);
    PictureLoader.Reading reading =
        new PictureLoader.Reading(
            DecodeOptions.DEFAULT.withColor(color ? ColorMode.RGB : ColorMode.GRAY),
            EvalTransform.of(size, 1, Interpolation.BILINEAR),
            size,
            color ? Normalization.IMAGENET : new Normalization(List.of(0.5), List.of(0.5)));
    PictureLoader.Options options =
        new PictureLoader.Options(5, PictureLoader.Order.SEQUENTIAL, 0, 0);
    BadPictures bad = new BadPictures(BadPictures.Limit.DEFAULT, set.size(), line -> {});
    try (Scope scope = Scope.open("network " + swept.name());
        swept;
        PictureLoader loader = new PictureLoader(set, reading, options, bad)) {
      Pretrained model = new Pretrained(swept.model(), set.classes(), Preprocessing.IMAGENET);
      List<Section> sections =
          new NetworkReport(1, List.of(), 1)
              .sections(
                  model,
                  new NetworkReport.Input(set, loader, reading, true),
                  Device.CPU,
                  DType.FLOAT32,
                  (done, all) -> {});
      String html = new RunReport(swept.name(), "", sections).html();
      assertThat(html)
          .as(scope.name())
          .contains("Map of the pictures", "Confusion matrix", "Most uncertain")
          .contains("Nearest pictures", "First filters", "Feature maps by depth");
      assertThat(html.contains("Patches that excite units most"))
          .as(scope.name() + ": patches")
          .isEqualTo(!swept.zoo().family().equals("vit"));
    }
  }

  private static List<String> classes() {
    return IntStream.range(0, Swept.CLASSES).mapToObj(i -> "class " + i).toList();
  }
}
