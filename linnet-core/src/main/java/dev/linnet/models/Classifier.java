package dev.linnet.models;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.Dropout;
import dev.linnet.nn.LayerNorm;
import dev.linnet.nn.Linear;
import dev.linnet.nn.Module;
import dev.linnet.nn.Parameter;
import dev.linnet.nn.Taps;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Dims;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A network that names what is in a picture: {@code head(pool(features(x)))}. With {@link
 * Output#EMBEDDING} the same network puts out a row of length 1 by which pictures are compared.
 *
 * <p>In evaluation mode any number of threads may call {@link #forward} and its parts at once, each
 * inside a scope of its own; everything else is for one thread.
 */
public abstract class Classifier extends Module {
  private static final Dims HEIGHT_AND_WIDTH = Dims.of(2, 3);
  private static final double LEAST_LENGTH = 1e-12; // as PyTorch's normalize

  private final int inChannels;
  private final double dropRate;
  private final double dropPathRate;
  private final Parts parts;
  private final Output output;
  private int classes;
  private String architecture = getClass().getSimpleName();
  private UnaryOperator<String> stateNames = UnaryOperator.identity();
  private @Nullable String headName;
  private @Nullable Head head;
  private @Nullable Dropout dropout;
  private final List<FeatureLevel> levels = new ArrayList<>();
  private final List<AuxiliaryHead> auxiliary = new ArrayList<>();

  /** Takes what all networks have in common; a subclass ends its constructor with {@link #head}. */
  protected Classifier(ModelOptions options) {
    inChannels = options.inChannels();
    dropRate = options.dropRate();
    dropPathRate = options.dropPathRate();
    parts = options.parts();
    output = options.output();
    classes = options.classes();
  }

  /**
   * Declares the head: dropout and a linear layer.
   *
   * @param name the linear layer's name in the state
   * @param features its inputs
   */
  protected final void head(String name, int features) {
    head(name, new Head.OfLinear(Linear.of(features, classes)));
  }

  /**
   * Declares another head: dropout and the layer whose outputs are the classes.
   *
   * @param name the layer's name in the state
   */
  final void head(String name, Head layer) {
    dropout = child("head_drop", new Dropout(dropRate));
    headName = name;
    head = layer;
    child(name, layer.build(classes));
  }

  /**
   * Declares maps that {@link #featureMaps} gives, from the first of the network to the last.
   *
   * @param module full name of the module that puts them out
   * @param channels of the maps
   * @param stride how often they divide the picture's side
   */
  protected final void level(String module, int channels, int stride) {
    levels.add(new FeatureLevel(module, channels, stride));
  }

  /**
   * Declares and names a head in the middle, whose loss is added in training.
   *
   * @param name in the state, where it stands among the other children
   * @param at full name of the module whose output it sees
   * @param weight of its loss
   * @param layers from that output to [N, classes], for a number of classes
   */
  protected final void auxiliary(
      String name, String at, double weight, IntFunction<Module> layers) {
    auxiliary.add(new AuxiliaryHead(name, at, weight, layers));
    child(name, layers.apply(classes));
  }

  private record AuxiliaryHead(String name, String at, double weight, IntFunction<Module> layers) {}

  // ------------------------------------------------------------------ what it computes

  /** Maps pictures [N, C, H, W] to the last maps before pooling. */
  public abstract Tensor features(Tensor x);

  /** Maps the last maps to one row a picture, [N, {@link #numFeatures}]: the mean of each map. */
  public Tensor pool(Tensor features) {
    return features.mean(HEIGHT_AND_WIDTH);
  }

  /** Maps pooled features to logits [N, {@link #classes}]. */
  public Tensor head(Tensor pooled) {
    Module layer = requireNonNull(children().get(headName()));
    return layer.forward(requireNonNull(dropout).forward(pooled));
  }

  /**
   * Maps pictures [N, C, H, W] to logits [N, {@link #classes}], or to embeddings of length 1 in
   * fp32.
   *
   * @throws LinnetException if the pictures have not the network's channels, or a size that it
   *     cannot take
   */
  @Override
  protected final Tensor compute(Tensor x) {
    checkPictures(x);
    Tensor y = head(pool(features(x)));
    return output == Output.EMBEDDING ? unit(y.to(DType.FLOAT32)) : y;
  }

  private static Tensor unit(Tensor rows) {
    return rows.div(rows.norm(Dims.keeping(1)).clamp(LEAST_LENGTH, Float.MAX_VALUE));
  }

  /**
   * The last maps of chosen levels, as detection and segmentation need them.
   *
   * @param x pictures [N, C, H, W]
   * @param chosen indices into {@link #levels}; none for all
   * @return [N, channels, ⌈H / stride⌉, ⌈W / stride⌉] for each, about
   */
  public final List<Tensor> featureMaps(Tensor x, int... chosen) {
    checkPictures(x);
    IntStream all = IntStream.range(0, levels.size());
    return watch(
        x, (chosen.length == 0 ? all : IntStream.of(chosen)).boxed().toList(), () -> features(x));
  }

  /**
   * Runs a pass that calls this network, and looks at maps on its way.
   *
   * @param x pictures [N, C, H, W] that the pass gives to the network
   * @param chosen indices into {@link #levels}
   * @param pass what runs
   * @return as {@link #featureMaps}
   */
  public final List<Tensor> watch(Tensor x, List<Integer> chosen, Runnable pass) {
    List<String> modules = new ArrayList<>();
    for (int index : chosen) {
      Check.that(
          index >= 0 && index < levels.size(), "level", index, "in [0, " + levels.size() + ")");
      modules.add(levels.get(index).module());
    }
    Supplier<Tensor> run =
        () -> {
          pass.run();
          return x;
        };
    Map<String, Tensor> seen = Taps.run(this, modules, run).tapped();
    return modules.stream().map(name -> asMap(requireNonNull(seen.get(name)), x)).toList();
  }

  /**
   * The output of a level's module as a map [N, C, H, W]; for networks of tokens.
   *
   * @param pictures what the network saw
   */
  protected Tensor asMap(Tensor output, Tensor pictures) {
    return output;
  }

  /**
   * The layer whose maps an explanation looks at where none is named; empty for the last maps,
   * which {@link #features} puts out. A network whose answer comes from one place of the last maps
   * only names an earlier layer.
   */
  public Optional<String> explainedLayer() {
    return Optional.empty();
  }

  /**
   * What a layer put out, as maps.
   *
   * @param layer its full name
   * @param output what it put out, or the gradient of that
   * @param pictures what the network saw
   * @return [N, C, h, w]
   * @throws LinnetException if its output has no places, as that of a head
   */
  public final Tensor maps(String layer, Tensor output, Tensor pictures) {
    Tensor maps = output.rank() == 3 ? asMap(output, pictures) : output;
    if (maps.rank() != 4) {
      throw new LinnetException(
          "layer: got \""
              + layer
              + "\", which puts out "
              + output.shape()
              + "; must be a layer that puts out maps, such as \""
              + levels.get(levels.size() - 1).module()
              + '"');
    }
    boolean channelsBehind =
        find(layer) instanceof Linear
            || (find(layer) instanceof LayerNorm norm && norm.layout() == LayerNorm.Layout.TOKENS);
    return channelsBehind && output.rank() == 4 ? maps.permute(0, 3, 1, 2) : maps;
  }

  /** What {@link #featureMaps} gives, from the first of the network to the last. */
  public final List<FeatureLevel> levels() {
    return Collections.unmodifiableList(levels);
  }

  /**
   * Logits for training: the network's and those of its heads in the middle.
   *
   * @param logits [N, classes]
   * @param auxiliary of the heads in the middle, from the first of the network on; empty for most
   *     networks
   */
  public record Outputs(Tensor logits, List<Weighted> auxiliary) {
    public Outputs {
      auxiliary = List.copyOf(auxiliary);
    }

    /**
     * Logits whose loss counts in part.
     *
     * @param logits [N, classes]
     * @param weight of their loss
     */
    public record Weighted(Tensor logits, double weight) {}
  }

  /** Maps pictures [N, C, H, W] to all logits that training uses; as {@link #forward} else. */
  public final Outputs outputs(Tensor x) {
    if (auxiliary.isEmpty() || !isTraining()) {
      return new Outputs(forward(x), List.of());
    }
    List<String> places = auxiliary.stream().map(AuxiliaryHead::at).toList();
    Taps.Seen seen = Taps.run(this, places, () -> forward(x));
    List<Outputs.Weighted> more = new ArrayList<>();
    for (AuxiliaryHead middle : auxiliary) {
      Tensor maps = requireNonNull(seen.tapped().get(middle.at()));
      Module layers = requireNonNull(children().get(middle.name()));
      more.add(new Outputs.Weighted(layers.forward(maps), middle.weight()));
    }
    return new Outputs(seen.output(), more);
  }

  private void checkPictures(Tensor x) {
    if (x.rank() != 4 || x.dim(1) != inChannels) {
      throw new LinnetException(
          architecture
              + ": got pictures "
              + x.shape()
              + "; must be [N, "
              + inChannels
              + ", H, W]; choose the color mode of the pictures, or in_channels of the model");
    }
    checkAtLeast(1, x.dim(2), x.dim(3));
    checkSize(x.dim(2), x.dim(3));
  }

  /**
   * Refuses a size that the network cannot take; a network that takes any keeps this.
   *
   * @throws LinnetException with one line that says what it takes
   */
  protected void checkSize(long height, long width) {}

  /** Refuses pictures whose height or width is below a number of pixels, in one line. */
  final void checkAtLeast(int side, long height, long width) {
    if (height < side || width < side) {
      throw new LinnetException(
          architecture
              + ": got pictures of "
              + height
              + "×"
              + width
              + " pixels; must be at least "
              + side
              + "×"
              + side
              + ", or its layers reduce them to nothing; resize them");
    }
  }

  // ------------------------------------------------------------------ what it is

  /** Its name in the zoo, such as {@code resnet50}. */
  public final String architecture() {
    return architecture;
  }

  /** What it puts out. */
  public final Output output() {
    return output;
  }

  /** The number of outputs: of classes, or the width of the embedding. */
  public final int classes() {
    return classes;
  }

  /** The number of colors that it takes. */
  public final int inChannels() {
    return inChannels;
  }

  /** Its exchangeable parts, as they were asked for. */
  public final Parts parts() {
    return parts;
  }

  /** The rate at which branches of the last block are left out or shaken, as it was asked for. */
  public final double dropPathRate() {
    return dropPathRate;
  }

  /** The width of the pooled features, which is the head's input. */
  public final int numFeatures() {
    return requireNonNull(head, "the constructor declares the head").features();
  }

  /** How {@link #pool} makes one row of the maps, as timm names it: avg or token. */
  public String globalPool() {
    return "avg";
  }

  /**
   * The name in this network's state for a name that another library gives to the same weights; a
   * name that no other library uses stays as it is.
   */
  public final String stateName(String published) {
    return stateNames.apply(published);
  }

  /** The head's name in the state, such as {@code fc}. */
  public final String headName() {
    return requireNonNull(headName, "the constructor declares the head");
  }

  /** The names of all modules whose outputs are classes: the head and those in the middle. */
  public final Set<String> headNames() {
    Set<String> names = new LinkedHashSet<>();
    auxiliary.forEach(middle -> names.add(middle.name()));
    names.add(headName());
    return names;
  }

  /**
   * The layer of each trained parameter, from 0 at the input to the head, for learning rates that
   * fall from layer to layer: timm's {@code group_matcher}.
   */
  public final Map<String, Integer> layers() {
    return layerNames().of(List.copyOf(parameters().keySet()));
  }

  /**
   * How far below the head each trained parameter lies: 0 for those of the heads, 1 for the layer
   * before them, and so on down to the input, by the layers of {@link #layers}.
   */
  public final Map<String, Integer> depths() {
    Map<String, Integer> layers = new LinkedHashMap<>(layers());
    layers.keySet().removeIf(this::isOfHead);
    List<Integer> order = layers.values().stream().distinct().sorted().toList();
    Map<String, Integer> depths = new LinkedHashMap<>();
    for (String name : parameters().keySet()) {
      Integer layer = layers.get(name);
      depths.put(name, layer == null ? 0 : order.size() - order.indexOf(layer));
    }
    return depths;
  }

  private boolean isOfHead(String name) {
    return headNames().stream().anyMatch(head -> name.startsWith(head + "."));
  }

  /**
   * Freezes all but the top: {@link Module#trainOnly}.
   *
   * @param layers that are trained below the head, at least 0: the head alone
   */
  public final void trainTop(int layers) {
    Check.that(layers >= 0, "layers", layers, "at least 0");
    Map<String, Integer> depths = depths();
    trainOnly(name -> requireNonNull(depths.get(name)) <= layers);
  }

  /** Whether all that is behind the features is one linear layer on their rows. */
  final boolean headsOnRows() {
    return auxiliary.isEmpty() && head instanceof Head.OfLinear;
  }

  /** How the parameters' names tell layers; a family whose names are not the usual ones says so. */
  Layers layerNames() {
    return Layers.USUAL;
  }

  /** The full names of its blocks, which a training can compute again; none for some networks. */
  public final List<String> blocks() {
    List<String> parts = new ArrayList<>();
    List<String> leaves = new ArrayList<>();
    walk((name, module) -> (module.children().isEmpty() ? leaves : parts).add(name));
    parts.removeIf(name -> name.isEmpty() || headNames().contains(name));
    return layerNames().blocksOf(parts, leaves);
  }

  /** How much of a forward pass a training keeps from now on. */
  public final void keep(Memory memory) {
    Set<String> again =
        switch (memory) {
          case USUAL -> Set.of();
          case LOW -> Set.copyOf(blocks());
        };
    recompute(again::contains);
  }

  /** The names of the convolutions that see the colors, mostly one, such as {@code conv1.0}. */
  public List<String> firstConvNames() {
    List<String> first = new ArrayList<>();
    walk(
        (name, module) -> {
          if (first.isEmpty() && module instanceof Conv2d) {
            first.add(name);
          }
        });
    return first;
  }

  // ------------------------------------------------------------------ another head

  /**
   * Puts a fresh head in the place of the old one, which is closed, and likewise in the middle; the
   * rest stays. An optimizer made before does not know the new ones.
   *
   * @param classes outputs of the new head, at least 1
   * @param random where its first weights come from
   */
  public final void resetHead(int classes, RandomState random) {
    Check.that(classes >= 1, "classes", classes, "at least 1");
    Parameter old = state(headName() + ".weight");
    Device device = old.isMaterialized() ? old.value().device() : null;
    replace(headName(), requireNonNull(head).build(classes), device, random);
    for (AuxiliaryHead middle : auxiliary) {
      replace(middle.name(), middle.layers().apply(classes), device, random);
    }
    this.classes = classes;
  }

  /** Sets the head's weights and biases to zero: all classes are equally probable. */
  public final void zeroHead() {
    Module layer = requireNonNull(children().get(headName()));
    Scope.run(
        "zero head", () -> layer.parameters().values().forEach(p -> p.value().detach().zero()));
  }

  /**
   * Sets the weights of a linear head: logits are {@code weight · pooled + bias}.
   *
   * @param weight [classes, {@link #numFeatures}], row after row
   * @param bias [classes]; must be all that the head has beside
   * @throws IllegalStateException if the head works on maps
   */
  public final void setHead(float[] weight, float[] bias) {
    if (!headsOnRows()) {
      throw new IllegalStateException(architecture + ": its head works on maps, not on rows");
    }
    Scope.run(
        "set head",
        () -> {
          state(headName() + ".weight")
              .value()
              .detach()
              .set(Tensor.of(weight, classes, numFeatures()));
          state(headName() + ".bias").value().detach().set(Tensor.of(bias, classes));
        });
  }

  private void replace(String name, Module fresh, @Nullable Device device, RandomState random) {
    replaceChild(name, fresh);
    if (device != null) {
      fresh.materialize(device, random);
    }
    if (isTraining()) {
      fresh.train();
    }
  }

  final Classifier reads(UnaryOperator<String> names) {
    stateNames = names;
    return this;
  }

  final Classifier named(String name) {
    architecture = name;
    return this;
  }
}
