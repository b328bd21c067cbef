package dev.linnet.cli;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Prints what the library logs: warnings and facts, and with {@code --verbose} the rest. */
final class Logs {
  private final Logger logger = Logger.getLogger("dev.linnet"); // held: loggers are collected
  // Says what it could do on other Javas, which nobody here can act upon.
  private final Logger lucene = Logger.getLogger("org.apache.lucene");
  private final Handler handler;

  private Logs(Handler handler) {
    this.handler = handler;
  }

  /** Prints until it is closed. */
  static Logs to(Output output, Common common) {
    Logs logs = new Logs(new Printer(output));
    logs.logger.setUseParentHandlers(false);
    logs.logger.setLevel(common.verbose ? Level.FINE : Level.INFO);
    logs.handler.setLevel(Level.ALL);
    logs.lucene.setLevel(Level.SEVERE);
    logs.logger.addHandler(logs.handler);
    return logs;
  }

  /** Prints no more. */
  void close() {
    logger.removeHandler(handler);
  }

  private static final class Printer extends Handler {
    private final SimpleFormatter formatter = new SimpleFormatter();
    private final Output output;

    Printer(Output output) {
      this.output = output;
    }

    @Override
    public void publish(LogRecord record) {
      if (!isLoggable(record)) {
        return;
      }
      String message = formatter.formatMessage(record);
      if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
        output.warn(message);
      } else if (record.getLevel().intValue() >= Level.INFO.intValue()) {
        output.note(message);
      } else {
        output.detail(message);
      }
      Throwable thrown = record.getThrown();
      if (thrown != null) {
        output.trace(thrown);
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
