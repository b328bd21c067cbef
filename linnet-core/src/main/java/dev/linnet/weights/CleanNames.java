package dev.linnet.weights;

import dev.linnet.base.LinnetException;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Parameter;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A file of tensors under the names of a network's state. Names lose what wrappers of a training
 * loop put before them: {@code module.} of DistributedDataParallel and {@code _orig_mod.} of
 * torch.compile, in either order, as in timm's {@code clean_state_dict}. Names of other libraries
 * become the network's, and so do the shapes that go with them, where they hold as many numbers: a
 * linear layer is a convolution elsewhere.
 */
final class CleanNames implements TensorFile {
  private static final System.Logger LOG = System.getLogger("dev.linnet.weights");
  private static final String[] WRAPPERS = {"_orig_mod.", "module.", "_orig_mod."};

  private final TensorFile file;
  private final Map<String, String> originals;

  /** What is seen in another shape than it has in the file. */
  private final Map<String, Shape> shapes;

  private CleanNames(TensorFile file, Map<String, String> originals, Map<String, Shape> shapes) {
    this.file = file;
    this.originals = originals;
    this.shapes = shapes;
  }

  /**
   * Opens a file in any of the formats.
   *
   * @param model whose names and shapes are wanted
   * @throws LinnetException as {@link TensorFile#open}, or if two names become one
   */
  static TensorFile open(Path path, Classifier model) {
    TensorFile file = TensorFile.open(path);
    boolean done = false;
    try {
      Map<String, String> originals = new LinkedHashMap<>();
      Map<String, Shape> shapes = new HashMap<>();
      int changed = 0;
      for (String name : file.names()) {
        String bare = clean(name);
        String clean = model.stateName(bare);
        if (!clean.equals(bare)) {
          Optional.ofNullable(model.state().get(clean))
              .map(Parameter::shape)
              .filter(shape -> isAnother(file.shape(name), shape))
              .ifPresent(shape -> shapes.put(clean, shape));
        }
        changed += clean.equals(name) ? 0 : 1;
        if (originals.put(clean, name) != null) {
          throw new LinnetException(
              path + ": has \"" + Quote.name(clean) + "\" twice, under two names");
        }
      }
      if (changed > 0) {
        LOG.log(
            System.Logger.Level.DEBUG,
            "{0}: {1} names lose a prefix, or are another library's",
            path,
            Integer.toString(changed));
      }
      done = true;
      return changed == 0
          ? file
          : new CleanNames(file, Collections.unmodifiableMap(originals), shapes);
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  private static boolean isAnother(Shape theirs, Shape ours) {
    return !theirs.equals(ours) && theirs.count() == ours.count();
  }

  private static String clean(String name) {
    String clean = name;
    for (String wrapper : WRAPPERS) {
      clean = clean.startsWith(wrapper) ? clean.substring(wrapper.length()) : clean;
    }
    return clean;
  }

  @Override
  public Set<String> names() {
    return originals.keySet();
  }

  @Override
  public Shape shape(String name) {
    Shape shape = shapes.get(name);
    return shape == null ? file.shape(original(name)) : shape;
  }

  @Override
  public DType dtype(String name) {
    return file.dtype(original(name));
  }

  @Override
  public Tensor tensor(String name) {
    Tensor tensor = file.tensor(original(name));
    Shape shape = shapes.get(name);
    return shape == null ? tensor : tensor.reshape(shape.toArray());
  }

  @Override
  public long read(Map<String, Tensor> targets) {
    Map<String, Tensor> asInFile = new LinkedHashMap<>();
    Map<String, Tensor> reshaped = new LinkedHashMap<>();
    targets.forEach(
        (name, target) -> {
          if (shapes.containsKey(name)) {
            reshaped.put(name, target);
          } else {
            asInFile.put(original(name), target);
          }
        });
    return file.read(asInFile) + TensorFile.super.read(reshaped);
  }

  @Override
  public void close() {
    file.close();
  }

  private String original(String name) {
    return originals.getOrDefault(name, name);
  }
}
