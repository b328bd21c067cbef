package dev.linnet.explain;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.base.RandomState;
import dev.linnet.data.Normalization;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.image.Orientation;
import dev.linnet.image.Picture;
import dev.linnet.models.Classifier;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.Predictor;
import dev.linnet.weights.Pretrained;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Explains what a network answers to pictures: reads and prepares them as a prediction does, in
 * float32.
 *
 * <p>One thread at a time.
 */
public final class Explainer {
  private static final int SHOWN = 5;

  private final Classifier model;
  private final List<String> names;
  private final PictureLoader.Reading reading;
  private final Device device;

  /**
   * @param pretrained the network, which the caller closes
   * @param orientation whether EXIF turns the pictures
   * @param maxPixels pixels above which a picture is refused by its header
   * @param device where the network is
   */
  public Explainer(Pretrained pretrained, Orientation orientation, long maxPixels, Device device) {
    model = pretrained.model();
    names = pretrained.classNames();
    reading = Predictor.reading(pretrained.preprocessing(), orientation, maxPixels);
    this.device = device;
  }

  /**
   * What is asked.
   *
   * @param methods the ways to explain, at least one
   * @param layer whose maps are looked at; empty for the last ones
   * @param classes indices of the classes to explain; none for the answer
   * @param scores whether deletion and insertion are measured
   * @param sanity whether each map is compared with those of randomized weights
   */
  public record Request(
      List<Attribution> methods,
      Optional<String> layer,
      List<Integer> classes,
      Optional<Faithfulness> scores,
      Optional<SanityCheck> sanity) {
    public Request {
      methods = List.copyOf(methods);
      classes = List.copyOf(classes);
    }
  }

  /**
   * A picture that was explained.
   *
   * @param picture its name
   * @param seen what the network saw
   * @param answers the most probable classes, at most five
   * @param maps for each class and each method
   */
  public record Explained(
      String picture, Picture seen, List<Predictor.Ranked> answers, List<Map> maps) {
    public Explained {
      answers = List.copyOf(answers);
      maps = List.copyOf(maps);
    }
  }

  /**
   * One heatmap.
   *
   * @param method what made it
   * @param label the class that it explains
   * @param heat its numbers
   * @param completeness by how much integrated gradients miss the change of the answer, as a share
   *     of it; empty of others
   * @param scores deletion and insertion, where asked
   * @param chance those of a random map, where asked
   * @param sanity the comparison with randomized weights; empty where not asked
   */
  public record Map(
      Attribution method,
      Predictor.Ranked label,
      Heatmap heat,
      Optional<Double> completeness,
      Optional<Faithfulness.Scores> scores,
      Optional<Faithfulness.Scores> chance,
      List<SanityCheck.Stage> sanity) {
    public Map {
      sanity = List.copyOf(sanity);
    }

    /** As it is shown, from 0 to 1. */
    public Heatmap shown() {
      return heat.shown(method.shownShare());
    }
  }

