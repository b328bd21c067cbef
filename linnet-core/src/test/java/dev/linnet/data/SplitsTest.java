package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.InvalidValueException;
import dev.linnet.base.LinnetException;
import dev.linnet.testing.Seeds;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class SplitsTest {
  @TempDir Path temp;

  private DataOptions options() {
    return Samples.options(temp);
  }

  private DataSource open(DataOptions options) {
    return DataSources.open(temp.resolve("set").toString(), options);
  }

  private void folder(String folder, int pictures) {
    for (int i = 0; i < pictures; i++) {
      Samples.pictures(temp, "set/" + folder + "/" + i + ".png");
    }
  }

  private static Set<String> names(DataSource source, Split split) {
    Set<String> names = new TreeSet<>();
    PictureSet set = source.need(split);
    for (int i = 0; i < set.size(); i++) {
      names.add(set.name(i));
    }
    return names;
  }

  @Test
  void without_splits_a_fifth_of_each_class_is_held_out() {
    folder("a", 20);
    folder("b", 11);

    DataSource source = open(options());

    assertThat(Samples.sizes(source)).isEqualTo("train 25, val 6");
    assertThat(names(source, Split.VAL)).filteredOn(name -> name.startsWith("a/")).hasSize(4);
    assertThat(names(source, Split.VAL)).doesNotContainAnyElementsOf(names(source, Split.TRAIN));
    assertThat(source.choosing()).isPresent();
    assertThat(source.evaluated().size()).isEqualTo(6);
    assertThat(Samples.sizes(open(options().withHoldout(Holdout.of(0.5)))))
        .isEqualTo("train 15, val 16");
  }

  @Test
  void beside_a_test_a_tenth_of_train_is_held_out() {
    folder("train/a", 20);
    folder("train/b", 10);
    folder("test/a", 4);

    DataSource source = open(options());

    assertThat(Samples.sizes(source)).isEqualTo("train 27, val 3, test 4");
    assertThat(source.evaluated().size()).isEqualTo(4);
    assertThat(source.drawn().pool(Split.VAL)).contains(Split.TRAIN);
    assertThat(source.drawn().pool(Split.TEST)).isEmpty();
  }

  @Test
  void a_val_of_its_own_chooses_and_nothing_is_drawn() {
    folder("train/a", 4);
    folder("train/b", 4);
    folder("val/a", 2);
    folder("test/a", 3);

    DataSource source = open(options().withHoldout(Holdout.of(0.3)));

    assertThat(Samples.sizes(source)).isEqualTo("train 8, val 2, test 3");
    assertThat(source.drawn().isEmpty()).isTrue();
    assertThat(source.warnings())
        .containsExactly(
            temp.resolve("set") + ": has a val of its own, so nothing is held out of train");
  }

  @Test
  void val_none_trains_on_all_and_nothing_chooses() {
    folder("train/a", 4);
    folder("train/b", 4);
    folder("test/a", 3);

    DataSource source = open(options().withHoldout(Holdout.NONE));

    assertThat(Samples.sizes(source)).isEqualTo("train 8, test 3");
    assertThat(source.choosing()).isEmpty();

    folder("val/a", 2);
    source = open(options().withHoldout(Holdout.NONE));
    assertThat(Samples.sizes(source)).isEqualTo("train 8, val 2, test 3");
    assertThat(source.choosing()).isEmpty();
  }

  @Test
  void without_splits_and_without_holdout_all_pictures_are_evaluated() {
    folder("a", 3);
    folder("b", 3);

    assertThat(open(options().withHoldout(Holdout.NONE)).evaluated().size()).isEqualTo(6);
  }

  @Test
  void a_train_without_anything_beside_is_not_evaluated() {
    folder("train/a", 3);
    folder("train/b", 3);

    assertThatThrownBy(() -> open(options().withHoldout(Holdout.NONE)).evaluated())
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            temp.resolve("set")
                + ": has neither test nor val; to evaluate on what was trained on, say --split"
                + " train");
  }

  @Test
  void classes_of_one_picture_leave_nothing_to_hold_out() {
    folder("a", 1);
    folder("b", 1);

    DataSource source = open(options());

    assertThat(Samples.sizes(source)).isEqualTo("train 2");
    assertThat(source.warnings())
        .contains(temp.resolve("set") + ": no class has two pictures, so none is held out");
  }

  @Test
  void limit_takes_that_many_of_each_class_in_each_split() {
    folder("train/a", 9);
    folder("train/b", 3);
    folder("test/a", 9);

    DataSource source = open(options().withLimit(5).withHoldout(Holdout.NONE));

    assertThat(Samples.sizes(source)).isEqualTo("train 8, test 5");
    assertThat(names(source, Split.TRAIN)).filteredOn(n -> n.startsWith("train/b")).hasSize(3);
    assertThat(source.drawn().positions(Split.TEST)).hasSize(5);
  }

  @Test
  void a_larger_limit_holds_the_pictures_of_a_smaller_one() {
    folder("a", 30);
    folder("b", 30);
    DataOptions all = options().withHoldout(Holdout.NONE);

    assertThat(names(open(all.withLimit(20)), Split.TRAIN))
        .containsAll(names(open(all.withLimit(7)), Split.TRAIN));
  }

  @Seeds(20)
  void the_same_seed_draws_the_same_pictures_and_another_seed_others(long seed) {
    folder("a", 30);
    folder("b", 30);

    Set<String> first = names(open(options().withSeed(seed)), Split.VAL);

    assertThat(names(open(options().withSeed(seed)), Split.VAL)).isEqualTo(first);
    assertThat(names(open(options().withSeed(seed + 1)), Split.VAL)).isNotEqualTo(first);
  }

  @Test
  void what_was_drawn_is_saved_and_taken_again_whatever_the_seed() {
    folder("train/a", 20);
    folder("train/b", 20);
    folder("test/a", 9);
    DataSource source = open(options().withSeed(5).withLimit(8));

    String json = source.drawn().toJson();
    DrawnIndices read = DrawnIndices.fromJson(json, "splits.json");
    DataSource again = open(options().withSeed(77).withDrawn(read));

    assertThat(read.toJson()).isEqualTo(json);
    assertThat(read.seed()).isEqualTo(5);
    assertThat(again.fingerprint()).isEqualTo(source.fingerprint());
    assertThat(names(again, Split.VAL)).isEqualTo(names(source, Split.VAL));
    Set<Integer> both = new HashSet<>();
    for (Split split : new Split[] {Split.TRAIN, Split.VAL}) {
      for (int position : read.positions(split)) {
        assertThat(both.add(position)).isTrue();
      }
    }
    assertThat(both).hasSize(16);
  }

  @Test
  void another_data_set_is_refused() {
    folder("a", 5);
    folder("b", 5);
    DrawnIndices drawn = open(options()).drawn();
    String name = temp.resolve("set").toString();

    folder("b", 6);
    assertThatThrownBy(() -> open(options().withDrawn(drawn)))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            name
                + ": is not the data set that the split was drawn from (train has 11 pictures, then"
                + " 10); name the same data, or start a new run");

    assertThat(temp.resolve("set/b/5.png").toFile().renameTo(temp.resolve("x.png").toFile()))
        .isTrue();
    Samples.file(temp.resolve("set/b/4.png"), new byte[4]);
    assertThatThrownBy(() -> open(options().withDrawn(drawn)))
        .hasMessage(
            name
                + ": is not the data set that the split was drawn from (train has 10 pictures, but"
                + " others); name the same data, or start a new run");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{\"seed\":0}",
        "{\"seed\":0,\"splits\":{\"x\":{}}}",
        "{\"seed\":0,\"splits\":{\"val\":{\"pool\":\"train\",\"pool_size\":3,\"indices\":[2,1]}}}",
        "{\"seed\":0,\"splits\":{\"val\":{\"pool\":\"train\",\"pool_size\":3,\"indices\":[3]}}}",
        "{\"seed\":0,\"splits\":{\"val\":{\"pool\":\"train\",\"pool_size\":3,\"indices\":[0.5]}}}"
      })
  void a_saved_draw_that_is_broken_is_refused(String json) {
    assertThatThrownBy(() -> DrawnIndices.fromJson(json, "splits.json"))
        .isInstanceOf(LinnetException.class)
        .hasMessageStartingWith("splits.json: holds no drawn split (broken at \"")
        .hasMessageEndingWith("\"); start a new run");
  }

  @Test
  void a_saved_draw_that_is_no_json_is_refused() {
    assertThatThrownBy(() -> DrawnIndices.fromJson("{\"seed\":", "splits.json"))
        .isInstanceOf(LinnetException.class)
        .hasMessageStartingWith("splits.json: holds no drawn split (Unexpected end-of-input");
  }

  @Test
  void values_out_of_range_are_refused() {
    assertThatThrownBy(() -> Holdout.of(1.5))
        .isInstanceOf(InvalidValueException.class)
        .hasMessage("val: got 1.5; must be in (0, 1), or none");
    assertThatThrownBy(() -> Holdout.of(0)).hasMessage("val: got 0.0; must be in (0, 1), or none");
    assertThatThrownBy(() -> Holdout.of(Double.NaN))
        .hasMessage("val: got NaN; must be in (0, 1), or none");
    assertThatThrownBy(() -> options().withLimit(0)).hasMessage("limit: got 0; must be at least 1");
  }

  @Test
  void whole_classes_are_held_out() {
    for (int c = 0; c < 12; c++) {
      Samples.pictures(
          temp.resolve("many"), "c%02d/1.png".formatted(c), "c%02d/2.png".formatted(c));
    }
    for (Holdout.Unit unit : List.of(Holdout.Unit.CLASSES, Holdout.Unit.AUTO)) {
      DataSource source =
          DataSources.open(
              temp.resolve("many").toString(),
              Samples.options(temp).withHoldout(Holdout.of(0.25).of(unit)));
      PictureSet train = source.train();
      PictureSet val = source.need(Split.VAL);
      assertThat(train.size()).isEqualTo(18);
      assertThat(val.size()).isEqualTo(6);
      assertThat(labels(train)).hasSize(9).doesNotContainAnyElementsOf(labels(val));
      DataSource again =
          DataSources.open(
              temp.resolve("many").toString(), Samples.options(temp).withDrawn(source.drawn()));
      assertThat(again.fingerprint()).isEqualTo(source.fingerprint());
    }
  }

  @Test
  void few_classes_give_pictures_and_fewer_than_four_give_none() {
    Samples.pictures(temp.resolve("few"), "a/1.png", "a/2.png", "b/1.png", "b/2.png", "c/1.png");
    DataOptions options = Samples.options(temp);
    String few = temp.resolve("few").toString();
    DataSource pictures =
        DataSources.open(few, options.withHoldout(Holdout.of(0.5).of(Holdout.Unit.AUTO)));
    assertThat(labels(pictures.need(Split.VAL))).containsExactlyInAnyOrder(0, 1);
    DataSource none =
        DataSources.open(few, options.withHoldout(Holdout.of(0.5).of(Holdout.Unit.CLASSES)));
    assertThat(none.set(Split.VAL)).isEmpty();
    assertThat(none.warnings().stream().map(w -> w.replace(temp.toString(), "TEMP")))
        .contains("TEMP/few: has fewer than four classes, so none is held out");
  }

  private static Set<Integer> labels(PictureSet set) {
    return IntStream.range(0, set.size()).mapToObj(set::label).collect(Collectors.toSet());
  }
}
