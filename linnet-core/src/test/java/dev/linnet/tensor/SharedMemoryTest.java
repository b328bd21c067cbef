package dev.linnet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.linnet.base.RandomState;
import dev.linnet.tensor.SharedMemory.Sign;
import dev.linnet.testing.Team;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Processes on one machine sum by the memory that they share. */
@EnabledOnOs(OS.LINUX)
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class SharedMemoryTest {
  private static final SharedMemory.Watch PATIENT = wait -> {};

  @TempDir private Path folder;

  private static SharedMemory shared(Optional<SharedMemory> memory) {
    return memory.orElseThrow(() -> new AssertionError("no memory was shared"));
  }

  @Test
  void what_one_writes_the_others_read_and_no_file_is_left() throws IOException {
    List<String> found =
        Team.of(
            3,
            group -> {
              try (SharedMemory memory = shared(SharedMemory.open(group, 5000, folder))) {
                for (long turn = 1; turn <= 20; turn++) {
                  memory.slot(group.rank()).putLong(4992, turn * 10 + group.rank());
                  memory.announce(Sign.READY, turn);
                  memory.await(Sign.READY, turn, PATIENT);
                  for (int r = 0; r < 3; r++) {
                    assertThat(memory.slot(r).getLong(4992)).isEqualTo(turn * 10 + r);
                  }
                  memory.announce(Sign.DONE, turn);
                  memory.await(Sign.DONE, turn, PATIENT);
                }
                return "read";
              }
            });
    assertThat(found).containsExactly("read", "read", "read");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void where_one_of_them_is_elsewhere_none_has_memory() {
    assertThat(
            Team.of(
                3,
                group ->
                    SharedMemory.open(
                            group, 5000, group.rank() == 2 ? folder.resolve("none") : folder)
                        .isPresent()))
        .containsExactly(false, false, false);
    assertThat(
            Team.of(2, group -> SharedMemory.open(group, 5000, folder.resolve("none")).isPresent()))
        .as("a machine without such a place")
        .containsExactly(false, false);
    assertThat(Team.of(2, group -> SharedMemory.open(group, 3L << 30, folder).isPresent()))
        .as("more than a view can have")
        .containsExactly(false, false);
  }

  @Test
  void who_has_ended_is_told_from_who_is_slow() {
    CompletableFuture<Void> waited = new CompletableFuture<>();
    List<String> found =
        Team.of(
            2,
            group -> {
              try (SharedMemory memory = shared(SharedMemory.open(group, 8, folder))) {
                if (group.rank() == 1) {
                  waited.join();
                  return "ended";
                }
                memory.announce(Sign.READY, 1);
                List<SharedMemory.Wait> waits = new ArrayList<>();
                assertThatThrownBy(
                        () ->
                            memory.await(
                                Sign.READY,
                                1,
                                wait -> {
                                  waits.add(wait);
                                  waited.complete(null);
                                  if (wait.ended()) {
                                    throw new IllegalStateException("in vain");
                                  }
                                }))
                    .hasMessage("in vain");
                assertThat(waits).allMatch(wait -> wait.process() == 1);
                assertThat(waits.get(0).ended()).as("it lives when the first is heard").isFalse();
                return "";
              }
            });
    assertThat(found).containsExactly("", "ended");
  }

  /** Sums of a buffer that no number of processes divides, and the bits that each finds. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT32", "BFLOAT16", "FLOAT64"})
  void buffers_are_summed_where_they_are(DType type) {
    int count = 200_003;
    List<float[]> sums =
        Team.of(
            3,
            group -> {
              try (ProcessGroup.Buffer large = group.buffer(type, Device.CPU, count);
                  ProcessGroup.Buffer small = group.buffer(type, Device.CPU, 2)) {
                assertThat(large).isNotInstanceOf(OwnBuffer.class);
                assertThat(large.tensor().sum().item()).isZero();
                for (int turn = 0; turn < 4; turn++) {
                  large.tensor().set(values(turn, group.rank(), count));
                  small.tensor().fill(group.rank() + turn);
                  ProcessGroup.Pending first = large.sumLater();
                  double[] between = group.sum(1, turn);
                  ProcessGroup.Pending second = small.sumLater();
                  first.await();
                  second.await();
                  assertThat(between).containsExactly(3, 3.0 * turn);
                  assertThat(small.tensor().toFloats()).containsOnly(3 + 3 * turn);
                }
                return large.tensor().to(DType.FLOAT32).toFloats();
              }
            });
    Scope scope = Scope.open("sums of buffers");
    try {
      Tensor expected = values(3, 0, count).to(type);
      for (int r = 1; r < 3; r++) {
        expected.addInPlace(values(3, r, count).to(type));
      }
      float[] whole = expected.to(DType.FLOAT32).toFloats();
      for (float[] found : sums) {
        assertThat(Arrays.mismatch(found, whole)).as("added by rank").isEqualTo(-1);
      }
    } finally {
      scope.close();
    }
  }

  private static Tensor values(int turn, int rank, int count) {
    return Tensor.normal(0, 1, RandomState.of(5).at(turn, rank), DType.FLOAT32, count);
  }

  @Test
  void a_sum_that_waits_for_one_who_failed_says_why() {
    assertThat(loss(group -> group.fail("the disk is full")))
        .isEqualTo("process 1 of 2: the disk is full");
    assertThat(loss(ProcessGroup::close)).isEqualTo("process 1 of 2 ended");
  }

  /** What a process hears that waits for one which goes. */
  private static String loss(Consumer<ProcessGroup> going) {
    int port = Team.freePort();
    return Team.each(
            2,
            rank -> {
              Scope scope = Scope.open("loss");
              ProcessGroup group =
                  Rendezvous.local(rank, 2, port).join(Device.CPU, Map.of(), lost -> {});
              try {
                if (rank == 1) {
                  going.accept(group);
                  return "";
                }
                group.sum(1);
                return "no loss";
              } catch (LostProcessException e) {
                return String.valueOf(e.getMessage());
              } finally {
                scope.close();
              }
            })
        .get(0);
  }

  @Test
  void a_wait_has_an_end() {
    // messages have this time too, for which a machine may be busy
    Rendezvous.Patience brief =
        new Rendezvous.Patience(
            Duration.ofSeconds(30), Duration.ofSeconds(20), Duration.ofSeconds(5));
    int port = Team.freePort();
    CompletableFuture<Void> heard = new CompletableFuture<>();
    List<String> said =
        Team.each(
            2,
            rank -> {
              ProcessGroup group =
                  Rendezvous.local(rank, 2, port)
                      .withPatience(brief)
                      .join(Device.CPU, Map.of(), lost -> {});
              if (rank == 1) {
                heard.join();
                group.close();
                return "";
              }
              try {
                group.sum(1);
                return "no loss";
              } catch (LostProcessException e) {
                return String.valueOf(e.getMessage());
              } finally {
                heard.complete(null);
              }
            });
    assertThat(said).containsExactly("process 1 of 2 did not come within 5 s", "");
  }
}
