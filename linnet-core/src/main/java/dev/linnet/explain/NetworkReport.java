package dev.linnet.explain;

import dev.linnet.base.Check;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.metric.ConfusionMatrix;
import dev.linnet.metric.Predictions;
import dev.linnet.models.Classifier;
import dev.linnet.models.FeatureLevel;
import dev.linnet.models.Output;
import dev.linnet.nn.Taps;
import dev.linnet.report.ClassTable;
import dev.linnet.report.Confusions;
import dev.linnet.report.Gallery;
import dev.linnet.report.Image;
import dev.linnet.report.PictureMap;
import dev.linnet.report.Section;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.ReceptiveField;
import dev.linnet.tensor.Recording;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.Evaluator;
import dev.linnet.train.FeatureTable;
import dev.linnet.weights.Pretrained;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What a network learnt, as parts of a page: its first filters, what becomes of a few pictures on
 * their way, the patches that excite units of each depth and pictures made to excite them, maps of
 * the pictures by its features, nearest pictures, mistakes, doubts, likely wrong classes and
 * duplicates.
 *
 * @param units of each layer that are shown, in [1, 64]
 * @param layers whose units are shown; empty for the last maps of each size
 * @param made pictures made to excite units of the last layer, in [0, 64]
 */
public record NetworkReport(int units, List<String> layers, int made) {
  /** Six units of each level, six pictures made. */
  public static final NetworkReport DEFAULT = new NetworkReport(6, List.of(), 6);

  private static final int SHOWN = 24;
  private static final int QUERIES = 6;
  private static final int NEAREST = 5;
  private static final int SPRITE = 32;

  /** Bytes of all thumbnails; 10,000 pictures make a page of less than 8 MB with it. */
  static final int SPRITE_BYTES = 3_000_000;

  public NetworkReport {
    layers = List.copyOf(layers);
    Check.that(units >= 1 && units <= 64, "units", units, "in [1, 64]");
    Check.that(made >= 0 && made <= 64, "made", made, "in [0, 64]");
  }

  /**
   * What is looked at, and how.
   *
   * @param set the pictures
   * @param loader of the same pictures, in their order
   * @param reading how the loader reads them
   * @param matched whether the set's classes are the network's, so that answers can be right
   */
  public record Input(
      PictureSet set, PictureLoader loader, PictureLoader.Reading reading, boolean matched) {}

  /**
   * Looks at a network.
   *
   * @param model whose network is in evaluation mode afterwards
   * @throws dev.linnet.base.LinnetException if a layer does not exist or puts out no maps
   */
  public List<Section> sections(
      Pretrained model, Input input, Device device, DType dtype, Evaluator.Watcher watcher) {
    List<String> places = places(model.model());
    Map<String, Optional<ReceptiveField>> fields = fields(model.model(), input, device, places);
    List<String> maps = List.copyOf(fields.keySet());
    Looked looked = Looked.at(model.model(), device, dtype, maps, input.loader(), watcher);
    Optional<Section> depths =
        new FeatureMaps(model.model(), places, device, dtype)
            .section(input.set(), input.reading(), FeatureMaps.few(input.set()));
    return new Page(model, input, device, looked, fields).sections(depths);
  }

  /**
   * What costs next to nothing, for the page of a run: a few pictures on their way through the
   * network, and its first filters.
   *
   * @param model whose network is in evaluation mode afterwards
   */
  public List<Section> glance(
      Pretrained model, PictureSet set, PictureLoader.Reading reading, Device device, DType dtype) {
    List<Section> sections = new ArrayList<>();
    new FeatureMaps(model.model(), places(model.model()), device, dtype)
        .section(set, reading, FeatureMaps.few(set))
        .ifPresent(sections::add);
    sections.add(NetworkUnits.filters(model.model()));
    return sections;
  }

  private List<String> places(Classifier model) {
    return layers.isEmpty() ? model.levels().stream().map(FeatureLevel::module).toList() : layers;
  }

