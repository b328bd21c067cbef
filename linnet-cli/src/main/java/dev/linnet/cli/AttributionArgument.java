package dev.linnet.cli;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.data.PictureList;
import dev.linnet.explain.Attribution;
import dev.linnet.explain.Explainer;
import dev.linnet.explain.ExplanationPage;
import dev.linnet.explain.Faithfulness;
import dev.linnet.explain.GradCam;
import dev.linnet.explain.SanityCheck;
import dev.linnet.explain.Subject;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.ColorMap;
import dev.linnet.image.PngWriter;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.Device;
import dev.linnet.train.Predictor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How {@code explain} explains the answer to a picture. */
final class AttributionArgument {
  private static final String ALL = "all";
  private static final double SHARE = 0.55; // of the colors, as the page begins

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      split = ",",
      description =
          "cam, grad-cam, grad-cam++, score-cam, integrated-gradients, smooth-grad, occlusion,"
              + " several of them, or all; default grad-cam")
  private List<String> methods = new ArrayList<>(List.of(GradCam.DEFAULT.key()));

  @Option(
      names = "--layer",
      paramLabel = "NAME",
      description =
          "layer whose maps are looked at, named as its weights, such as layer3.1; default the last"
              + " maps")
  private @Nullable String layer;

  @Option(
      names = "--class",
      paramLabel = "CLASS",
      description =
          "class to explain, by name or number; several times for several; default the" + " answer")
  private List<String> classes = new ArrayList<>();

  @Option(
      names = "--scores",
      description = "measure deletion and insertion: whether the answer needs the places shown")
  private boolean scores;

  @Option(
      names = "--sanity",
      description = "compare with randomized weights: whether a map has to do with what was learnt")
  private boolean sanity;

  @Option(
      names = "--colors",
      paramLabel = "COLORS",
      description = "inferno, viridis or turbo; default inferno")
  private ColorMap colors = ColorMap.INFERNO;

  /** The layer that was named, if any. */
  List<String> layers() {
    return layer == null ? List.of() : List.of(layer);
  }

  /** Refuses what no network can do. */
  void check() {
    methods();
  }

  private List<Attribution> methods() {
    List<String> known = Attribution.all().stream().map(Attribution::key).toList();
    Set<Attribution> chosen = new LinkedHashSet<>();
    for (String name : methods) {
      if (name.equals(ALL)) {
        chosen.addAll(Attribution.all());
        continue;
      }
      int at = known.indexOf(name);
      if (at < 0) {
        throw new AskedWrongly(
            "--method: got \""
                + name
                + "\"; must be "
                + String.join(", ", known)
                + " or all; "
                + Nearest.didYouMean(name, known, "see \"linnet explain --help\""));
      }
      chosen.add(Attribution.all().get(at));
    }
    return List.copyOf(chosen);
  }

  /** Of all methods those that can explain the network; of named ones all. */
  private boolean mayLeaveOut(Attribution method) {
    return !methods.contains(method.key());
  }

  /** Explains pictures, writes what was found into a folder, and answers. */
  void explain(
      Session session,
      SavedModel saved,
      String network,
      Device device,
      List<Path> named,
      Path folder) {
    Output output = session.output();
    Explainer explainer = saved.explainer(device);
    List<Integer> labels = classes.stream().map(explainer::classOf).distinct().toList();
    long seed = session.common().seed == null ? 0 : session.common().seed;
    PictureList pictures = PictureList.of(named);
    Written written = new Written(folder, colors);
    List<Attribution> asked = new ArrayList<>(methods());
    int broken = 0;
    for (int i = 0; i < pictures.size(); i++) {
      String where = pictures.size() == 1 ? "" : "%d of %d: ".formatted(i + 1, pictures.size());
      try {
        written.add(explained(explainer, pictures, i, asked, labels, seed, where, output));
      } catch (BadPictureException e) {
        if (pictures.size() == 1) {
          throw e;
        }
        output.warn(e.getMessage() + " (skipped)");
        broken++;
      }
    }
    output.eraseProgress();
    String maps = Subject.of(saved.pretrained().model()).layerName();
    written.finish(network, layer == null ? maps : layer, output);
    if (broken > 0) {
      throw new LinnetException(
          "%d of %d pictures could not be read; they are named above"
              .formatted(broken, pictures.size()));
    }
  }

  /** A method of "all" that cannot explain this network is named and left out from then on. */
  private Explainer.Explained explained(
      Explainer explainer,
      PictureList pictures,
      int index,
      List<Attribution> asked,
      List<Integer> labels,
      long seed,
      String where,
      Output output) {
    List<Attribution> able = new ArrayList<>();
    for (Attribution method : asked) {
      if (!mayLeaveOut(method)) {
        able.add(method);
        continue;
      }
      Optional<String> refusal = explainer.refusal(method, Optional.ofNullable(layer));
      refusal.ifPresentOrElse(why -> output.warn(why + " (left out)"), () -> able.add(method));
    }
    asked.retainAll(able);
    Explainer.Request request =
        new Explainer.Request(
            able,
            Optional.ofNullable(layer),
            labels,
            scores ? Optional.of(Faithfulness.DEFAULT) : Optional.empty(),
            sanity
                ? Optional.of(new SanityCheck(SanityCheck.DEFAULT.stages(), seed))
                : Optional.empty());
    return explainer.explain(pictures, index, request, step -> output.progress(where + step));
  }

  /** Takes what was found, writes pictures, and answers. */
  private static final class Written {
    private final Path folder;
    private final ColorMap colors;
    private final List<Explainer.Explained> all = new ArrayList<>();
    private final List<List<Path>> files = new ArrayList<>();
    private final Set<String> stems = new LinkedHashSet<>();

    Written(Path folder, ColorMap colors) {
      this.folder = folder;
      this.colors = colors;
    }

    void add(Explainer.Explained explained) {
      try {
        Files.createDirectories(folder);
      } catch (IOException e) {
        throw new LinnetException(folder + ": cannot be written: " + AtomicFile.reason(e), e);
      }
      String stem = stem(explained.picture());
      List<Path> own = new ArrayList<>();
      for (Explainer.Map map : explained.maps()) {
        Path file =
            folder.resolve(
                "%s-%s-%s.png".formatted(stem, map.method().key(), plain(map.label().name())));
        AtomicFile.write(file, PngWriter.write(map.shown().over(explained.seen(), colors, SHARE)));
        own.add(file);
      }
      all.add(explained);
      files.add(own);
    }

    /** A name that no other picture has. */
    private String stem(String picture) {
      Path name = Path.of(picture).getFileName();
      String stem = plain((name == null ? picture : name.toString()).replaceAll("\\.[^.]*$", ""));
      String free = stem;
      for (int i = 2; !stems.add(free); i++) {
        free = stem + "-" + i;
      }
      return free;
    }

    private static String plain(String text) {
      String plain = text.replaceAll("[^\\p{L}\\p{N}+_.-]+", "-");
      return plain.length() > 60 ? plain.substring(0, 60) : plain;
    }

    void finish(String network, String layer, Output output) {
      if (all.isEmpty()) {
        return;
      }
      Path page = folder.resolve("index.html");
      new ExplanationPage(network, layer, colors).page(all).write(page);
      if (output.isJson()) {
        output.json(json(layer, page));
        return;
      }
      for (int i = 0; i < all.size(); i++) {
        Explainer.Explained explained = all.get(i);
        List<String> answers = new ArrayList<>();
        explained.answers().forEach(answer -> answers.add(text(answer)));
        output.answer(explained.picture() + ": " + String.join(", ", answers));
        for (int k = 0; k < explained.maps().size(); k++) {
          print(explained.maps().get(k), files.get(i).get(k), output);
        }
      }
      output.answer("page: " + page);
    }

    private static String text(Predictor.Ranked answer) {
      return String.format(Locale.ROOT, "%s %.1f %%", answer.name(), 100 * answer.probability());
    }

    private static void print(Explainer.Map map, Path file, Output output) {
      output.answer("  %s, %s: %s".formatted(map.method().key(), map.label().name(), file));
      map.scores()
          .ifPresent(
              own ->
                  map.chance()
                      .ifPresent(
                          chance ->
                              output.answer(
                                  String.format(
                                      Locale.ROOT,
                                      "    deletion %.3f (a random map %.3f; smaller is better)"
                                          + "  insertion %.3f (%.3f; larger is better)",
                                      own.deletion(),
                                      chance.deletion(),
                                      own.insertion(),
                                      chance.insertion()))));
      if (!map.sanity().isEmpty()) {
        List<String> ranks = new ArrayList<>();
        List<String> structures = new ArrayList<>();
        for (SanityCheck.Stage stage : map.sanity()) {
          ranks.add(String.format(Locale.ROOT, "%.2f", stage.rankCorrelation()));
          structures.add(String.format(Locale.ROOT, "%.2f", stage.structural()));
        }
        output.answer(
            "    random weights from the head to the first layer: rank correlation "
                + String.join(" ", ranks));
        output.answer(
            "      structural similarity "
                + String.join(" ", structures)
                + " (near 1 at the end: the map does not show what was learnt)");
      }
    }

    private Map<String, Object> json(String layer, Path page) {
      List<Map<String, Object>> results = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        Explainer.Explained explained = all.get(i);
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("path", explained.picture());
        result.put("predictions", explained.answers().stream().map(Written::json).toList());
        List<Map<String, Object>> maps = new ArrayList<>();
        for (int k = 0; k < explained.maps().size(); k++) {
          maps.add(json(explained.maps().get(k), files.get(i).get(k)));
        }
        result.put("maps", maps);
        results.add(result);
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("results", results);
      json.put("layer", layer);
      json.put("page", page.toString());
      return json;
    }

    private static Map<String, Object> json(Predictor.Ranked answer) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("index", answer.index());
      json.put("class", answer.name());
      json.put("probability", answer.probability());
      return json;
    }

    private static Map<String, Object> json(Explainer.Map map, Path file) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("method", map.method().key());
      json.putAll(json(map.label()));
      json.put("file", file.toString());
      map.completeness().ifPresent(gap -> json.put("completeness_gap", gap));
      map.scores()
          .ifPresent(
              own -> {
                json.put("deletion", own.deletion());
                json.put("insertion", own.insertion());
              });
      map.chance()
          .ifPresent(
              chance -> {
                json.put("random_deletion", chance.deletion());
                json.put("random_insertion", chance.insertion());
              });
      if (!map.sanity().isEmpty()) {
        List<Map<String, Object>> stages = new ArrayList<>();
        for (SanityCheck.Stage stage : map.sanity()) {
          Map<String, Object> row = new LinkedHashMap<>();
          row.put("random_layers", stage.random());
          row.put("layers", stage.layers());
          row.put("layer", stage.layer());
          row.put("rank_correlation", stage.rankCorrelation());
          row.put("structural_similarity", stage.structural());
          stages.add(row);
        }
        json.put("sanity", stages);
      }
      return json;
    }
  }
}
