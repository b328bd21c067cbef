package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Decoder;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.util.List;
import java.util.Optional;

/**
 * Pictures with one label each, in a fixed order. Indices run from 0 to {@code size() - 1}.
 *
 * <p>Any thread may read; implementations hold no open file.
 */
public interface PictureSet {
  /** Number of pictures. */
  int size();

  /** Names of the classes; a label is a position in this list. */
  List<String> classes();

  /** The class of a picture, in [0, {@code classes().size()}). */
  int label(int index);

  /**
   * The picture's name inside its data set, parts separated by {@code /}, such as {@code
   * train/ants/1.jpg} or {@code t10k-images-idx3-ubyte[17]}; the same wherever the data set lies.
   */
  String name(int index);

  /**
   * Reads and decodes a picture on the caller's thread.
   *
   * @throws dev.linnet.image.BadPictureException if it cannot be read; names the file
   */
  Picture read(int index, DecodeOptions options);

  /**
   * Reads a picture and applies an operator, which may decode less of the file than all.
   *
   * @throws dev.linnet.image.BadPictureException if it cannot be read; names the file
   */
  default Picture read(
      int index, DecodeOptions options, PictureTransform transform, RandomState random) {
    return transform.apply(read(index, options), random);
  }

  /**
   * The file of a picture that is all of it, decoded as its bytes say and nothing else: what {@link
   * Decoder#decode} makes of them is what {@link #read} gives. None where a picture is a part of a
   * file, is turned, or has no file.
   *
   * @throws dev.linnet.image.BadPictureException if it cannot be read; names the file
   */
  default Optional<Encoded> encoded(int index) {
    return Optional.empty();
  }

  /**
   * What a picture is, without decoding it.
   *
   * @throws dev.linnet.image.BadPictureException if it is no picture; names the file
   */
  PictureInfo info(int index);

  /** How the pictures lie in shards, where they do. */
  default Optional<Shards> shards() {
    return Optional.empty();
  }

  /**
   * SHA-256 of the classes and of every picture's name, length and label, in hexadecimal; of raw
   * pixels (IDX, CIFAR) also their checksum. The content of picture files is not read.
   */
  String fingerprint();
}
