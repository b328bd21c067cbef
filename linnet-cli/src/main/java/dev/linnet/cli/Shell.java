package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command sees of the outside. Text is UTF-8 both ways.
 *
 * @param environment the environment variables
 * @param folder where results without a name of their own go
 * @param in what {@code predict -} reads
 * @param out takes the answer
 * @param err takes everything else
 * @param outTerminal what {@code out} leads to
 * @param errTerminal what {@code err} leads to
 * @param interrupts Ctrl-C and the like
 */
record Shell(
    Map<String, String> environment,
    Path folder,
    InputStream in,
    PrintStream out,
    PrintStream err,
    Terminal outTerminal,
    Terminal errTerminal,
    Interrupts interrupts) {

  /**
   * That of this process.
   *
   * @param alone whether the standard output is to be this program's alone: what native code writes
   *     there is lost
   */
  static Shell ofProcess(boolean alone) {
    Map<String, String> environment = System.getenv();
    Terminal outTerminal = Terminal.of(1, environment);
    OutputStream stream = alone ? StandardOutput.taken() : new FileOutputStream(FileDescriptor.out);
    OutputStream out = new BufferedOutputStream(new StandardOutput(stream), 1 << 16);
    OutputStream err = new BufferedOutputStream(new FileOutputStream(FileDescriptor.err));
    PrintStream printed = new PrintStream(out, false, UTF_8);
    PrintStream told = new PrintStream(err, true, UTF_8);
    return new Shell(
        environment,
        Path.of(""),
        new FileInputStream(FileDescriptor.in),
        printed,
        told,
        outTerminal,
        Terminal.of(2, environment),
        Interrupts.ofProcess(told));
  }

  /** One that reads and writes where it is told to, without terminal and without signals. */
  static Shell of(
      Map<String, String> environment,
      Path folder,
      InputStream in,
      OutputStream out,
      OutputStream err) {
    PrintStream told = new PrintStream(err, true, UTF_8);
    return new Shell(
        Map.copyOf(environment),
        folder,
        in,
        new PrintStream(out, false, UTF_8),
        told,
        Terminal.NONE,
        Terminal.NONE,
        Interrupts.of(told, () -> {}));
  }
}
