package dev.linnet.cli;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.data.BadPictures;
import dev.linnet.data.PictureList;
import dev.linnet.data.PictureSet;
import dev.linnet.data.Places;
import dev.linnet.explain.FeatureIndex;
import dev.linnet.explain.Similar;
import dev.linnet.explain.SimilarPage;
import dev.linnet.image.DecodeOptions;
import dev.linnet.recipe.NearestPictures;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.Device;
import dev.linnet.train.Evaluator;
import dev.linnet.train.FeatureExtractor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nearest}: the pictures most like others. */
@Command(
    name = "nearest",
    header = "finds the pictures of a data set that are most like others",
    description =
        "Features of the data are computed once and kept as an index; without PICTURE nothing else"
            + " is done. The distance is 1 - cosine of the features: 0 for the same direction, 1"
            + " for a right angle. A picture of the data is left out of its own neighbors. --data"
            + " is the run's own training pictures where it is not given, of other data the split"
            + " train, else all.",
    footer = {
      "  linnet nearest runs/photos new.jpg",
      "  linnet nearest runs/photos new/ --k 5 --out alike.html",
      "  linnet nearest hf://timm/resnet18.a1_in1k new.jpg --data photos/",
      "  linnet nearest runs/photos new.jpg --layer layer3",
      "  linnet nearest runs/photos --index photos-index    only makes the index",
    })
final class NearestVerb implements Callable<Integer> {
  private static final int USUAL = 10;

  @Mixin private ModelArgument model = new ModelArgument();

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "PICTURE",
      description = "pictures, or folders of pictures")
  private List<Path> named = new ArrayList<>();

  @Mixin private PicturesArgument pictures = new PicturesArgument();

  @Option(names = "--k", paramLabel = "K", description = "pictures to name; default 10")
  private @Nullable Integer k;

  @Option(
      names = "--layer",
      paramLabel = "NAME",
      description =
          "whose features are compared, such as layer3.1; default pre_logits, what goes into the"
              + " head, or the embedding of a run for similarity")
  private String layer = FeatureExtractor.POOLED;

  @Option(
      names = "--index",
      paramLabel = "FOLDER",
      description = "where the index is kept; default: in the cache (LINNET_CACHE)")
  private @Nullable Path index;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "page to write, which must be new: the pictures beside those most like them")
  private @Nullable Path out;

  private final Session session;

  NearestVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    pictures.check();
    if (k != null) {
      Check.that(k >= 1, "--k", k, "at least 1");
    }
    if (out != null) {
      if (named.isEmpty()) {
        throw new AskedWrongly("--out: needs PICTURE, whose neighbors are shown");
      }
      NewFile.explicit("--out", out);
    }
    if (index != null) {
      FeatureIndex.check(index);
    }
    PictureList queries = PictureList.of(named);
    if (queries.size() == 1) {
      queries.read(0, DecodeOptions.DEFAULT); // a broken one is said before the data are looked at
    }
    Device device = session.device();
    try (SavedModel saved = model.open(session, device)) {
      PictureSet set = pictures.openTrained(session, saved, model, "nearest");
      SavedModel.Computing how = pictures.computing(session, device, saved);
      try (NearestPictures nearest = open(saved, set, how)) {
        session.output().eraseProgress();
        answer(nearest, queries, set);
      }
    }
    return Failures.DONE;
  }

  private NearestPictures open(SavedModel saved, PictureSet set, SavedModel.Computing how) {
    Path indexes = Places.of(session.shell().environment()).cache().resolve("nearest");
    return NearestPictures.open(
        saved,
        set,
        new NearestPictures.Wanted(
            layer, how, name -> index == null ? indexes.resolve(name) : index),
        new NearestPictures.Around(
            PicturesArgument.bad(session, saved, set.size()),
            session.output()::warn,
            watcher("index")));
  }

  private Evaluator.Watcher watcher(String what) {
    return (done, all) ->
        session.output().progress("%s: %d of %d pictures".formatted(what, done, all));
  }

  private void answer(NearestPictures nearest, PictureList queries, PictureSet set) {
    Output output = session.output();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("index", nearest.folder().toString());
    json.put("pictures", nearest.pictures());
    json.put("layer", layer);
    if (queries.size() == 0) {
      if (output.isJson()) {
        output.json(json);
      } else {
        output.answer(
            "%s: %d pictures, %d features of %s"
                .formatted(nearest.folder(), nearest.pictures(), nearest.width(), layer));
      }
      return;
    }
    if (k != null) {
      int most = nearest.pictures();
      Check.that(k <= most, "--k", k, "in [1, " + most + "], the pictures of the index");
    }
    BadPictures bad =
        new BadPictures(new BadPictures.Limit(1, Integer.MAX_VALUE), queries.size(), output::warn);
    int count = Math.min(k == null ? USUAL : k, nearest.pictures());
    List<Similar> found = nearest.nearest(queries, count, bad, watcher("asked for"));
    output.eraseProgress();
    json.put("distance", "1 - cosine");
    if (out != null && !found.isEmpty()) {
      new SimilarPage(model.name(), layer, nearest.pictures()).page(queries, set, found).write(out);
      json.put("out", out.toString());
    }
    if (output.isJson()) {
      json.put("results", found.stream().map(NearestVerb::json).toList());
      output.json(json);
    } else {
      print(found);
    }
    if (bad.count() > 0) {
      throw new LinnetException(
          "%d of %d pictures could not be read; they are named above"
              .formatted(bad.count(), queries.size()));
    }
  }

  private void print(List<Similar> found) {
    Output output = session.output();
    output.note("distance: 1 - cosine of " + layer);
    for (Similar similar : found) {
      similar
          .itself()
          .ifPresent(name -> output.note(similar.picture() + ": left out itself, " + name));
      output.answer(similar.picture());
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("rank", "class", "distance", "picture"));
      for (Similar.Near near : similar.near()) {
        rows.add(
            List.of(
                String.valueOf(rows.size()),
                near.className(),
                String.format(Locale.ROOT, "%.4f", near.distance()),
                near.name()));
      }
      output.table(rows);
    }
    if (out != null && !found.isEmpty()) {
      output.answer(out.toString());
    }
  }

  private static Map<String, Object> json(Similar similar) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("path", similar.picture());
    similar.itself().ifPresent(name -> json.put("itself", name));
    List<Map<String, Object>> nearest = new ArrayList<>();
    for (Similar.Near near : similar.near()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("rank", nearest.size() + 1);
      row.put("class", near.className());
      row.put("distance", near.distance());
      row.put("picture", near.name());
      nearest.add(row);
    }
    json.put("nearest", nearest);
    return json;
  }
}
