package dev.linnet.explain;

import dev.linnet.base.RandomState;
import dev.linnet.data.BadPictures;
import dev.linnet.data.Batch;
import dev.linnet.data.Loader;
import dev.linnet.data.PictureLoader;
import dev.linnet.data.PictureSet;
import dev.linnet.data.PictureSubset;
import dev.linnet.image.ColorMap;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Interpolation;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.image.Resize;
import dev.linnet.models.Classifier;
import dev.linnet.nn.Taps;
import dev.linnet.report.Gallery;
import dev.linnet.report.Image;
import dev.linnet.report.Section;
import dev.linnet.tensor.Autocast;
import dev.linnet.tensor.Autograd;
import dev.linnet.tensor.DType;
import dev.linnet.tensor.Device;
import dev.linnet.tensor.Scope;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What a few pictures become on their way through a network, as a part of a page: for each layer
 * the maps of the channels that vary most, the same channels of every picture, one below the other.
 */
final class FeatureMaps {
  static final int PICTURES = 3;
  private static final int CHANNELS = 8;
  private static final int SIDE = 64;

  /** Below it a map is kept as it is and shown with sharp places. */
  private static final int SHARP = 48;

  private final Classifier network;
  private final List<String> layers;
  private final Device device;
  private final DType dtype;

  /**
   * @param layers full names of modules that put out maps, or tokens that lie like a map
   */
  FeatureMaps(Classifier network, List<String> layers, Device device, DType dtype) {
    this.network = network;
    this.layers = layers;
    this.device = device;
    this.dtype = dtype;
  }

