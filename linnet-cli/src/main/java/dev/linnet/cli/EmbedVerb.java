package dev.linnet.cli;

import dev.linnet.data.PictureSet;
import dev.linnet.explain.Embedding;
import dev.linnet.explain.ProjectorFiles;
import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.Device;
import dev.linnet.train.FeatureExtractor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code embed}: features of pictures. */
@Command(
    name = "embed",
    header = "writes what a layer puts out for pictures, a row a picture",
    description =
        "Maps are averaged over height and width, tokens over their number. The file's ending says"
            + " its format: .csv has names and classes in it, .npy in a .csv beside it,"
            + " .safetensors as tensors and metadata.",
    footer = {
      "  linnet embed runs/photos --out features.csv",
      "  linnet embed runs/photos --data new/ --layer layer3 --out features.npy",
      "  linnet embed hf://timm/resnet18.a1_in1k --data photos/ --out f.safetensors",
      "  linnet embed runs/photos --tensorboard projector/    then: tensorboard --logdir projector",
    })
final class EmbedVerb implements Callable<Integer> {
  @Mixin private ModelArgument model = new ModelArgument();

  @Mixin private PicturesArgument pictures = new PicturesArgument();

  @Option(
      names = "--layer",
      paramLabel = "NAME",
      description = "a layer, such as layer3.1; default pre_logits, what goes into the head")
  private String layer = FeatureExtractor.POOLED;

  @Option(names = "--out", paramLabel = "FILE", description = "file to write, which must be new")
  private @Nullable Path out;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "csv, npy or safetensors; default: by the ending of --out")
  private Embedding.@Nullable Format format;

  @Option(
      names = "--tensorboard",
      paramLabel = "FOLDER",
      description =
          "new folder for TensorBoard's projector: tensors.tsv, metadata.tsv, sprite.png,"
              + " projector_config.pbtxt")
  private @Nullable Path projector;

  private final Session session;

  EmbedVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    pictures.check();
    if (out == null && projector == null) {
      throw new AskedWrongly(
          "\"linnet embed\" needs --out FILE (.csv, .npy or .safetensors) or --tensorboard FOLDER");
    }
    Embedding.Format kind = out == null ? Embedding.Format.CSV : format(out);
    if (out != null) {
      NewFile.explicit("--out", out);
      if (kind == Embedding.Format.NPY) {
        NewFile.explicit("--out", Embedding.namesBeside(out));
      }
    }
    if (projector != null) {
      NewFile.explicit("--tensorboard", projector.resolve("projector_config.pbtxt"));
    }
    Device device = session.device();
    try (SavedModel saved = model.open(session, device)) {
      PictureSet set = pictures.open(session, saved, model, "embed");
      Embedding embedding =
          saved.embed(
              set,
              layer,
              pictures.computing(session, device, saved),
              PicturesArgument.bad(session, saved, set.size()),
              (done, all) -> session.output().progress("%d of %d pictures".formatted(done, all)));
      session.output().eraseProgress();
      answer(embedding, set, kind);
    }
    return Failures.DONE;
  }

  private Embedding.Format format(Path file) {
    if (format != null) {
      return format;
    }
    return Embedding.Format.of(file)
        .orElseThrow(
            () ->
                new AskedWrongly(
                    ("--out: got %s; must end in .csv, .npy or .safetensors, or name the format by"
                            + " --format")
                        .formatted(file)));
  }

  private void answer(Embedding embedding, PictureSet set, Embedding.Format kind) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("pictures", embedding.table().rows());
    json.put("width", embedding.table().width());
    json.put("layer", embedding.layer());
    if (out != null) {
      List<Path> files = embedding.write(out, kind);
      json.put("out", files.stream().map(Path::toString).toList());
    }
    if (projector != null) {
      ProjectorFiles.write(projector, embedding, set);
      json.put("tensorboard", projector.toString());
    }
    if (session.output().isJson()) {
      session.output().json(json);
      return;
    }
    String what =
        "%d pictures, %d features of %s"
            .formatted(embedding.table().rows(), embedding.table().width(), embedding.layer());
    session.output().answer((out == null ? projector : out) + ": " + what);
  }
}
