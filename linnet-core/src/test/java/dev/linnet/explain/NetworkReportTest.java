package dev.linnet.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.data.BadPictures;
import dev.linnet.data.NoisePictures;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Picture;
import dev.linnet.models.Classifier;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Preprocessing;
import dev.linnet.models.Zoo;
import dev.linnet.report.Image;
import dev.linnet.report.PictureMap;
import dev.linnet.report.RunReport;
import dev.linnet.report.Section;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.weights.Pretrained;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Pages of networks that learnt nothing, with pictures of noise. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class NetworkReportTest {
  private static final int SIDE = 32;

  private final Scope scope = Scope.open("network report");

  @AfterEach
  void close() {
    scope.close();
  }

  private static NoisePictures noise(int size) {
    return noise(size, false);
  }

  private static NoisePictures noise(int size, boolean brokenFirst) {
    return new NoisePictures(
        ImageSize.square(SIDE), 3, size, List.of("ant", "bee", "cat"), brokenFirst);
  }

  private static PictureLoader.Reading reading() {
    return new PictureLoader.Reading(
        DecodeOptions.DEFAULT,
        EvalTransform.of(ImageSize.square(SIDE), 1, Interpolation.BILINEAR),
        ImageSize.square(SIDE),
        Normalization.IMAGENET);
  }

  private static Pretrained network(String name) {
    ModelOptions options = Zoo.find(name).options().withClasses(3);
    Classifier model = Zoo.create(name, options, Device.CPU, RandomState.of(1));
    return new Pretrained(model, List.of("ant", "bee", "cat"), Preprocessing.IMAGENET);
  }

  private List<Section> page(NetworkReport report, Pretrained model, PictureSet set) {
    BadPictures bad = new BadPictures(BadPictures.Limit.DEFAULT, set.size(), line -> {});
    PictureLoader.Options options =
        new PictureLoader.Options(8, PictureLoader.Order.SEQUENTIAL, 0, 0);
    try (PictureLoader loader = new PictureLoader(set, reading(), options, bad)) {
      return report.sections(
          model,
          new NetworkReport.Input(set, loader, reading(), true),
          Device.CPU,
          DType.FLOAT32,
          (done, all) -> {});
    }
  }

  private static String titles(List<Section> sections) {
    return Pattern.compile("<h2>(.*?)</h2>")
        .matcher(String.join("", sections.stream().map(Section::html).toList()))
        .results()
        .map(found -> found.group(1))
        .toList()
        .toString();
  }

  @Test
  void a_page_has_all_its_parts_in_their_order() {
    try (Pretrained model = network("resnet20")) {
      List<Section> sections = page(new NetworkReport(2, List.of(), 1), model, noise(24));
      assertThat(titles(sections))
          .startsWith("[Map of the pictures, Confusion matrix, Classes, Worst mistakes")
          .contains("Most uncertain", "Nearest pictures")
          .endsWith(
              "First filters, Feature maps by depth, Patches that excite units most, Pictures made"
                  + " to excite units]");
    }
  }

  @Test
  void feature_maps_show_the_same_eight_channels_of_three_pictures_for_each_level() {
    try (Pretrained model = network("resnet20")) {
      List<Section> sections =
          NetworkReport.DEFAULT.glance(model, noise(24), reading(), Device.CPU, DType.FLOAT32);
      assertThat(titles(sections)).isEqualTo("[Feature maps by depth, First filters]");
      String html = sections.get(0).html();
      assertThat(matches(html, "<h3>(.*?)</h3>"))
          .containsExactly(
              "bn1, 16 channels of 32×32",
              "layer1, 16 channels of 32×32",
              "layer2, 32 channels of 16×16",
              "layer3, 64 channels of 8×8");
      List<String> captions = matches(html, "<figcaption>(.*?)</figcaption>");
      assertThat(captions).hasSize(4 * 3 * 9);
      assertThat(captions.get(0)).isEqualTo("ant");
      assertThat(captions.get(9)).isEqualTo("bee");
      assertThat(captions.subList(10, 18)).isEqualTo(captions.subList(1, 9));
      assertThat(html).contains("width=\"8\" height=\"8\"");
    }
  }

  @Test
  void tokens_are_shown_as_maps_and_a_broken_picture_is_left_out() {
    try (Pretrained model = network("vit_tiny_patch16_224")) {
      PictureSet set = noise(3, true);
      PictureLoader.Reading large =
          new PictureLoader.Reading(
              DecodeOptions.DEFAULT,
              EvalTransform.of(ImageSize.square(224), 1, Interpolation.BILINEAR),
              ImageSize.square(224),
              Normalization.IMAGENET);
      String html =
          NetworkReport.DEFAULT.glance(model, set, large, Device.CPU, DType.FLOAT32).get(0).html();
      assertThat(matches(html, "<h3>(.*?)</h3>")).isNotEmpty().allMatch(h -> h.endsWith("14×14"));
      assertThat(html).contains("bee", "cat").doesNotContain("ant");
    }
  }

  @Test
  void a_layer_that_has_no_maps_is_one_line() {
    try (Pretrained model = network("resnet20")) {
      NoisePictures set = noise(24);
      assertThatThrownBy(() -> page(new NetworkReport(2, List.of("fc"), 0), model, set))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "layer: got \"fc\", which comes after the last maps; must put out maps [N, C, H,"
                  + " W]");
    }
  }

  /** Noise is what takes most bytes. */
  @Test
  void thumbnails_of_ten_thousand_pictures_leave_the_page_below_eight_megabytes() {
    int n = 10_000;
    List<Picture> noise = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      noise.add(noise(100).read(i, DecodeOptions.DEFAULT));
    }
    List<Picture> pictures = new ArrayList<>();
    List<PictureMap.Point> points = new ArrayList<>();
    List<PictureMap.Place> places = new ArrayList<>();
    RandomState random = RandomState.of(3);
    for (int i = 0; i < n; i++) {
      pictures.add(noise.get(i % noise.size()));
      points.add(new PictureMap.Point(noise(n).name(i), 1, 2, random.nextDouble(0, 1)));
      places.add(
          new PictureMap.Place((float) random.nextDouble(0, 1), (float) random.nextDouble(0, 1)));
    }
    Image sprite = new Thumbnails(SIDE, pictures).sprite(NetworkReport.SPRITE_BYTES);
    assertThat(sprite.source().length()).isLessThan(4_010_000);
    assertThat(sprite.width()).isLessThanOrEqualTo(100 * SIDE).isGreaterThanOrEqualTo(100 * 16);
    PictureMap map =
        new PictureMap(
            "map",
            "",
            List.of(new PictureMap.Layout("a", "", places), new PictureMap.Layout("b", "", places)),
            points,
            List.of("ant", "bee", "cat"),
            sprite,
            sprite.width() / 100);
    String page = new RunReport("run", "", List.of(map)).html();
    assertThat(page.getBytes(StandardCharsets.UTF_8).length).isLessThan(6_300_000);
  }

  /** What a page has beside its map. */
  @Test
  void galleries_of_noise_take_less_than_a_megabyte_and_a_half() {
    try (Pretrained model = network("resnet20")) {
      List<Section> sections = page(NetworkReport.DEFAULT, model, noise(60));
      int bytes =
          sections.stream()
              .filter(section -> !(section instanceof PictureMap))
              .mapToInt(section -> section.html().length())
              .sum();
      assertThat(bytes).isBetween(100_000, 1_500_000);
    }
  }

  private static List<String> matches(String html, String regex) {
    return Pattern.compile(regex)
        .matcher(html)
        .results()
        .map((MatchResult found) -> found.group(1))
        .toList();
  }
}
