package dev.linnet.cli;

import dev.linnet.train.bench.Machine;
import dev.linnet.train.bench.StepProfile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A profile for people and as JSON.
 *
 * @param depth parts of a layer's name that tell layers apart, at least 1
 */
record ProfileTables(StepProfile profile, int depth) {
  private static final double GIGA = 1e9;
  private static final double MEGA = 1e6;

  /** Operators of a smaller share of the step stand together in one row. */
  private static final double LEAST_SHARE = 0.002;

  /** What the machine can do, as facts. */
  static Map<String, Object> facts(Machine machine) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("instructions", String.join(" ", machine.instructions()));
    row.put("threads", machine.threads());
    row.put("copy_gb_per_s", BenchVerb.rounded(machine.copy() / GIGA, 1));
    row.put("copy_gb_per_s_1_thread", BenchVerb.rounded(machine.oneThread() / GIGA, 1));
    for (Machine.Peak peak : machine.peaks()) {
      String type = peak.dtype().toString();
      row.put("matmul_gflop_per_s_" + type, BenchVerb.rounded(peak.matmul() / GIGA, 0));
      row.put("conv3x3_gflop_per_s_" + type, BenchVerb.rounded(peak.convolution() / GIGA, 0));
    }
    row.put("measured_s", BenchVerb.rounded(machine.seconds(), 1));
    return row;
  }

  /** What is said of the profile as a whole, beside the machine. */
  Map<String, Object> facts() {
    Map<String, Object> row = new LinkedHashMap<>(facts(profile.machine()));
    row.put("profiled_ms", BenchVerb.rounded(profile.ms(), 2));
    row.put("overhead_percent", BenchVerb.rounded(100 * profile.overhead(), 1));
    return row;
  }

  /** The three tables as JSON. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    List<Map<String, Object>> phases = new ArrayList<>();
    for (StepProfile.Phase phase : profile.phases()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("phase", phase.name());
      row.put("ms", BenchVerb.rounded(phase.ms(), 3));
      row.put("share", BenchVerb.rounded(phase.share(), 4));
      phases.add(row);
    }
    json.put("phases", phases);
    List<Map<String, Object>> operators = new ArrayList<>();
    for (StepProfile.Operator operator : profile.operators()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("operator", operator.name());
      row.put("calls", operator.calls());
      row.put("ms", BenchVerb.rounded(operator.ms(), 3));
      row.put("share", BenchVerb.rounded(operator.share(), 4));
      row.put("bytes", operator.bytes());
      row.put("flops", operator.operations());
      row.put("at_best_ms", BenchVerb.rounded(operator.atBest(), 3));
      operators.add(row);
    }
    json.put("operators", operators);
    List<Map<String, Object>> layers = new ArrayList<>();
    for (StepProfile.Layer layer : profile.layers(depth)) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("layer", layer.name());
      row.put("forward_ms", BenchVerb.rounded(layer.forwardMs(), 3));
      row.put("backward_ms", BenchVerb.rounded(layer.backwardMs(), 3));
      row.put("share", BenchVerb.rounded(layer.share(), 4));
      row.put("at_best_ms", BenchVerb.rounded(layer.atBest(), 3));
      layers.add(row);
    }
    json.put("layers", layers);
    return json;
  }

  /** The three tables for people; shares are percent of the step, the roofline's of the best. */
  void print(Output output) {
    output.answer("");
    output.table(phases());
    output.answer("");
    output.table(operators(), List.of("MB", "calls", "GFLOP/s", "GB/s"));
    output.answer("");
    output.table(layers(), List.of("roofline %"));
  }

  private List<List<String>> phases() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("phase", "ms", "%"));
    for (StepProfile.Phase phase : profile.phases()) {
      rows.add(List.of(phase.name(), number(phase.ms(), 2), percent(phase.share())));
    }
    return rows;
  }

  private List<List<String>> operators() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("operator", "calls", "ms", "%", "MB", "GB/s", "GFLOP/s", "roofline %"));
    int lesser = 0;
    double ms = 0;
    double share = 0;
    for (StepProfile.Operator operator : profile.operators()) {
      if (operator.share() < LEAST_SHARE) {
        lesser++;
        ms += operator.ms();
        share += operator.share();
        continue;
      }
      rows.add(
          List.of(
              operator.name(),
              operator.calls() == 0 ? "" : Integer.toString(operator.calls()),
              number(operator.ms(), 2),
              percent(operator.share()),
              operator.bytes() == 0 ? "" : number(operator.bytes() / MEGA, 1),
              operator.bytes() == 0 ? "" : number(operator.bandwidth() / GIGA, 1),
              operator.operations() == 0 ? "" : number(operator.speed() / GIGA, 0),
              operator.atBest() == 0 ? "" : percent(operator.roofline())));
    }
    if (lesser > 0) {
      rows.add(
          List.of("(" + lesser + " lesser)", "", number(ms, 2), percent(share), "", "", "", ""));
    }
    return rows;
  }

  private List<List<String>> layers() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("layer", "forward ms", "backward ms", "%", "roofline %"));
    for (StepProfile.Layer layer : profile.layers(depth)) {
      rows.add(
          List.of(
              layer.name(),
              number(layer.forwardMs(), 2),
              number(layer.backwardMs(), 2),
              percent(layer.share()),
              layer.atBest() == 0 ? "" : percent(layer.roofline())));
    }
    return rows;
  }

  private static String percent(double share) {
    return number(100 * share, 1);
  }

  private static String number(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
