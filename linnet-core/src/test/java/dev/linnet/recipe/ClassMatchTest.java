package dev.linnet.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.LinnetException;
import dev.linnet.weights.ImageNetClass;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ClassMatchTest {
  private static final List<String> PETS = List.of("cat", "dog", "guinea pig");

  private static ClassMatch imageNet(String... data) {
    return ClassMatch.of(List.of(data), ImageNetClass.ownNames(), 1000);
  }

  private static ClassMatch pets(String... data) {
    return ClassMatch.of(List.of(data), PETS, 3);
  }

  private static void refused(ThrowingMatch match, String message) {
    assertThatThrownBy(match::run).isInstanceOf(LinnetException.class).hasMessage(message);
  }

  private interface ThrowingMatch {
    void run();
  }

  @Test
  void the_same_classes_are_themselves() {
    ClassMatch match = pets("cat", "dog", "guinea pig");
    assertThat(match.labels()).containsExactly(0, 1, 2);
    assertThat(match.note()).isEmpty();
  }

  @Test
  void a_part_in_another_order_is_matched_by_name() {
    ClassMatch match = pets("Guinea_Pig", "cat");
    assertThat(match.labels()).containsExactly(2, 0);
    assertThat(match.classes()).isEqualTo(PETS);
    assertThat(match.note()).contains("classes: 2 of the network's 3, matched by name");
  }

  @Test
  void imagenet_is_matched_by_wordnet_id() {
    ClassMatch match = imageNet("n01443537", "N01440764", "n02012849_crane", "n03126707-crane");
    assertThat(match.labels()).containsExactly(1, 0, 134, 517);
    assertThat(match.note()).contains("classes: 4 of the network's 1000, matched by WordNet id");
  }

  @Test
  void imagenet_is_matched_by_any_of_its_names_in_any_spelling() {
    assertThat(
            imageNet("Tinca_tinca", "TENCH", "great-white shark", "jack-o_-lantern", "shih tzu")
                .labels())
        .containsExactly(0, 0, 2, 607, 155);
  }

  @Test
  void imagenet_is_matched_by_number() {
    ClassMatch match = imageNet("0", "999", "0007");
    assertThat(match.labels()).containsExactly(0, 999, 7);
    assertThat(match.note()).contains("classes: 3 of the network's 1000, matched by number");
    refused(
        () -> imageNet("1000"),
        "the data have the class \"1000\", which the network does not know; it knows tench,"
            + " goldfish, great white shark, tiger shark, hammerhead and 995 more, each also by its"
            + " WordNet id");
  }

  @Test
  void ways_may_be_mixed_and_are_said() {
    assertThat(imageNet("n01440764", "goldfish", "2").note())
        .contains("classes: 3 of the network's 1000, matched by name and WordNet id and number");
  }

  @Test
  void all_own_names_are_matched() {
    List<String> sorted = ImageNetClass.ownNames().stream().sorted().toList();
    assertThat(ClassMatch.of(sorted, ImageNetClass.ownNames(), 1000).labels())
        .isEqualTo(sorted.stream().map(ImageNetClass.ownNames()::indexOf).toList());
  }

  @Test
  void a_name_of_two_classes_is_refused() {
    refused(
        () -> imageNet("crane", "tench"),
        "the class \"crane\" of the data may be \"crane bird\" (n02012849) or \"crane\""
            + " (n03126707); name it by its WordNet id");
    refused(
        () -> imageNet("maillot"),
        "the class \"maillot\" of the data may be \"maillot\" (n03710637) or \"maillot tank suit\""
            + " (n03710721); name it by its WordNet id");
  }

  @Test
  void a_name_of_two_classes_means_the_one_that_no_other_folder_is() {
    assertThat(imageNet("crane", "crane bird").labels()).containsExactly(517, 134);
    assertThat(imageNet("tank suit", "maillot").labels()).containsExactly(639, 638);
  }

  @Test
  void what_matches_nothing_is_named_with_the_nearest_names() {
    refused(
        () -> imageNet("tensch"),
        "the data have the class \"tensch\" (did you mean \"tench\"?), which the network does not"
            + " know; it knows tench, goldfish, great white shark, tiger shark, hammerhead and 995"
            + " more, each also by its WordNet id");
    refused(
        () -> pets("catt", "cow", "dog"),
        "the data have 2 classes that the network does not know: \"catt\" (did you mean \"cat\"?),"
            + " \"cow\"; it knows cat, dog, guinea pig");
    refused(
        () -> pets("q1", "q2", "q3", "q4", "q5", "q6", "q7"),
        "the data have 7 classes that the network does not know: \"q1\", \"q2\", \"q3\", \"q4\","
            + " \"q5\" and 2 more; it knows cat, dog, guinea pig");
  }

  @Test
  void a_network_with_wordnet_ids_for_names_knows_their_names() {
    ClassMatch match =
        ClassMatch.of(List.of("goldfish", "tench"), List.of("n01440764", "n01443537"), 2);
    assertThat(match.labels()).containsExactly(1, 0);
  }

  @Test
  void without_names_numbers_or_as_many_classes_are_matched() {
    assertThat(ClassMatch.of(List.of("10", "9"), List.of(), 20).labels()).containsExactly(10, 9);
    ClassMatch same = ClassMatch.of(List.of("a", "b"), List.of(), 2);
    assertThat(same.labels()).containsExactly(0, 1);
    assertThat(same.classes()).containsExactly("a", "b");
    refused(
        () -> ClassMatch.of(List.of("a", "b"), List.of(), 20),
        "the data have 2 classes, the network 20, and its weights name none; evaluate on data with"
            + " the same classes, or call them by the network's numbers, 0 to 19");
  }

  @Test
  void labels_lie_among_the_networks_classes() {
    ClassMatch all =
        ClassMatch.of(IntStream.range(0, 20).mapToObj(String::valueOf).toList(), List.of(), 1000);
    assertThat(all.classes()).hasSize(1000);
  }
}
