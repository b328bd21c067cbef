package dev.linnet.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.linnet.tensor.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a run depended on beside its recipe: versions, machine, data, command.
 *
 * @param facts by name; the order of the file is that of the names
 */
public record Environment(Map<String, Object> facts) {
  public Environment {
    facts = Map.copyOf(facts);
  }

  /**
   * The facts of this process.
   *
   * @param command the command line, or what the program was asked
   * @param run facts of the run, such as the data's hash; they come beside those of the machine
   */
  public static Environment of(List<String> command, Map<String, Object> run) {
    Map<String, Object> facts = new TreeMap<>(run);
    facts.put("linnet", version());
    facts.put("libtorch", Engine.version());
    facts.put("java", System.getProperty("java.version") + " " + System.getProperty("java.vendor"));
    facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("architecture", System.getProperty("os.arch"));
    facts.put("processor", processor());
    graphics().ifPresent(g -> facts.put("graphics", g));
    facts.put("cores", Runtime.getRuntime().availableProcessors());
    facts.put("compute_threads", Engine.threads());
    facts.put("command", String.join(" ", command));
    facts.put("started", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    commit().ifPresent(c -> facts.put("git_commit", c));
    return new Environment(facts);
  }

  /** As indented JSON. */
  public String toJson() {
    ObjectNode node = new ObjectMapper().createObjectNode();
    new TreeMap<>(facts).forEach(node::putPOJO);
    return node.toPrettyString() + "\n";
  }

  /** The version of Linnet, from its jar. */
  public static String version() {
    return Optional.ofNullable(Environment.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  private static String processor() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
        if (line.startsWith("model name")) {
          return line.substring(line.indexOf(':') + 1).strip();
        }
      }
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
    return System.getProperty("os.arch");
  }

  /** The graphics cards, as the driver of NVIDIA names them. */
  private static Optional<String> graphics() {
    Path gpus = Path.of("/proc/driver/nvidia/gpus");
    if (!Files.isDirectory(gpus)) {
      return Optional.empty();
    }
    Set<String> names = new TreeSet<>();
    try (Stream<Path> cards = Files.list(gpus)) {
      for (Path card : cards.toList()) {
        for (String line : Files.readAllLines(card.resolve("information"))) {
          if (line.startsWith("Model:")) {
            names.add(line.substring(line.indexOf(':') + 1).strip());
          }
        }
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    return names.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", names));
  }

  /** The commit of the folder that the program was started in, where it is in a git checkout. */
  private static Optional<String> commit() {
    try {
      for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
        Path head = at.resolve(".git").resolve("HEAD");
        if (Files.isRegularFile(head)) {
          String text = Files.readString(head).strip();
          if (!text.startsWith("ref: ")) {
            return Optional.of(text);
          }
          Path ref = at.resolve(".git").resolve(text.substring(5));
          return Files.isRegularFile(ref)
              ? Optional.of(Files.readString(ref).strip())
              : Optional.empty();
        }
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    return Optional.empty();
  }
}
