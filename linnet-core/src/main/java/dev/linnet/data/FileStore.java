package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Decoder;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Pictures that are files of a tree. */
final class FileStore implements Store {
  /** Twice the bytes of the largest picture that is read, uncompressed. */
  static final long MOST = 1L << 29;

  private final Tree tree;

  FileStore(Tree tree) {
    this.tree = tree;
  }

  @Override
  public int count() {
    return tree.count();
  }

  @Override
  public String name(int picture) {
    return tree.path(picture);
  }

  @Override
  public String where(int picture) {
    return tree.where(picture);
  }

  @Override
  public long length(int picture) {
    return tree.lengthNow(picture);
  }

  @Override
  public byte[] content(int picture) throws IOException {
    return tree.read(picture);
  }

  @Override
  public Optional<Encoded> encoded(int picture) {
    return Optional.of(new Encoded(bytes(picture), where(picture)));
  }

  @Override
  public Picture read(int picture, DecodeOptions options) {
    return Decoder.decode(bytes(picture), where(picture), options);
  }

  @Override
  public Picture read(
      int picture, DecodeOptions options, PictureTransform transform, RandomState random) {
    return transform.decode(bytes(picture), where(picture), options, random);
  }

  @Override
  public PictureInfo info(int picture) {
    return tree.info(picture)
        .orElseGet(() -> PictureInfo.of(ImageHeader.read(bytes(picture), where(picture))));
  }

  @Override
  public Optional<Path> file(int picture) {
    return tree.file(picture);
  }

  @Override
  public Optional<Shards> shards() {
    return tree.layout();
  }

  @Override
  public boolean isInMemory() {
    return false;
  }

  @Override
  public long checksum() {
    return 0;
  }

  /**
   * The bytes of a file.
   *
   * @throws BadPictureException if it is too large or cannot be read
   */
  byte[] bytes(int picture) {
    long length = tree.length(picture);
    if (length > MOST) {
      throw new BadPictureException(
          where(picture), "has %d bytes; must be at most %d".formatted(length, MOST));
    }
    try {
      return tree.read(picture);
    } catch (OutOfMemoryError e) {
      throw new BadPictureException(
          where(picture), "has " + length + " bytes, for which the heap has no room", e);
    } catch (IOException e) {
      throw new BadPictureException(
          where(picture), "cannot be read (" + AtomicFile.reason(e) + ")", e);
    }
  }
}
