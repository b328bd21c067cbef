package dev.linnet.weights;

import dev.linnet.base.LinnetException;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What of a file of weights does not fit a network. */
final class Mismatch {
  private static final System.Logger LOG = System.getLogger("dev.linnet.weights");
  private static final String COUNTER = "num_batches_tracked";
  private static final String AUXILIARY = "aux";
  private static final int PUBLISHED_COLORS = 3;

  private final Path path;
  private final TensorFile file;
  private final Classifier model;
  private final List<String> missing = new ArrayList<>();
  private final List<String> unexpected = new ArrayList<>();

  /** Names to what differs. */
  private final Map<String, String> different = new LinkedHashMap<>();

  private final List<String> adapted = new ArrayList<>();

  /** Compares; {@link #check} says what was found. */
  Mismatch(Path path, TensorFile file, Classifier model) {
    this.path = path;
    this.file = file;
    this.model = model;
    Map<String, Parameter> state = model.state();
    compare(state);
    List<String> skipped = new ArrayList<>();
    boolean hasAuxiliary = state.keySet().stream().anyMatch(Mismatch::isAuxiliary);
    for (String name : file.names()) {
      if (!state.containsKey(name)) {
        (isAuxiliary(name) && !hasAuxiliary ? skipped : unexpected).add(Quote.name(name));
      }
    }
    if (!skipped.isEmpty()) {
      LOG.log(
          System.Logger.Level.INFO,
          "{0}: skips {1} tensors of heads that only help training ({2})",
          path,
          Integer.toString(skipped.size()),
          Names.some(skipped));
    }
  }

  private void compare(Map<String, Parameter> state) {
    state.forEach(
        (name, p) -> {
          if (!file.names().contains(name)) {
            if (!name.endsWith(COUNTER)) {
              missing.add(name);
            }
          } else if (!file.shape(name).equals(p.shape())) {
            different.put(
                name, file.shape(name) + " in the file, " + p.shape() + " in the network");
          } else if (p.dtype().isFloating() != file.dtype(name).isFloating()) {
            different.put(
                name, file.dtype(name) + " in the file, " + p.dtype() + " in the network");
          }
        });
  }

  /** {@code aux1.}, {@code AuxLogits.}, {@code aux_head.}: so torchvision and timm name them. */
  private static boolean isAuxiliary(String name) {
    return name.indexOf('.') > 0 && name.toLowerCase(Locale.ROOT).startsWith(AUXILIARY);
  }

  /**
   * Lets a head that is missing or has another number of classes pass, and a first convolution of
   * other colors; {@link #adapted} says so.
   *
   * @return names of the head that keep the network's own values
   */
  Set<String> adapt() {
    String head = model.headName() + ".";
    Set<String> kept = new HashSet<>();
    boolean fits = headIsAlike();
    for (String name : List.copyOf(different.keySet())) {
      if (name.startsWith(head) && fits) {
        kept.add(name);
      }
    }
    if (!kept.isEmpty()) {
      different.keySet().removeAll(kept);
      model.state().keySet().stream().filter(n -> n.startsWith(head)).forEach(kept::add);
      adapted.add(
          "%s: its head \"%s\" has %d classes; the network keeps its own with %d"
              .formatted(
                  path, model.headName(), file.shape(head + "weight").dim(0), model.classes()));
    }
    if (file.names().stream().noneMatch(name -> name.startsWith(head))
        && missing.removeIf(name -> name.startsWith(head))) {
      model.state().keySet().stream().filter(n -> n.startsWith(head)).forEach(kept::add);
      adapted.add(
          "%s: has no head \"%s\"; the network keeps its own with %d classes"
              .formatted(path, model.headName(), model.classes()));
    }
    for (String first : model.firstConvNames()) {
      String stem = first + ".weight";
      if (different.containsKey(stem) && stemIsAlike(file.shape(stem), model.state(stem).shape())) {
        different.remove(stem);
        adapted.add(
            "%s: its first convolution \"%s\" is adapted from %d colors to %d"
                .formatted(path, first, PUBLISHED_COLORS, model.inChannels()));
      }
    }
    return kept;
  }

  /** A line for each thing that was let pass. */
  List<String> adapted() {
    return List.copyOf(adapted);
  }

  /** True if the file's head differs in the number of classes alone. */
  private boolean headIsAlike() {
    String weight = model.headName() + ".weight";
    if (!file.names().contains(weight) || !model.state().containsKey(weight)) {
      return false;
    }
    Shape theirs = file.shape(weight);
    Shape ours = model.state(weight).shape();
    return theirs.rank() >= 1
        && theirs.dim(0) >= 1
        && theirs.dim(0) != ours.dim(0)
        && sameButFor(0, theirs, ours);
  }

  private static boolean stemIsAlike(Shape theirs, Shape ours) {
    return theirs.rank() == 4 && theirs.dim(1) == PUBLISHED_COLORS && sameButFor(1, theirs, ours);
  }

  private static boolean sameButFor(int dim, Shape a, Shape b) {
    if (a.rank() != b.rank()) {
      return false;
    }
    for (int i = 0; i < a.rank(); i++) {
      if (i != dim && a.dim(i) != b.dim(i)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Refuses what does not fit.
   *
   * @throws LinnetException with the names, and the network that the file most likely is
   */
  void check() {
    if (missing.isEmpty() && unexpected.isEmpty() && different.isEmpty()) {
      return;
    }
    String head = model.headName();
    if (missing.isEmpty()
        && unexpected.isEmpty()
        && headIsAlike()
        && different.keySet().stream().allMatch(name -> name.startsWith(head + "."))) {
      throw anotherHead(head, file.shape(head + ".weight").dim(0));
    }
    List<String> parts = new ArrayList<>();
    addPart(parts, "missing", missing);
    addPart(parts, "unexpected", unexpected);
    List<String> lines = new ArrayList<>();
    different.forEach((name, what) -> lines.add(name + ": " + what));
    addPart(parts, "different", lines);
    throw new LinnetException(
        path
            + ": does not fit "
            + model.architecture()
            + ": "
            + String.join("; ", parts)
            + LikelyModel.of(file, model));
  }

  private LinnetException anotherHead(String head, long classes) {
    return new LinnetException(
        path
            + ": its head \""
            + head
            + "\" has "
            + classes
            + " classes, the network "
            + model.classes()
            + "; make the network with "
            + classes
            + " classes, and replace the head afterwards for others");
  }

  /** The first names; all of them go to the log. */
  private void addPart(List<String> parts, String kind, List<String> names) {
    if (!names.isEmpty()) {
      parts.add(names.size() + " " + kind + " (" + Names.some(names) + ")");
      LOG.log(System.Logger.Level.DEBUG, "{0}: {1}: {2}", path, kind, String.join(", ", names));
    }
  }
}
