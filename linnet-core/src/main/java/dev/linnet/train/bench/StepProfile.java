package dev.linnet.train.bench;

import dev.linnet.tensor.DType;
import dev.linnet.tensor.Fusion;
import dev.linnet.tensor.Profile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * What a step of a network spends its time on. Times are medians, each event's over the steps;
 * where steps did not do the same, as with stochastic depth, those of the step of the middle.
 *
 * @param machine what its operators are measured by
 * @param plain steps that nothing watched
 * @param steps that were watched, at least one, the shortest first
 * @param layers names of the parts that are modules, by identity; the network's own is empty
 */
public record StepProfile(
    Machine machine, StepTimes plain, List<Profile> steps, IdentityHashMap<Object, String> layers) {
  private static final double MS = 1e6; // ns

  /** What is no operator: the program between them, and the clock. */
  private static final String BETWEEN = "(between operators)";

  public StepProfile {
    steps = steps.stream().sorted(Comparator.comparingLong(Profile::nanos)).toList();
  }

  /** The step of the middle. */
  public Profile middle() {
    return steps.get(steps.size() / 2);
  }

  /** Time of the step of the middle in ms, with what watching costs. */
  public double ms() {
    return middle().nanos() / MS;
  }

  /** By what share the watched step is longer than the others are at their median. */
  public double overhead() {
    return ms() / plain.ms() - 1;
  }

  /** The events of the step of the middle with the times of all. */
  private List<Profile.Event> events() {
    List<Profile.Event> events = middle().events();
    if (!steps.stream().allMatch(step -> doesTheSame(step.events(), events))) {
      return events;
    }
    List<Profile.Event> typical = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      int index = i;
      Profile.Event event = events.get(i);
      long nanos = median(step -> step.events().get(index).nanos());
      long own = median(step -> step.events().get(index).own());
      typical.add(
          new Profile.Event(
              event.kind(), event.name(), event.part(), event.start(), nanos, own, event.work()));
    }
    return typical;
  }

  private static boolean doesTheSame(List<Profile.Event> some, List<Profile.Event> others) {
    boolean same = some.size() == others.size();
    for (int i = 0; same && i < some.size(); i++) {
      same = some.get(i).name().equals(others.get(i).name());
    }
    return same;
  }

  private long median(ToLongFunction<Profile> of) {
    long[] sorted = steps.stream().mapToLong(of).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** What of a step none of some events take, in ns. */
  private double rest(Predicate<Profile.Event> some) {
    return median(
        step -> {
          long rest = step.nanos() - step.own();
          for (Profile.Event event : step.events()) {
            rest -= some.test(event) ? event.nanos() - event.own() : 0;
          }
          return Math.max(0, rest);
        });
  }

  /** All operators and what is between them, in ns: what shares are of. */
  private double nanos() {
    double sum = rest(StepProfile::isOperator);
    for (Profile.Event event : events()) {
      sum += isOperator(event) ? event.nanos() : 0;
    }
    return Math.max(1, sum);
  }

  private static boolean isOperator(Profile.Event event) {
    return event.kind() != Profile.Kind.PART;
  }

  private static boolean isPhase(Profile.Event event) {
    return event.kind() == Profile.Kind.PART && event.part() instanceof String;
  }

  // ------------------------------------------------------------------ phases

  /**
   * A phase of the step.
   *
   * @param name such as {@code backward}
   * @param share of the step, in [0, 1]
   */
  public record Phase(String name, double ms, double share) {}

  /** The phases in their order, then the rest; without noting, which takes no part in the sum. */
  public List<Phase> phases() {
    Map<String, Double> spans = new LinkedHashMap<>();
    for (Profile.Event event : events()) {
      if (isPhase(event)) {
        spans.merge((String) event.part(), (double) (event.nanos() - event.own()), Double::sum);
      }
    }
    spans.put("other", rest(StepProfile::isPhase));
    double all = Math.max(1, spans.values().stream().mapToDouble(span -> span).sum());
    List<Phase> phases = new ArrayList<>();
    spans.forEach((name, span) -> phases.add(new Phase(name, span / MS, span / all)));
    return phases;
  }

  // ------------------------------------------------------------------ operators

  /**
   * All calls of an operator.
   *
   * @param name such as {@code conv2d, back}
   * @param calls how many there were
   * @param share of the step, in [0, 1]
   * @param bytes that it must read and write at least
   * @param operations of convolutions and matrix products, two a multiply-add
   * @param atBest ms that the machine would need at best for bytes and operations
   */
  public record Operator(
      String name, int calls, double ms, double share, long bytes, long operations, double atBest) {
    /** Bytes a second. */
    public double bandwidth() {
      return bytes / (ms / 1e3);
    }

    /** Operations a second. */
    public double speed() {
      return operations / (ms / 1e3);
    }

    /** How near it comes to the machine's best; above 1 where caches help. */
    public double roofline() {
      return atBest / ms;
    }
  }

  /** The operators, the most expensive first, and what lies between them. */
  public List<Operator> operators() {
    Map<String, List<Profile.Event>> byName =
        spans().stream()
            .collect(
                Collectors.groupingBy(
                    Profile.Event::name, LinkedHashMap::new, Collectors.toList()));
    List<Operator> rows = new ArrayList<>();
    double all = nanos();
    byName.forEach((name, calls) -> rows.add(row(name, calls, all)));
    double rest = rest(StepProfile::isOperator);
    rows.add(new Operator(BETWEEN, 0, rest / MS, rest / all, 0, 0, 0));
    rows.sort(Comparator.comparingDouble(Operator::ms).reversed());
    return rows;
  }

  private Operator row(String name, List<Profile.Event> calls, double all) {
    double span = 0;
    long bytes = 0;
    long operations = 0;
    double best = 0;
    for (Profile.Event call : calls) {
      Profile.Work work = call.work();
      span += call.nanos();
      bytes += work.bytes();
      operations += 2 * work.macs();
      best += atBest(call);
    }
    return new Operator(name, calls.size(), span / MS, span / all, bytes, operations, best * 1e3);
  }

  /** The least time that an operator can take on the machine, in seconds. */
  private double atBest(Profile.Event event) {
    Profile.Work work = event.work();
    DType products = Fusion.products(work.dtype());
    return machine.atBest((double) work.bytes(), 2.0 * work.macs(), products);
  }

  private List<Profile.Event> spans() {
    return events().stream().filter(StepProfile::isOperator).toList();
  }

  // ------------------------------------------------------------------ layers

  /**
   * A layer, with what is in it.
   *
   * @param name of the module, such as {@code layer1.0}; in parentheses what is no module
   * @param forwardMs of its operators ahead
   * @param backwardMs of their way back
   * @param share of the step, in [0, 1]
   * @param atBest ms that the machine would need at best
   */
  public record Layer(
      String name, double forwardMs, double backwardMs, double share, double atBest) {
    /** How near it comes to the machine's best; above 1 where caches help. */
    public double roofline() {
      return atBest / (forwardMs + backwardMs);
    }
  }

  /**
   * The layers in the order in which they ran.
   *
   * @param depth parts of a name that tell layers apart, at least 1: 2 for {@code layer1.0}
   */
  public List<Layer> layers(int depth) {
    Map<String, List<Profile.Event>> byName = new LinkedHashMap<>();
    for (Profile.Event event : spans()) {
      byName.computeIfAbsent(layer(event.part(), depth), n -> new ArrayList<>()).add(event);
    }
    List<Layer> rows = new ArrayList<>();
    double all = nanos();
    byName.forEach(
        (name, events) -> {
          double ahead = 0;
          double back = 0;
          double best = 0;
          for (Profile.Event event : events) {
            best += atBest(event);
            if (event.kind() == Profile.Kind.BACK) {
              back += event.nanos();
            } else {
              ahead += event.nanos();
            }
          }
          rows.add(new Layer(name, ahead / MS, back / MS, (ahead + back) / all, best * 1e3));
        });
    return rows;
  }

  private String layer(Object part, int depth) {
    String name = nameOf(part);
    int end = -1;
    for (int i = 0; i < depth; i++) {
      end = name.indexOf('.', end + 1);
      if (end < 0) {
        return name;
      }
    }
    return name.substring(0, end);
  }

  private String nameOf(Object part) {
    String name = layers.get(part);
    if (name == null) {
      return "(" + (part instanceof String phase ? phase : part.getClass().getSimpleName()) + ")";
    }
    return name.isEmpty() ? "(network)" : name;
  }

  // ------------------------------------------------------------------ trace

  /**
   * The step of the middle as the Trace Event Format of Chrome, which also Perfetto reads: spans of
   * phases, layers and operators, which lie in each other.
   */
  public Map<String, Object> trace() {
    List<Map<String, Object>> spans = new ArrayList<>();
    Profile step = middle();
    spans.add(span("step", "part", step.start(), step.nanos(), Map.of()));
    List<Profile.Event> outsideIn = new ArrayList<>(step.events());
    outsideIn.sort(
        Comparator.comparingLong(Profile.Event::start)
            .thenComparing(Comparator.comparingLong(Profile.Event::end).reversed()));
    for (Profile.Event event : outsideIn) {
      boolean part = event.kind() == Profile.Kind.PART;
      String name = part ? nameOf(event.part()).replaceAll("^\\((.*)\\)$", "$1") : event.name();
      spans.add(
          span(
              name,
              switch (event.kind()) {
                case PART -> "part";
                case AHEAD -> "forward";
                case BACK -> "backward";
              },
              event.start(),
              event.nanos(),
              part ? Map.of() : arguments(event)));
    }
    Map<String, Object> trace = new LinkedHashMap<>();
    trace.put("displayTimeUnit", "ms");
    trace.put("traceEvents", spans);
    return trace;
  }

  private Map<String, Object> span(
      String name, String category, long start, long nanos, Map<String, Object> arguments) {
    Map<String, Object> span = new LinkedHashMap<>();
    span.put("name", name);
    span.put("cat", category);
    span.put("ph", "X");
    span.put("ts", (start - middle().start()) / 1e3);
    span.put("dur", nanos / 1e3);
    span.put("pid", 1);
    span.put("tid", 1);
    span.put("args", arguments);
    return span;
  }

  private Map<String, Object> arguments(Profile.Event event) {
    Profile.Work work = event.work();
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("layer", nameOf(event.part()));
    arguments.put("shapes", work.shapes().stream().map(Objects::toString).toList());
    arguments.put("dtype", work.dtype().toString());
    arguments.put("bytes", work.bytes());
    arguments.put("flops", 2 * work.macs());
    return arguments;
  }
}