  /** What the layers that put out maps see; others are left out, but where they were asked for. */
  private Map<String, Optional<ReceptiveField>> fields(
      Classifier model, Input input, Device device, List<String> places) {
    Map<String, Optional<ReceptiveField>> fields = new LinkedHashMap<>();
    ImageSize size = input.reading().size();
    Scope.run(
        "receptive fields",
        () -> {
          Tensor x =
              Tensor.zeros(
                  DType.FLOAT32, device, 1, model.inChannels(), size.height(), size.width());
          model.eval();
          Taps.Seen[] seen = new Taps.Seen[1];
          Recording recording =
              Recording.of(
                  () -> {
                    seen[0] = Taps.run(model, places, () -> model.features(x));
                    Tensor output = seen[0].output();
                    for (String place : places) {
                      Tensor put = seen[0].tapped().get(place);
                      if (!layers.isEmpty() || (put != null && put.rank() == 4)) {
                        fields.put(place, Optional.empty());
                      }
                    }
                    return output;
                  });
          for (String place : List.copyOf(fields.keySet())) {
            Tensor put = seen[0].tapped().get(place);
            if (put != null) {
              fields.put(place, ReceptiveField.of(recording, put, size.height(), size.width()));
            }
          }
        });
    return fields;
  }

  /** The parts of one page. */
  private final class Page {
    private final Pretrained model;
    private final Input input;
    private final Device device;
    private final Looked looked;
    private final Map<String, Optional<ReceptiveField>> fields;
    private final FeatureTable table;
    private final List<String> classes;
    private final int outputs;
    private final Thumbnails small;

    Page(
        Pretrained model,
        Input input,
        Device device,
        Looked looked,
        Map<String, Optional<ReceptiveField>> fields) {
      this.model = model;
      this.input = input;
      this.device = device;
      this.looked = looked;
      this.fields = fields;
      table = looked.features;
      classes = input.set().classes();
      outputs = model.model().classes();
      small = Thumbnails.of(input.set(), Rows.indices(table), SPRITE);
    }

    List<Section> sections(Optional<Section> depths) {
      List<Section> sections = new ArrayList<>();
      map().ifPresent(sections::add);
      if (input.matched()) {
        answers(sections);
      }
      neighbors().ifPresent(sections::add);
      duplicates().ifPresent(sections::add);
      sections.add(NetworkUnits.filters(model.model()));
      depths.ifPresent(sections::add);
      sections.addAll(
          new NetworkUnits(NetworkReport.this, model.model(), input, device, looked, fields, small)
              .sections());
      return sections;
    }

    // ---------------------------------------------------------------- the map

    private Optional<Section> map() {
      int n = table.rows();
      if (n < 4) {
        return Optional.empty();
      }
      List<PictureMap.Layout> layouts = new ArrayList<>();
      TSne.Result tsne = TSne.DEFAULT.forAtMost(n).map(table, (done, of, divergence) -> {});
      layouts.add(
          layout(
              "t-SNE",
              "Neighbors on the map are neighbors for the network; sizes of clusters and distances"
                  + " between them mean little."
                  + trust(tsne.map()),
              tsne.map()));
      Pca pca = Pca.of(table, Math.min(2, table.width()));
      double share = pca.share(0) + (pca.count() > 1 ? pca.share(1) : 0);
      layouts.add(
          layout(
              "PCA",
              String.format(
                  Locale.ROOT,
                  "The two directions along which features vary most: %.0f %% of all variance.",
                  100 * share),
              pca.map(table)));
      List<String> names = new ArrayList<>(classes);
      boolean answered = model.model().output() == Output.LOGITS;
      int shift = input.matched() ? 0 : names.size();
      if (answered && !input.matched()) {
        for (int c = 0; c < outputs; c++) {
          names.add(answerName(c));
        }
      }
      List<PictureMap.Point> points = new ArrayList<>();
      for (int row = 0; row < n; row++) {
        int answer = answer(row);
        points.add(
            new PictureMap.Point(
                name(row),
                table.target(row),
                answered ? shift + answer : -1,
                probability(row, answer)));
      }
      Image sprite = small.sprite(SPRITE_BYTES);
      return Optional.of(
          new PictureMap(
              "Map of the pictures",
              "Each point is a picture, laid out by what goes into the network's head.",
              layouts,
              points,
              names,
              sprite,
              sprite.width() / Thumbnails.columns(n)));
    }

