package dev.linnet.data;

import dev.linnet.image.BadPictureException;
import dev.linnet.image.Box;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Decoder;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.Orientation;
import dev.linnet.image.Picture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The boxes of pictures that are files of a tree, each cut out as a picture of its own.
 *
 * <p>The pictures decoded last are kept a while, so that boxes of one picture that are read one
 * after the other decode it once.
 */
final class BoxStore implements Store {
  private final FileStore files;
  private final List<Cut> cuts;
  private final long checksum;
  private final RecentPictures recent = new RecentPictures();

  /** A box of a picture. */
  record Cut(MarkedPicture picture, MarkedBox box) {}

  BoxStore(Tree tree, List<Cut> cuts) {
    this.files = new FileStore(tree);
    this.cuts = List.copyOf(cuts);
    BoxChecksum sum = new BoxChecksum();
    this.cuts.forEach(cut -> sum.add(cut.box()));
    this.checksum = sum.value();
  }

  @Override
  public int count() {
    return cuts.size();
  }

  /** The picture's name and the number of the box, such as {@code JPEGImages/000001.jpg[0]}. */
  @Override
  public String name(int picture) {
    return files.name(fileOf(picture)) + number(picture);
  }

  @Override
  public String where(int picture) {
    return files.where(fileOf(picture)) + number(picture);
  }

  /** That of the whole file. */
  @Override
  public long length(int picture) {
    return files.length(fileOf(picture));
  }

  /** The whole file, then the box. */
  @Override
  public byte[] content(int picture) throws IOException {
    byte[] file = files.content(fileOf(picture));
    MarkedBox box = cuts.get(picture).box();
    return ByteBuffer.allocate(file.length + 4 * Integer.BYTES)
        .put(file)
        .putInt(box.left())
        .putInt(box.top())
        .putInt(box.right())
        .putInt(box.bottom())
        .array();
  }

  @Override
  public Picture read(int picture, DecodeOptions options) {
    int file = fileOf(picture);
    RecentPictures.Decoded whole =
        recent.get(
            new RecentPictures.Key(
                file, options.color(), options.orientation(), options.maxPixels()),
            () -> {
              byte[] bytes = files.bytes(file);
              String where = files.where(file);
              ImageHeader header = ImageHeader.read(bytes, where);
              return new RecentPictures.Decoded(header, Decoder.decode(bytes, where, options));
            });
    return whole.picture().crop(box(picture, whole.header(), options.orientation()));
  }

  /** The box's size, cut at the picture's border. */
  @Override
  public PictureInfo info(int picture) {
    int file = fileOf(picture);
    ImageHeader header = ImageHeader.read(files.bytes(file), files.where(file));
    return new PictureInfo(
        header.format().name().toLowerCase(Locale.ROOT),
        box(picture, header, Orientation.IGNORE).size(),
        header.channels(),
        header.exifOrientation());
  }

  /** That of the whole picture. */
  @Override
  public Optional<Path> file(int picture) {
    return files.file(fileOf(picture));
  }

  @Override
  public Optional<MarkedBox> cutOut(int picture) {
    return Optional.of(cuts.get(picture).box());
  }

  @Override
  public boolean isInMemory() {
    return false;
  }

  /** Of all boxes. */
  @Override
  public long checksum() {
    return checksum;
  }

  @Override
  public boolean hasBoxes() {
    return true;
  }

  private int fileOf(int picture) {
    return cuts.get(picture).picture().file();
  }

  private String number(int picture) {
    return "[" + cuts.get(picture).box().number() + "]";
  }

  /**
   * @throws BadPictureException if it is empty or lies outside the picture
   */
  private Box box(int picture, ImageHeader header, Orientation orientation) {
    Cut cut = cuts.get(picture);
    return cut.picture().place(cut.box(), header, orientation, where(picture));
  }
}
