package dev.linnet.explain;

import static java.util.Objects.requireNonNull;

import dev.linnet.base.LinnetException;
import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.Box;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.JpegWriter;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.image.Resize;
import dev.linnet.models.Classifier;
import dev.linnet.report.Gallery;
import dev.linnet.report.Image;
import dev.linnet.report.Section;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.ReceptiveField;
import dev.linnet.tensor.Tensor;
import dev.linnet.train.FeatureTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What the units of a network answer to, as parts of a page: the patches that excite units of each
 * depth, and pictures made to excite them; and its first filters.
 */
final class NetworkUnits {
  private static final int PATCHES = 9;
  private static final int MADE_SIDE = 128;

  private final NetworkReport settings;
  private final Classifier network;
  private final NetworkReport.Input input;
  private final Device device;
  private final Looked looked;
  private final Map<String, Optional<ReceptiveField>> fields;
  private final FeatureTable table;
  private final Thumbnails small;

  /**
   * @param looked one pass over the input
   * @param fields what the units of each layer see
   * @param small the pictures, in the order of the pass
   */
  NetworkUnits(
      NetworkReport settings,
      Classifier network,
      NetworkReport.Input input,
      Device device,
      Looked looked,
      Map<String, Optional<ReceptiveField>> fields,
      Thumbnails small) {
    this.settings = settings;
    this.network = network;
    this.input = input;
    this.device = device;
    this.looked = looked;
    this.fields = fields;
    this.table = looked.features;
    this.small = small;
  }

