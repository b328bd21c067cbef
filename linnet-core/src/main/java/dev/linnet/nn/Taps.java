package dev.linnet.nn;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks at what chosen modules put out while a network runs.
 *
 * <p>Only the calling thread is watched, so that others may use the same network meanwhile. What
 * comes after a watched module works on a copy, so that what was seen stays as it was.
 */
public final class Taps {
  private static final ThreadLocal<@Nullable Taps> WATCHING = new ThreadLocal<>();

  private final @Nullable Taps outer;
  private final IdentityHashMap<Module, String> names = new IdentityHashMap<>();
  private final Map<String, Tensor> outputs = new LinkedHashMap<>();

  private Taps(@Nullable Taps outer) {
    this.outer = outer;
  }

  /**
   * What a pass gave and what was seen on its way.
   *
   * @param output of the whole pass
   * @param tapped the last output of each module by its name, in the order of the pass; in the
   *     scope in which the pass ran
   */
  public record Seen(Tensor output, Map<String, Tensor> tapped) {
    public Seen {
      tapped = Collections.unmodifiableMap(new LinkedHashMap<>(tapped));
    }
  }

  /**
   * Runs a pass and looks at some modules.
   *
   * @param root the network
   * @param modules full names of modules below it, such as {@code layer1.0.conv2}
   * @param pass what runs, such as {@code () -> network.forward(x)}
   * @throws LinnetException if there is no module of a name, with the nearest names
   */
  public static Seen run(Module root, Collection<String> modules, Supplier<Tensor> pass) {
    Taps taps = new Taps(WATCHING.get());
    for (String name : modules) {
      taps.names.put(find(root, name), name);
    }
    WATCHING.set(taps);
    try {
      return new Seen(pass.get(), taps.outputs);
    } finally {
      if (taps.outer == null) {
        WATCHING.remove();
      } else {
        WATCHING.set(taps.outer);
      }
    }
  }

  /** The module of a full name. */
  static Module find(Module root, String name) {
    Module module = root.find(name);
    if (module == null) {
      throw new LinnetException(
          "layer: got \""
              + name
              + "\"; must be a layer of the network; "
              + Nearest.didYouMean(name, namesOf(root), "its layers are named as its weights"));
    }
    return module;
  }

  /**
   * Takes a module's output on its {@link Detour}, if any, and notes it for whoever watches; what
   * is returned may be changed in place.
   */
  static Tensor seen(Module module, Tensor put) {
    Tensor output = Detour.taken(module, put);
    Tensor next = output;
    for (Taps taps = WATCHING.get(); taps != null; taps = taps.outer) {
      String name = taps.names.get(module);
      if (name != null) {
        taps.outputs.put(name, output);
        next = output.copy();
      }
    }
    return next;
  }

  /** Whether this thread looks at, or changes, what a module inside of another puts out. */
  static boolean areInside(Module part) {
    for (Taps taps = WATCHING.get(); taps != null; taps = taps.outer) {
      if (part.hasInside(taps.names.keySet())) {
        return true;
      }
    }
    return Detour.isInside(part);
  }

  /** Whether this thread looks at, or changes, what a module puts out. */
  static boolean areAt(Module module) {
    for (Taps taps = WATCHING.get(); taps != null; taps = taps.outer) {
      if (taps.names.containsKey(module)) {
        return true;
      }
    }
    return Detour.isAt(module);
  }

  private static List<String> namesOf(Module root) {
    List<String> all = new ArrayList<>();
    root.walk((name, module) -> all.add(name));
    return all;
  }
}
