package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.testing.Team;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ProcessGroupTest {
  private static final Rendezvous.Patience SHORT =
      new Rendezvous.Patience(Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofSeconds(20));

  private final Scope scope = Scope.open("process group test");

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void numbers_texts_and_tensors_are_exchanged() {
    List<String> found =
        Team.of(
            3,
            group -> {
              Tensor t = Tensor.full(group.rank() + 1, DType.FLOAT32, Device.CPU, 5);
              ProcessGroup.Pending later = group.sumLater(t);
              double[] sums = group.sum(1, group.rank());
              later.await();
              Tensor first = Tensor.full(group.rank() + 7, DType.INT64, Device.CPU, 2);
              group.broadcast(first);
              Tensor mean = Tensor.of(new float[] {group.rank(), 3}, 2);
              group.mean(List.of(mean));
              return "%s %s %s %s %s %s"
                  .formatted(
                      t.sum().item(),
                      List.of(sums[0], sums[1]),
                      first.sum().item(),
                      List.of(mean.toFloats()[0], mean.toFloats()[1]),
                      group.gather("of ".repeat(group.rank()) + group.rank()),
                      group.ofFirst(group.rank())[0]);
            });
    assertThat(found).allMatch("30.0 [3.0, 3.0] 14.0 [1.0, 3.0] [0, of 1, of of 2] 0.0"::equals);
  }

  @Test
  void a_process_alone_does_nothing() {
    ProcessGroup alone = ProcessGroup.single();
    assertThat(alone.sum(2, 3)).containsExactly(2, 3);
    assertThat(alone.gather("me")).containsExactly("me");
    assertThat(alone.isFirst()).isTrue();
  }

  /** A network of two layers, one of which nothing depends on; a bucket holds part of it. */
  private static List<Tensor> leaves() {
    List<Tensor> leaves = new ArrayList<>();
    for (long[] shape : new long[][] {{4, 3}, {4}, {2, 4}, {2}}) {
      leaves.add(
          Tensor.normal(0, 1, RandomState.of(leaves.size()), DType.FLOAT32, shape)
              .requireGrad(true));
    }
    return leaves;
  }

  private static Tensor loss(List<Tensor> w, Tensor x) {
    return x.linear(w.get(0), w.get(1)).tanh().linear(w.get(2), null).pow(2).mean();
  }

  @Test
  void gradients_are_summed_while_the_way_back_runs() {
    Tensor x = Tensor.normal(0, 1, RandomState.of(9), DType.FLOAT32, 6, 3);
    List<Tensor> w = leaves();
    loss(w, x).backward();
    List<float[]> whole = new ArrayList<>();
    w.subList(0, 3).forEach(t -> whole.add(Objects.requireNonNull(t.grad()).toFloats()));
    float[] values = x.toFloats();
    List<List<float[]>> parts =
        Team.of(
            2,
            group -> {
              List<Tensor> own = leaves();
              Tensor buffer = Tensor.full(group.rank(), DType.FLOAT32, Device.CPU, 3);
              float[] mine = new float[9];
              System.arraycopy(values, 9 * group.rank(), mine, 0, 9);
              try (GradientSum sum =
                  new GradientSum(group, own, List.of(buffer), DType.FLOAT32, 40)) {
                for (int update = 0; update < 3; update++) {
                  own.forEach(Tensor::clearGrad);
                  Tensor loss = loss(own, Tensor.of(mine, 3, 3)).div(2);
                  sum.arm();
                  loss.backward();
                  sum.send();
                  sum.receive(1);
                }
              }
              List<float[]> found = new ArrayList<>();
              own.forEach(t -> found.add(Objects.requireNonNull(t.grad()).toFloats()));
              found.add(buffer.toFloats());
              return found;
            });
    for (List<float[]> part : parts) {
      for (int i = 0; i < whole.size(); i++) {
        assertThat(part.get(i)).containsExactly(whole.get(i), within(1e-6f));
      }
      assertThat(part.get(3)).as("nothing depends on it").containsOnly(0);
      assertThat(part.get(4)).as("the mean of 0 and 1").containsOnly(0.5f);
    }
  }

  @Test
  void norms_over_processes_are_those_of_one() {
    Tensor x = Tensor.normal(1, 2, RandomState.of(3), DType.FLOAT64, 5, 2, 3, 3);
    Tensor g = Tensor.normal(0, 1, RandomState.of(4), DType.FLOAT64, 5, 2, 3, 3);
    double[] whole = norm(x, g);
    double[] xs = x.toDoubles();
    double[] gs = g.toDoubles();
    List<double[]> parts =
        Team.of(
            2,
            group -> {
              int from = group.rank() == 0 ? 0 : 2;
              int rows = group.rank() == 0 ? 2 : 3;
              double[] mine = Arrays.copyOfRange(xs, from * 18, (from + rows) * 18);
              double[] by = Arrays.copyOfRange(gs, from * 18, (from + rows) * 18);
              return BatchNorm.over(
                  group, () -> norm(Tensor.of(mine, rows, 2, 3, 3), Tensor.of(by, rows, 2, 3, 3)));
            });
    int n = xs.length;
    for (int part = 0; part < 2; part++) {
      double[] found = parts.get(part);
      int own = part == 0 ? 36 : 54;
      int from = part == 0 ? 0 : 36;
      for (int i = 0; i < own; i++) {
        assertThat(found[i]).as("y").isCloseTo(whole[from + i], within(1e-12));
        assertThat(found[own + i]).as("by x").isCloseTo(whole[n + from + i], within(1e-12));
      }
      for (int i = 0; i < 4; i++) {
        assertThat(found[2 * own + 4 + i])
            .as("running statistics")
            .isCloseTo(whole[2 * n + 4 + i], within(1e-12));
        assertThat(parts.get(0)[72 + i] + parts.get(1)[108 + i])
            .as("by weight and bias")
            .isCloseTo(whole[2 * n + i], within(1e-12));
      }
    }
  }

  /** y, the gradient by x, those by weight and bias, running mean and variance. */
  private static double[] norm(Tensor x, Tensor g) {
    Tensor w = Tensor.of(new double[] {1.5, -0.5}, 2).requireGrad(true);
    Tensor b = Tensor.of(new double[] {0.1, 0.2}, 2).requireGrad(true);
    Tensor mean = Tensor.of(new double[] {0, 1}, 2);
    Tensor variance = Tensor.of(new double[] {1, 2}, 2);
    Tensor leaf = x.copy().requireGrad(true);
    Tensor y =
        new BatchNorm(w, b, mean, variance)
            .apply(leaf, null, new BatchNorm.Pass(true, 0.1, 1e-5), Nonlinearity.RELU);
    y.backward(g);
    List<Tensor> all =
        List.of(
            y.detach(),
            Objects.requireNonNull(leaf.grad()),
            Objects.requireNonNull(w.grad()),
            Objects.requireNonNull(b.grad()),
            mean,
            variance);
    List<Tensor> flat = new ArrayList<>();
    all.forEach(t -> flat.add(t.reshape(t.count())));
    return Tensor.cat(flat, 0).toDoubles();
  }

  @Test
  void processes_that_want_other_things_are_refused_by_all() {
    int port = Team.freePort();
    List<String> said =
        Team.each(
            2,
            rank -> {
              try (ProcessGroup group =
                  Rendezvous.local(rank, 2, port)
                      .join(
                          Device.CPU,
                          Map.of("model", "lenet5", "batch", rank == 0 ? "64" : "32"),
                          lost -> {})) {
                return "joined " + group.size();
              } catch (LinnetException e) {
                return String.valueOf(e.getMessage());
              }
            });
    assertThat(said)
        .containsOnly(
            "batch: is 64 in process 0 and 32 in process 1; start all with the same command, data"
                + " and version");
  }

  @Test
  void a_port_in_use_is_named() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("0.0.0.0"))) {
      assertThatThrownBy(
              () ->
                  Rendezvous.local(0, 2, taken.getLocalPort())
                      .join(Device.CPU, Map.of(), lost -> {}))
          .isInstanceOf(LinnetException.class)
          .hasMessage(
              "MASTER_PORT: %d is in use on this machine; choose another one for all processes"
                  .formatted(taken.getLocalPort()));
    }
  }

  @Test
  void whoever_does_not_come_is_named() {
    Rendezvous alone = Rendezvous.local(0, 3, Team.freePort()).withPatience(SHORT);
    assertThatThrownBy(() -> alone.join(Device.CPU, Map.of(), lost -> {}))
        .isInstanceOf(LinnetException.class)
        .hasMessage("waited 2 s for all 3 processes; missing: 1, 2; start them all");
    Rendezvous nobody = Rendezvous.local(1, 2, Team.freePort()).withPatience(SHORT);
    assertThatThrownBy(() -> nobody.join(Device.CPU, Map.of(), lost -> {}))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "MASTER_ADDR and MASTER_PORT: no first process answers at 127.0.0.1:%d within 2 s;"
                    .formatted(nobody.port())
                + " start it there, or mend them");
  }

  @Test
  void a_number_that_is_taken_is_named() {
    int port = Team.freePort();
    List<String> said =
        Team.each(
            3,
            thread -> {
              Rendezvous place = Rendezvous.local(Math.min(thread, 1), 3, port).withPatience(SHORT);
              try (ProcessGroup group = place.join(Device.CPU, Map.of(), lost -> {})) {
                return "joined " + group.size();
              } catch (LinnetException e) {
                return String.valueOf(e.getMessage());
              }
            });
    String missing = "waited 2 s for all 3 processes; missing: 2; start them all";
    assertThat(said.get(0)).isEqualTo(missing);
    assertThat(said.subList(1, 3))
        .as("who was first hears it from process 0")
        .containsExactlyInAnyOrder(
            missing,
            "RANK: 1 is the number of another process of this run; each needs its own, 0 to 2");
  }

  @Test
  void a_first_process_that_goes_before_all_have_come_is_named() {
    NativeGroup.load(Device.CPU);
    int port = Team.freePort();
    List<String> said =
        Team.each(
            2,
            rank -> {
              Rendezvous place = Rendezvous.local(rank, 2, port);
              if (rank == 0) {
                try (KeyStore store = KeyStore.open(place, KeyStore.Host.YES)) {
                  return store.await("seat/1", Duration.ofSeconds(20)).isPresent() ? "gone" : "";
                }
              }
              try (ProcessGroup group = place.join(Device.CPU, Map.of(), lost -> {})) {
                return "joined " + group.size();
              } catch (LostProcessException e) {
                return String.valueOf(e.getMessage());
              }
            });
    assertThat(said)
        .containsExactly("gone", "process 0 ended or cannot be reached; its own line says why");
  }

  @Test
  void a_process_that_gives_no_sign_of_life_is_named() {
    NativeGroup.load(Device.CPU);
    int port = Team.freePort();
    List<String> heard = new CopyOnWriteArrayList<>();
    Rendezvous first = Rendezvous.local(0, 2, port).withPatience(SHORT);
    KeyStore store = KeyStore.open(first, KeyStore.Host.YES);
    Pulse watching = new Pulse(first, heard::add);
    watching.start();
    awaitWord(heard);
    watching.end();
    store.close();
    assertThat(heard).containsExactly("process 1 of 2 gave no sign of life for 1 s");
  }

  private static void awaitWord(List<String> heard) {
    try {
      for (int i = 0; i < 100 && heard.isEmpty(); i++) {
        Thread.sleep(50);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void the_others_hear_why_a_process_failed() {
    int port = Team.freePort();
    List<String> said =
        Team.each(
            2,
            rank -> {
              List<String> heard = new CopyOnWriteArrayList<>();
              ProcessGroup group =
                  Rendezvous.local(rank, 2, port)
                      .withPatience(SHORT)
                      .join(Device.CPU, Map.of(), heard::add);
              if (rank == 1) {
                group.fail("the disk is full");
                return "";
              }
              awaitWord(heard);
              return heard.toString();
            });
    assertThat(said).containsExactly("[process 1 of 2: the disk is full]", "");
  }

  @Test
  void the_variables_of_launchers_are_read_and_checked() {
    assertThat(Rendezvous.of(Map.of("PATH", "x"))).isEmpty();
    assertThat(Rendezvous.of(Map.of("WORLD_SIZE", "1", "RANK", "0"))).isEmpty();
    assertThat(
            Rendezvous.of(
                Map.of(
                    "WORLD_SIZE",
                    "4",
                    "RANK",
                    "3",
                    "LOCAL_RANK",
                    "1",
                    "MASTER_ADDR",
                    "head",
                    "MASTER_PORT",
                    "29500")))
        .contains(new Rendezvous(3, 4, 1, "head", 29500, false, "0", Rendezvous.Patience.DEFAULT));
    wrong(
        Map.of("WORLD_SIZE", "4"),
        "WORLD_SIZE: is 4, but RANK is not set; a launcher such as torchrun sets RANK, WORLD_SIZE,"
            + " MASTER_ADDR and MASTER_PORT; unset WORLD_SIZE to train in one process");
    wrong(
        Map.of("RANK", "1"),
        "RANK: is 1, but WORLD_SIZE is not set; a launcher such as torchrun sets RANK, WORLD_SIZE,"
            + " MASTER_ADDR and MASTER_PORT; unset RANK to train in one process");
    wrong(
        Map.of("RANK", "1", "WORLD_SIZE", "2", "MASTER_ADDR", "head"),
        "MASTER_PORT: is not set, but WORLD_SIZE is 2; a launcher such as torchrun sets RANK,"
            + " WORLD_SIZE, MASTER_ADDR and MASTER_PORT");
    wrong(
        Map.of("RANK", "2", "WORLD_SIZE", "2", "MASTER_ADDR", "head", "MASTER_PORT", "1"),
        "RANK: got 2; must be in [0, 2), the numbers below WORLD_SIZE");
    wrong(Map.of("RANK", "two", "WORLD_SIZE", "2"), "RANK: got \"two\"; must be a whole number");
  }

  private static void wrong(Map<String, String> environment, String message) {
    assertThatThrownBy(() -> Rendezvous.of(environment))
        .isInstanceOf(LinnetException.class)
        .hasMessage(message);
  }
}
