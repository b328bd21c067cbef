package dev.linnet.data;

import dev.linnet.base.Proxies;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where data sets are looked up by name, in this order, and how their publishers are reached.
 *
 * @param data the folder of {@code LINNET_DATA}, or none
 * @param cache where downloads are kept
 * @param system where the system's packages put data sets
 * @param proxies through which publishers are asked
 */
public record Places(List<Path> data, Path cache, List<Path> system, Proxies proxies) {
  private static final Path DEBIAN = Path.of("/usr/share/datasets");

  public Places {
    data = List.copyOf(data);
    system = List.copyOf(system);
  }

  /**
   * The places that environment variables name: {@code LINNET_DATA}; {@code LINNET_CACHE}, else
   * {@code $XDG_CACHE_HOME/linnet}, else {@code ~/.cache/linnet}; the variables of {@link Proxies}.
   * Empty variables count as unset.
   *
   * @param environment such as {@link System#getenv()}
   */
  public static Places of(Map<String, String> environment) {
    String data = environment.getOrDefault("LINNET_DATA", "");
    return new Places(
        data.isEmpty() ? List.of() : List.of(Path.of(data)),
        cache(environment),
        List.of(DEBIAN),
        Proxies.of(environment));
  }

  private static Path cache(Map<String, String> environment) {
    String own = environment.getOrDefault("LINNET_CACHE", "");
    if (!own.isEmpty()) {
      return Path.of(own);
    }
    String shared = environment.getOrDefault("XDG_CACHE_HOME", "");
    if (!shared.isEmpty()) {
      return Path.of(shared, "linnet");
    }
    String home = environment.getOrDefault("HOME", "");
    return Path.of(
        home.isEmpty() ? System.getProperty("user.home", ".") : home, ".cache", "linnet");
  }
}
