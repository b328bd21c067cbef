package dev.linnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class HouseTest {
  private static final String TABLE =
      """
      Some words.

      | Room (package) | What lives there | May use |
      |---|---|---|
      | `base` | checks | |
      | `tensor` | the engine | base |
      | `nn` | layers | tensor+ |
      | `loss`, `optim` | one class each | nn+ |
      | `train` | the loop | nn+, optim |

      After the table.
      """;

  @Test
  void a_plus_brings_what_the_room_may_use_and_so_on() {
    House house = House.read(TABLE);
    assertThat(house.mayUse().get("loss")).containsExactlyInAnyOrder("nn", "tensor", "base");
    assertThat(house.mayUse().get("optim")).isEqualTo(house.mayUse().get("loss"));
    assertThat(house.allows("train", "optim")).isTrue();
  }

  @Test
  void what_the_row_does_not_name_is_not_allowed() {
    House house = House.read(TABLE);
    assertThat(house.allows("train", "loss")).isFalse();
    assertThat(house.allows("loss", "optim")).isFalse();
    assertThat(house.allows("base", "tensor")).isFalse();
    assertThat(house.allows("nobody", "base")).isFalse();
  }

  @Test
  void without_a_plus_only_the_room_itself() {
    House house = House.read(TABLE.replace("| tensor+ |", "| tensor |"));
    assertThat(house.allows("nn", "base")).isFalse();
  }

  @Test
  void a_cycle_is_found() {
    assertThat(House.read(TABLE).cycles()).isEmpty();
    assertThat(
            House.read(TABLE.replace("| the engine | base |", "| the engine | optim |")).cycles())
        .containsExactly("nn", "optim", "tensor");
  }

  @Test
  void a_room_without_a_row_is_refused() {
    assertThatThrownBy(() -> House.read(TABLE.replace("tensor+", "tensors+")))
        .hasMessage("nn may use tensors, which has no row");
  }

  @Test
  void a_row_of_another_form_is_refused() {
    assertThatThrownBy(() -> House.read(TABLE.replace("| `nn` |", "| nn |")))
        .hasMessage("not \"| `room` | what | may use |\": | nn | layers | tensor+ |");
  }
}
