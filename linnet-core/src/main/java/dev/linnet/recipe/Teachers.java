package dev.linnet.recipe;

import dev.linnet.base.LinnetException;
import dev.linnet.base.OrAuto;
import dev.linnet.base.RandomState;
import dev.linnet.data.Normalization;
import dev.linnet.models.Classifier;
import dev.linnet.models.Zoo;
import dev.linnet.optim.WeightAverage;
import dev.linnet.tensor.Device;
import dev.linnet.train.Objective;
import dev.linnet.tricks.Lesson;
import dev.linnet.tricks.SelfDistillation;
import dev.linnet.tricks.Taught;
import dev.linnet.tricks.Teacher;
import dev.linnet.tricks.TeacherTrick;
import dev.linnet.weights.Hub;
import dev.linnet.weights.ImageNetClass;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The teachers that the tricks of a recipe learn from: what lies at their places is described when
 * they are looked up, before data are read, and loaded when the training begins.
 */
public final class Teachers {
  /** No teacher. */
  static final Teachers NONE = new Teachers(List.of());

  private final List<One> all;

  /** A teacher and the tricks that want it, by their names. */
  private record One(Origin origin, Map<String, TeacherTrick> tricks) {
    String key() {
      return tricks.keySet().iterator().next() + ".teacher";
    }
  }

  private Teachers(List<One> all) {
    this.all = List.copyOf(all);
  }

