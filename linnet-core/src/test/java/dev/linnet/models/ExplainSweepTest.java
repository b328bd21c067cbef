package dev.linnet.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.explain.Attribution;
import dev.linnet.explain.Cam;
import dev.linnet.explain.GradCam;
import dev.linnet.explain.GradCamPlusPlus;
import dev.linnet.explain.Heatmap;
import dev.linnet.explain.IntegratedGradients;
import dev.linnet.explain.Occlusion;
import dev.linnet.explain.ScoreCam;
import dev.linnet.explain.SmoothGrad;
import dev.linnet.explain.Subject;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way to explain on the small networks of every family, two pictures at once. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ExplainSweepTest {
  private static final Set<String> QUICK = Set.of("lenet5", "resnet20", "vit_tiny_patch16_224");

  /** Families whose answer is not the mean of the last maps and one linear layer. */
  private static final Set<String> NO_CAM =
      Set.of("lenet", "alexnet", "vgg", "mobilenetv3", "ghostnet", "convnext", "vit");

  private static final List<Attribution> WAYS =
      List.of(
          GradCam.DEFAULT,
          GradCamPlusPlus.DEFAULT,
          ScoreCam.DEFAULT,
          new IntegratedGradients(4, 1, 0),
          new SmoothGrad(2, 0.15, 0),
          new Occlusion(0.5, 0.5));

  static Stream<Swept> quick() {
    return Swept.small().filter(swept -> QUICK.contains(swept.name()));
  }

  static Stream<Swept> others() {
    return Swept.small().filter(swept -> !QUICK.contains(swept.name()));
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("quick")
  void maps_are_finite_and_not_constant(Swept swept) throws IOException {
    explain(swept);
  }

  @Tag("slow")
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("others")
  void maps_of_the_others_are_finite_and_not_constant(Swept swept) throws IOException {
    explain(swept);
  }

  private static void explain(Swept swept) throws IOException {
    try (Scope scope = Scope.open("explain " + swept.name());
        swept) {
      Swept.Size size = swept.sensible();
      while (hasOnePlace(swept, size)) { // of layers without a border
        size = new Swept.Size(size.height() + 16, size.width() + 16);
      }
      Tensor x =
          Tensor.normal(
                  0,
                  1,
                  RandomState.of(5),
                  DType.FLOAT32,
                  2,
                  swept.channels(),
                  size.height(),
                  size.width())
              .channelsLast();
      Subject subject = Subject.of(swept.model());
      for (Attribution way : WAYS) {
        check(way, subject, x, scope.name());
      }
      if (NO_CAM.contains(swept.zoo().family())) {
        assertThatThrownBy(() -> Cam.DEFAULT.explain(subject, x, 0, 1))
            .isInstanceOf(LinnetException.class)
            .hasMessageStartingWith("cam: " + swept.name() + " does not answer with the mean");
      } else {
        check(Cam.DEFAULT, subject, x, scope.name());
      }
    }
  }

  private static boolean hasOnePlace(Swept swept, Swept.Size size) {
    Tensor x =
        Tensor.empty(DType.FLOAT32, Device.META, 1, swept.channels(), size.height(), size.width());
    Tensor maps = swept.shapes().features(x);
    return maps.rank() == 4 && maps.dim(2) * maps.dim(3) == 1;
  }

  /** What is clipped at 0 may be 0 everywhere for one class, but not for all. */
  private static void check(Attribution way, Subject subject, Tensor x, String what) {
    boolean first = false;
    boolean second = false;
    for (int label = 0; label < Swept.CLASSES && !(first && second); label++) {
      List<Heatmap> maps = way.explain(subject, x, label, (label + 3) % Swept.CLASSES);
      assertThat(maps).as(what + ", " + way.key()).hasSize(2).allMatch(Heatmap::isFinite);
      first |= !maps.get(0).isConstant();
      second |= !maps.get(1).isConstant();
    }
    assertThat(first && second).as(what + ", " + way.key() + " shows nothing").isTrue();
  }
}
