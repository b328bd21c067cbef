package dev.linnet.weights;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.models.Classifier;
import dev.linnet.models.Output;
import dev.linnet.models.Preprocessing;
import dev.linnet.models.Zoo;
import dev.linnet.models.ZooModel;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A folder with {@code config.json} and weights, in the layout that timm and the hub use: what
 * Linnet writes loads in timm, and the other way round. The weights are {@code model.safetensors},
 * else its shards with {@code model.safetensors.index.json}, else {@code pytorch_model.bin}, else
 * its shards with {@code pytorch_model.bin.index.json}.
 */
public final class WeightsFolder {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final List<String> READ =
      List.of(
          WEIGHTS,
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json");

  /** A file that claims more classes or colors is not believed. */
  private static final int MOST_SIZE = 1 << 24;

  private WeightsFolder() {}

  /** True if a folder has both, a config and weights. */
  public static boolean isOne(Path folder) {
    return Files.isRegularFile(folder.resolve(CONFIG))
        && READ.stream().anyMatch(name -> Files.isRegularFile(folder.resolve(name)));
  }

  /** The file of weights that is read. */
  private static Path weights(Path folder) {
    for (String name : READ) {
      if (Files.exists(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    throw new LinnetException(
        folder + ": has no weights; must have one of " + String.join(", ", READ));
  }

  /**
   * Reads what the folder says about its weights, not the weights.
   *
   * @throws LinnetException with one line if {@code config.json} is missing, no JSON, names an
   *     unknown network (with the nearest names) or says what cannot be
   */
  public static WeightsConfig config(Path folder) {
    WeightsConfig read = WeightsConfig.read(folder.resolve(CONFIG));
    return read.classNames().isEmpty() && read.options().output() == Output.LOGITS
        ? read.withClassNames(names(Zoo.find(read.architecture()), read.options().classes()))
        : read;
  }

  /**
   * What a bare file says about its weights: safetensors, the index of its shards, or a state dict
   * of {@code torch.save}. The file says the number of classes and of colors; the preprocessing is
   * the published one of that name.
   *
   * @throws LinnetException if the name is unknown, or the file is missing or broken
   */
  public static WeightsConfig config(String architecture, Path file) {
    ZooModel zoo = Zoo.find(architecture);
    Classifier published = zoo.declare(zoo.options());
    int classes = published.classes();
    int channels = published.inChannels();
    try (TensorFile weights = CleanNames.open(file, published)) {
      classes = size(weights, published.headName(), 0, classes);
      channels = size(weights, published.firstConvNames().get(0), 1, channels);
    }
    return new WeightsConfig(
        architecture,
        zoo.options().withClasses(classes).withInChannels(channels),
        names(zoo, classes),
        zoo.published().preprocessing().withChannels(channels));
  }

  /** The file with the weights: itself, or the one in a folder. */
  public static Path file(Path source) {
    return Files.isDirectory(source) ? weights(source) : source;
  }

  /**
   * The files that are read, all in one folder: {@code config.json} unless it is a bare file, the
   * weights, and where these are an index the files that it names.
   *
   * @param source a folder of weights, or a bare file
   * @throws LinnetException if there are no weights, or their index is broken
   */
  public static List<Path> files(Path source) {
    Path weights = file(source);
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(source)) {
      files.add(source.resolve(CONFIG));
    }
    files.add(weights);
    if (TensorFile.Format.of(weights) == TensorFile.Format.SHARDS) {
      ShardedTensors.files(weights).forEach(name -> files.add(weights.resolveSibling(name)));
    }
    return List.copyOf(files);
  }

  /**
   * Reads a network with its weights; the caller closes it.
   *
   * @throws LinnetException as {@link #config}, or if the weights are missing, broken or another
   *     network's (with the names that do not fit)
   */
  public static Pretrained load(Path folder, Device device) {
    return load(config(folder), folder, device);
  }

  /** Reads a network with the weights of a bare file, as {@link #config(String, Path)} says. */
  public static Pretrained loadFile(String architecture, Path file, Device device) {
    return load(config(architecture, file), file, device);
  }

  /**
   * Reads a network that was described before; the caller closes it.
   *
   * @param config what is known about the weights
   * @param source a folder of weights, or a bare file
   * @throws LinnetException if the weights are missing, broken or another network's (with the names
   *     that do not fit)
   */
  public static Pretrained load(WeightsConfig config, Path source, Device device) {
    Classifier model = Zoo.find(config.architecture()).declare(config.options());
    return new Pretrained(
        filled(model, file(source), device), config.classNames(), config.preprocessing());
  }

  /** Published weights of ImageNet-1k do not name its classes. */
  private static List<String> names(ZooModel zoo, int classes) {
    List<String> imageNet = ImageNetClass.ownNames();
    boolean isImageNet = classes == imageNet.size() && zoo.published().classes() == imageNet.size();
    return isImageNet ? imageNet : List.of();
  }

  /** A size of a layer's weight, if the file has the layer and it could be one. */
  private static int size(TensorFile file, String layer, int dim, int otherwise) {
    String weight = layer + ".weight";
    Shape shape = file.names().contains(weight) ? file.shape(weight) : Shape.of();
    boolean says =
        (shape.rank() == 2 || shape.rank() == 4)
            && shape.dim(dim) >= 1
            && shape.dim(dim) <= MOST_SIZE;
    return says ? (int) shape.dim(dim) : otherwise;
  }

  /**
   * Overwrites the weights of a network in place with those of a folder.
   *
   * @throws LinnetException if they are missing, broken or another network's; the network is as it
   *     was
   */
  public static void loadInto(Path folder, Classifier model) {
    loadInto(folder, model, Fit.STRICT);
  }

  /**
   * Overwrites the weights of a network in place, as the start of a training.
   *
   * @param source a folder of weights, or a bare file
   * @param model with memory
   * @param fit what happens where classes or colors are not those of the weights
   * @return a line for each thing that was adapted
   * @throws LinnetException if they are missing, broken or another network's; the network is as it
   *     was
   */
  public static List<String> loadInto(Path source, Classifier model, Fit fit) {
    return Weights.load(file(source), model, Device.CPU, fit);
  }

  /**
   * Writes both files, each complete or not at all; the same weights give the same bytes.
   *
   * @param classNames one for each class, in the order of the logits; none for an embedding
   * @param preprocessing what the weights want to see
   * @throws LinnetException if the folder cannot be written; an old file stays
   */
  public static void save(
      Path folder, Classifier model, List<String> classNames, Preprocessing preprocessing) {
    save(folder, model, classNames, preprocessing, preprocessing.input().height());
  }

  /**
   * The same for weights that are evaluated on pictures of another size.
   *
   * @param testSide height and width of those, which timm calls {@code test_input_size}
   */
  public static void save(
      Path folder,
      Classifier model,
      List<String> classNames,
      Preprocessing preprocessing,
      int testSide) {
    int named = model.output() == Output.LOGITS ? model.classes() : 0;
    if (classNames.size() != named) {
      throw new IllegalArgumentException(
          "got " + classNames.size() + " names for " + named + " classes");
    }
    describe(folder, model, classNames, preprocessing, testSide);
    Weights.save(folder.resolve(WEIGHTS), model);
  }

  /** Writes {@code config.json} alone, before there are weights. */
  public static void describe(
      Path folder,
      Classifier model,
      List<String> classNames,
      Preprocessing preprocessing,
      int testSide) {
    AtomicFile.write(
        folder.resolve(CONFIG), WeightsConfig.json(model, classNames, preprocessing, testSide));
  }

  private static Classifier filled(Classifier model, Path file, Device device) {
    boolean done = false;
    try {
      Weights.load(file, model, device, Fit.STRICT);
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
