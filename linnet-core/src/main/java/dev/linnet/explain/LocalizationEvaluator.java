package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.data.BadPictures;
import dev.linnet.data.Batch;
import dev.linnet.data.BoxedSet;
import dev.linnet.data.ClassBox;
import dev.linnet.data.Loader;
import dev.linnet.data.PictureLoader;
import dev.linnet.image.Box;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.Orientation;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Measures where a network's heatmaps point, on pictures whose boxes are known but were not trained
 * on: weakly supervised localization, as the paper of CutMix evaluates it (Yun et al., ICCV 2019,
 * arXiv:1905.04899, §4.4), with the measures of {@link LocalizationAccuracy}.
 *
 * <p>Each class that a picture has boxes of is an example of its own: the heatmap is of that class,
 * the true boxes are those of that class, as the network sees them. Such papers have one class a
 * picture; where there are several, at most one of them can be the answer.
 */
public final class LocalizationEvaluator {
  private final Subject subject;
  private final Device device;
  private final Attribution method;
  private final double threshold;

  /**
   * @param subject the network, on the device
   * @param threshold share of a map above which its box lies, in [0, 1), such as {@link
   *     LocalizationAccuracy#USUAL_THRESHOLD}
   */
  public LocalizationEvaluator(
      Subject subject, Device device, Attribution method, double threshold) {
    Check.that(threshold >= 0 && threshold < 1, "threshold", threshold, "in [0, 1)");
    this.subject = subject;
    this.device = device;
    this.method = method;
    this.threshold = threshold;
  }

  /**
   * The pictures and how they are read.
   *
   * @param outputs for each class of the set the network's
   * @param names of the network's classes
   * @param reading whose operator is an {@link EvalTransform}
   * @param batch pictures at once, at least 1
   * @param workers threads that read
   * @param bad what becomes of broken pictures
   */
  public record Input(
      BoxedSet set,
      List<Integer> outputs,
      List<String> names,
      PictureLoader.Reading reading,
      int batch,
      int workers,
      BadPictures bad) {
    public Input {
      outputs = List.copyOf(outputs);
      names = List.copyOf(names);
      if (!(reading.transform() instanceof EvalTransform)) {
        throw new IllegalArgumentException("reading: must be an evaluation's");
      }
    }

    /** How the network sees a picture. */
    EvalTransform view() {
      return (EvalTransform) reading.transform();
    }

    Orientation orientation() {
      return reading.decode().orientation();
    }
  }

  /** Hears how far it is. */
  @FunctionalInterface
  public interface Watcher {
    /** Called after each batch. */
    void located(int pictures, int ofPictures);
  }

  /**
   * What was found.
   *
   * @param result over all examples
   * @param classes those that there are examples of, in the set's order
   * @param examples in the order of the pictures
   * @param pictures that were read
   * @param unseen pictures without an example, because the evaluation cuts away all their boxes
   * @param seconds it took
   */
  public record Report(
      LocalizationAccuracy.Result result,
      List<OfClass> classes,
      List<Example> examples,
      int pictures,
      int unseen,
      double seconds) {
    public Report {
      classes = List.copyOf(classes);
      examples = List.copyOf(examples);
    }
  }

  /**
   * One class.
   *
   * @param name in the set
   * @param examples how many
   * @param answered of them: those whose picture was taken for this class
   * @param met of them: those whose box meets a true one with IoU ≥ 0.5
   * @param both of them: those of which both is true
   */
  public record OfClass(String name, int examples, int answered, int met, int both) {}

  /**
   * One class of one picture.
   *
   * @param index of the picture in the set
   * @param name of the picture
   * @param label of the class in the set
   * @param answer name of the network's class that the picture was taken for
   * @param isAnswered whether that is the class
   * @param truth boxes as the network sees them
   * @param found the heatmap's box; none where the map is the same everywhere
   * @param overlap the largest IoU with a true box, in [0, 1]
   */
  public record Example(
      int index,
      String name,
      int label,
      String answer,
      boolean isAnswered,
      List<Box> truth,
      List<Box> found,
      double overlap) {
    /** From which on a box counts as right. */
    private static final double ENOUGH = 0.5;

    public Example {
      truth = List.copyOf(truth);
      found = List.copyOf(found);
    }

    /** Whether the box lies where a true one is. */
    public boolean isMet() {
      return overlap >= ENOUGH;
    }
  }

