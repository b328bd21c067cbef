package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.Box;
import dev.linnet.image.ContactSheet;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageFormat;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Orientation;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import dev.linnet.image.PngWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PascalVocTest {
  private static final ImageSize SIZE = new ImageSize(40, 60);

  @TempDir Path temp;

  private final Map<String, byte[]> files = new LinkedHashMap<>();

  private static Picture picture(String name) {
    return Samples.picture(name.hashCode(), SIZE, 3);
  }

  /** An object: name, then xmin ymin xmax ymax, then perhaps more XML. */
  private static String object(String name, String box, String more) {
    String[] corners = box.split(" ", -1);
    return """
    <object><name>%s</name><pose>Left</pose>%s
      <bndbox><xmin>%s</xmin><ymin>%s</ymin><xmax>%s</xmax><ymax>%s</ymax></bndbox>
    </object>
    """
        .formatted(name, more, corners[0], corners[1], corners[2], corners[3]);
  }

  private static String object(String name, String box) {
    return object(name, box, "");
  }

  private void annotated(String name, String... objects) {
    files.put("JPEGImages/" + name + ".png", PngWriter.write(picture(name)));
    xml(
        name,
        "<annotation><filename>%s.png</filename><size><width>60</width><height>40</height></size>"
                .formatted(name)
            + String.join("", objects)
            + "</annotation>");
  }

  private void xml(String name, String text) {
    files.put("Annotations/" + name + ".xml", text.getBytes(StandardCharsets.UTF_8));
  }

  private void listed(String list, String... names) {
    files.put(
        "ImageSets/Main/" + list + ".txt",
        String.join("\n", names).getBytes(StandardCharsets.UTF_8));
  }

  /** Two pictures to train on, one to validate. */
  private void usual() {
    annotated("a", object("dog", "11 6 30 20"), object("cat", "1 1 60 40"));
    annotated("b", object("cat", "5 5 9 9"), object("dog", "21 11 40 30"));
    annotated("c", object("dog", "1 1 10 10"));
    listed("train", "a", "b");
    listed("val", "c");
  }

  private DataSource open(Boxes boxes) {
    files.forEach((path, content) -> Samples.file(temp.resolve("set").resolve(path), content));
    return DataSources.open(temp.resolve("set").toString(), options(boxes));
  }

  private DataOptions options(Boxes boxes) {
    return Samples.options(temp).withHoldout(Holdout.NONE).withBoxes(boxes);
  }

  private String message(Boxes boxes) {
    try {
      open(boxes);
    } catch (LinnetException e) {
      return String.valueOf(e.getMessage()).replace(temp.toString(), "TEMP");
    }
    throw new AssertionError("was opened");
  }

  private List<String> warnings(Boxes boxes) {
    return open(boxes).warnings().stream().map(w -> w.replace(temp.toString(), "TEMP")).toList();
  }

  private static List<String> names(PictureSet set) {
    return IntStream.range(0, set.size())
        .mapToObj(i -> set.name(i) + " " + set.classes().get(set.label(i)))
        .toList();
  }

  @Test
  void each_box_becomes_a_picture_with_its_class() {
    usual();

    DataSource source = open(Boxes.CROP);

    assertThat(source.layout()).isEqualTo("boxes of Pascal VOC");
    assertThat(source.classes()).containsExactly("cat", "dog");
    assertThat(source.warnings()).isEmpty();
    assertThat(names(source.train()))
        .containsExactly(
            "JPEGImages/a.png[0] dog",
            "JPEGImages/a.png[1] cat",
            "JPEGImages/b.png[0] cat",
            "JPEGImages/b.png[1] dog");
    assertThat(names(source.need(Split.VAL))).containsExactly("JPEGImages/c.png[0] dog");
    assertThat(source.train().read(0, DecodeOptions.DEFAULT))
        .isEqualTo(picture("a").crop(new Box(5, 10, new ImageSize(15, 20))));
    assertThat(source.train().read(1, DecodeOptions.DEFAULT)).isEqualTo(picture("a"));
    assertThat(source.train().info(2).size()).isEqualTo(new ImageSize(5, 5));
  }

  @Test
  void an_operator_sees_the_box_alone() {
    usual();
    PictureTransform flip = (picture, random) -> picture.flipHorizontal();

    PictureSet train = open(Boxes.CROP).train();

    assertThat(train.read(3, DecodeOptions.DEFAULT, flip, RandomState.of(0)))
        .isEqualTo(picture("b").crop(new Box(10, 20, new ImageSize(20, 20))).flipHorizontal());
  }

  @Test
  void a_tar_is_read_in_place_and_gives_the_same() {
    usual();
    String fingerprint = open(Boxes.CROP).fingerprint();
    Map<String, byte[]> deeper = new LinkedHashMap<>();
    files.forEach((path, content) -> deeper.put("VOCdevkit/VOC2012/" + path, content));
    Samples.file(temp.resolve("flat.tar"), Samples.tar(files));
    Samples.file(temp.resolve("deep.tar.gz"), Samples.gzip(Samples.tar(deeper)));

    DataSource flat = DataSources.open(temp.resolve("flat.tar").toString(), options(Boxes.CROP));
    DataSource deep = DataSources.open(temp.resolve("deep.tar.gz").toString(), options(Boxes.CROP));

    assertThat(flat.layout()).isEqualTo("boxes of Pascal VOC in a tar");
    assertThat(flat.fingerprint()).isEqualTo(fingerprint);
    assertThat(deep.train().name(0)).isEqualTo("VOCdevkit/VOC2012/JPEGImages/a.png[0]");
    assertThat(deep.train().read(0, DecodeOptions.DEFAULT))
        .isEqualTo(flat.train().read(0, DecodeOptions.DEFAULT));
  }

  @Test
  void a_limit_takes_boxes_of_each_class_without_reading_pictures() {
    usual();
    files.keySet().stream()
        .filter(path -> path.startsWith("JPEGImages"))
        .toList()
        .forEach(path -> files.put(path, new byte[0]));
    files.forEach((path, content) -> Samples.file(temp.resolve("set").resolve(path), content));

    DataSource source =
        DataSources.open(temp.resolve("set").toString(), options(Boxes.CROP).withLimit(1));

    assertThat(Samples.sizes(source)).isEqualTo("train 2, val 1");
    assertThat(source.train().label(0) + source.train().label(1)).isEqualTo(1);
  }

  @Test
  void other_boxes_are_another_data_set() {
    usual();
    String before = open(Boxes.CROP).fingerprint();

    annotated("b", object("cat", "5 5 9 10"), object("dog", "21 11 40 30"));

    assertThat(open(Boxes.CROP).fingerprint()).isNotEqualTo(before);
  }

  @Test
  void pictures_of_one_class_each_may_stay_whole() {
    annotated("a", object("dog", "11 6 30 20"), object("dog", "1 1 60 40"));
    annotated("b", object("cat", "5 5 9 9"));
    annotated("none");

    DataSource source = open(Boxes.NONE);

    assertThat(source.layout()).isEqualTo("Pascal VOC");
    assertThat(names(source.train()))
        .containsExactly("JPEGImages/a.png dog", "JPEGImages/b.png cat");
    assertThat(source.train().read(1, DecodeOptions.DEFAULT)).isEqualTo(picture("b"));
    assertThat(warnings(Boxes.NONE)).contains("TEMP/set: a picture without a box is left out");
  }

  @Test
  void pictures_of_several_classes_are_refused_unless_they_are_cut() {
    usual();

    assertThat(message(Boxes.NONE))
        .isEqualTo(
            "TEMP/set: 2 of 3 pictures have boxes of several classes, so a picture has no one"
                + " class; --boxes crop (boxes: crop in a recipe) makes each box a picture with a"
                + " class");
  }

  @Test
  void kept_pictures_have_the_class_of_their_largest_box_and_count_in_each() {
    usual();

    DataSource source = open(Boxes.KEEP);

    assertThat(names(source.train()))
        .containsExactly("JPEGImages/a.png cat", "JPEGImages/b.png dog");
    assertThat(DataStats.of(source.train(), DecodeOptions.DEFAULT, 9, 1).perClass())
        .containsExactly(2, 2);
  }

  @Test
  void difficult_objects_and_parts_are_left_out() {
    annotated(
        "a",
        object("dog", "1 1 9 9", "<difficult>1</difficult>"),
        object(
            "dog",
            "2 2 9 9",
            "<difficult>0</difficult><part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin>"
                + "<xmax>3</xmax><ymax>3</ymax></bndbox></part>"),
        object("cat", "3 3 9 9"));

    assertThat(names(open(Boxes.CROP).train()))
        .containsExactly("JPEGImages/a.png[1] dog", "JPEGImages/a.png[2] cat");
    assertThat(open(Boxes.CROP).train().info(0).size()).isEqualTo(new ImageSize(8, 8));
    assertThat(warnings(Boxes.CROP)).contains("TEMP/set: a box marked difficult is left out");
  }

  @Test
  void a_box_that_leaves_the_picture_is_cut_and_fractions_are_rounded_outward() {
    annotated("a", object("dog", "-4 31 70 99"), object("cat", "10.5 10.5 20.2 20.7"));

    PictureSet train = open(Boxes.CROP).train();

    assertThat(train.read(0, DecodeOptions.DEFAULT))
        .isEqualTo(picture("a").crop(new Box(30, 0, new ImageSize(10, 60))));
    assertThat(train.read(1, DecodeOptions.DEFAULT))
        .isEqualTo(picture("a").crop(new Box(9, 9, new ImageSize(12, 12))));
  }

  @Test
  void empty_boxes_and_those_outside_are_broken_pictures() {
    annotated("a", object("dog", "5 5 5 9"), object("cat", "61 1 70 9"), object("cat", "1 1 9 9"));
    PictureSet train = open(Boxes.CROP).train();
    String where = temp + "/set/JPEGImages/a.png";

    assertThatThrownBy(() -> train.read(0, DecodeOptions.DEFAULT))
        .isInstanceOf(BadPictureException.class)
        .hasMessage(where + "[0]: the box \"dog\" from (4, 4) to (4, 4) is empty");
    assertThatThrownBy(() -> train.info(1))
        .isInstanceOf(BadPictureException.class)
        .hasMessage(
            where
                + "[1]: the box \"cat\" from (60, 0) to (70, 9) lies outside the picture of 60x40"
                + " pixels");
    assertThat(train.read(2, DecodeOptions.DEFAULT).size()).isEqualTo(new ImageSize(9, 9));
    DataCheck.Report report =
        DataCheck.run(open(Boxes.CROP), DecodeOptions.DEFAULT, 1, DataCheck.Listener.NONE);
    assertThat(report.count(DataCheck.Kind.BROKEN)).isEqualTo(2);
  }

  @Test
  void the_same_box_twice_is_found_but_not_two_boxes_of_a_picture() {
    annotated("a", object("dog", "1 1 20 20"), object("dog", "2 2 20 20"));
    annotated("b", object("cat", "1 1 20 20"), object("dog", "1 1 20 20"));

    DataCheck.Report report =
        DataCheck.run(open(Boxes.CROP), DecodeOptions.DEFAULT, 1, DataCheck.Listener.NONE);

    assertThat(report.findings())
        .filteredOn(finding -> finding.kind() != DataCheck.Kind.LONELY_CLASS)
        .filteredOn(finding -> finding.kind() != DataCheck.Kind.NOTICE)
        .extracting(finding -> finding.toString().replace(temp.toString(), "TEMP"))
        .containsExactly(
            "TEMP/set/JPEGImages/b.png[1]: the same picture as TEMP/set/JPEGImages/b.png[0], but of"
                + " the class \"dog\" and not \"cat\"");
  }

  @Test
  void without_train_the_names_of_trainval_that_val_has_not_are_trained_on() {
    usual();
    files.remove("ImageSets/Main/train.txt");
    listed("trainval", "a  1", "c -1", "b  1");
    listed("dog_train", "zebra");

    assertThat(Samples.sizes(open(Boxes.CROP))).isEqualTo("train 4, val 1");
  }

  @Test
  void without_lists_all_pictures_are_split_by_seed() {
    usual();
    files.keySet().removeIf(path -> path.startsWith("ImageSets"));
    files.forEach((path, content) -> Samples.file(temp.resolve("set").resolve(path), content));

    DataSource source =
        DataSources.open(
            temp.resolve("set").toString(), options(Boxes.CROP).withHoldout(Holdout.of(0.4)));

    assertThat(Samples.sizes(source)).isEqualTo("train 3, val 2");
  }

  @Test
  void names_without_picture_or_annotation_are_left_out_and_said() {
    usual();
    files.remove("JPEGImages/b.png");
    listed("train", "a", "b", "z");

    assertThat(warnings(Boxes.CROP))
        .contains("TEMP/set: 2 names without picture or annotation are left out: b, z");
  }

  @Test
  void classes_that_only_validation_has_are_said() {
    usual();
    annotated("c", object("zebra", "1 1 10 10"));

    assertThat(warnings(Boxes.CROP))
        .contains("TEMP/set: val has boxes of classes that train has not: zebra");
  }

  @Test
  void all_broken_annotations_are_named_at_once() {
    usual();
    xml("a", "<annotation><object><name>dog</name></object></annotation>");
    xml("b", "<annotation>\n<object>");
    xml("c", "<annotation>" + object("dog", "1 NaN 2 3") + "</annotation>");

    assertThat(message(Boxes.CROP))
        .isEqualTo(
            "TEMP/set: 3 problems: Annotations/a.xml object 1 has no whole bndbox;"
                + " Annotations/b.xml is no XML (line 2); Annotations/c.xml ymin: got \"NaN\"; must"
                + " be a number");
  }

  @Test
  void hostile_xml_is_refused() {
    String bomb =
        """
        <?xml version="1.0"?>
        <!DOCTYPE annotation [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
        <annotation><filename>&b;</filename></annotation>
        """;
    String outside =
        """
        <!DOCTYPE annotation [<!ENTITY x SYSTEM "file:///etc/passwd">]>
        <annotation><filename>&x;</filename></annotation>
        """;
    for (Map.Entry<String, String> hostile :
        Map.of(
                bomb,
                "has a DTD, which is not read",
                outside,
                "has a DTD, which is not read",
                "<annotation>&x;</annotation>",
                "is no XML (line 1)",
                "<html/>",
                "is no annotation of Pascal VOC, whose root is <annotation>",
                "<annotation>" + "<a>".repeat(40),
                "has elements more than 32 deep",
                "<annotation>" + "x".repeat(5000) + "</annotation>",
                "has a text of more than 4096 characters",
                "<annotation>" + object("", "1 1 2 2") + "</annotation>",
                "object 1 has no name",
                "",
                "is no XML (line 1)")
            .entrySet()) {
      usual();
      xml("a", hostile.getKey());

      assertThat(message(Boxes.CROP))
          .isEqualTo("TEMP/set: a problem: Annotations/a.xml " + hostile.getValue());
    }
  }

  @Test
  void bytes_of_no_encoding_are_refused_and_nothing_is_printed() {
    usual();
    byte[] broken =
        "<annotation><object><name>d\u00C3(</name>".getBytes(StandardCharsets.ISO_8859_1);
    files.put("Annotations/a.xml", broken);
    String unknown = "<?xml version=\"1.0\" encoding=\"no-such\"?><annotation/>";
    files.put("Annotations/b.xml", unknown.getBytes(StandardCharsets.US_ASCII));
    PrintStream before = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      String why = " is no XML: its bytes are no text of the encoding that it names, or UTF-8";
      assertThat(message(Boxes.CROP))
          .isEqualTo("TEMP/set: 2 problems: Annotations/a.xml" + why + "; Annotations/b.xml" + why);
    } finally {
      System.setErr(before);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void an_annotation_has_the_encoding_that_it_names() {
    for (String encoding : List.of("UTF-8", "ISO-8859-1", "UTF-16")) {
      usual();
      String text =
          "<?xml version=\"1.0\" encoding=\"%s\"?>\n<annotation>%s</annotation>"
              .formatted(encoding, object("b\u00E4r", "11 6 30 20"));
      files.put("Annotations/a.xml", text.getBytes(Charset.forName(encoding)));

      assertThat(open(Boxes.CROP).classes()).as(encoding).contains("b\u00E4r");
    }
  }

  @Test
  void annotations_without_pictures_are_refused() {
    usual();
    files.keySet().removeIf(path -> path.startsWith("JPEGImages"));

    assertThat(message(Boxes.CROP))
        .isEqualTo(
            "TEMP/set: has annotations of Pascal VOC but no pictures; put them into JPEGImages/");
  }

  @Test
  void several_sets_in_one_folder_are_refused() {
    usual();
    Map<String, byte[]> twice = new LinkedHashMap<>();
    files.forEach((path, content) -> twice.put("VOC2007/" + path, content));
    files.forEach((path, content) -> twice.put("VOC2012/" + path, content));
    files.clear();
    files.putAll(twice);

    assertThat(message(Boxes.CROP))
        .isEqualTo(
            "TEMP/set: holds several data sets of Pascal VOC (VOC2007, VOC2012); name one of them");
  }

  @Test
  void a_data_set_without_a_box_is_refused() {
    annotated("a");

    assertThat(message(Boxes.CROP))
        .isEqualTo("TEMP/set: no boxes in it that count; each picture needs one with a class");
  }

  @Test
  void data_without_boxes_cannot_be_cut() {
    Samples.pictures(temp, "set/cat/1.png", "set/dog/1.png");

    assertThat(message(Boxes.CROP))
        .isEqualTo(
            "boxes: got crop, but TEMP/set has no boxes (class folders); must be none, or data with"
                + " boxes (Pascal VOC, COCO)");
  }

  @Test
  void a_check_of_whole_pictures_names_their_bad_boxes() {
    annotated(
        "a",
        object("dog", "5 5 5 9"),
        object("cat", "61 1 70 9"),
        object("cat", "0 0 61 41"),
        object("dog", "-3 1 9 9"));

    DataCheck.Report report =
        DataCheck.run(open(Boxes.KEEP), DecodeOptions.DEFAULT, 1, DataCheck.Listener.NONE);

    assertThat(report.findings())
        .filteredOn(finding -> finding.kind() == DataCheck.Kind.BAD_BOX)
        .extracting(finding -> finding.toString().replace(temp.toString(), "TEMP"))
        .containsExactly(
            "TEMP/set/JPEGImages/a.png[0]: the box \"dog\" from (4, 4) to (4, 4) is empty",
            "TEMP/set/JPEGImages/a.png[1]: the box \"cat\" from (60, 0) to (70, 9) lies outside the"
                + " picture of 60x40 pixels",
            "TEMP/set/JPEGImages/a.png[3]: the box \"dog\" from (-4, 0) to (9, 9) leaves the"
                + " picture of 60x40 pixels and is cut at its border");
  }

  @Test
  void kept_pictures_know_their_boxes() {
    usual();
    annotated("c", object("cat", "11 1 20 10"), object("dog", "3 3 3 3"));

    BoxedSet val = BoxedSet.of(open(Boxes.KEEP).need(Split.VAL)).orElseThrow();

    assertThat(val.boxes(0, Orientation.APPLY))
        .containsExactly(new ClassBox(0, new Box(0, 10, new ImageSize(10, 10))));
    assertThat(BoxedSet.of(open(Boxes.CROP).train())).isEmpty();
  }

  @Test
  void a_preview_draws_boxes_and_counts_them() {
    usual();

    ContactSheet.Entry entry = DataPreview.entry(open(Boxes.KEEP).train(), 0);

    assertThat(entry.caption()).isEqualTo("1 cat\n1 dog");
    assertThat(entry.picture())
        .isEqualTo(
            picture("a")
                .outlined(new Box(5, 10, new ImageSize(15, 20)), DataPreview.color(1), 1)
                .outlined(Box.all(SIZE), DataPreview.color(0), 1));
    assertThat(DataPreview.entry(open(Boxes.CROP).train(), 0))
        .isEqualTo(
            new ContactSheet.Entry(
                picture("a").crop(new Box(5, 10, new ImageSize(15, 20))), "dog"));
  }

  @Test
  void boxes_are_of_the_stored_picture_unless_the_annotation_has_the_size_upright() {
    ImageHeader turned = new ImageHeader(ImageFormat.JPEG, new ImageSize(40, 60), 3, 6);
    MarkedBox box = new MarkedBox(0, "dog", 10, 0, 30, 5);
    MarkedPicture stored = new MarkedPicture(0, 40, 60, List.of(box));
    MarkedPicture upright = new MarkedPicture(0, 60, 40, List.of(box));
    Box same = new Box(0, 10, new ImageSize(5, 20));

    assertThat(stored.place(box, turned, Orientation.IGNORE, "x")).isEqualTo(same);
    assertThat(stored.place(box, turned, Orientation.APPLY, "x"))
        .isEqualTo(new Box(10, 35, new ImageSize(20, 5)));
    assertThat(upright.place(box, turned, Orientation.APPLY, "x")).isEqualTo(same);
    assertThat(upright.place(box, turned, Orientation.IGNORE, "x"))
        .isEqualTo(new Box(10, 0, new ImageSize(20, 5)));
  }

  @Test
  void a_drawn_split_of_boxes_is_a_manifest_with_their_edges() throws IOException {
    usual();
    Path csv = temp.resolve("split.csv");

    ManifestWriter.write(open(Boxes.CROP), csv);

    assertThat(Files.readString(csv))
        .isEqualTo(
            """
            path,label,split,box
            set/JPEGImages/a.png,dog,train,10 5 30 20
            set/JPEGImages/a.png,cat,train,0 0 60 40
            set/JPEGImages/b.png,cat,train,4 4 9 9
            set/JPEGImages/b.png,dog,train,20 10 40 30
            set/JPEGImages/c.png,dog,val,0 0 10 10
            """);
    DataSource again = DataSources.open(csv.toString(), options(Boxes.NONE));
    assertThat(names(again.train()))
        .containsExactly(
            "set/JPEGImages/a.png[0] dog",
            "set/JPEGImages/a.png[1] cat",
            "set/JPEGImages/b.png[0] cat",
            "set/JPEGImages/b.png[1] dog");
    assertThat(again.train().read(3, DecodeOptions.DEFAULT))
        .isEqualTo(picture("b").crop(new Box(10, 20, new ImageSize(20, 20))));
  }

  @Test
  void a_manifest_may_have_boxes_in_some_rows_only() {
    Samples.file(temp.resolve("a.png"), PngWriter.write(picture("a")));
    Samples.file(
        temp.resolve("list.csv"),
        "path,label,box\na.png,dog,1 2 9 8\na.png,cat,\n".getBytes(StandardCharsets.UTF_8));

    PictureSet train =
        DataSources.open(temp.resolve("list.csv").toString(), options(Boxes.NONE)).train();

    assertThat(train.info(0).size()).isEqualTo(new ImageSize(6, 8));
    assertThat(train.read(1, DecodeOptions.DEFAULT)).isEqualTo(picture("a"));
  }

  @Test
  void a_manifest_with_a_box_of_other_than_four_numbers_is_refused() {
    Samples.file(temp.resolve("a.png"), PngWriter.write(picture("a")));
    Samples.file(
        temp.resolve("list.csv"),
        "path,label,box\na.png,dog,1 2 9\n".getBytes(StandardCharsets.UTF_8));

    assertThatThrownBy(
            () -> DataSources.open(temp.resolve("list.csv").toString(), options(Boxes.NONE)))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            temp
                + "/list.csv: a problem: line 2: box \"1 2 9\"; must be left, top, right and bottom"
                + " in pixels");
  }
}
