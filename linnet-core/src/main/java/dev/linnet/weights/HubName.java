package dev.linnet.weights;

import dev.linnet.base.Check;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the user writes for a folder of weights on the hub: {@code hf://owner/name}, with {@code
 * @revision} where it is not the branch {@code main}.
 *
 * @param revision a branch, a tag or a commit
 */
record HubName(String owner, String name, String revision) {
  static final String SCHEME = "hf://";
  private static final String USUAL = "main";
  private static final int LONGEST = 96;

  /** As the hub's own tools: letters, digits, dots, dashes; no end in the latter two. */
  private static final Pattern FORM =
      Pattern.compile(
          "hf://(?<owner>[A-Za-z0-9]([\\w.-]*[A-Za-z0-9_])?)/(?<name>\\w([\\w.-]*\\w)?)"
              + "(@(?<revision>\\w[\\w.+-]*(/\\w[\\w.+-]*)*))?");

  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  /**
   * Reads a name.
   *
   * @throws dev.linnet.base.InvalidValueException if it has another form
   */
  static HubName parse(String text) {
    Matcher form = FORM.matcher(text);
    boolean right =
        form.matches()
            && !text.contains("..")
            && !id(form).contains("--")
            && !id(form).endsWith(".git")
            && id(form).length() <= LONGEST
            && (form.group("revision") == null || form.group("revision").length() <= 2 * LONGEST);
    Check.that(right, "name on the hub", text, "hf://OWNER/NAME or hf://OWNER/NAME@REVISION");
    String revision = form.group("revision");
    return new HubName(
        form.group("owner"), form.group("name"), revision == null ? USUAL : revision);
  }

  private static String id(Matcher form) {
    return form.group("owner") + "/" + form.group("name");
  }

  /** Such as {@code timm/resnet18.a1_in1k}. */
  String id() {
    return owner + "/" + name;
  }

  /** Whether a text is the full name of a commit. */
  static boolean isCommit(String text) {
    return COMMIT.matcher(text).matches();
  }

  /** As the user writes it. */
  @Override
  public String toString() {
    return SCHEME + id() + (revision.equals(USUAL) ? "" : "@" + revision);
  }
}
