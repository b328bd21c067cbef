package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** What is printed where; JSON; times; signals. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class OutputTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Common common = new Common();

  @Test
  void json_has_no_nan_and_keeps_the_order_of_its_keys() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("z", 1);
    map.put("a", List.of(1.5, "\"é\"", true));
    map.put("bad", Arrays.asList(Double.NaN, Double.POSITIVE_INFINITY, null));
    assertThat(Json.write(map))
        .isEqualTo("{\"z\":1,\"a\":[1.5,\"\\\"é\\\"\",true],\"bad\":[null,null,null]}");
  }

  @Test
  void json_refuses_what_it_does_not_know() {
    assertThatThrownBy(() -> Json.write(Map.of("key", new Object())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no JSON for a ");
  }

  @Test
  void answers_go_to_the_standard_output_and_all_else_to_the_standard_error() {
    Output output = output(Terminal.NONE);
    output.answer("answer");
    output.note("note");
    output.detail("detail");
    output.warn("wrong");
    output.error("first\nsecond");
    output.progress("progress");
    output.flush();
    assertThat(out.toString(UTF_8)).isEqualTo("answer\n");
    assertThat(err.toString(UTF_8))
        .isEqualTo("note\nwarning: wrong\nlinnet: first\nlinnet: second\n");
  }

  @Test
  void a_table_drops_its_lesser_columns_on_a_narrow_terminal() {
    List<List<String>> rows = List.of(List.of("name", "size", "from"), List.of("net", "12", "me"));
    List<String> lesser = List.of("from", "size");
    output(Terminal.NONE).table(rows, lesser);
    output(new Terminal(true, false, 16)).table(rows, lesser);
    output(new Terminal(true, false, 15)).table(rows, lesser);
    output(new Terminal(true, false, 9)).table(rows, lesser);
    assertThat(out.toString(UTF_8))
        .isEqualTo(
            """
            name  size  from
            net     12  me
            name  size  from
            net     12  me
            name  size
            net     12
            name
            net
            """);
  }

  @Test
  void quiet_hides_notes_and_verbose_shows_details() {
    common.quiet = true;
    common.verbose = true;
    Output output = output(new Terminal(true, false, 80));
    output.note("note");
    output.progress("progress");
    output.detail("detail");
    assertThat(err.toString(UTF_8)).isEqualTo("detail\n");
  }

  @Test
  void a_line_takes_the_place_of_the_progress_on_a_terminal() {
    Output output = output(new Terminal(true, true, 11));
    output.progress("0123456789 too long");
    output.warn("wrong");
    String erase = "\r\u001b[K";
    assertThat(err.toString(UTF_8))
        .isEqualTo(erase + "0123456789" + erase + "\u001b[33mwarning:\u001b[0m wrong\n");
  }

  @Test
  void times_are_shown_as_people_read_them() {
    assertThat(
            List.of(
                Durations.show(0.04),
                Durations.show(4.24),
                Durations.show(59.9),
                Durations.show(187),
                Durations.show(3723)))
        .containsExactly("0.0 s", "4.2 s", "60 s", "3:07", "1:02:03");
  }

  @Test
  void a_signal_ends_the_process_at_once_where_nothing_is_to_be_saved() {
    AtomicInteger halts = new AtomicInteger();
    Interrupts interrupts =
        Interrupts.of(new PrintStream(err, true, UTF_8), halts::incrementAndGet);
    interrupts.signal();
    assertThat(halts).hasValue(1);
  }

  @Test
  void the_first_signal_asks_to_stop_and_the_second_ends_the_process() {
    AtomicInteger halts = new AtomicInteger();
    AtomicInteger asked = new AtomicInteger();
    Interrupts interrupts =
        Interrupts.of(new PrintStream(err, true, UTF_8), halts::incrementAndGet);
    interrupts.during(
        () -> {
          interrupts.signal();
          assertThat(asked).hasValue(1);
          assertThat(halts).hasValue(0);
          interrupts.signal();
          assertThat(halts).hasValue(1);
        },
        asked::incrementAndGet);
    assertThat(asked).hasValue(1);
    assertThat(err.toString(UTF_8))
        .isEqualTo("linnet: interrupted; finishing the step and saving (again: stop at once)\n");
  }

  private Output output(Terminal terminal) {
    Shell plain = Shell.of(Map.of(), Path.of(""), InputStream.nullInputStream(), out, err);
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
    return new Output(shell, common);
  }
}
