package dev.linnet.recipe;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.InvalidValueException;
import dev.linnet.base.Nearest;
import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Entry;
import dev.linnet.recipe.Tree.Items;
import dev.linnet.recipe.Tree.Leaf;
import dev.linnet.tricks.Convention;
import dev.linnet.tricks.Policy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A policy of augmentation: the name of one in the jar ({@code policies/NAME.yaml}), a file of the
 * same form, or that form itself. It is written as a name or as the form, so that a saved recipe
 * needs no other file.
 */
final class Policies extends Form {
  /** Every policy in the jar; a test compares it with the folder. */
  static final List<String> NAMES =
      List.of(
          "cifar10", "imagenet", "svhn", "timm-original", "timm-originalr", "timm-v0", "timm-v0r");

  private static final String CONVENTION = "convention";
  private static final String LINES = "sub_policies";
  private static final Pattern STEP =
      Pattern.compile(
          "\\s*([A-Za-z]+)\\s*\\(\\s*([0-9.]{1,20})\\s*(?:,\\s*([0-9.]{1,20})\\s*)?\\)\\s*");
  private static final Form CONVENTIONS = Scalars.constant(List.of(Convention.values()), List.of());

  private final List<String> also;

  /**
   * @param also what else may stand there
   */
  Policies(List<String> also) {
    this.also = also;
  }

  /** A policy in the jar. */
  static Policy named(String name) {
    String resource = "policies/" + name + ".yaml";
    Problems problems = new Problems();
    try (InputStream in =
        Objects.requireNonNull(Policies.class.getResourceAsStream(resource), resource)) {
      Policy policy =
          YamlFile.read(resource, in, problems)
              .map(entries -> policy(name, entries, "auto_augment.policy", problems))
              .orElse(null);
      problems.throwIfAny();
      return Objects.requireNonNull(policy, resource);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  List<String> expected() {
    List<String> expected = new ArrayList<>(NAMES);
    expected.add("a YAML file");
    expected.add("a mapping with the keys convention, sub_policies");
    expected.addAll(also);
    return expected;
  }

  @Override
  @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
    if (tree instanceof Entries entries) {
      return policy("", entries, path, problems);
    }
    if (!(tree instanceof Leaf leaf) || leaf.text().isBlank() || !Lines.isPlain(leaf.text())) {
      return refuse(tree, path, fallback, problems);
    }
    if (NAMES.contains(leaf.text())) {
      return named(leaf.text());
    }
    return file(leaf, path, problems);
  }

  private static @Nullable Policy file(Leaf leaf, String path, Problems problems) {
    try {
      Path file = Path.of(leaf.text());
      if (Files.isRegularFile(file)) {
        try (InputStream in = Files.newInputStream(file)) {
          byte[] bytes = in.readNBytes(YamlFile.MAX_BYTES + 1);
          return YamlFile.read(leaf.text(), new ByteArrayInputStream(bytes), problems)
              .map(entries -> policy("", entries, path, problems))
              .orElse(null);
        }
      }
    } catch (InvalidPathException e) {
      // said below: no file has such a name
    } catch (IOException e) {
      problems.add(
          leaf.where(),
          path
              + ": got "
              + leaf.got()
              + " ("
              + leaf.where()
              + "), which cannot be read ("
              + AtomicFile.reason(e)
              + ")");
      return null;
    }
    problems.add(
        leaf.where(),
        path
            + ": got "
            + leaf.got()
            + " ("
            + leaf.where()
            + "); no file and no policy has this name; "
            + Nearest.didYouMean(leaf.text(), NAMES, "policies: " + String.join(", ", NAMES)));
    return null;
  }

  private static @Nullable Policy policy(
      String name, Entries entries, String path, Problems problems) {
    @Nullable Object convention = Convention.TORCHVISION;
    Tree given = entries.get(CONVENTION);
    if (given != null) {
      convention = CONVENTIONS.read(given, path + "." + CONVENTION, null, problems);
    }
    for (Map.Entry<String, Entry> named : entries.entries().entrySet()) {
      if (!Set.of(CONVENTION, LINES).contains(named.getKey())) {
        problems.add(
            named.getValue().key(),
            Lines.path(path, named.getKey())
                + ": unknown key ("
                + named.getValue().key()
                + "); known: convention, sub_policies");
      }
    }
    Tree lines = entries.get(LINES);
    if (!(lines instanceof Items items) || items.items().isEmpty()) {
      Tree got = lines == null ? entries : lines;
      problems.mustBe(path + "." + LINES, got, "a list such as [\"Rotate(0.6, 9) → Invert(0.2)\"]");
      return null;
    }
    List<Policy.SubPolicy> subPolicies = new ArrayList<>();
    for (Tree item : items.items()) {
      Policy.SubPolicy line =
          convention == null ? null : line(item, path, (Convention) convention, problems);
      if (line != null) {
        subPolicies.add(line);
      }
    }
    return convention == null || subPolicies.size() < items.items().size()
        ? null
        : new Policy(name, (Convention) convention, subPolicies);
  }

  private static Policy.@Nullable SubPolicy line(
      Tree item, String path, Convention convention, Problems problems) {
    List<Policy.Step> steps = new ArrayList<>();
    if (item instanceof Leaf leaf) {
      for (String part : leaf.text().split("→|->", -1)) {
        Matcher matcher = STEP.matcher(part);
        if (!matcher.matches()) {
          steps.clear();
          break;
        }
        try {
          steps.add(
              new Policy.Step(
                  matcher.group(1),
                  Double.parseDouble(matcher.group(2)),
                  matcher.group(3) == null ? 0 : Double.parseDouble(matcher.group(3))));
        } catch (NumberFormatException e) { // such as 1.2.3
          steps.clear();
          break;
        } catch (InvalidValueException e) {
          report(e, path, item, problems);
          return null;
        }
      }
    }
    if (steps.isEmpty()) {
      problems.mustBe(path, item, "operators such as Rotate(0.6, 9) → Invert(0.2)");
      return null;
    }
    Policy.SubPolicy line = new Policy.SubPolicy(steps);
    try {
      new Policy("", convention, List.of(line)); // checks operators and magnitudes
      return line;
    } catch (InvalidValueException e) {
      report(e, path, item, problems);
      return null;
    }
  }

  private static void report(
      InvalidValueException refused, String path, Tree item, Problems problems) {
    problems.add(
        item.where(),
        path + ": got " + refused.got() + " (" + item.where() + "); must be " + refused.allowed());
  }

  @Override
  Tree write(Object value) {
    Policy policy = (Policy) value;
    if (!policy.name().isEmpty()) {
      return Scalars.leaf(policy.name());
    }
    List<Tree> lines = new ArrayList<>();
    policy
        .subPolicies()
        .forEach(line -> lines.add(new Leaf(line.toString(), true, Scalars.NOWHERE)));
    Map<String, Entry> entries = new LinkedHashMap<>();
    entries.put(CONVENTION, new Entry(Scalars.NOWHERE, CONVENTIONS.write(policy.convention())));
    entries.put(LINES, new Entry(Scalars.NOWHERE, new Items(lines, Scalars.NOWHERE)));
    return new Entries(entries, Scalars.NOWHERE);
  }
}
