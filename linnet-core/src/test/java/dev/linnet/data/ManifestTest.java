package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.image.DecodeOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ManifestTest {
  @TempDir Path temp;

  @BeforeEach
  void pictures() {
    Samples.pictures(temp, "img/1.png", "img/2.png", "img/3.png", "img/a, b.png");
  }

  private DataSource open(String name, String text) {
    Samples.file(temp.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    return DataSources.open(
        temp.resolve(name).toString(), Samples.options(temp).withHoldout(Holdout.NONE));
  }

  private String message(String name, String text) {
    try {
      open(name, text);
    } catch (LinnetException e) {
      return String.valueOf(e.getMessage()).replace(temp.toString(), "TEMP");
    }
    throw new AssertionError("was opened");
  }

  @Test
  void csv_names_pictures_classes_and_splits() {
    DataSource source =
        open(
            "list.csv",
            """
            \uFEFFlabel,path,split,author
            dog,img/1.png,train,x
            cat,img/2.png,train,
            cat,"img/a, b.png",validation,y

            dog,%s/img/3.png,test
            """
                .formatted(temp));

    assertThat(source.layout()).isEqualTo("manifest");
    assertThat(source.classes()).containsExactly("cat", "dog");
    assertThat(Samples.sizes(source)).isEqualTo("train 2, val 1, test 1");
    assertThat(source.train().label(0)).isEqualTo(1);
    assertThat(source.need(Split.VAL).name(0)).isEqualTo("img/a, b.png");
    assertThat(source.need(Split.TEST).read(0, DecodeOptions.DEFAULT))
        .isEqualTo(Samples.picture("img/3.png".hashCode()));
  }

  @Test
  void json_lines_are_the_same() {
    DataSource source =
        open(
            "list.jsonl",
            """
            {"path": "img/1.png", "label": "dog", "more": [1]}

            {"path": "img/2.png", "label": 7}
            """);

    assertThat(source.classes()).containsExactly("7", "dog");
    assertThat(Samples.sizes(source)).isEqualTo("train 2");
  }

  @Test
  void without_a_column_split_the_pictures_are_split_by_seed() {
    Samples.file(
        temp.resolve("list.csv"),
        "path,label\nimg/1.png,a\nimg/2.png,a\nimg/3.png,b\n".getBytes(StandardCharsets.UTF_8));

    DataSource source =
        DataSources.open(temp.resolve("list.csv").toString(), Samples.options(temp));

    assertThat(Samples.sizes(source)).isEqualTo("train 2, val 1");
  }

  @Test
  void all_problems_are_said_at_once_by_line() {
    assertThat(
            message(
                "list.csv",
                """
                path,label,split
                img/1.png,dog,trian
                img/9.png,dog,train
                ,dog,train
                img/2.png,,train
                img,dog,train
                img/3.png,dog
                """))
        .isEqualTo(
            "TEMP/list.csv: 6 problems: line 2: split \"trian\"; must be train, val or test; line"
                + " 3: img/9.png does not exist; line 4: no path; line 5: no label; line 6: img is"
                + " no file; line 7: split \"\"; must be train, val or test");
    assertThat(
            message(
                "list.jsonl",
                """
                {"path": "img/1.png", "label": "dog", "split": "x"}
                [1]
                {"path": "img/1.png"
                {"path": "img/2.png", "split": "val"}
                """))
        .startsWith(
            "TEMP/list.jsonl: 4 problems: line 1: split \"x\"; must be train, val or test; line 2:"
                + " is no JSON object with the keys path and label; line 3: is no JSON (")
        .endsWith("line 4: no label");
  }

  @Test
  void many_problems_are_cut_after_ten() {
    assertThat(message("list.csv", "path,label\n" + "x.png,a\n".repeat(25)))
        .startsWith("TEMP/list.csv: 25 problems: line 2: x.png does not exist; line 3")
        .endsWith("line 11: x.png does not exist; and 15 more");
  }

  @Test
  void missing_columns_are_said() {
    assertThat(message("list.csv", "file,class\nimg/1.png,dog\n"))
        .isEqualTo(
            "TEMP/list.csv: 2 problems: line 1: no column \"path\" (columns: file,class); line 1:"
                + " no column \"label\" (columns: file,class)");
    assertThat(message("empty.csv", ""))
        .isEqualTo(
            "TEMP/empty.csv: 2 problems: line 1: no column \"path\" (columns: none); line 1: no"
                + " column \"label\" (columns: none)");
    assertThat(message("none.csv", "path,label\n"))
        .isEqualTo(
            "TEMP/none.csv: no pictures in it; write one a line under the columns path,label");
  }

  @Test
  void a_broken_quote_and_another_encoding_are_said() {
    assertThat(message("list.csv", "path,label\n\"img/1.png,dog\n"))
        .startsWith("TEMP/list.csv: cannot be read (");
    Samples.file(
        temp.resolve("latin.csv"),
        "path,label\nKäse.png,a\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(
            () -> DataSources.open(temp.resolve("latin.csv").toString(), Samples.options(temp)))
        .hasMessage(temp.resolve("latin.csv") + ": is not UTF-8; save it as UTF-8");
  }

  @Test
  void a_class_that_train_has_not_is_said() {
    assertThat(message("list.csv", "path,label,split\nimg/1.png,dog,train\nimg/2.png,dig,val\n"))
        .isEqualTo(
            "TEMP/list.csv: a problem: val has the class \"dig\", which train has not; did you mean"
                + " \"dog\"?");
  }

  @Test
  void what_is_written_reads_back_equal() {
    Samples.pictures(temp, "set/é, x/1.png", "set/é, x/2.png", "set/b/1.png", "set/b/2.png");
    DataSource folder =
        DataSources.open(temp.resolve("set").toString(), Samples.options(temp).withSeed(3));
    Path manifest = temp.resolve("lists/deep/list.csv");

    ManifestWriter.write(folder, manifest);
    DataSource again = DataSources.open(manifest.toString(), Samples.options(temp));

    assertThat(again.classes()).isEqualTo(folder.classes());
    for (Split split : java.util.List.of(Split.TRAIN, Split.VAL)) {
      PictureSet one = folder.need(split);
      PictureSet two = again.need(split);
      assertThat(two.size()).isEqualTo(one.size());
      for (int i = 0; i < one.size(); i++) {
        assertThat(two.label(i)).isEqualTo(one.label(i));
        assertThat(two.read(i, DecodeOptions.DEFAULT))
            .isEqualTo(one.read(i, DecodeOptions.DEFAULT));
      }
    }
  }

  @Test
  void pictures_of_an_archive_cannot_be_listed() {
    Samples.file(temp.resolve("set.tar"), Samples.tar("a/1.png", "b/1.png"));
    DataSource tar = DataSources.open(temp.resolve("set.tar").toString(), Samples.options(temp));

    assertThatThrownBy(() -> ManifestWriter.write(tar, temp.resolve("list.csv")))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            temp.resolve("set.tar")
                + ": its pictures are no files of their own (class folders in a tar), so a"
                + " manifest cannot name them; unpack it first");
  }
}
