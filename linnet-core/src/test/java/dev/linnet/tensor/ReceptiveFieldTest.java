package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ReceptiveFieldTest {
  @Test
  void windows_add_up_and_branches_meet() {
    Scope.run(
        "test",
        () -> {
          Tensor x = Tensor.zeros(DType.FLOAT32, Device.CPU, 1, 1, 32, 32);
          Tensor wide = Tensor.zeros(DType.FLOAT32, Device.CPU, 1, 1, 7, 7);
          Tensor small = Tensor.zeros(DType.FLOAT32, Device.CPU, 1, 1, 3, 3);
          Tensor[] made = new Tensor[1];
          Recording recording =
              Recording.of(
                  () -> {
                    Tensor y = x.conv2d(wide, null, Window.square(2, 3, 1), 1).maxPool2d(3, 2, 1);
                    made[0] = y.conv2d(small, null, Window.square(1, 1, 1), 1).add(y).relu();
                    return made[0];
                  });
          // 7, then + 2 · 2 = 11 at jump 4, then + 2 · 4 = 19; from −3 − 2 − 4.
          ReceptiveField.Side side = new ReceptiveField.Side(19, 4, -9);
          assertThat(ReceptiveField.of(recording, made[0], 32, 32))
              .isEqualTo(Optional.of(new ReceptiveField(side, side)));
          assertThat(side.first(3)).isEqualTo(3);
        });
  }
}