  /**
   * Looks them up.
   *
   * @throws RecipeException if there is none where a trick says, with all such places
   * @throws LinnetException if what is there cannot be used
   */
  static Teachers of(LoadedRecipe loaded, Hub hub) {
    Map<String, One> byPlace = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    for (Record trick : loaded.recipe().tricks().list()) {
      if (trick instanceof TeacherTrick wanted) {
        String name = Tricks.nameOf(trick);
        Optional<String> problem = missing(wanted, name, loaded);
        problem.ifPresent(problems::add);
        if (problem.isEmpty()) {
          byPlace
              .computeIfAbsent(
                  wanted.teacher() + "\n" + wanted.weights(),
                  place -> new One(origin(wanted, name, hub), new LinkedHashMap<>()))
              .tricks()
              .put(name, wanted);
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new RecipeException(problems);
    }
    return byPlace.isEmpty() ? NONE : new Teachers(List.copyOf(byPlace.values()));
  }

  private static Optional<String> missing(TeacherTrick trick, String name, LoadedRecipe loaded) {
    String teacher = trick.teacher();
    if (!trick.weights().isAuto()) {
      String file = trick.weights().value();
      return Files.isRegularFile(Path.of(file))
          ? Optional.empty()
          : Optional.of(
              "%s.weights: got \"%s\"%s; must be a file with the weights of %s"
                  .formatted(name, file, loaded.near("tricks." + name + ".weights"), teacher));
    }
    if (Hub.isName(teacher) || (!teacher.isEmpty() && Files.isDirectory(Path.of(teacher)))) {
      return Optional.empty();
    }
    return Optional.of(
        "%s.teacher: got %s%s; must be a run, a folder of weights, hf://OWNER/NAME, or a network's name with %s.weights"
            .formatted(
                name,
                teacher.isEmpty() ? "nothing" : '"' + teacher + '"',
                loaded.near("tricks." + name + ".teacher"),
                name));
  }

  private static Origin origin(TeacherTrick trick, String name, Hub hub) {
    try {
      return trick.weights().isAuto()
          ? Origin.of(trick.teacher(), hub)
          : Origin.of(trick.teacher(), Path.of(trick.weights().value()));
    } catch (LinnetException e) {
      throw new LinnetException(name + ".teacher: " + e.getMessage(), e);
    }
  }

  /**
   * Refuses teachers that do not know the classes of the data.
   *
   * @throws LinnetException that names the classes
   */
  void check(List<String> classes) {
    all.forEach(one -> columns(one, classes));
  }

  /**
   * Refuses teachers that cannot see what the network sees, or have nothing to compare with it.
   *
   * @throws LinnetException that says what
   */
  void check(Recipe recipe, int classes) {
    int channels = Ingredients.channels(recipe.color().value());
    for (One one : all) {
      int own = one.origin().config().options().inChannels();
      if (own != channels && channels != 1) {
        throw new LinnetException(
            "%s: got a network of %d color, %s; must see %d colors, as the student does"
                .formatted(one.key(), own, one.origin().config().architecture(), channels));
      }
      try (Classifier student =
              Zoo.find(recipe.model().value())
                  .declare(Ingredients.modelOptions(recipe, classes, recipe.color().value()));
          Classifier teacher =
              Zoo.find(one.origin().config().architecture())
                  .declare(one.origin().config().options())) {
        one.tricks()
            .values()
            .forEach(t -> t.lesson(student, teacher, Device.CPU, RandomState.of(0)).close());
      }
    }
  }

  /** For each class of the data its place among the teacher's. */
  private static List<Integer> columns(One one, List<String> classes) {
    List<String> known = one.origin().config().classNames();
    int outputs = one.origin().config().options().classes();
    List<Integer> inOrder = IntStream.range(0, classes.size()).boxed().toList();
    if (known.equals(classes) || (known.isEmpty() && outputs == classes.size())) {
      return inOrder;
    }
    boolean numbers =
        known.isEmpty()
            || (known.equals(ImageNetClass.ownNames())
                && classes.stream().anyMatch(name -> name.chars().allMatch(Character::isDigit)));
    if (numbers) {
      throw new LinnetException(
          "%s: got a network of %d other classes; must know the %d classes of the data by name"
              .formatted(one.key(), outputs, classes.size()));
    }
    try {
      List<Integer> labels = ClassMatch.of(classes, known, outputs).labels();
      if (new HashSet<>(labels).size() < labels.size()) {
        throw new LinnetException("several classes of the data are one of the network's");
      }
      return labels;
    } catch (LinnetException e) {
      throw new LinnetException(one.key() + ": " + e.getMessage(), e);
    }
  }

  /** What a run to resume must share: SHA-256 of the teachers' weights. */
  Optional<String> identity() {
    return all.isEmpty()
        ? Optional.empty()
        : Optional.of(String.join(" ", all.stream().map(one -> one.origin().sha256()).toList()));
  }

  /**
   * Loads the teachers; the objective closes them.
   *
   * @param classes of the data
   * @param student how its pictures are normalized
   * @param random first values of what the lessons train
   */
  Objective taught(
      Objective plain,
      Classifier model,
      List<String> classes,
      Normalization student,
      Device device,
      RandomState random) {
    Objective objective = plain;
    for (One one : all) {
      Teacher teacher = Teacher.of(one.origin().load(device), student, columns(one, classes));
      List<Lesson> lessons =
          one.tricks().values().stream()
              .map(t -> t.lesson(model, teacher.model(), device, random))
              .toList();
      objective = new Taught(objective, teacher, lessons);
    }
    return objective;
  }

  /** An objective that learns from the average of the model's own weights. */
  static Objective selfTaught(
      Objective plain,
      SelfDistillation trick,
      Classifier twin,
      WeightAverage average,
      Normalization student) {
    return new Taught(plain, Teacher.of(twin, average, student), List.of(trick.lesson()));
  }

  /** Tricks whose teachers are named by absolute paths, so that a saved recipe works anywhere. */
  static Tricks located(Tricks tricks) {
    Tricks located = tricks;
    for (Record trick : tricks.list()) {
      if (trick instanceof TeacherTrick wanted) {
        OrAuto<String> weights = wanted.weights();
        located =
            located.with(
                wanted.withTeacher(
                    Experiment.absolute(wanted.teacher()),
                    weights.isAuto() ? weights : OrAuto.of(Experiment.absolute(weights.value()))));
      }
    }
    return located;
  }
}
