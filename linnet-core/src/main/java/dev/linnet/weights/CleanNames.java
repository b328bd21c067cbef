package dev.linnet.weights;

import dev.linnet.base.LinnetException;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A file of tensors whose names lose what wrappers of a training loop put before them: {@code
 * module.} of DistributedDataParallel and {@code _orig_mod.} of torch.compile, in either order, as
 * in timm's {@code clean_state_dict}.
 */
final class CleanNames implements TensorFile {
  private static final System.Logger LOG = System.getLogger("dev.linnet.weights");
  private static final String[] WRAPPERS = {"_orig_mod.", "module.", "_orig_mod."};

  private final TensorFile file;
  private final Map<String, String> originals;

  private CleanNames(TensorFile file, Map<String, String> originals) {
    this.file = file;
    this.originals = originals;
  }

  /**
   * Opens a file in any of the formats.
   *
   * @throws LinnetException as {@link TensorFile#open}, or if two names become one
   */
  static TensorFile open(Path path) {
    TensorFile file = TensorFile.open(path);
    boolean done = false;
    try {
      Map<String, String> originals = new LinkedHashMap<>();
      int changed = 0;
      for (String name : file.names()) {
        String clean = clean(name);
        changed += clean.equals(name) ? 0 : 1;
        if (originals.put(clean, name) != null) {
          throw new LinnetException(
              path
                  + ": has \""
                  + Quote.name(clean)
                  + "\" twice, with and without a wrapper's name");
        }
      }
      if (changed > 0) {
        LOG.log(
            System.Logger.Level.DEBUG,
            "{0}: {1} names lose the prefixes module. and _orig_mod.",
            path,
            Integer.toString(changed));
      }
      done = true;
      return changed == 0 ? file : new CleanNames(file, Collections.unmodifiableMap(originals));
    } finally {
      if (!done) {
        file.close();
      }
    }
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
    return file.shape(original(name));
  }

  @Override
  public DType dtype(String name) {
    return file.dtype(original(name));
  }

  @Override
  public Tensor tensor(String name) {
    return file.tensor(original(name));
  }

  @Override
  public void read(String name, Tensor target) {
    file.read(original(name), target);
  }

  @Override
  public void close() {
    file.close();
  }

  private String original(String name) {
    return originals.getOrDefault(name, name);
  }
}
