package dev.linnet.spark;

import dev.linnet.base.LinnetException;
import dev.linnet.base.Nearest;
import dev.linnet.base.RandomState;
import dev.linnet.data.PictureLoader;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.ColorMode;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A column of pictures, and how one of its values is read.
 *
 * @param name of the column
 * @param position of the column
 * @param kind what its values are
 * @param path position of the column {@code path} that the source binaryFile has, or −1
 */
record PictureColumn(String name, int position, Kind kind, int path) implements Serializable {
  /** Channels by OpenCV's number of the type, of those with 8 bits; a blue first where three. */
  private static final Map<Integer, Integer> CHANNELS = Map.of(0, 1, 16, 3, 24, 4);

  /** What the values of a column are. */
  enum Kind {
    /** All bytes of a file. */
    FILE,
    /** Pixels, as the source image has them. */
    PIXELS
  }

  /**
   * The column of a name.
   *
   * @throws LinnetException if it is missing or of another type
   */
  static PictureColumn of(StructType schema, String name) {
    List<String> names = List.of(schema.fieldNames());
    int position = names.indexOf(name);
    if (position < 0) {
      throw new LinnetException(
          "inputCol: got \"%s\"; must be a column of pictures; %s"
              .formatted(
                  name, Nearest.didYouMean(name, names, "the columns are " + quoted(names))));
    }
    DataType type = schema.fields()[position].dataType();
    if (!isFile(type) && !isPixels(type)) {
      List<String> fit = new ArrayList<>();
      for (StructField field : schema.fields()) {
        if (isFile(field.dataType()) || isPixels(field.dataType())) {
          fit.add(field.name());
        }
      }
      throw new LinnetException(
          ("inputCol: column \"%s\" is of type %s; must be binary, as \"content\" of the source"
                  + " binaryFile, or the struct \"image\" of the source image; %s")
              .formatted(name, type.simpleString(), mend(fit)));
    }
    int path = names.indexOf("path");
    boolean hasPath = path >= 0 && schema.fields()[path].dataType().equals(DataTypes.StringType);
    return new PictureColumn(
        name, position, isFile(type) ? Kind.FILE : Kind.PIXELS, hasPath ? path : -1);
  }

  private static String mend(List<String> fit) {
    return fit.isEmpty()
        ? "read the pictures with spark.read().format(\"binaryFile\")"
        : "choose with setInputCol: " + quoted(fit);
  }

  private static String quoted(List<String> names) {
    return names.isEmpty() ? "none" : "\"" + String.join("\", \"", names) + "\"";
  }

  private static boolean isFile(DataType type) {
    return type.equals(DataTypes.BinaryType);
  }

  /** Whether names and types are those of the image source; what may be null does not matter. */
  private static boolean isPixels(DataType type) {
    if (!(type instanceof StructType struct)) {
      return false;
    }
    StructField[] wanted = ImageSchema.columnSchema().fields();
    StructField[] fields = struct.fields();
    boolean same = fields.length == wanted.length;
    for (int i = 0; same && i < wanted.length; i++) {
      same =
          fields[i].name().equals(wanted[i].name())
              && fields[i].dataType().equals(wanted[i].dataType());
    }
    return same;
  }

  /**
   * Reads the picture of a row as a network wants it.
   *
   * @throws BadPictureException if it is null or cannot be read; names the file where a column does
   */
  Picture read(Row row, PictureLoader.Reading reading) {
    if (row.isNullAt(position)) {
      throw new BadPictureException(named(row), "the column \"" + name + "\" is null");
    }
    RandomState none = RandomState.of(0); // which evaluation does not use
    return switch (kind) {
      case FILE ->
          reading.transform().decode(row.getAs(position), named(row), reading.decode(), none);
      case PIXELS -> {
        Picture picture = pixels(row.getStruct(position));
        boolean isGray = reading.decode().color() == ColorMode.GRAY;
        yield reading.transform().apply(isGray ? picture.gray() : picture.rgb(), none);
      }
    };
  }

  /** What messages call the picture. */
  private String named(Row row) {
    return path < 0 || row.isNullAt(path) ? name : row.getString(path);
  }

  private Picture pixels(Row image) {
    String origin = image.isNullAt(0) ? name : ImageSchema.getOrigin(image);
    for (int i = 1; i < image.length(); i++) {
      if (image.isNullAt(i)) {
        throw new BadPictureException(origin, "its image has no " + image.schema().fieldNames()[i]);
      }
    }
    int height = ImageSchema.getHeight(image);
    int width = ImageSchema.getWidth(image);
    int channels = CHANNELS.getOrDefault(ImageSchema.getMode(image), 0);
    byte[] data = ImageSchema.getData(image);
    if (data.length == 0) {
      throw new BadPictureException(
          origin, "the source image could not decode it; the source binaryFile may, or says why");
    }
    boolean fits =
        height >= 1
            && width >= 1
            && channels == ImageSchema.getNChannels(image)
            && (long) height * width * channels == data.length;
    if (!fits) {
      throw new BadPictureException(
          origin,
          ("its image has height %d, width %d, %d channels, mode %d and %d bytes, which do not fit"
                  + " together; must be 8 bits in 1, 3 or 4 channels")
              .formatted(
                  height,
                  width,
                  ImageSchema.getNChannels(image),
                  ImageSchema.getMode(image),
                  data.length));
    }
    ImageSize size = new ImageSize(height, width);
    return channels == 1 ? Picture.of(size, 1, data) : Picture.of(size, 3, rgb(data, channels));
  }

  /** Blue, green, red and perhaps alpha, which is dropped, to red, green, blue. */
  private static byte[] rgb(byte[] data, int channels) {
    byte[] rgb = new byte[data.length / channels * 3];
    for (int from = 0, to = 0; from < data.length; from += channels, to += 3) {
      rgb[to] = data[from + 2];
      rgb[to + 1] = data[from + 1];
      rgb[to + 2] = data[from];
    }
    return rgb;
  }
}