  /** A class of a picture, before its map is drawn. */
  private record Pair(int row, int index, int label, int answer, List<Box> truth) {}

  /** Runs over all pictures. */
  public Report run(Input input, Watcher watcher) {
    long begin = System.nanoTime();
    LocalizationAccuracy accuracy = new LocalizationAccuracy(threshold);
    List<Example> examples = new ArrayList<>();
    int pictures = 0;
    int unseen = 0;
    PictureLoader.Options options =
        new PictureLoader.Options(
            input.batch(), PictureLoader.Order.SEQUENTIAL, 0, input.workers());
    try (PictureLoader loader =
            new PictureLoader(input.set(), input.reading(), options, input.bad());
        Loader.Pass pass = loader.pass(0, 0)) {
      while (pass.hasNext()) {
        Scope scope = Scope.open("localization");
        try {
          Batch batch = pass.next();
          if (batch.size() == 0) {
            continue; // all of its pictures are broken
          }
          Tensor images = batch.prepared(device).images();
          List<Pair> pairs = pairs(batch, images, input);
          unseen += batch.size() - (int) pairs.stream().map(Pair::row).distinct().count();
          for (int first = 0; first < pairs.size(); first += input.batch()) {
            List<Pair> some = pairs.subList(first, Math.min(first + input.batch(), pairs.size()));
            examples.addAll(located(some, images, input, accuracy));
          }
          pictures += batch.size();
        } finally {
          scope.close();
        }
        watcher.located(pictures, loader.images());
      }
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    return new Report(
        accuracy.result(),
        classes(examples, input.set().classes()),
        examples,
        pictures,
        unseen,
        seconds);
  }

  private List<Pair> pairs(Batch batch, Tensor images, Input input) {
    long[] answers = subject.logits(images).argmax(1).toLongs();
    List<Pair> pairs = new ArrayList<>();
    for (int row = 0; row < batch.size(); row++) {
      int index = batch.index(row);
      Map<Integer, List<Box>> byClass = new TreeMap<>();
      for (ClassBox box : input.set().seen(index, input.orientation(), input.view())) {
        byClass.computeIfAbsent(box.label(), label -> new ArrayList<>()).add(box.box());
      }
      for (Map.Entry<Integer, List<Box>> entry : byClass.entrySet()) {
        pairs.add(new Pair(row, index, entry.getKey(), (int) answers[row], entry.getValue()));
      }
    }
    return pairs;
  }

  private List<Example> located(
      List<Pair> pairs, Tensor images, Input input, LocalizationAccuracy accuracy) {
    Scope scope = Scope.open("maps");
    try {
      long[] rows = pairs.stream().mapToLong(Pair::row).toArray();
      int[] classes = pairs.stream().mapToInt(pair -> input.outputs().get(pair.label())).toArray();
      List<Heatmap> maps =
          method.explain(subject, images.rows(Tensor.of(rows).to(images.device())), classes);
      List<Example> examples = new ArrayList<>();
      for (int i = 0; i < classes.length; i++) {
        Pair pair = pairs.get(i);
        boolean isAnswered = pair.answer() == classes[i];
        accuracy.add(maps.get(i), pair.truth(), isAnswered);
        List<Box> found = Localization.box(maps.get(i), threshold).stream().toList();
        double overlap = 0;
        for (Box box : found) {
          for (Box truth : pair.truth()) {
            overlap = Math.max(overlap, box.overlap(truth));
          }
        }
        examples.add(
            new Example(
                pair.index(),
                input.set().name(pair.index()),
                pair.label(),
                input.names().get(pair.answer()),
                isAnswered,
                pair.truth(),
                found,
                overlap));
      }
      return examples;
    } finally {
      scope.close();
    }
  }

  private static List<OfClass> classes(List<Example> examples, List<String> names) {
    List<OfClass> classes = new ArrayList<>();
    for (int label = 0; label < names.size(); label++) {
      int count = 0;
      int answered = 0;
      int met = 0;
      int both = 0;
      for (Example example : examples) {
        if (example.label() == label) {
          count++;
          answered += example.isAnswered() ? 1 : 0;
          met += example.isMet() ? 1 : 0;
          both += example.isAnswered() && example.isMet() ? 1 : 0;
        }
      }
      if (count > 0) {
        classes.add(new OfClass(names.get(label), count, answered, met, both));
      }
    }
    return classes;
  }
}
