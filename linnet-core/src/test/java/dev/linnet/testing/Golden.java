package dev.linnet.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** Recorded reference values; the scripts that made them are in {@code tools/golden}. */
public final class Golden {
  private Golden() {}

  /** A file of {@code golden/}, such as {@code semantics.json}. */
  public static JsonNode json(String name) {
    try {
      return new ObjectMapper().readTree(text(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The text of a file of {@code golden/}. */
  public static String text(String name) {
    try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name)) {
      if (in == null) {
        throw new IllegalArgumentException("no golden/" + name + " among the test resources");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A folder of {@code golden/}, such as {@code boxes/voc}. */
  public static Path folder(String name) {
    URL place = Golden.class.getResource("/golden/" + name);
    if (place == null) {
      throw new IllegalArgumentException("no golden/" + name + " among the test resources");
    }
    try {
      return Path.of(place.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All numbers of nested arrays, row-major. */
  public static double[] doubles(JsonNode node) {
    if (!node.isArray()) {
      return new double[] {node.doubleValue()};
    }
    return node.valueStream().flatMapToDouble(n -> Arrays.stream(doubles(n))).toArray();
  }

  /** All numbers of nested arrays, row-major. */
  public static long[] longs(JsonNode node) {
    double[] values = doubles(node);
    long[] longs = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      longs[i] = (long) values[i];
    }
    return longs;
  }
}