  /**
   * The class that a user means: a name of the network, or a number.
   *
   * @throws LinnetException if there is none, with the nearest names
   */
  public int classOf(String named) {
    int exact = names.indexOf(named);
    if (exact >= 0) {
      return exact;
    }
    if (named.matches("\\d{1,9}") && Integer.parseInt(named) < model.classes()) {
      return Integer.parseInt(named);
    }
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equalsIgnoreCase(named)) {
        return i;
      }
    }
    throw new LinnetException(
        "class: got \""
            + named
            + "\"; must be a class of the network or its number, 0 to "
            + (model.classes() - 1)
            + "; "
            + Nearest.didYouMean(named, names, "\"linnet predict\" prints what it answers"));
  }

  /**
   * Explains one picture of a set.
   *
   * @param progress hears what is done next
   * @throws dev.linnet.image.BadPictureException if it cannot be read; names the file
   * @throws LinnetException if a method cannot explain the network, or there is no such layer
   */
  public Explained explain(
      PictureSet pictures, int index, Request request, Consumer<String> progress) {
    Picture seen =
        reading.transform().apply(pictures.read(index, reading.decode()), RandomState.of(0));
    Scope scope = Scope.open("explanation");
    try {
      Tensor input = input(seen);
      Subject subject =
          request.layer().map(Subject.of(model)::at).orElseGet(() -> Subject.of(model));
      List<Predictor.Ranked> ranked = ranked(subject.logits(input));
      List<Predictor.Ranked> labels =
          request.classes().isEmpty()
              ? List.of(ranked.get(0))
              : request.classes().stream().map(c -> of(ranked, c)).toList();
      int[] classes = labels.stream().mapToInt(Predictor.Ranked::index).toArray();
      List<Optional<Faithfulness.Scores>> chances =
          chances(subject, input, classes, request, progress);
      List<List<Map>> byClass = new ArrayList<>();
      labels.forEach(label -> byClass.add(new ArrayList<>()));
      for (Attribution method : request.methods()) {
        progress.accept(method.key());
        Found found = found(method, subject, input, classes);
        for (int i = 0; i < classes.length; i++) {
          Heatmap heat = found.maps().get(i);
          int label = classes[i];
          if (request.scores().isPresent() || request.sanity().isPresent()) {
            progress.accept(method.key() + ", what it means");
          }
          byClass
              .get(i)
              .add(
                  new Map(
                      method,
                      labels.get(i),
                      heat,
                      found.gaps().get(i),
                      request.scores().map(s -> s.measure(subject, input, label, heat)),
                      chances.get(i),
                      request
                          .sanity()
                          .map(check -> check.run(subject, method, input, label))
                          .orElse(List.of())));
        }
      }
      return new Explained(
          pictures.name(index),
          seen,
          ranked.subList(0, Math.min(SHOWN, ranked.size())),
          byClass.stream().flatMap(List::stream).toList());
    } finally {
      scope.close();
    }
  }

  /**
   * Why a method cannot explain this network, in one line; empty where it can. Tries it with noise
   * of the size that the network takes.
   */
  public Optional<String> refusal(Attribution method, Optional<String> layer) {
    Scope scope = Scope.open("trial");
    try {
      Tensor noise =
          Tensor.normal(
                  0,
                  1,
                  RandomState.of(0),
                  DType.FLOAT32,
                  1,
                  model.inChannels(),
                  reading.size().height(),
                  reading.size().width())
              .to(device);
      Subject subject = layer.map(Subject.of(model)::at).orElseGet(() -> Subject.of(model));
      if (method instanceof Cam) {
        method.maps(subject, noise, 0);
      } else if (method instanceof GradCam
          || method instanceof GradCamPlusPlus
          || method instanceof ScoreCam) {
        subject.activations(noise);
      }
      return Optional.empty();
    } catch (LinnetException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    } finally {
      scope.close();
    }
  }

  private record Found(List<Heatmap> maps, List<Optional<Double>> gaps) {}

  private static Found found(Attribution method, Subject subject, Tensor input, int[] classes) {
    Tensor repeated =
        input.expand(classes.length, input.dim(1), input.dim(2), input.dim(3)).channelsLast();
    if (method instanceof IntegratedGradients integrated) {
      IntegratedGradients.Integrated all = integrated.attributions(subject, repeated, classes);
      List<Heatmap> maps = new ArrayList<>();
      Tensor sums = Subject.overChannels(all.attributions());
      for (int i = 0; i < classes.length; i++) {
        maps.add(Heatmap.of(sums.select(0, i).toFloats(), (int) input.dim(2), (int) input.dim(3)));
      }
      return new Found(maps, all.gaps().stream().map(Optional::of).toList());
    }
    return new Found(
        method.explain(subject, repeated, classes),
        Collections.nCopies(classes.length, Optional.empty()));
  }

  /** Deletion and insertion of a random map, for each class. */
  private static List<Optional<Faithfulness.Scores>> chances(
      Subject subject, Tensor input, int[] classes, Request request, Consumer<String> progress) {
    List<Optional<Faithfulness.Scores>> all = new ArrayList<>();
    for (int label : classes) {
      request.scores().ifPresent(s -> progress.accept("a random map, for comparison"));
      Heatmap random =
          Faithfulness.random((int) input.dim(2), (int) input.dim(3), RandomState.of(0));
      all.add(request.scores().map(s -> s.measure(subject, input, label, random)));
    }
    return all;
  }

  private Tensor input(Picture seen) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(seen.byteCount());
    seen.copyTo(pixels);
    Normalization normalization = reading.normalization();
    Tensor image =
        Tensor.wrap(pixels.flip(), DType.UINT8, 1, seen.height(), seen.width(), seen.channels())
            .permute(0, 3, 1, 2);
    return normalization.prepare(image, device);
  }

  private List<Predictor.Ranked> ranked(Tensor logits) {
    double[] probabilities = logits.softmax(1).toDoubles();
    List<Predictor.Ranked> ranked = new ArrayList<>();
    for (int c = 0; c < probabilities.length; c++) {
      String name = names.isEmpty() ? "class " + c : names.get(c);
      ranked.add(new Predictor.Ranked(c, name, probabilities[c]));
    }
    ranked.sort(Comparator.comparingDouble(r -> -r.probability()));
    return ranked;
  }

  private static Predictor.Ranked of(List<Predictor.Ranked> ranked, int label) {
    return ranked.stream().filter(r -> r.index() == label).findFirst().orElseThrow();
  }

  /** A share of 1 as per cent, such as {@code 83.1 %}. */
  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
