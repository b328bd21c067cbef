package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What holds for every verb: help, exit codes, and the one line of an error. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class FrameTest {

  @Test
  void without_a_verb_it_prints_the_help() {
    assertThat(Run.of().answered())
        .startsWith("Linnet: image classification for the JVM.\n")
        .isEqualTo(Run.of("--help").answered())
        .isEqualTo(Run.of("help").answered());
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void the_help_of_every_verb_has_examples_and_fits_80_columns(List<String> verb) {
    String help = Run.of(with(verb, "--help")).answered();
    assertThat(help).contains("Usage: " + String.join(" ", with(List.of("linnet"), verb)));
    assertThat(help).contains("Examples:\n  ").contains("Options of every verb:");
    assertThat(help.lines())
        .allMatch(line -> line.length() <= 80)
        .noneMatch(l -> l.contains("\u001b"));
    List<String> named = new ArrayList<>(List.of("help"));
    named.addAll(verb);
    assertThat(Run.of(named.toArray(String[]::new)).answered()).isEqualTo(help);
  }

  @ParameterizedTest
  @MethodSource("verbs")
  void help_adapts_to_a_narrow_terminal(List<String> verb) {
    Run run = onTerminal(60, Map.of(), with(verb, "--help"));
    String plain = run.out().replaceAll("\u001b\\[[0-9;]*m", "");
    assertThat(plain.lines()).allMatch(line -> line.length() <= 60);
    assertThat(run.out()).contains("\u001b[");
  }

  @Test
  void no_color_switches_colors_off() {
    assertThat(onTerminal(80, Map.of("NO_COLOR", "1"), "--help").out()).doesNotContain("\u001b");
  }

  @Test
  void the_version_is_one_line() {
    assertThat(Run.of("--version").answered()).matches("linnet [^\n]+\n");
    assertThat(Run.of("completion", "--version").answered()).matches("linnet [^\n]+\n");
  }

  @Test
  void an_unknown_verb_finds_the_nearest() {
    Run.of("complet")
        .failed(2, "linnet: unknown verb \"complet\" of \"linnet\"; did you mean \"completion\"?");
    Run.of("xyzzy")
        .failed(2, "linnet: unknown verb \"xyzzy\" of \"linnet\"; see \"linnet --help\"");
    Run.of("help", "complet")
        .failed(2, "linnet: unknown verb \"complet\"; did you mean \"completion\"?");
  }

  @Test
  void an_unknown_option_finds_the_nearest() {
    Run.of("completion", "bash", "--sed=3")
        .failed(
            2,
            "linnet: unknown option \"--sed\" of \"linnet completion\"; did you mean \"--seed\"?");
    Run.of("completion", "bash", "--xyzzy")
        .failed(
            2,
            "linnet: unknown option \"--xyzzy\" of \"linnet completion\"; see \"linnet completion"
                + " --help\"");
  }

  @Test
  void what_is_missing_is_named() {
    Run.of("completion")
        .failed(2, "linnet: \"linnet completion\" needs SHELL; see \"linnet completion --help\"");
    Run.of("completion", "bash", "--seed")
        .failed(2, "linnet: --seed needs a value; see \"linnet completion --help\"");
  }

  @Test
  void a_value_of_the_wrong_type_is_named_with_what_is_allowed() {
    Run.of("completion", "fish").failed(2, "linnet: SHELL: got \"fish\"; must be bash or zsh");
    Run.of("completion", "bash", "--threads", "many")
        .failed(2, "linnet: --threads: got \"many\"; must be a whole number");
    Run.of("completion", "bash", "--threads=1", "--threads=2")
        .failed(2, "linnet: --threads: given twice; give it once");
  }

  @Test
  void a_common_value_out_of_range_is_refused_before_anything_runs() {
    Run.of("completion", "bash", "--threads", "0")
        .failed(2, "linnet: --threads: got 0; must be in [1, 1024]");
    Run.of("--seed=-1", "completion", "bash")
        .failed(2, "linnet: --seed: got -1; must be at least 0");
    Run.of("completion", "bash", "--dtype", "fp8")
        .failed(2, "linnet: --dtype: got fp8; must be auto, fp32, bf16 or fp16");
    Run.of("completion", "bash", "--device", "tpu")
        .failed(2, "linnet: --device: got tpu; must be auto, cpu, cuda or cuda:N");
  }

  @Test
  void an_argument_too_many_is_refused() {
    Run.of("completion", "bash", "zsh")
        .failed(
            2,
            "linnet: \"linnet completion\" does not take \"zsh\"; see \"linnet completion --help\"");
  }

  @Test
  void a_reader_that_has_enough_is_no_failure() {
    assertThat(writingTo(new IOException("Broken pipe"))).isEqualTo(new Run(0, "", ""));
  }

  @Test
  void a_full_disk_under_the_answer_is_a_failure() {
    assertThat(writingTo(new IOException("No space left on device")))
        .isEqualTo(
            new Run(
                1, "", "linnet: standard output: cannot be written: No space left on device\n"));
  }

  @Test
  void the_completion_scripts_know_the_verbs_and_their_options() {
    assertThat(Run.of("completion", "bash").answered())
        .startsWith("#!/usr/bin/env bash")
        .contains("completion help")
        .contains("--threads");
    assertThat(Run.of("completion", "zsh").answered()).startsWith("autoload -Uz compinit");
  }

  private static Run writingTo(IOException failure) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int value) throws IOException {
            throw failure;
          }
        };
    Shell shell =
        Shell.of(
            Map.of(), Path.of(""), InputStream.nullInputStream(), new StandardOutput(broken), err);
    return new Run(Main.run(List.of("--help"), shell), "", err.toString(UTF_8));
  }

  private static Run onTerminal(int width, Map<String, String> environment, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Shell plain = Shell.of(environment, Path.of(""), InputStream.nullInputStream(), out, out);
    Terminal terminal = new Terminal(true, !environment.containsKey("NO_COLOR"), width);
    Shell shell =
        new Shell(
            plain.environment(),
            plain.folder(),
            plain.in(),
            plain.out(),
            plain.err(),
            terminal,
            terminal,
            plain.interrupts());
    return new Run(Main.run(List.of(arguments), shell), out.toString(UTF_8), "");
  }

  private static Stream<List<String>> verbs() {
    Shell shell =
        Shell.of(
            Map.of(),
            Path.of(""),
            InputStream.nullInputStream(),
            OutputStream.nullOutputStream(),
            OutputStream.nullOutputStream());
    List<List<String>> verbs = new ArrayList<>();
    collect(List.of(), Linnet.commandLine(Session.of(shell, List.of())), verbs);
    return verbs.stream();
  }

  private static void collect(List<String> path, CommandLine command, List<List<String>> all) {
    all.add(path);
    command
        .getSubcommands()
        .forEach(
            (name, below) -> {
              List<String> longer = new ArrayList<>(path);
              longer.add(name);
              collect(longer, below, all);
            });
  }

  private static String[] with(List<String> verb, String... more) {
    List<String> all = new ArrayList<>(verb);
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private static List<String> with(List<String> first, List<String> second) {
    List<String> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }
}