    private String trust(PointMap map) {
      int k = Math.min(5, (table.rows() - 1) / 2);
      return k < 1
          ? ""
          : String.format(Locale.ROOT, " Trustworthiness %.3f.", map.trustworthiness(table, k));
    }

    private PictureMap.Layout layout(String name, String about, PointMap map) {
      List<PictureMap.Place> places = new ArrayList<>();
      for (int i = 0; i < map.size(); i++) {
        places.add(new PictureMap.Place(map.x(i), map.y(i)));
      }
      return new PictureMap.Layout(name, about, places);
    }

    // ---------------------------------------------------------------- answers

    private void answers(List<Section> sections) {
      ConfusionMatrix confusion = new ConfusionMatrix(outputs);
      float[] logs = new float[looked.probabilities.length];
      for (int i = 0; i < logs.length; i++) {
        logs[i] = (float) Math.log(Math.max(1e-30, looked.probabilities[i]));
      }
      long[] targets = IntStream.of(table.targets()).asLongStream().toArray();
      Scope.run(
          "confusion",
          () ->
              confusion.add(
                  Predictions.of(
                      Tensor.of(logs, table.rows(), outputs), Tensor.of(targets, table.rows()))));
      sections.add(Confusions.of(classes, confusion.counts()));
      List<ClassTable.Row> rows = new ArrayList<>();
      for (int c = 0; c < classes.size(); c++) {
        ConfusionMatrix.ClassScores s = confusion.scores(c);
        if (s.support() > 0) {
          rows.add(
              new ClassTable.Row(classes.get(c), s.precision(), s.recall(), s.f1(), s.support()));
        }
      }
      sections.add(new ClassTable(rows));
      List<Integer> wrong =
          rows(row -> answer(row) != table.target(row), row -> -probability(row, answer(row)));
      add(sections, "Worst mistakes", "Wrong answers that the network was most sure of.", wrong);
      List<Integer> doubtful = rows(row -> true, row -> -entropy(row));
      add(
          sections,
          "Most uncertain",
          "The answers whose probabilities are spread most evenly.",
          doubtful);
      List<Integer> suspects =
          ConfidentLearning.suspects(looked.probabilities, table.targets(), outputs).stream()
              .limit(SHOWN)
              .map(ConfidentLearning.Suspect::row)
              .toList();
      add(
          sections,
          "Likely mislabelled",
          "The network is as sure of another class as it is where that class is right. Trust it on"
              + " pictures that it was not trained on.",
          suspects);
    }

    private interface Choice {
      boolean isShown(int row);
    }

    private interface Order {
      double of(int row);
    }

    private List<Integer> rows(Choice choice, Order order) {
      return IntStream.range(0, table.rows())
          .filter(choice::isShown)
          .boxed()
          .sorted(Comparator.comparingDouble(order::of))
          .limit(SHOWN)
          .toList();
    }

    private void add(List<Section> sections, String title, String about, List<Integer> rows) {
      if (!rows.isEmpty()) {
        List<Gallery.Item> items = new ArrayList<>();
        List<Picture> pictures = large(rows);
        for (int i = 0; i < rows.size(); i++) {
          int row = rows.get(i);
          int answer = answer(row);
          items.add(
              new Gallery.Item(
                  NetworkUnits.jpeg(pictures.get(i)),
                  String.format(
                      Locale.ROOT,
                      "is %s, said %s %.0f\u00a0%%",
                      className(row),
                      answerName(answer),
                      100 * probability(row, answer)),
                  name(row),
                  answer == table.target(row) ? Gallery.Mark.GOOD : Gallery.Mark.BAD));
        }
        sections.add(
            new Gallery(title, about, Gallery.Size.MEDIUM, List.of(new Gallery.Row("", items))));
      }
    }

