package dev.linnet.weights;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One of the 1000 classes of ImageNet-1k (ILSVRC 2012).
 *
 * <p>Ids and lemmas are WordNet 3.0's, as timm has them; the first name is torchvision's.
 *
 * @param wordNetId such as {@code n01440764}
 * @param names such as {@code tench, Tinca tinca}; the first is the class's alone, a further one
 *     may belong to two classes
 */
public record ImageNetClass(String wordNetId, List<String> names) {
  private static final List<ImageNetClass> ALL = read();

  public ImageNetClass {
    names = List.copyOf(names);
  }

  /** All of them in the order of the logits. */
  public static List<ImageNetClass> all() {
    return ALL;
  }

  /** The first name of each, in the order of the logits: no two are the same. */
  public static List<String> ownNames() {
    return ALL.stream().map(c -> c.names().get(0)).toList();
  }

  private static List<ImageNetClass> read() {
    try (InputStream in = ImageNetClass.class.getResourceAsStream("imagenet_classes.txt")) {
      byte[] bytes = requireNonNull(in, "imagenet_classes.txt is in the jar").readAllBytes();
      List<ImageNetClass> classes = new ArrayList<>();
      for (String line : new String(bytes, UTF_8).lines().toList()) {
        int tab = line.indexOf('\t');
        List<String> names = List.of(line.substring(tab + 1).split(", ", -1));
        classes.add(new ImageNetClass(line.substring(0, tab), names));
      }
      return List.copyOf(classes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
