package dev.linnet.recipe;

/**
 * Where a value was written: {@code my.yaml:14}, {@code --epochs}, {@code --set
 * optimizer.momentum}, {@code preset plain:12}.
 *
 * @param source the file as the user named it, the preset, or the option
 * @param line counted from 1; 0 where the source has no lines
 */
record Where(String source, int line) {
  @Override
  public String toString() {
    return line > 0 ? source + ":" + line : source;
  }
}