  /** Of units. */
  List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    if (!fields.isEmpty()) {
      sections.add(patches());
      excited().ifPresent(sections::add);
    }
    return sections;
  }

  /** The first convolution's weights. */
  static Section filters(Classifier network) {
    List<Gallery.Row> rows = new ArrayList<>();
    for (String name : network.firstConvNames()) {
      Tensor weight = network.state(name + ".weight").value();
      float[] values = weight.toFloats();
      int channels = (int) weight.dim(1);
      int height = (int) weight.dim(2);
      int width = (int) weight.dim(3);
      List<Gallery.Item> items = new ArrayList<>();
      for (int f = 0; f < Math.min(256, weight.dim(0)); f++) {
        items.add(Gallery.Item.of(filter(values, f, channels, height, width), ""));
      }
      rows.add(new Gallery.Row(name, items));
    }
    return new Gallery(
        "First filters",
        "The weights of the first convolution as pictures, each from its least to its largest.",
        Gallery.Size.WHOLE,
        rows);
  }

  private static Image filter(float[] values, int filter, int channels, int height, int width) {
    int area = height * width;
    int at = filter * channels * area;
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (int i = at; i < at + channels * area; i++) {
      low = Math.min(low, values[i]);
      high = Math.max(high, values[i]);
    }
    int shown = channels == 3 ? 3 : 1;
    byte[] pixels = new byte[area * shown];
    for (int i = 0; i < area; i++) {
      for (int c = 0; c < shown; c++) {
        float share = (values[at + c * area + i] - low) / Math.max(high - low, 1e-12f);
        pixels[i * shown + c] = (byte) Math.round(255 * share);
      }
    }
    int factor = Math.max(1, 40 / Math.max(height, width));
    ImageSize size = new ImageSize(height * factor, width * factor);
    Picture large =
        Resize.apply(
            Picture.of(new ImageSize(height, width), shown, pixels), size, Interpolation.NEAREST);
    return Image.png(PngWriter.write(large), size.width(), size.height());
  }

  private Section patches() {
    List<Gallery.Row> rows = new ArrayList<>();
    fields.forEach(
        (layer, field) -> {
          Looked.Peaks peaks = requireNonNull(looked.peaks.get(layer));
          for (int unit : chosen(peaks)) {
            rows.add(new Gallery.Row(layer + ", unit " + unit, patches(peaks, unit, field)));
          }
        });
    return new Gallery(
        "Patches that excite units most",
        "For units of each depth the pictures in which they were most active, cut to what the"
            + " unit sees there (its receptive field); whole where it sees more than the"
            + " picture.",
        Gallery.Size.SMALL,
        rows);
  }

  /** Units whose strongest pictures stand out most from the others. */
  private List<Integer> chosen(Looked.Peaks peaks) {
    double[] scores = new double[peaks.units()];
    for (int unit = 0; unit < scores.length; unit++) {
      double sum = 0;
      double squares = 0;
      for (int row = 0; row < table.rows(); row++) {
        sum += peaks.value(row, unit);
        squares += (double) peaks.value(row, unit) * peaks.value(row, unit);
      }
      double mean = sum / table.rows();
      double deviation = Math.sqrt(Math.max(0, squares / table.rows() - mean * mean));
      int strong = strongest(peaks, unit).get(0);
      scores[unit] = deviation > 0 ? (peaks.value(strong, unit) - mean) / deviation : -1;
    }
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer unit) -> -scores[unit]))
        .limit(settings.units())
        .sorted()
        .toList();
  }

  private List<Integer> strongest(Looked.Peaks peaks, int unit) {
    return IntStream.range(0, table.rows())
        .boxed()
        .sorted(Comparator.comparingDouble((Integer row) -> -peaks.value(row, unit)))
        .limit(PATCHES)
        .toList();
  }

  private List<Gallery.Item> patches(Looked.Peaks peaks, int unit, Optional<ReceptiveField> field) {
    List<Gallery.Item> items = new ArrayList<>();
    for (int row : strongest(peaks, unit)) {
      try {
        Picture seen =
            input
                .set()
                .read(
                    table.index(row),
                    input.reading().decode(),
                    input.reading().transform(),
                    RandomState.of(0));
        Picture patch =
            field
                .map(f -> cut(seen, f, peaks.row(row, unit), peaks.column(row, unit)))
                .orElse(seen);
        String details =
            String.format(
                Locale.ROOT,
                "%s, %s, %.3f",
                input.set().classes().get(table.target(row)),
                input.set().name(table.index(row)),
                peaks.value(row, unit));
        items.add(new Gallery.Item(small(patch), "", details, Gallery.Mark.NONE));
      } catch (BadPictureException unread) {
        items.add(Gallery.Item.of(jpeg(small.pictures().get(row)), "")); // it could be, before
      }
    }
    return items;
  }

  private static Picture cut(Picture seen, ReceptiveField field, int row, int column) {
    long top = Math.max(0, field.rows().first(row));
    long left = Math.max(0, field.columns().first(column));
    long bottom = Math.min(seen.height(), field.rows().first(row) + field.rows().size());
    long right = Math.min(seen.width(), field.columns().first(column) + field.columns().size());
    if (bottom <= top || right <= left) {
      return seen; // it saw the padding alone
    }
    return seen.crop(
        new Box((int) top, (int) left, new ImageSize((int) (bottom - top), (int) (right - left))));
  }

  private static Picture shown(Picture patch) {
    int longer = Math.max(patch.height(), patch.width());
    double scale = 64.0 / longer;
    ImageSize size =
        new ImageSize(
            Math.max(1, (int) Math.round(patch.height() * scale)),
            Math.max(1, (int) Math.round(patch.width() * scale)));
    return Resize.apply(patch, size, scale > 1 ? Interpolation.NEAREST : Interpolation.BILINEAR);
  }

  /** A picture as a JPEG whose longer side has 64 pixels. */
  static Image small(Picture picture) {
    return jpeg(shown(picture));
  }

  private Optional<Section> excited() {
    String layer = List.copyOf(fields.keySet()).get(fields.size() - 1);
    List<Integer> all = chosen(requireNonNull(looked.peaks.get(layer)));
    List<Integer> some = all.subList(0, Math.min(settings.made(), all.size()));
    if (some.isEmpty() || device.kind() != Device.Kind.CPU) {
      return Optional.empty();
    }
    ImageSize full = input.reading().size();
    ImageSize size = full.height() <= MADE_SIDE ? full : ImageSize.square(MADE_SIDE);
    List<Picture> pictures;
    try {
      pictures = excite(layer, some, size);
    } catch (LinnetException otherSize) {
      pictures = excite(layer, some, full);
    }
    List<Gallery.Item> items = new ArrayList<>();
    for (int i = 0; i < some.size(); i++) {
      items.add(Gallery.Item.of(jpeg(pictures.get(i)), "unit " + some.get(i)));
    }
    return Optional.of(
        new Gallery(
            "Pictures made to excite units",
            "From noise, by following the gradient of a unit's mean activation in " + layer + ".",
            Gallery.Size.MEDIUM,
            List.of(new Gallery.Row("", items))));
  }

  private List<Picture> excite(String layer, List<Integer> some, ImageSize size) {
    return ActivationMaximization.DEFAULT.pictures(
        network, layer, some, size, input.reading().normalization(), RandomState.of(0));
  }

  /** A picture as a JPEG of quality 80. */
  static Image jpeg(Picture picture) {
    return Image.jpeg(JpegWriter.write(picture, 80), picture.width(), picture.height());
  }
}
