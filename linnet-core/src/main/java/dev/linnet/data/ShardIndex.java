package dev.linnet.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.OneLine;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.ImageHeader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The samples of one shard. A sample is what shares a key, the path up to the first dot of its last
 * part: a picture ({@code KEY.jpg}) and its label ({@code KEY.cls}, a number or a name, or {@code
 * KEY.json} with one).
 *
 * @param samples with picture and label, in the order in which their pictures lie in the shard,
 *     whatever lies between the halves of a sample: packed shards are read forwards only
 * @param broke where the shard breaks off, as {@link TarWalk.Broken} says it; empty where it is
 *     whole
 * @param warnings what was noticed, one line each
 */
record ShardIndex(List<Sample> samples, String broke, List<String> warnings) {
  /** Nothing else is a label. */
  private static final int LONGEST_LABEL = 1 << 16;

  /** Of a packed picture as much is looked at for its header. */
  private static final int HEADER = 1 << 20;

  private static final List<String> LABEL_KEYS =
      List.of("label", "cls", "class", "class_id", "class_name");

  private static final ObjectMapper JSON = new ObjectMapper();

  ShardIndex {
    samples = samples.stream().sorted(Comparator.comparingLong(Sample::offset)).toList();
    warnings = List.copyOf(warnings);
  }

  /**
   * A picture and its label.
   *
   * @param path in the shard
   * @param offset in the shard, unpacked, in bytes
   * @param size in bytes
   * @param label a number or a class's name
   * @param info where the shard is packed and the picture is one; else it is cheap to ask
   */
  record Sample(String path, long offset, long size, String label, @Nullable PictureInfo info) {}

  /** What was found of a key so far. */
  private static final class Found {
    TarWalk.@Nullable Member picture;
    @Nullable PictureInfo info;
    @Nullable String label;
  }

  /** The key and the ending of a path: {@code a/b.c.jpg} is {@code a/b} and {@code c.jpg}. */
  record Name(String key, String ending) {
    static Name of(String path) {
      int dot = path.indexOf('.', path.lastIndexOf('/') + 1);
      return dot < 0
          ? new Name(path, "")
          : new Name(path.substring(0, dot), path.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    boolean isPicture() {
      return ending.indexOf('.') < 0 && ClassFolders.hasPictureEnding(ending);
    }

    boolean isLabel() {
      return ending.equals("cls") || ending.equals("json");
    }
  }

  /** Reads through a shard; one that breaks off gives what is before. */
  static ShardIndex read(Path file, TarReader.Packing packing) throws IOException {
    Map<String, Found> found = new LinkedHashMap<>();
    List<String> doubles = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    String broke = "";
    try (TarWalk walk = TarWalk.open(file, packing)) {
      try {
        for (TarWalk.Member m = walk.next(); m != null; m = walk.next()) {
          note(walk, m, packing, found, doubles);
        }
        if (!walk.hasEndMark()) {
          warnings.add(
              file
                  + ": has no end mark, so it may be cut behind its last member; compare its length"
                  + " with where it came from");
        }
      } catch (TarWalk.Broken e) {
        broke = String.valueOf(e.getMessage());
        dropHalf(found);
      }
      warnings.addAll(walk.warnings());
    }
    return complete(file, found, doubles, broke, warnings);
  }

  /** Where a shard breaks off, its last sample may lack its half. */
  private static void dropHalf(Map<String, Found> found) {
    String last = "";
    for (String key : found.keySet()) {
      last = key;
    }
    Found half = found.get(last);
    if (half != null && (half.picture == null || half.label == null)) {
      found.remove(last);
    }
  }

  private static void note(
      TarWalk walk,
      TarWalk.Member member,
      TarReader.Packing packing,
      Map<String, Found> found,
      List<String> doubles)
      throws TarWalk.Broken {
    Name name = Name.of(member.path());
    if (name.isPicture()) {
      Found sample = found.computeIfAbsent(name.key(), key -> new Found());
      if (sample.picture != null) {
        doubles.add(OneLine.of(member.path()));
        return;
      }
      if (packing != TarReader.Packing.PLAIN) {
        sample.info = info(walk.content(member, HEADER), member.path());
      }
      sample.picture = member;
    } else if (name.isLabel() && member.size() <= LONGEST_LABEL) {
      Found sample = found.computeIfAbsent(name.key(), key -> new Found());
      boolean plain = name.ending().equals("cls");
      if (plain || sample.label == null) {
        String text =
            new String(walk.content(member, LONGEST_LABEL), StandardCharsets.UTF_8).strip();
        String label = plain ? text : ofJson(text).orElse("");
        sample.label = label.isEmpty() ? sample.label : label;
      }
    }
  }

  private static ShardIndex complete(
      Path file,
      Map<String, Found> found,
      List<String> doubles,
      String broke,
      List<String> warnings) {
    List<Sample> samples = new ArrayList<>();
    List<String> unlabelled = new ArrayList<>();
    List<String> bare = new ArrayList<>();
    found.forEach(
        (key, sample) -> {
          TarWalk.Member picture = sample.picture;
          if (picture == null) {
            bare.add(OneLine.of(key));
          } else if (sample.label == null) {
            unlabelled.add(OneLine.of(picture.path()));
          } else {
            samples.add(
                new Sample(
                    picture.path(), picture.offset(), picture.size(), sample.label, sample.info));
          }
        });
    say(warnings, file, unlabelled, "without a label (KEY.cls or KEY.json)");
    say(warnings, file, bare, "without a picture");
    say(warnings, file, doubles, "whose key has a picture already");
    return new ShardIndex(samples, broke, warnings);
  }

  private static void say(List<String> warnings, Path file, List<String> names, String what) {
    if (!names.isEmpty()) {
      warnings.add(
          "%s: %d %s %s, left out: %s"
              .formatted(
                  file,
                  names.size(),
                  names.size() == 1 ? "sample" : "samples",
                  what,
                  ClassFolders.some(names)));
    }
  }

  private static @Nullable PictureInfo info(byte[] begin, String name) {
    try {
      return PictureInfo.of(ImageHeader.read(begin, name));
    } catch (BadPictureException e) {
      return null; // said when it is read
    }
  }

  /** The label in a JSON object; a number or a text. */
  private static Optional<String> ofJson(String text) {
    try {
      JsonNode node = JSON.readTree(text);
      for (String key : LABEL_KEYS) {
        JsonNode value = node.path(key);
        if (value.isIntegralNumber() || value.isTextual()) {
          return Optional.of(value.asText().strip());
        }
      }
    } catch (JsonProcessingException e) {
      return Optional.empty(); // left out with those that have no label
    }
    return Optional.empty();
  }
}
