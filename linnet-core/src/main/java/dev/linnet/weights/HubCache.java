package dev.linnet.weights;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What is on this machine of one repository of the hub, in the layout of the package
 * huggingface_hub, which uses it too:
 *
 * <pre>
 *   models--OWNER--NAME/blobs/ETAG                 the bytes, by their checksum
 *   models--OWNER--NAME/snapshots/COMMIT/FILE      a link ../../blobs/ETAG
 *   models--OWNER--NAME/refs/REVISION              the commit of a branch or tag
 *   models--OWNER--NAME/.no_exist/COMMIT/FILE      the hub has no such file
 *   .locks/models--OWNER--NAME/ETAG.lock           held by who fetches
 * </pre>
 *
 * <p>File names from a server go in here only after {@link #isFileName}.
 */
final class HubCache {
  static final String CONFIG = "config.json";
  static final String SAFETENSORS = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";
  static final String PICKLED = "pytorch_model.bin";
  static final String PICKLED_INDEX = "pytorch_model.bin.index.json";

  /** What a folder of weights may have, the best first. */
  static final List<String> WEIGHTS = List.of(SAFETENSORS, INDEX, PICKLED, PICKLED_INDEX);

  /** A config or an index is not longer. */
  static final long MOST_JSON = 16 << 20;

  private static final int MOST_SHARDS = 1000;
  private static final Pattern FILE_NAME = Pattern.compile("\\w[\\w.-]{0,199}");

  private final Path root;
  private final Path repository;
  private final boolean withoutLinks;

  HubCache(Path root, HubName name, boolean withoutLinks) {
    this.root = root;
    this.repository = root.resolve("models--" + name.owner() + "--" + name.name());
    this.withoutLinks = withoutLinks;
  }

  /** Whether a name is that of a file in the repository's top folder, and of nothing else. */
  static boolean isFileName(String name) {
    return FILE_NAME.matcher(name).matches();
  }

  Path folder() {
    return repository;
  }

  Path blob(String etag) {
    return repository.resolve("blobs").resolve(etag);
  }

  /**
   * Bytes on their way. The name is Linnet's own: it stays for the next attempt, and no other tool
   * writes into it. Python's locks and Java's do not see each other on Linux.
   */
  Path incomplete(String etag) {
    return repository.resolve("blobs").resolve(etag + ".linnet.incomplete");
  }

  Path lock(String etag) {
    return root.resolve(".locks").resolve(root.relativize(repository)).resolve(etag + ".lock");
  }

  Path snapshot(String commit) {
    return repository.resolve("snapshots").resolve(commit);
  }

  Path file(String commit, String name) {
    return snapshot(commit).resolve(name);
  }

  /** The commit that a revision was when it was last asked for. */
  Optional<String> commit(String revision) {
    if (HubName.isCommit(revision)) {
      return Optional.of(revision);
    }
    try {
      Path ref = ref(revision);
      if (!Files.isRegularFile(ref) || Files.size(ref) > 100) {
        return Optional.empty();
      }
      String commit = Files.readString(ref, StandardCharsets.ISO_8859_1).strip();
      return HubName.isCommit(commit) ? Optional.of(commit) : Optional.empty();
    } catch (IOException e) {
      throw unreadable(ref(revision), e);
    }
  }

  private Path ref(String revision) {
    return repository.resolve("refs").resolve(revision);
  }

  /** Notes the commit of a branch or tag. */
  void remember(String revision, String commit) {
    if (!commit(revision).equals(Optional.of(commit))) {
      AtomicFile.write(ref(revision), commit);
    }
  }

  /** Whether the hub said that a commit has no such file. */
  boolean isKnownMissing(String commit, String name) {
    return Files.exists(noExist(commit, name));
  }

  /** Notes that a commit has no such file. */
  void rememberMissing(String commit, String name) throws IOException {
    Path mark = noExist(commit, name);
    Files.createDirectories(mark.resolveSibling("."));
    try {
      Files.createFile(mark);
    } catch (FileAlreadyExistsException e) {
      return; // another process noted it
    }
  }

  private Path noExist(String commit, String name) {
    return repository.resolve(".no_exist").resolve(commit).resolve(name);
  }

  /** The files that a commit lacks here to be a folder of weights; empty if it is one. */
  List<String> missing(String commit) {
    List<String> missing = new ArrayList<>();
    if (!Files.exists(file(commit, CONFIG))) {
      missing.add(CONFIG);
    }
    Optional<String> weights =
        WEIGHTS.stream().filter(name -> Files.exists(file(commit, name))).findFirst();
    if (weights.isEmpty()) {
      missing.add(SAFETENSORS);
    } else if (isIndex(weights.get())) {
      shards(commit, weights.get()).stream()
          .filter(shard -> !Files.exists(file(commit, shard)))
          .forEach(missing::add);
    }
    return missing;
  }

  /** Whether a file of {@link #WEIGHTS} names others. */
  static boolean isIndex(String name) {
    return name.equals(INDEX) || name.equals(PICKLED_INDEX);
  }

  /**
   * The files that an index of a commit names, which must be here.
   *
   * @param name of the index
   * @throws LinnetException if it is no index, or names what is no file beside it
   */
  Set<String> shards(String commit, String name) {
    Path index = file(commit, name);
    String ending = name.equals(INDEX) ? ".safetensors" : ".bin";
    Set<String> shards = new TreeSet<>();
    try {
      if (Files.size(index) > MOST_JSON) {
        throw new LinnetException(index + ": has more than " + MOST_JSON + " bytes; is no index");
      }
      for (JsonNode shard : new ObjectMapper().readTree(index.toFile()).path("weight_map")) {
        String file = shard.asText();
        if (!isFileName(file) || !file.endsWith(ending)) {
          throw new LinnetException(
              index + ": names \"" + file + "\", which is no " + ending + " file beside it");
        }
        shards.add(file);
      }
    } catch (JacksonException e) {
      throw new LinnetException(index + ": is no valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw unreadable(index, e);
    }
    if (shards.isEmpty() || shards.size() > MOST_SHARDS) {
      throw new LinnetException(
          "%s: names %d files; must be 1 to %d".formatted(index, shards.size(), MOST_SHARDS));
    }
    return shards;
  }

  /**
   * Puts a file into a snapshot: as a link to its blob; where there are no links, itself.
   *
   * @param isNew whether the blob came with this file, so that no other links to it
   */
  void point(String commit, String name, String etag, boolean isNew) throws IOException {
    Path file = file(commit, name);
    if (Files.exists(file)) {
      return;
    }
    Files.createDirectories(snapshot(commit));
    Files.deleteIfExists(file); // a link to a blob that is gone
    if (!withoutLinks && linked(file, Path.of("..", "..", "blobs", etag))) {
      return;
    }
    if (isNew) {
      Files.move(blob(etag), file, StandardCopyOption.REPLACE_EXISTING);
      return;
    }
    Path copy = file.resolveSibling(name + "." + ProcessHandle.current().pid() + ".tmp");
    Files.copy(blob(etag), copy, StandardCopyOption.REPLACE_EXISTING);
    Files.move(copy, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** False where the system has no links, as Windows for most users. */
  private static boolean linked(Path file, Path target) throws IOException {
    try {
      Files.createSymbolicLink(file, target);
      return true;
    } catch (FileAlreadyExistsException e) {
      return true; // another process was as fast
    } catch (UnsupportedOperationException e) {
      return false;
    } catch (FileSystemException e) {
      if (Files.isWritable(file.resolveSibling("."))) {
        return false;
      }
      throw e;
    }
  }

  private static LinnetException unreadable(Path file, IOException e) {
    return new LinnetException(file + ": cannot be read (" + AtomicFile.reason(e) + ")", e);
  }
}
