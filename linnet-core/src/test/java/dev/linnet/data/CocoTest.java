package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.base.Sha256;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.testing.Golden;
import dev.linnet.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** COCO; and what torchvision and pycocotools read of both formats with boxes. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CocoTest {
  private static final String CATEGORIES =
      "[{\"id\": 7, \"name\": \"zebra\"}, {\"id\": 3, \"name\": \"dog\"}]";

  @TempDir Path temp;

  private final Map<String, byte[]> files = new LinkedHashMap<>();

  private void instances(String name, String images, String annotations, String categories) {
    text(
        name,
        "{\"info\": {}, \"images\": [%s], \"annotations\": [%s], \"categories\": %s}"
            .formatted(images, annotations, categories));
  }

  private void text(String name, String json) {
    files.put("annotations/instances_" + name + ".json", json.getBytes(StandardCharsets.UTF_8));
  }

  private static String image(int id) {
    return "{\"id\": %d, \"file_name\": \"%d.png\", \"height\": 10, \"width\": 12}"
        .formatted(id, id);
  }

  private static String annotation(int image, int category, String box, String more) {
    return "{\"image_id\": %d, \"category_id\": %d, \"bbox\": [%s]%s}"
        .formatted(image, category, box, more);
  }

  private static String annotation(int image, int category, String box) {
    return annotation(image, category, box, "");
  }

  private void picture(String path) {
    files.put(path, Samples.png(path.hashCode()));
  }

  /** Two pictures to train on, one to validate. */
  private void usual() {
    instances(
        "train2017",
        image(1) + "," + image(2),
        annotation(2, 7, "0, 0, 12, 10")
            + ","
            + annotation(1, 3, "1.5, 2, 3.25, 4", ", \"segmentation\": [[1, 2]]")
            + ","
            + annotation(1, 7, "0, 0, 5, 5"),
        CATEGORIES);
    instances("val2017", image(5), annotation(5, 3, "1, 1, 4, 4"), CATEGORIES);
    picture("train2017/1.png");
    picture("train2017/2.png");
    picture("val2017/5.png");
  }

  private DataSource open(Boxes boxes) {
    files.forEach((path, content) -> Samples.file(temp.resolve("set").resolve(path), content));
    return open(temp.resolve("set"), boxes);
  }

  private DataSource open(Path data, Boxes boxes) {
    return DataSources.open(
        data.toString(), Samples.options(temp).withHoldout(Holdout.NONE).withBoxes(boxes));
  }

  private String message(Boxes boxes) {
    try {
      open(boxes);
    } catch (LinnetException e) {
      return String.valueOf(e.getMessage()).replace(temp.toString(), "TEMP");
    }
    throw new AssertionError("was opened");
  }

  private List<String> warnings() {
    return open(Boxes.CROP).warnings().stream()
        .map(w -> w.replace(temp.toString(), "TEMP"))
        .toList();
  }

  private static List<String> names(PictureSet set) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < set.size(); i++) {
      names.add(set.name(i) + " " + set.classes().get(set.label(i)));
    }
    return names;
  }

  @Test
  void each_box_becomes_a_picture_and_classes_stand_in_the_order_of_their_ids() {
    usual();

    DataSource source = open(Boxes.CROP);

    assertThat(source.layout()).isEqualTo("boxes of COCO");
    assertThat(source.classes()).containsExactly("dog", "zebra");
    assertThat(names(source.train()))
        .containsExactly(
            "train2017/1.png[0] dog", "train2017/1.png[1] zebra", "train2017/2.png[0] zebra");
    assertThat(names(source.need(Split.VAL))).containsExactly("val2017/5.png[0] dog");
    assertThat(source.train().info(0).size()).isEqualTo(new ImageSize(4, 4));
  }

  @Test
  void pictures_may_lie_below_images_and_all_of_it_in_a_tar() {
    usual();
    Map<String, byte[]> packed = new LinkedHashMap<>();
    files.forEach(
        (path, content) ->
            packed.put("coco/" + (path.endsWith(".png") ? "images/" + path : path), content));
    Samples.file(temp.resolve("coco.tar.gz"), Samples.gzip(Samples.tar(packed)));

    DataSource source = open(temp.resolve("coco.tar.gz"), Boxes.CROP);

    assertThat(source.layout()).isEqualTo("boxes of COCO in a tar");
    assertThat(source.train().name(2)).isEqualTo("coco/images/train2017/2.png[0]");
    assertThat(source.train().read(2, DecodeOptions.DEFAULT))
        .isEqualTo(Samples.picture("train2017/2.png".hashCode()));
  }

  @Test
  void boxes_round_crowds_are_left_out_and_said() {
    usual();
    instances(
        "val2017",
        image(5),
        annotation(5, 3, "1, 1, 4, 4", ", \"iscrowd\": 1")
            + ","
            + annotation(5, 3, "1, 1, 5, 4", ", \"iscrowd\": 0"),
        CATEGORIES);

    assertThat(names(open(Boxes.CROP).need(Split.VAL))).containsExactly("val2017/5.png[1] dog");
    assertThat(warnings())
        .contains(
            "TEMP/set: a box round a crowd of annotations/instances_val2017.json is left out");
  }

  @Test
  void one_file_that_names_no_split_is_split_by_seed() {
    usual();
    files.put(
        "annotations/instances_all.json", files.remove("annotations/instances_train2017.json"));
    files.remove("annotations/instances_val2017.json");
    files.put("images/1.png", files.remove("train2017/1.png"));
    files.put("2.png", files.remove("train2017/2.png"));

    assertThat(names(open(Boxes.CROP).train()))
        .containsExactly("images/1.png[0] dog", "images/1.png[1] zebra", "2.png[0] zebra");
  }

  @Test
  void files_that_name_no_split_are_left_out_where_others_do() {
    usual();
    text("minival", "no JSON at all");

    assertThat(warnings())
        .contains(
            "TEMP/set: instances_minival.json is left out; it is neither train, val nor test");
  }

  @Test
  void pictures_that_are_not_there_are_left_out_and_said() {
    usual();
    files.remove("train2017/2.png");

    assertThat(warnings())
        .contains(
            "TEMP/set: a picture of annotations/instances_train2017.json that is not there is left"
                + " out: 2.png");
  }

  @Test
  void pictures_outside_the_folder_are_not_there() {
    usual();
    picture("../secret.png");
    instances(
        "val2017",
        "{\"id\": 5, \"file_name\": \"../../secret.png\"}",
        annotation(5, 3, "1, 1, 4, 4"),
        CATEGORIES);

    assertThat(warnings())
        .contains(
            "TEMP/set: a picture of annotations/instances_val2017.json that is not there is left"
                + " out: ../../secret.png");
  }

  @Test
  void all_that_is_wrong_is_said_at_once() {
    usual();
    instances(
        "train2017",
        image(1) + "," + image(1) + ", {\"id\": 2}, 3",
        annotation(9, 3, "1, 2, 3, 4")
            + ","
            + annotation(1, 9, "1, 2, 3, 4")
            + ","
            + annotation(1, 3, "1, 2, 3")
            + ","
            + annotation(1, 3, "1, 2, 3, 4, 5")
            + ","
            + annotation(1, 3, "1, 2, 1e999, 4")
            + ", {\"bbox\": [1, 2, 3, 4]}",
        "[{\"id\": 3, \"name\": \"dog\"}, {\"id\": 3, \"name\": \"cat\"}, {\"id\": \"x\"}]");
    String at = "annotations/instances_train2017.json ";

    assertThat(message(Boxes.CROP))
        .isEqualTo(
            "TEMP/set: 11 problems: "
                + String.join(
                    "; ",
                    at + "images[2] needs id (a whole number) and file_name",
                    at + "images[3] is no object",
                    at + "annotations[2] needs bbox (left, top, width, height)",
                    at + "annotations[3] needs bbox (left, top, width, height)",
                    at + "annotations[4] needs bbox (left, top, width, height)",
                    at + "annotations[5] needs image_id and category_id (whole numbers)",
                    at + "categories[1] has the id or the name of another",
                    at + "categories[2] needs id (a whole number) and name",
                    at + "images has the id 1 twice",
                    at + "annotations name the image 9, which images has not",
                    "and 1 more"));
  }

  @Test
  void files_that_are_no_instances_are_refused() {
    String at = "TEMP/set: a problem: annotations/instances_train2017.json ";
    Map<String, String> wrong = new LinkedHashMap<>();
    wrong.put("[]", "is no JSON object with images, annotations and categories");
    wrong.put("", "is no JSON object with images, annotations and categories");
    wrong.put("{\"categories\": []}", "has no images");
    wrong.put("{\"images\": {}}", "images must be a list");
    wrong.put("{\"images\": [", "is no JSON that can be read (line 1)");
    wrong.put("{\"images\":\n [x]}", "is no JSON that can be read (line 2)");
    wrong.forEach(
        (json, problem) -> {
          files.clear();
          picture("train2017/1.png");
          text("train2017", json);
          assertThat(message(Boxes.CROP)).isEqualTo(at + problem);
        });
  }

  @Test
  void files_with_other_categories_are_refused() {
    usual();
    instances("val2017", image(5), "", "[{\"id\": 3, \"name\": \"cat\"}]");

    assertThat(message(Boxes.CROP))
        .isEqualTo(
            "TEMP/set: a problem: annotations/instances_val2017.json has other categories than the"
                + " other files");
  }

  @Test
  void two_files_of_one_split_are_refused() {
    usual();
    text("train2014", "{}");

    assertThat(message(Boxes.CROP))
        .isEqualTo(
            "TEMP/set: has both instances_train2014.json and instances_train2017.json; keep one of"
                + " them");
  }

  @Test
  void files_that_name_no_split_at_all_are_refused() {
    text("one", "{}");
    text("two", "{}");

    assertThat(message(Boxes.CROP))
        .isEqualTo(
            "TEMP/set: none of its files of instances is named train, val or test (one, two)");
  }

  @Test
  void pascal_voc_is_read_as_torchvision_reads_it() {
    assertSeen("voc", "train", "val");
  }

  @Test
  void coco_is_read_as_pycocotools_reads_it() {
    assertSeen("coco", "train", "val");
    List<String> classes = new ArrayList<>();
    Golden.json("boxes/boxes.json").get("coco classes").forEach(name -> classes.add(name.asText()));
    assertThat(open(Golden.folder("boxes/coco"), Boxes.CROP).classes()).isEqualTo(classes);
  }

  /** Classes, boxes and pixels. */
  private void assertSeen(String format, String... splits) {
    DataSource cut = open(Golden.folder("boxes/" + format), Boxes.CROP);
    for (String split : splits) {
      List<String> expected = new ArrayList<>();
      for (JsonNode row : Golden.json("boxes/boxes.json").get(format + " " + split)) {
        JsonNode box = row.get("box");
        expected.add(
            "%s %s %dx%d %s"
                .formatted(
                    row.get("picture").asText(),
                    row.get("class").asText(),
                    box.get(2).asInt() - box.get(0).asInt(),
                    box.get(3).asInt() - box.get(1).asInt(),
                    row.get("pixels").asText()));
      }
      PictureSet set = cut.need(Split.of(split).orElseThrow());
      List<String> seen = new ArrayList<>();
      for (int i = 0; i < set.size(); i++) {
        byte[] pixels = set.read(i, DecodeOptions.DEFAULT).pixels();
        seen.add(
            "%s %s %s %s"
                .formatted(
                    set.name(i).replaceAll(".*/|\\[.*", ""),
                    set.classes().get(set.label(i)),
                    set.info(i).size(),
                    HexFormat.of().formatHex(Sha256.digest().digest(pixels))));
      }
      assertThat(seen).hasSizeGreaterThan(2).isEqualTo(expected);
    }
  }

  @Seeds(100)
  void changed_bytes_give_a_data_set_or_one_line(RandomState random) {
    usual();
    boolean isVoc = random.nextBoolean(0.5);
    String path = "annotations/instances_train2017.json";
    if (isVoc) {
      files.clear();
      path = "Annotations/a.xml";
      picture("JPEGImages/a.png");
      files.put(
          path,
          ("<annotation><size><width>12</width><height>10</height></size><object><name>dog</name>"
                  + "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax></bndbox>"
                  + "</object></annotation>")
              .getBytes(StandardCharsets.UTF_8));
    }
    byte[] bytes = files.getOrDefault(path, new byte[0]).clone();
    for (int i = 0; i <= random.nextInt(4); i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    files.put(path, bytes);
    try {
      PictureSet set = open(Boxes.CROP).need(Split.TRAIN);
      for (int i = 0; i < set.size(); i++) {
        set.read(i, DecodeOptions.DEFAULT);
      }
    } catch (LinnetException e) {
      assertThat(e.getMessage()).isNotBlank().doesNotContainPattern("[\\n\\r\\x00-\\x08\\x1b]");
    }
  }
}
