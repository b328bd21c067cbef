package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ClassFoldersTest {
  @TempDir Path temp;

  private DataSource open(String name) {
    return DataSources.open(temp.resolve(name).toString(), Samples.options(temp));
  }

  private String message(String name) {
    try {
      open(name);
    } catch (LinnetException e) {
      return String.valueOf(e.getMessage()).replace(temp.toString(), "TEMP");
    }
    throw new AssertionError("was opened");
  }

  @Test
  void classes_are_sorted_by_name_and_pictures_by_path() {
    Samples.pictures(temp, "set/b/2.png", "set/b/1.png", "set/a/9.jpg", "set/a/deep/er/3.png");
    Samples.pictures(temp, "set/b/3.png", "set/B/4.PNG", "set/10/x.webp", "set/10/y.webp");

    DataSource source =
        DataSources.open(
            temp.resolve("set").toString(), Samples.options(temp).withHoldout(Holdout.NONE));

    assertThat(source.layout()).isEqualTo("class folders");
    assertThat(source.classes()).containsExactly("10", "B", "a", "b");
    PictureSet all = source.train();
    assertThat(all.size()).isEqualTo(8);
    assertThat(all.name(0)).isEqualTo("10/x.webp");
    assertThat(all.name(3)).isEqualTo("a/9.jpg");
    assertThat(all.name(4)).isEqualTo("a/deep/er/3.png");
    assertThat(all.label(4)).isEqualTo(2);
    assertThat(all.info(7)).isEqualTo(new PictureInfo("png", new ImageSize(10, 12), 3, 1));
    assertThat(all.read(7, DecodeOptions.DEFAULT))
        .isEqualTo(Samples.picture("set/b/3.png".hashCode()));
  }

  @Test
  void other_spellings_of_the_splits_are_known() {
    Samples.pictures(temp, "set/Training/a/1.png", "set/Training/b/1.png");
    Samples.pictures(temp, "set/valid/a/1.png", "set/testing/b/1.png");

    assertThat(Samples.sizes(open("set"))).isEqualTo("train 2, val 1, test 1");
  }

  @Test
  void a_folder_round_the_whole_is_looked_through() {
    Samples.pictures(temp, "set/photos/2024/train/a/1.png", "set/photos/2024/train/b/1.png");
    Samples.pictures(temp, "set/photos/2024/val/a/2.png");

    DataSource source = open("set");

    assertThat(Samples.sizes(source)).isEqualTo("train 2, val 1");
    assertThat(source.classes()).containsExactly("a", "b");
  }

  @Test
  void a_class_may_be_named_train_among_others() {
    Samples.pictures(temp, "set/train/1.png", "set/train/2.png", "set/bus/1.png", "set/bus/2.png");

    assertThat(open("set").classes()).containsExactly("bus", "train");
  }

  @Test
  void what_systems_leave_behind_is_ignored_silently() {
    Samples.pictures(temp, "set/a/1.png", "set/a/2.png", "set/b/1.png", "set/b/2.png");
    Samples.pictures(temp, "set/__MACOSX/a/._1.png", "set/.hidden/x.png", "set/a/._1.png");
    Samples.file(temp.resolve("set/a/Thumbs.db"), new byte[3]);
    Samples.file(temp.resolve("set/.DS_Store"), new byte[3]);

    DataSource source = open("set");

    assertThat(source.classes()).containsExactly("a", "b");
    assertThat(source.warnings()).isEmpty();
    assertThat(Samples.sizes(source)).isEqualTo("train 2, val 2");
  }

  @Test
  void names_with_spaces_and_letters_of_any_language_work() {
    Samples.pictures(temp, "mein Satz/Käse & Brot/é 1.png", "mein Satz/Käse & Brot/2.png");
    Samples.pictures(temp, "mein Satz/猫/一.png", "mein Satz/猫/二.png");

    DataSource source = open("mein Satz");

    assertThat(source.classes()).containsExactly("Käse & Brot", "猫");
    assertThat(source.train().read(1, DecodeOptions.DEFAULT).size()).isEqualTo(Samples.SIZE);
  }

  @Test
  void a_picture_without_an_ending_is_known_by_its_first_bytes() {
    Samples.file(temp.resolve("set/a/IMG_1"), Samples.png(1)); // alone in its class
    Samples.file(temp.resolve("set/a/README"), "words".getBytes(StandardCharsets.UTF_8));
    Samples.pictures(temp, "set/b/1.png", "set/b/2.png");

    DataSource source = open("set");

    assertThat(Samples.sizes(source)).isEqualTo("train 2, val 1");
    assertThat(source.warnings())
        .contains(temp.resolve("set") + ": 1 file is by name no picture: a/README");
  }

  @Test
  void pictures_outside_the_classes_are_left_out_and_said() throws IOException {
    Samples.pictures(temp, "set/train/a/1.png", "set/train/b/1.png", "set/val/a/2.png");
    Samples.pictures(temp, "set/train/loose.png", "set/extra/a/1.png", "set/extra/a/2.png");
    Samples.pictures(temp, "set/cover.png");
    Files.createDirectories(temp.resolve("set/train/empty"));

    DataSource source = open("set");

    assertThat(Samples.sizes(source)).isEqualTo("train 2, val 1");
    assertThat(source.warnings().stream().map(w -> w.replace(temp.toString(), "TEMP")))
        .containsExactly(
            "TEMP/set: 1 picture is left out: beside the folders train, val and test",
            "TEMP/set: 2 pictures are left out: extra/ is neither train, val nor test",
            "TEMP/set: 1 picture is left out, for lying in no class folder: train/loose.png",
            "TEMP/set: a class folder without pictures, left out: train/empty",
            "TEMP/set: 2 classes have one picture only, which stays in train: \"a\", \"b\"");
  }

  @Test
  void a_class_with_one_picture_stays_in_train() {
    Samples.pictures(temp, "set/a/1.png", "set/b/1.png", "set/b/2.png", "set/b/3.png");

    DataSource source = open("set");

    assertThat(Samples.sizes(source)).isEqualTo("train 3, val 1");
    assertThat(source.train().label(0)).isZero();
    assertThat(source.warnings())
        .containsExactly(
            temp.resolve("set") + ": a class has one picture only, which stays in train: \"a\"");
  }

  @Test
  void one_class_is_too_few_to_train_on() {
    Samples.pictures(temp, "set/cats/1.png", "set/cats/2.png");

    DataSource source = open("set");

    assertThatThrownBy(source::train)
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            temp.resolve("set")
                + ": only one class (\"cats\"); a classifier needs two or more, each a folder of"
                + " its own");
  }

  @Test
  void a_val_alone_can_be_evaluated_but_not_trained_on() {
    Samples.pictures(temp, "set/val/a/1.png", "set/val/b/1.png");

    DataSource source = open("set");

    assertThat(source.evaluated().size()).isEqualTo(2);
    assertThatThrownBy(source::train)
        .hasMessage(
            temp.resolve("set")
                + ": has no train split (it has val); to train on it, name the folder of its"
                + " classes");
    assertThatThrownBy(() -> source.need(Split.TEST))
        .hasMessage(temp.resolve("set") + ": has no split test; must be val");
  }

  @Test
  void an_empty_folder_is_said() throws IOException {
    Files.createDirectories(temp.resolve("set"));

    assertThat(message("set"))
        .isEqualTo("TEMP/set: is empty; put class folders into it: CLASS/picture.jpg");
  }

  @Test
  void folders_without_pictures_are_said() throws IOException {
    Files.createDirectories(temp.resolve("set/a"));

    assertThat(message("set"))
        .isEqualTo(
            "TEMP/set: no pictures in it; make each class a folder (CLASS/picture.jpg, or"
                + " train/CLASS/picture.jpg and val/CLASS/picture.jpg), or write a manifest (CSV"
                + " with the columns path,label)");
  }

  @Test
  void pictures_without_classes_are_said() {
    Samples.pictures(temp, "flat/1.png", "flat/2.png", "split/train/1.png", "split/test/2.png");
    String how =
        ": 2 pictures but no class folders; make each class a folder (CLASS/picture.jpg, or"
            + " train/CLASS/picture.jpg and val/CLASS/picture.jpg), or write a manifest (CSV with"
            + " the columns path,label)";

    assertThat(message("flat")).isEqualTo("TEMP/flat" + how);
    assertThat(message("split")).isEqualTo("TEMP/split" + how);
  }

  @Test
  void a_class_that_train_has_not_is_said_with_the_nearest_one() {
    Samples.pictures(temp, "set/train/cats/1.png", "set/train/dogs/1.png", "set/val/dog/1.png");

    assertThat(message("set"))
        .isEqualTo(
            "TEMP/set: val has the class \"dog\", which train has not; did you mean \"dogs\"?");
  }

  @Test
  void two_spellings_of_one_split_are_refused() {
    Samples.pictures(temp, "set/train/a/1.png", "set/val/a/1.png", "set/valid/a/2.png");

    assertThat(message("set")).isEqualTo("TEMP/set: has both val/ and valid/; keep one of them");
  }

  @Test
  void a_path_that_does_not_exist_is_said_with_the_nearest_name() {
    DataOptions options = Samples.options(temp);

    assertThatThrownBy(() -> DataSources.open("fashon_mnist", options))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "fashon_mnist: no such folder, file or data set; did you mean \"fashion-mnist\"?");
    assertThatThrownBy(() -> DataSources.open("/nowhere/photos", options))
        .hasMessage(
            "/nowhere/photos: no such folder, file or data set; known by name are digits, mnist,"
                + " fashion-mnist, cifar10, cifar100, eurosat, flowers102, food101, imagenette,"
                + " imagenet");
  }

  @Test
  void a_file_that_is_no_data_set_is_said() {
    Samples.file(temp.resolve("notes.txt"), "words".getBytes(StandardCharsets.UTF_8));
    Samples.file(temp.resolve("train-images-idx3-ubyte.gz"), Samples.gzip(new byte[9]));

    assertThat(message("notes.txt"))
        .isEqualTo(
            "TEMP/notes.txt: is no data set; must be a folder, a .tar, .tar.gz, .tar.zst or .zip,"
                + " or a manifest (.csv, .jsonl)");
    assertThat(message("train-images-idx3-ubyte.gz"))
        .isEqualTo(
            "TEMP/train-images-idx3-ubyte.gz: is no data set; name the folder that it lies in");
  }

  @Test
  void a_link_that_leads_back_up_neither_hangs_nor_goes_unsaid() throws IOException {
    Samples.pictures(temp, "set/a/1.png", "set/a/2.png", "set/b/1.png", "set/b/2.png");
    Files.createSymbolicLink(temp.resolve("set/b/again"), temp.resolve("set"));
    Files.createSymbolicLink(temp.resolve("set/b/self.png"), temp.resolve("set/b/self.png"));
    Files.createSymbolicLink(temp.resolve("set/b/gone.png"), temp.resolve("nowhere.png"));

    DataSource source = open("set");

    assertThat(Samples.sizes(source)).isEqualTo("train 2, val 2");
    assertThat(source.warnings().stream().map(w -> w.replace(temp.toString(), "TEMP")))
        .containsExactly(
            "TEMP/set: 1 link that leads back up is skipped: b/again",
            "TEMP/set: 2 links to nothing are skipped: b/gone.png, b/self.png");
  }

  @Test
  void links_to_folders_elsewhere_are_followed() throws IOException {
    Samples.pictures(temp, "store/cats/1.png", "store/dogs/1.png");
    Files.createDirectories(temp.resolve("set"));
    Files.createSymbolicLink(temp.resolve("set/a"), temp.resolve("store/cats"));
    Files.createSymbolicLink(temp.resolve("set/b"), temp.resolve("store/dogs"));

    assertThat(open("set").classes()).containsExactly("a", "b");
  }

  @Test
  void a_file_that_may_not_be_read_is_a_bad_picture() {
    Samples.pictures(temp, "set/a/1.png", "set/a/2.png", "set/b/1.png", "set/b/2.png");
    Disk denying =
        (file, offset, length) -> {
          throw new AccessDeniedException(file.toString());
        };

    DataSource source =
        new DataSources(Catalog.STANDARD, denying)
            .openNamed(temp.resolve("set").toString(), Samples.options(temp));
    PictureSet train = source.train();

    assertThatThrownBy(() -> train.read(0, DecodeOptions.DEFAULT))
        .isInstanceOf(BadPictureException.class)
        .hasMessage(
            temp.resolve("set").resolve(train.name(0)) + ": cannot be read (permission denied)");
  }

  @Test
  void a_file_that_is_no_picture_by_its_length_is_a_bad_picture_and_not_read() throws IOException {
    Samples.pictures(temp, "set/a/1.png", "set/b/1.png");
    try (RandomAccessFile file = new RandomAccessFile(temp.resolve("set/a/1.png").toFile(), "rw")) {
      file.setLength(5_000_000_000L); // sparse
    }
    PictureSet train = open("set").train();

    assertThatThrownBy(() -> train.read(0, DecodeOptions.DEFAULT))
        .isInstanceOf(BadPictureException.class)
        .hasMessage(
            temp.resolve("set/a/1.png") + ": has 5000000000 bytes; must be at most 536870912");
  }

  @Test
  void a_folder_that_may_not_be_read_is_an_error() {
    Path folder = temp.resolve("set/a");
    FilesTree.Walk walk = new FilesTree.Walk(temp.resolve("set"));

    assertThatThrownBy(() -> walk.visitFileFailed(folder, new AccessDeniedException("a")))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            folder
                + ": cannot be read (permission denied); allow reading it, or take it out of the"
                + " data set");
  }

  @Test
  void the_fingerprint_changes_with_names_lengths_and_labels_but_not_with_the_place()
      throws IOException {
    Samples.pictures(temp, "one/a/1.png", "one/b/1.png");
    Samples.file(temp.resolve("two/a/1.png"), Files.readAllBytes(temp.resolve("one/a/1.png")));
    Samples.file(temp.resolve("two/b/1.png"), Files.readAllBytes(temp.resolve("one/b/1.png")));

    String one = open("one").fingerprint();

    assertThat(one).hasSize(64).isEqualTo(open("two").fingerprint());
    Samples.file(temp.resolve("two/b/1.png"), new byte[5]);
    assertThat(open("two").fingerprint()).isNotEqualTo(one);
    Files.move(temp.resolve("one/b/1.png"), temp.resolve("one/b/2.png"));
    assertThat(open("one").fingerprint()).isNotEqualTo(one);
  }

  @Test
  void all_folders_down_to_the_picture_may_name_the_class() {
    Samples.pictures(temp, "set/x/train/a/b/1.png", "set/x/train/a/2.png", "set/x/val/a/b/3.png");
    ClassRule leaf = new ClassRule(ClassRule.Folders.LEAF, ClassRule.Splits.ALIKE);
    DataSource source =
        DataSources.open(temp.resolve("set").toString(), Samples.options(temp).withClasses(leaf));
    assertThat(source.classes()).containsExactly("a", "a/b");
    assertThat(source.need(Split.VAL).label(0)).isEqualTo(1);
  }

  @Test
  void splits_may_have_classes_of_their_own_where_nobody_names_them() {
    Samples.pictures(temp, "set/train/b/1.png", "set/train/c/2.png", "set/val/a/3.png");
    Samples.file(
        temp.resolve("list.csv"),
        "path,label,split\nset/train/b/1.png,b,train\nset/val/a/3.png,a,val\n"
            .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    ClassRule apart = new ClassRule(ClassRule.Folders.TOP, ClassRule.Splits.APART);
    DataOptions options = Samples.options(temp).withClasses(apart);
    DataSource source = DataSources.open(temp.resolve("set").toString(), options);
    assertThat(source.classes()).containsExactly("b", "c", "a");
    assertThat(source.need(Split.VAL).label(0)).isEqualTo(2);
    DataSource manifest = DataSources.open(temp.resolve("list.csv").toString(), options);
    assertThat(manifest.classes()).containsExactly("a", "b");
  }
}
