package dev.linnet.loss.similarity;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.linnet.base.InvalidValueException;
import dev.linnet.base.RandomState;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.testing.Golden;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Values and gradients of the losses of similarity, beside those of tools/golden/similarity.py. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SimilarityLossesTest {
  private static final JsonNode RECORDED = Golden.json("similarity.json");
  private static final int N = 8;
  private static final int E = 5;
  private static final int K = 4;
  private static final OptionalDouble SOFT = OptionalDouble.empty();

  private static final Map<String, PairLoss> OF_PAIRS = new LinkedHashMap<>();
  private static final Map<String, ProxyLoss> OF_PROXIES = new LinkedHashMap<>();

  static {
    OF_PAIRS.put("triplet_0.2", new Triplet(OptionalDouble.of(0.2)));
    OF_PAIRS.put("triplet_2_raw", new Triplet(OptionalDouble.of(2)));
    OF_PAIRS.put("triplet_soft", new Triplet(SOFT));
    OF_PAIRS.put("triplet_soft_raw", new Triplet(SOFT));
    OF_PAIRS.put("contrastive_1", new Contrastive(1));
    OF_PAIRS.put("contrastive_3_raw", new Contrastive(3));
    OF_PAIRS.put("nt_xent_0.5", new NtXent(0.5));
    OF_PAIRS.put("nt_xent_0.1_supervised", new NtXent(0.1));
    OF_PROXIES.put("arcface_0.5_64", new ArcFace(0.5, 64));
    OF_PROXIES.put("arcface_1.2_10", new ArcFace(1.2, 10));
    OF_PROXIES.put("proxy_anchor_0.1_32", new ProxyAnchor(0.1, 32));
    OF_PROXIES.put("proxy_anchor_0_2", new ProxyAnchor(0, 2));
  }

  private final Scope scope = Scope.open("similarity losses");

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void every_recorded_loss_has_its_recorded_value_and_gradient() {
    Set<String> recorded = new TreeSet<>();
    RECORDED.get("values").fieldNames().forEachRemaining(recorded::add);
    Set<String> ours = new TreeSet<>(OF_PAIRS.keySet());
    ours.addAll(OF_PROXIES.keySet());
    assertThat(ours).isEqualTo(recorded);
    OF_PAIRS.forEach(
        (name, loss) -> {
          boolean unit = name.startsWith("contrastive_1") || name.matches("triplet_(0.2|soft)");
          Tensor embeddings = tensor(unit ? "unit" : "raw", N).requireGrad(true);
          Tensor value = loss.forward(embeddings, labels(name.equals("nt_xent_0.5")));
          equals(name, value, embeddings, null);
        });
    OF_PROXIES.forEach(
        (name, loss) -> {
          Tensor embeddings = tensor("raw", N).requireGrad(true);
          Tensor proxies = tensor("proxies", K).requireGrad(true);
          equals(name, loss.forward(embeddings, labels(false), proxies), embeddings, proxies);
        });
  }

  private static Tensor tensor(String name, int rows) {
    return Tensor.of(Golden.doubles(RECORDED.get(name)), rows, E);
  }

  private static Tensor labels(boolean pairs) {
    return Tensor.of(Golden.longs(RECORDED.get(pairs ? "pairs" : "labels")));
  }

  private static void equals(
      String name, Tensor loss, Tensor embeddings, @Nullable Tensor proxies) {
    JsonNode expected = RECORDED.get("values").get(name);
    loss.backward();
    assertThat(loss.item())
        .as(name)
        .isCloseTo(expected.get("value").doubleValue(), Offset.offset(1e-9));
    close(name, embeddings, expected.get("gradient"));
    if (proxies != null) {
      close(name + ", proxies", proxies, expected.get("proxy_gradient"));
    }
  }

  private static void close(String name, Tensor input, JsonNode expected) {
    assertThat(requireNonNull(input.grad()).toDoubles())
        .as(name)
        .containsExactly(Golden.doubles(expected), Offset.offset(1e-9));
  }

  @Test
  void in_16_bits_losses_are_computed_in_fp32() {
    Tensor embeddings = tensor("unit", N).to(DType.BFLOAT16);
    Tensor proxies = tensor("proxies", K).to(DType.BFLOAT16);
    OF_PAIRS.values().forEach(loss -> fp32(loss.forward(embeddings, labels(false))));
    OF_PROXIES.values().forEach(loss -> fp32(loss.forward(embeddings, labels(false), proxies)));
  }

  private static void fp32(Tensor loss) {
    assertThat(loss.dtype()).isEqualTo(DType.FLOAT32);
    assertThat(loss.item()).isFinite();
  }

  @Test
  void a_batch_without_a_pair_to_compare_has_no_loss_and_no_gradient() {
    for (long[] labels : List.of(new long[] {0, 1, 2}, new long[] {3, 3, 3})) {
      Tensor embeddings = Tensor.normal(0, 1, RandomState.of(1), DType.FLOAT32, 3, 4);
      embeddings.requireGrad(true);
      Tensor loss = new Triplet(SOFT).forward(embeddings, Tensor.of(labels));
      loss.backward();
      assertThat(loss.item()).isZero();
      assertThat(requireNonNull(embeddings.grad()).norm().item()).isZero();
    }
  }

  @Test
  void equal_embeddings_have_a_finite_gradient() {
    Tensor labels = Tensor.of(new long[] {0, 0, 1, 1});
    OF_PAIRS.forEach(
        (name, loss) -> {
          Tensor alike = Tensor.of(new float[] {1, 0, 1, 0, 1, 0, 1, 0}, 4, 2).requireGrad(true);
          loss.forward(alike, labels).backward();
          assertThat(requireNonNull(alike.grad()).norm().item()).as(name).isFinite();
        });
    OF_PROXIES.forEach(
        (name, loss) -> {
          Tensor alike = Tensor.of(new float[] {1, 0, 1, 0, 1, 0, 1, 0}, 4, 2).requireGrad(true);
          Tensor proxies = Tensor.of(new float[] {1, 0, -1, 0}, 2, 2).requireGrad(true);
          loss.forward(alike, labels, proxies).backward();
          assertThat(requireNonNull(alike.grad()).norm().item()).as(name).isFinite();
          assertThat(requireNonNull(proxies.grad()).norm().item()).as(name).isFinite();
        });
  }

  @Test
  void what_does_not_fit_is_refused() {
    Tensor rows = Tensor.of(new float[] {1, 0, 0, 1}, 2, 2);
    Tensor labels = Tensor.of(new long[] {0, 1});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NtXent(1).forward(rows, Tensor.of(new long[3])))
        .withMessageStartingWith("NT-Xent: got embeddings ")
        .withMessageEndingWith("; must be float [N, E] with int64 [N]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ArcFace(0.5, 64).forward(rows, labels, Tensor.of(new float[6], 2, 3)))
        .withMessageStartingWith("ArcFace: got proxies ")
        .withMessageEndingWith("; must be [K, E]");
    refused(() -> new Triplet(OptionalDouble.of(0)), "loss.margin", "(0, 100], or none");
    refused(() -> new Contrastive(0), "loss.margin", "(0, 100]");
    refused(() -> new NtXent(0), "loss.temperature", "(0, 100]");
    refused(() -> new ArcFace(-1, 64), "loss.margin", "[0, 1.5]");
    refused(() -> new ArcFace(0.5, 0), "loss.scale", "(0, 1000]");
    refused(() -> new ProxyAnchor(-1, 32), "loss.margin", "[0, 1]");
    refused(() -> new ProxyAnchor(0.1, 0), "loss.alpha", "(0, 1000]");
  }

  private static void refused(ThrowingCallable call, String what, String allowed) {
    assertThatThrownBy(call)
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith(what + ": got ")
        .hasMessageContaining(allowed);
  }
}
