package dev.linnet.cli;

/**
 * One call of the command line: what it sees of the outside, the options that every verb has, and
 * its voice.
 */
record Session(Shell shell, Common common, Output output) {
  /** A call whose options are still to be read. */
  static Session of(Shell shell) {
    Common common = new Common();
    return new Session(shell, common, new Output(shell, common));
  }
}
