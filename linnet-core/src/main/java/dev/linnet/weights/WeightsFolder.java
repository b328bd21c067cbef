package dev.linnet.weights;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.models.Classifier;
import dev.linnet.models.ModelOptions;
import dev.linnet.models.Preprocessing;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A folder with {@code config.json} and {@code model.safetensors}, in the layout that timm and the
 * hub use: what Linnet writes loads in timm, and the other way round.
 */
public final class WeightsFolder {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";

  private WeightsFolder() {}

  /** True if a folder has both files. */
  public static boolean isOne(Path folder) {
    return Files.isRegularFile(folder.resolve(CONFIG))
        && Files.isRegularFile(folder.resolve(WEIGHTS));
  }

  /**
   * Reads what the folder says about its weights, not the weights.
   *
   * @throws LinnetException with one line if {@code config.json} is missing, no JSON, names an
   *     unknown network (with the nearest names) or says what cannot be
   */
  public static WeightsConfig config(Path folder) {
    return WeightsConfig.read(folder.resolve(CONFIG));
  }

  /**
   * Reads a network with its weights; the caller closes it.
   *
   * @throws LinnetException as {@link #config}, or if the weights are missing, broken or another
   *     network's (with the names that do not fit)
   */
  public static Pretrained load(Path folder, Device device) {
    WeightsConfig config = config(folder);
    Classifier model = Zoo.find(config.architecture()).declare(config.options());
    return new Pretrained(
        filled(model, folder.resolve(WEIGHTS), device),
        config.classNames(),
        config.preprocessing());
  }

  /**
   * Reads a network of the zoo with the weights of a bare file, whose head says the number of
   * classes; the preprocessing is the published one of that name. The caller closes it.
   *
   * @throws LinnetException if the name is unknown, or the weights are missing, broken or another
   *     network's
   */
  public static Pretrained loadFile(String architecture, Path file, Device device) {
    ZooModel zoo = Zoo.find(architecture);
    ModelOptions options = zoo.options();
    String head = zoo.declare(options).headName() + ".weight";
    try (SafeTensors weights = SafeTensors.open(file)) {
      Shape shape = weights.names().contains(head) ? weights.shape(head) : Shape.of();
      if (shape.rank() == 2 && shape.dim(0) >= 1 && shape.dim(0) <= Integer.MAX_VALUE) {
        options = options.withClasses((int) shape.dim(0));
      }
    }
    Classifier model = filled(zoo.declare(options), file, device);
    return new Pretrained(model, List.of(), zoo.published().preprocessing());
  }

  /**
   * Overwrites the weights of a network in place with those of a folder.
   *
   * @throws LinnetException if they are missing, broken or another network's; the network is as it
   *     was
   */
  public static void loadInto(Path folder, Classifier model) {
    Weights.load(folder.resolve(WEIGHTS), model, Device.CPU);
  }

  /**
   * Writes both files, each complete or not at all; the same weights give the same bytes.
   *
   * @param classNames one for each class, in the order of the logits
   * @param preprocessing what the weights want to see
   * @throws LinnetException if the folder cannot be written; an old file stays
   */
  public static void save(
      Path folder, Classifier model, List<String> classNames, Preprocessing preprocessing) {
    if (classNames.size() != model.classes()) {
      throw new IllegalArgumentException(
          "got " + classNames.size() + " names for " + model.classes() + " classes");
    }
    AtomicFile.write(folder.resolve(CONFIG), WeightsConfig.json(model, classNames, preprocessing));
    Weights.save(folder.resolve(WEIGHTS), model);
  }

  private static Classifier filled(Classifier model, Path file, Device device) {
    boolean done = false;
    try {
      Weights.load(file, model, device);
      model.eval();
      done = true;
      return model;
    } finally {
      if (!done) {
        model.close();
      }
    }
  }
}
