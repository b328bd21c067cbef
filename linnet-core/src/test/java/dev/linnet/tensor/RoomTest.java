package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Memory that kernels use in turn. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class RoomTest {
  private static long place(Tensor tensor) {
    return tensor.handle().data_ptr().address();
  }

  @Test
  void it_is_kept_and_grows() {
    Room room = new Room();
    List<Long> places = new ArrayList<>();
    Scope.run(
        "one kernel",
        () -> {
          Tensor made = room.of(1001);
          assertThat(made.bytes()).isEqualTo(1004);
          places.add(place(made));
        });
    Scope.run(
        "another kernel",
        () -> {
          assertThat(place(room.of(1000))).isEqualTo(places.get(0));
          assertThat(room.of(5000).bytes()).isEqualTo(5000);
          assertThat(room.of(8).bytes()).isEqualTo(5000);
        });
  }

  @Test
  void what_is_very_large_is_its_kernels_own() {
    Room room = new Room();
    Scope.run(
        "kernels",
        () -> {
          Tensor kept = room.of(16);
          Tensor large = room.of((64 << 20) + 4);
          assertThat(large.bytes()).isEqualTo((64 << 20) + 4);
          assertThat(place(room.of(16))).isEqualTo(place(kept));
          assertThat(place(room.of((64 << 20) + 4))).isNotEqualTo(place(large));
        });
  }
}
