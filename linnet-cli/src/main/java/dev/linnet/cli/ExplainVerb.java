package dev.linnet.cli;

import dev.linnet.recipe.SavedModel;
import dev.linnet.tensor.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code explain}: why a network answers as it does. */
@Command(
    name = "explain",
    header = "shows which places of a picture an answer comes from",
    description = {
      "Writes a PNG a method and class, and a page with all of them. Cards of the methods, with"
          + " what their maps can tell and what not, are in docs/explain.",
    },
    footer = {
      "  linnet explain runs/photos new.jpg",
      "  linnet explain runs/photos new.jpg --method grad-cam,occlusion --scores",
      "  linnet explain runs/photos new.jpg --class cat --class dog --method all",
      "  linnet explain runs/photos new.jpg --layer layer3 --sanity",
      "  linnet explain hf://timm/resnet18.a1_in1k new.jpg --out why",
      "  linnet explain runs/photos --network --data photos/ --out inside",
    })
final class ExplainVerb implements Callable<Integer> {
  @Mixin private ModelArgument model = new ModelArgument();

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "PICTURE",
      description = "pictures, or folders of pictures")
  private List<Path> pictures = new ArrayList<>();

  @Mixin private AttributionArgument attribution = new AttributionArgument();

  @Mixin private NetworkArgument network = new NetworkArgument();

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "where to write, which must be new; default explain, explain-2, …")
  private @Nullable Path out;

  private final Session session;

  ExplainVerb(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (network.isAsked()) {
      return network();
    }
    if (pictures.isEmpty()) {
      throw new AskedWrongly("\"linnet explain\" needs PICTURE; see \"linnet explain --help\"");
    }
    attribution.check();
    Path folder = NewFile.at(out, session.shell().folder(), "explain", "");
    Device device = session.device();
    try (SavedModel saved = model.open(session, device)) {
      attribution.explain(session, saved, model.name(), device, pictures, folder);
    }
    return Failures.DONE;
  }

  private int network() {
    if (!pictures.isEmpty()) {
      throw new AskedWrongly("--network: takes no PICTURE; name a data set by --data");
    }
    network.check();
    Path folder = NewFile.at(out, session.shell().folder(), "explain", "");
    Device device = session.device();
    try (SavedModel saved = model.open(session, device)) {
      network.write(session, saved, model, device, attribution.layers(), folder);
    }
    return Failures.DONE;
  }
}
