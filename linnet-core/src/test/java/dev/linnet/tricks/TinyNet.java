package dev.linnet.tricks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.RandomState;
import dev.linnet.models.Classifier;
import dev.linnet.models.ModelOptions;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import dev.linnet.testing.HashWeights;
import dev.linnet.train.Descent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;

/** The network of tools/golden/loop_tricks.py: conv 2 → 3, batch norm, ReLU, mean, linear 3 → 4. */
public final class TinyNet extends Classifier {
  private static final List<String> NAMES =
      List.of("conv.weight", "conv.bias", "bn.weight", "bn.bias", "fc.weight", "fc.bias");

  private final Conv2d conv;
  private final NormAct bn;

  private TinyNet() {
    super(ModelOptions.DEFAULT.withInChannels(2).withClasses(4));
    conv = child("conv", Conv2d.of(2, 3, 3));
    bn = child("bn", NormAct.of(3, Nonlinearity.RELU));
    head("fc", 3);
  }

  /** With the script's weights; the caller closes it. */
  public static TinyNet create() {
    TinyNet net = new TinyNet();
    net.materialize(Device.CPU, RandomState.of(0));
    for (int k = 0; k < NAMES.size(); k++) {
      fill(net.state(NAMES.get(k)), 20 + k, 2, 0);
    }
    return net;
  }

  /** Adds what the script adds to the weights before the k-th averaging. */
  public void change(int k) {
    for (int j = 0; j < NAMES.size(); j++) {
      fill(state(NAMES.get(j)), 60 + 10 * k + j, 1, 1);
    }
  }

  private static void fill(Parameter p, int key, double scale, double keep) {
    Autograd.off(
        () ->
            Scope.run(
                "fill",
                () -> {
                  Tensor added = uniform(key, scale, p.shape().toArray());
                  p.value().set(p.value().mul(keep).add(added));
                }));
  }

  /** The k-th batch of the script, [4, 2, 5, 5]. */
  public static Tensor pictures(int k) {
    return uniform(40 + k, 2, 4, 2, 5, 5);
  }

  /** Its classes. */
  public static Tensor targets(int k) {
    return Tensor.of(new long[] {k % 4, (k + 1) % 4, (k + 2) % 4, (k + 3) % 4});
  }

  private static Tensor uniform(int key, double scale, long... shape) {
    int count = 1;
    for (long side : shape) {
      count *= (int) side;
    }
    float[] values = new float[count];
    for (int j = 0; j < count; j++) {
      values[j] = (float) (scale * HashWeights.uniform(key, j));
    }
    return Tensor.of(values, shape);
  }

  /** What training changes. */
  public Descent.Weights weights() {
    Map<String, Parameter> buffers = new LinkedHashMap<>(state());
    buffers.keySet().removeAll(parameters().keySet());
    return new Descent.Weights(parameters(), buffers);
  }

  /** Compares weights and statistics with recorded ones, in the order of the state. */
  public void assertState(JsonNode recorded, double tolerance) {
    List<JsonNode> expected = new ArrayList<>();
    recorded.forEach(expected::add);
    int i = 0;
    for (Map.Entry<String, Parameter> own : state().entrySet()) {
      Tensor value = own.getValue().value().detach().to(DType.FLOAT64);
      assertThat(value.toDoubles())
          .as(own.getKey())
          .containsExactly(Golden.doubles(expected.get(i++)), Offset.offset(tolerance));
    }
  }

  @Override
  public Tensor features(Tensor x) {
    return bn.forward(conv.forward(x));
  }
}
