package dev.linnet.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class NormalizationTest {
  private static final Normalization GRAY = new Normalization(List.of(0.3), List.of(0.31));

  @Seeds(40)
  void levels_become_input_the_same_on_both_ways(RandomState random) {
    Normalization normalization = random.nextBoolean(0.5) ? Normalization.IMAGENET : GRAY;
    int c = normalization.channels();
    int n = 1 + random.nextInt(3);
    int h = 1 + random.nextInt(9);
    int w = 1 + random.nextInt(40);
    ByteBuffer levels = ByteBuffer.allocateDirect(n * h * w * c);
    for (int i = 0; i < levels.capacity(); i++) {
      levels.put(i, (byte) random.nextInt());
    }
    Scope.run(
        "test",
        () -> {
          Tensor images = Tensor.wrap(levels, DType.UINT8, n, h, w, c).permute(0, 3, 1, 2);
          Tensor input = normalization.prepare(images, Device.CPU);
          float[] values = input.permute(0, 2, 3, 1).toFloats();
          for (int i = 0; i < values.length; i++) {
            double level = (levels.get(i) & 0xFF) / 255.0;
            double exact =
                (level - normalization.mean().get(i % c)) / normalization.std().get(i % c);
            if (Math.abs(values[i] - exact) > 1e-6) {
              throw new AssertionError("%d: %s for %s".formatted(i, values[i], exact));
            }
          }
          Tensor floats = images.to(DType.FLOAT32);
          assertThat(normalization.normalize(floats).permute(0, 2, 3, 1).toFloats())
              .isEqualTo(values);
          assertThat(normalization.normalize(floats.contiguous()).permute(0, 2, 3, 1).toFloats())
              .isEqualTo(values);
        });
  }
}