  /** Pictures from all over a set, of different classes where it has them. */
  static int[] few(PictureSet set) {
    int count = Math.min(PICTURES, set.size());
    int[] chosen = new int[count];
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < count; i++) {
      int start = (int) ((2L * i + 1) * set.size() / (2L * count));
      int at = start;
      for (int step = 0; step < set.size() && seen.contains(set.label(at)); step++) {
        at = (start + step) % set.size();
      }
      chosen[i] = seen.contains(set.label(at)) ? start : at;
      seen.add(set.label(chosen[i]));
    }
    return chosen;
  }

  /**
   * The part of the page; empty where no picture can be read.
   *
   * @param positions of a few pictures in the set; broken ones are left out
   */
  Optional<Section> section(PictureSet set, PictureLoader.Reading reading, int... positions) {
    PictureSet few = PictureSubset.of(set, positions);
    PictureLoader.Options options =
        new PictureLoader.Options(
            Math.max(1, few.size()), PictureLoader.Order.SEQUENTIAL, /* seed= */ 0, 0);
    BadPictures borne =
        new BadPictures(new BadPictures.Limit(1, few.size()), few.size(), line -> {});
    Scope scope = Scope.open("feature maps");
    try (PictureLoader loader = new PictureLoader(few, reading, options, borne);
        Loader.Pass pass = loader.pass(0, 0)) {
      Batch batch = pass.hasNext() ? pass.next() : null;
      return batch == null || batch.size() == 0
          ? Optional.empty()
          : Optional.of(gallery(few, reading, batch));
    } finally {
      scope.close();
    }
  }

  private Section gallery(PictureSet few, PictureLoader.Reading reading, Batch batch) {
    network.eval();
    Tensor images = batch.prepared(device).images();
    Taps.Seen seen =
        Autograd.off(
            () ->
                Autocast.run(
                    device,
                    dtype,
                    () -> Taps.run(network, layers, () -> network.features(images))));
    List<Picture> pictures = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      int at = batch.index(i);
      pictures.add(few.read(at, reading.decode(), reading.transform(), RandomState.of(0)));
      names.add(few.classes().get(few.label(at)));
    }
    List<Gallery.Row> rows = new ArrayList<>();
    for (String layer : layers) {
      Tensor put = seen.tapped().get(layer);
      if (put != null) {
        addRows(rows, layer, network.maps(layer, put, images), pictures, names);
      }
    }
    return new Gallery(
        "Feature maps by depth",
        "What each stage makes of a few pictures: the channels that vary most, from dark (the least"
            + " that a channel put out for these pictures) to bright (the most).",
        Gallery.Size.SMALL,
        rows);
  }

  private static void addRows(
      List<Gallery.Row> rows,
      String layer,
      Tensor maps,
      List<Picture> pictures,
      List<String> names) {
    Maps all = Maps.of(maps);
    List<Integer> channels = all.mostVaried();
    String title = "%s, %d channels of %d×%d".formatted(layer, all.channels, all.height, all.width);
    for (int n = 0; n < pictures.size(); n++) {
      List<Gallery.Item> items = new ArrayList<>();
      items.add(Gallery.Item.of(NetworkUnits.small(pictures.get(n)), names.get(n)));
      for (int channel : channels) {
        items.add(all.item(n, channel));
      }
      rows.add(new Gallery.Row(n == 0 ? title : "", items));
    }
  }

  /** The maps of one layer, read to the Java heap. */
  private static final class Maps {
    final int channels;
    final int height;
    final int width;
    private final int pictures;
    private final float[] values;

    private Maps(float[] values, Tensor of) {
      this.values = values;
      pictures = (int) of.dim(0);
      channels = (int) of.dim(1);
      height = (int) of.dim(2);
      width = (int) of.dim(3);
    }

    static Maps of(Tensor maps) {
      return new Maps(maps.to(DType.FLOAT32).toFloats(), maps);
    }

    private int area() {
      return height * width;
    }

    private int start(int picture, int channel) {
      return (picture * channels + channel) * area();
    }

    /** Those of the largest variance over all places and pictures, by their numbers. */
    List<Integer> mostVaried() {
      double[] variance = new double[channels];
      for (int c = 0; c < channels; c++) {
        double sum = 0;
        double squares = 0;
        for (int n = 0; n < pictures; n++) {
          for (int i = start(n, c); i < start(n, c) + area(); i++) {
            sum += values[i];
            squares += (double) values[i] * values[i];
          }
        }
        double count = (double) pictures * area();
        variance[c] = squares / count - (sum / count) * (sum / count);
      }
      return IntStream.range(0, channels)
          .boxed()
          .sorted(Comparator.comparingDouble((Integer c) -> -variance[c]))
          .limit(CHANNELS)
          .sorted()
          .toList();
    }

    Gallery.Item item(int picture, int channel) {
      float low = Float.POSITIVE_INFINITY;
      float high = Float.NEGATIVE_INFINITY;
      for (int n = 0; n < pictures; n++) {
        for (int i = start(n, channel); i < start(n, channel) + area(); i++) {
          low = Math.min(low, values[i]);
          high = Math.max(high, values[i]);
        }
      }
      float[] shares = new float[area()];
      float most = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < shares.length; i++) {
        float value = values[start(picture, channel) + i];
        most = Math.max(most, value);
        shares[i] = high > low ? (value - low) / (high - low) : 0;
      }
      Picture map = ColorMap.VIRIDIS.draw(shares, new ImageSize(height, width));
      String details =
          String.format(
              Locale.ROOT, "channel %d: at most %.3g here, %.3g to %.3g", channel, most, low, high);
      return new Gallery.Item(image(map), "ch. " + channel, details, Gallery.Mark.NONE);
    }

    private static Image image(Picture map) {
      int longer = Math.max(map.height(), map.width());
      if (longer < SHARP) {
        return Image.png(PngWriter.write(map), map.width(), map.height());
      }
      return longer <= SIDE ? NetworkUnits.jpeg(map) : NetworkUnits.jpeg(reduced(map, longer));
    }

    private static Picture reduced(Picture map, int longer) {
      double scale = (double) SIDE / longer;
      ImageSize size =
          new ImageSize(
              Math.max(1, (int) Math.round(map.height() * scale)),
              Math.max(1, (int) Math.round(map.width() * scale)));
      return Resize.apply(map, size, Interpolation.BILINEAR);
    }
  }
}