    private int answer(int row) {
      int best = 0;
      for (int c = 1; c < outputs; c++) {
        if (probability(row, c) > probability(row, best)) {
          best = c;
        }
      }
      return best;
    }

    private double probability(int row, int c) {
      return looked.probabilities[row * outputs + c];
    }

    private double entropy(int row) {
      double entropy = 0;
      for (int c = 0; c < outputs; c++) {
        double p = probability(row, c);
        entropy -= p > 0 ? p * Math.log(p) : 0;
      }
      return entropy;
    }

    private String name(int row) {
      return input.set().name(table.index(row));
    }

    private String className(int row) {
      return classes.get(table.target(row));
    }

    private String answerName(int c) {
      return c < model.classNames().size() ? model.classNames().get(c) : "class " + c;
    }

    // ---------------------------------------------------------------- pictures beside pictures

    private Optional<Section> neighbors() {
      if (table.rows() < NEAREST + 2) {
        return Optional.empty();
      }
      Neighbors byFeatures = Neighbors.within(table, NEAREST);
      Neighbors byPixels = Neighbors.within(small.table(table), NEAREST);
      List<Gallery.Row> rows = new ArrayList<>();
      for (int q = 0; q < QUERIES; q++) {
        int query = (int) ((long) q * table.rows() / QUERIES + table.rows() / (2L * QUERIES));
        rows.add(row(className(query) + ", by features", query, byFeatures));
        rows.add(row(className(query) + ", by pixels", query, byPixels));
      }
      return Optional.of(
          new Gallery(
              "Nearest pictures",
              "The first picture of a row is asked for; then those nearest to it, by what goes into"
                  + " the head and by their pixels. Blue: the same class, orange: another.",
              Gallery.Size.SMALL,
              rows));
    }

    private Gallery.Row row(String name, int query, Neighbors near) {
      List<Integer> rows = new ArrayList<>(List.of(query));
      for (int rank = 0; rank < near.count(); rank++) {
        rows.add(near.row(query, rank));
      }
      List<Picture> pictures = large(rows);
      List<Gallery.Item> items = new ArrayList<>();
      for (int i = 0; i < rows.size(); i++) {
        boolean same = table.target(rows.get(i)) == table.target(query);
        Gallery.Mark mark =
            i == 0 ? Gallery.Mark.NONE : same ? Gallery.Mark.GOOD : Gallery.Mark.BAD;
        items.add(
            new Gallery.Item(
                NetworkUnits.jpeg(pictures.get(i)),
                className(rows.get(i)),
                name(rows.get(i)),
                mark));
      }
      return new Gallery.Row(name, items);
    }

    private Optional<Section> duplicates() {
      List<Duplicates.Pair> pairs = Duplicates.of(table, small.pictures());
      if (pairs.isEmpty()) {
        return Optional.empty();
      }
      List<Gallery.Item> items = new ArrayList<>();
      for (Duplicates.Pair pair : pairs.subList(0, Math.min(SHOWN / 2, pairs.size()))) {
        List<Integer> two = List.of(pair.first(), pair.second());
        List<Picture> pictures = large(two);
        boolean same = table.target(pair.first()) == table.target(pair.second());
        for (int i = 0; i < 2; i++) {
          items.add(
              new Gallery.Item(
                  NetworkUnits.jpeg(pictures.get(i)),
                  className(two.get(i)),
                  name(two.get(i)),
                  same ? Gallery.Mark.NONE : Gallery.Mark.BAD));
        }
      }
      return Optional.of(
          new Gallery(
              "Likely duplicates",
              pairs.size() + " pairs that look alike, side by side. Orange: of two classes.",
              Gallery.Size.SMALL,
              List.of(new Gallery.Row("", items))));
    }

    private List<Picture> large(List<Integer> rows) {
      int[] indices = rows.stream().mapToInt(table::index).toArray();
      int side = input.reading().size().height() < 48 ? SPRITE : 96;
      return Thumbnails.of(input.set(), indices, side).pictures();
    }
  }
}
