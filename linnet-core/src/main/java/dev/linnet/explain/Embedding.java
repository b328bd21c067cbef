package dev.linnet.explain;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.AtomicFile;
import dev.linnet.base.Check;
import dev.linnet.base.LinnetException;
import dev.linnet.report.Csv;
import dev.linnet.train.FeatureTable;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Features of pictures with what they are features of: what {@code embed} writes.
 *
 * @param table a row a picture
 * @param names of the pictures, by row
 * @param classes names of the classes that the table's targets count
 * @param layer of the network, such as {@code pre_logits}
 */
public record Embedding(
    FeatureTable table, List<String> names, List<String> classes, String layer) {
  public Embedding {
    names = List.copyOf(names);
    classes = List.copyOf(classes);
    Check.that(names.size() == table.rows(), "names", names.size(), "one a row: " + table.rows());
  }

  /** A kind of file. */
  public enum Format {
    /** A line a picture: its name, its class, its numbers. */
    CSV("csv"),
    /** NumPy's array [rows, width] of float32; names and classes in a CSV beside it. */
    NPY("npy"),
    /** Features, targets and indices as tensors; names, classes and layer as JSON beside. */
    SAFETENSORS("safetensors");

    private final String ending;

    Format(String ending) {
      this.ending = ending;
    }

    /** The format that a file's name ends with, if any. */
    public static Optional<Format> of(Path file) {
      String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
      for (Format format : values()) {
        if (name.endsWith("." + format.ending)) {
          return Optional.of(format);
        }
      }
      return Optional.empty();
    }

    @Override
    public String toString() {
      return ending;
    }
  }

  /** The class of a row's picture. */
  public String className(int row) {
    return classes.get(table.target(row));
  }

  /**
   * Writes the file, and for {@link Format#NPY} a CSV with names and classes beside it.
   *
   * @return the files that were written
   */
  public List<Path> write(Path file, Format format) {
    return switch (format) {
      case CSV -> {
        AtomicFile.write(file, channel -> writeCsv(Channels.newOutputStream(channel)));
        yield List.of(file);
      }
      case NPY -> {
        AtomicFile.write(file, channel -> writeNpy(Channels.newOutputStream(channel)));
        Path beside = namesBeside(file);
        AtomicFile.write(beside, Csv.text(List.of("picture", "class"), rows()));
        yield List.of(file, beside);
      }
      case SAFETENSORS -> {
        table.save(file, metadata());
        yield List.of(file);
      }
    };
  }

  /** Where names and classes of an array's rows stand: {@code FILE.csv} beside {@code FILE.npy}. */
  public static Path namesBeside(Path file) {
    String name = String.valueOf(file.getFileName());
    boolean ends = name.toLowerCase(Locale.ROOT).endsWith(".npy");
    String stem = ends ? name.substring(0, name.length() - 4) : name;
    return file.resolveSibling(stem + ".csv");
  }

  /** Picture and class, by row. */
  List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    for (int row = 0; row < table.rows(); row++) {
      rows.add(List.of(names.get(row), className(row)));
    }
    return rows;
  }

  private void writeCsv(OutputStream out) throws IOException {
    List<String> columns = new ArrayList<>(List.of("picture", "class"));
    for (int column = 0; column < table.width(); column++) {
      columns.add("f" + column);
    }
    BufferedOutputStream buffered = new BufferedOutputStream(out, 1 << 16);
    buffered.write(Csv.text(columns, List.of()).getBytes(StandardCharsets.UTF_8));
    for (int row = 0; row < table.rows(); row++) {
      String begin = Csv.text(List.of(names.get(row), className(row)), List.of());
      StringBuilder line = new StringBuilder(begin.stripTrailing());
      for (int column = 0; column < table.width(); column++) {
        line.append(',').append(table.value(row, column));
      }
      buffered.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    }
    buffered.flush();
  }

  /** NumPy's format 1.0: magic, length of a header of a multiple of 64 bytes, little-endian. */
  private void writeNpy(OutputStream out) throws IOException {
    String header =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }"
            .formatted(table.rows(), table.width());
    int blanks = 64 - (10 + header.length() + 1) % 64;
    byte[] text = (header + " ".repeat(blanks % 64) + "\n").getBytes(ISO_8859_1);
    ByteBuffer begin = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
    begin.put((byte) 0x93).put("NUMPY".getBytes(ISO_8859_1)).put((byte) 1).put((byte) 0);
    out.write(begin.putShort((short) text.length).array());
    out.write(text);
    ByteBuffer numbers = ByteBuffer.allocate(4 * table.width()).order(ByteOrder.LITTLE_ENDIAN);
    BufferedOutputStream buffered = new BufferedOutputStream(out, 1 << 16);
    for (int row = 0; row < table.rows(); row++) {
      numbers.clear();
      for (int column = 0; column < table.width(); column++) {
        numbers.putFloat(table.value(row, column));
      }
      buffered.write(numbers.array());
    }
    buffered.flush();
  }

  private Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("layer", layer);
    metadata.put("classes", json(classes));
    metadata.put("names", json(names));
    return metadata;
  }

  private static String json(List<String> values) {
    try {
      return new ObjectMapper().writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new LinnetException("names: cannot be written as JSON", e);
    }
  }
}
