package dev.linnet.tensor;

import static java.util.stream.Collectors.joining;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Where the processes of a training meet, and as which of them this one comes.
 *
 * @param rank number of this process, in [0, size)
 * @param size how many there are, at least 1
 * @param localRank number of this process on its machine, at least 0: that of its CUDA device
 * @param address host of the first process
 * @param port that the first process listens at, in [1, 65535]
 * @param hosted whether somebody else listens there for all, as {@code torchrun} does
 * @param attempt keeps those who are started again apart from those before, such as {@code 0}
 * @param patience how long is waited
 */
public record Rendezvous(
    int rank,
    int size,
    int localRank,
    String address,
    int port,
    boolean hosted,
    String attempt,
    Patience patience) {
  private static final String LAUNCHER =
      "; a launcher such as torchrun sets RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT";

  /** How long the first process waits for the others to hear that they are refused. */
  private static final Duration LINGER = Duration.ofSeconds(3);

  public Rendezvous {
    Check.that(size >= 1 && size <= 65536, "WORLD_SIZE", size, "in [1, 65536]");
    Check.that(
        rank >= 0 && rank < size,
        "RANK",
        rank,
        "in [0, " + size + "), the numbers below WORLD_SIZE");
    Check.that(localRank >= 0, "LOCAL_RANK", localRank, "at least 0");
    Check.that(port >= 1 && port <= 65535, "MASTER_PORT", port, "in [1, 65535]");
  }

  /**
   * How long is waited.
   *
   * @param arrival for all processes to come
   * @param silence without a sign of life from one of them
   * @param work for one that lives but is slow, in one operation
   */
  public record Patience(Duration arrival, Duration silence, Duration work) {
    /** Five minutes, 20 seconds, 30 minutes. */
    public static final Patience DEFAULT =
        new Patience(Duration.ofMinutes(5), Duration.ofSeconds(20), Duration.ofMinutes(30));
  }

  /** Processes on one machine. */
  public static Rendezvous local(int rank, int size, int port) {
    return new Rendezvous(rank, size, rank, "127.0.0.1", port, false, "0", Patience.DEFAULT);
  }

  /** Other times to wait. */
  public Rendezvous withPatience(Patience value) {
    return new Rendezvous(rank, size, localRank, address, port, hosted, attempt, value);
  }

  /**
   * What {@code torchrun}, Kubeflow and others set: {@code RANK}, {@code WORLD_SIZE}, {@code
   * MASTER_ADDR} and {@code MASTER_PORT}, where they want {@code LOCAL_RANK}; empty where there is
   * none of the first two, or one process only.
   *
   * @throws LinnetException if one is missing or wrong
   */
  public static Optional<Rendezvous> of(Map<String, String> environment) {
    boolean ranked = environment.containsKey("RANK");
    boolean sized = environment.containsKey("WORLD_SIZE");
    if (!ranked && !sized) {
      return Optional.empty();
    }
    if (!ranked || !sized) {
      String there = ranked ? "RANK" : "WORLD_SIZE";
      String missing = ranked ? "WORLD_SIZE" : "RANK";
      throw new LinnetException(
          "%s: is %s, but %s is not set%s; unset %s to train in one process"
              .formatted(there, environment.get(there), missing, LAUNCHER, there));
    }
    int size = number(environment, "WORLD_SIZE");
    int rank = number(environment, "RANK");
    if (size == 1 && rank == 0) {
      return Optional.empty();
    }
    for (String name : new String[] {"MASTER_ADDR", "MASTER_PORT"}) {
      if (!environment.containsKey(name)) {
        throw new LinnetException(
            "%s: is not set, but WORLD_SIZE is %d%s".formatted(name, size, LAUNCHER));
      }
    }
    return Optional.of(
        new Rendezvous(
            rank,
            size,
            environment.containsKey("LOCAL_RANK") ? number(environment, "LOCAL_RANK") : 0,
            environment.getOrDefault("MASTER_ADDR", ""),
            number(environment, "MASTER_PORT"),
            environment.getOrDefault("TORCHELASTIC_USE_AGENT_STORE", "").equalsIgnoreCase("true"),
            environment.getOrDefault("TORCHELASTIC_RESTART_COUNT", "0"),
            Patience.DEFAULT));
  }

  private static int number(Map<String, String> environment, String name) {
    String text = environment.getOrDefault(name, "");
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      throw new LinnetException(name + ": got \"" + text + "\"; must be a whole number", e);
    }
  }

  /**
   * Waits for the others, and sees to it that all want the same.
   *
   * @param device where the tensors of the group are: Gloo sums on the processor, NCCL on CUDA
   * @param wanted what must be the same in all processes, by name
   * @param lost hears, on another thread, that a process no longer lives, in one line; what this
   *     process does meanwhile may wait for it in vain
   * @throws LinnetException if not all come, or one of them wants something else
   */
  public ProcessGroup join(Device device, Map<String, String> wanted, Consumer<String> lost) {
    NativeGroup.load(device);
    KeyStore store =
        KeyStore.open(this, rank == 0 && !hosted ? KeyStore.Host.YES : KeyStore.Host.NO);
    try {
      if (store.add("seat/" + rank, 1) > 1) {
        throw new LinnetException(
            "RANK: %d is the number of another process of this run; each needs its own, 0 to %d"
                .formatted(rank, size - 1));
      }
      agree(store, wanted);
      NativeGroup group = new NativeGroup(this, device, store, lost);
      group.shareMemory();
      return group;
    } catch (RuntimeException | Error e) {
      store.close();
      throw e;
    }
  }

  /** The first process compares nothing: the others say what they have otherwise. */
  private void agree(KeyStore store, Map<String, String> wanted) {
    String verdict = rank == 0 ? judged(store, text(wanted)) : heard(store, text(wanted));
    if (!verdict.isEmpty()) {
      throw new LinnetException(verdict);
    }
  }

  /** What the first process finds, which all that came have heard; empty if all want the same. */
  private String judged(KeyStore store, String wanted) {
    store.set("wanted", wanted);
    String verdict = "";
    for (int r = 1; r < size && verdict.isEmpty(); r++) {
      verdict = store.await("said/" + r, patience.arrival()).orElseGet(() -> missing(store));
    }
    store.set("verdict", verdict);
    if (!verdict.isEmpty()) {
      long end = System.nanoTime() + LINGER.toNanos();
      while (store.add("heard", 0) < size - 1 - absent(store).size() && System.nanoTime() < end) {
        store.await("never", Duration.ofMillis(20)); // the store goes with this process
      }
    }
    return verdict;
  }

  /** What the first process found; waits longer than that one waits for the others. */
  private String heard(KeyStore store, String wanted) {
    Duration waited = patience.arrival().plus(LINGER);
    String verdict =
        store
            .await("wanted", waited)
            .map(
                first -> {
                  store.set("said/" + rank, difference(first, wanted));
                  return store.await("verdict", waited).orElseGet(() -> missing(store));
                })
            .orElseGet(() -> missing(store));
    store.add("heard", 1);
    return verdict;
  }

  /** Those who have not come. */
  private List<Integer> absent(KeyStore store) {
    return IntStream.range(0, size)
        .filter(r -> r != rank && store.get(r == 0 ? "wanted" : "said/" + r).isEmpty())
        .boxed()
        .toList();
  }

  private String missing(KeyStore store) {
    List<Integer> absent = absent(store);
    String first = absent.stream().limit(5).map(String::valueOf).collect(joining(", "));
    return "waited %d s for all %d processes; missing: %s%s; start them all"
        .formatted(
            patience.arrival().toSeconds(), size, first, absent.size() > 5 ? " and others" : "");
  }

  private static String text(Map<String, String> wanted) {
    StringBuilder text = new StringBuilder();
    wanted.forEach(
        (name, value) ->
            text.append(name).append('\t').append(value.replaceAll("\\s+", " ")).append('\n'));
    return text.toString();
  }

  /** What is not as in the first process; empty if nothing. */
  private String difference(String first, String own) {
    Map<String, String> theirs = parse(first);
    Map<String, String> mine = parse(own);
    TreeSet<String> names = new TreeSet<>(theirs.keySet());
    names.addAll(mine.keySet());
    for (String name : names) {
      String a = theirs.getOrDefault(name, "none");
      String b = mine.getOrDefault(name, "none");
      if (!a.equals(b)) {
        return "%s: is %s in process 0 and %s in process %d; start all with the same command, data and version"
            .formatted(name, a, b, rank);
      }
    }
    return "";
  }

  private static Map<String, String> parse(String text) {
    Map<String, String> parsed = new LinkedHashMap<>();
    text.lines()
        .forEach(
            line -> {
              int tab = line.indexOf('\t');
              if (tab >= 0) {
                parsed.put(line.substring(0, tab), line.substring(tab + 1));
              }
            });
    return parsed;
  }
}
