package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Pictures in a fixed order without labels: files of a tree, or raw pixels. Any thread. */
interface Store {
  /** Number of pictures. */
  int count();

  /** Name inside the data set. */
  String name(int picture);

  /** What to call a picture in a message. */
  String where(int picture);

  /** Length in bytes, as it is stored now. */
  long length(int picture);

  /** The bytes as they are stored. */
  byte[] content(int picture) throws IOException;

  /** The file of a picture that is all of it, as {@link PictureSet#encoded} has it. */
  default Optional<Encoded> encoded(int picture) {
    return Optional.empty();
  }

  /** Reads and decodes. */
  Picture read(int picture, DecodeOptions options);

  /** Reads and applies an operator. */
  default Picture read(
      int picture, DecodeOptions options, PictureTransform transform, RandomState random) {
    return transform.apply(read(picture, options), random);
  }

  /** What a picture is. */
  PictureInfo info(int picture);

  /** The file on disk, where the picture is one of its own or a part of one. */
  Optional<Path> file(int picture);

  /** The box of its file that a picture is, where it is not the whole. */
  default Optional<MarkedBox> cutOut(int picture) {
    return Optional.empty();
  }

  /** How the pictures lie in shards, where they do. */
  default Optional<Shards> shards() {
    return Optional.empty();
  }

  /** Whether the pixels are in memory already. */
  boolean isInMemory();

  /** A checksum of what no name or length shows: pixels in memory, boxes; 0 where nothing is. */
  long checksum();

  /** Whether the data set has boxes. */
  default boolean hasBoxes() {
    return false;
  }

  /** The classes of a picture that may have several, rising; none where each has one label. */
  default int[] classesOf(int picture) {
    return new int[0];
  }

  /**
   * What is wrong with the boxes of a whole picture, one line each.
   *
   * @throws dev.linnet.image.BadPictureException if it is no picture
   */
  default List<String> boxProblems(int picture) {
    return List.of();
  }
}
