package dev.linnet.image;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Rect;

/**
 * A picture in native memory, where OpenCV works; whoever makes one closes it.
 *
 * <p>One thread at a time.
 */
final class NativePicture implements AutoCloseable {
  /** Columns of padded blocks: their rows are whole ints, with one channel or three. */
  private static final int PADDING = 4;

  private final Mat mat;

  NativePicture(Mat mat) {
    this.mat = mat;
  }

  /** An empty picture of that size, its pixels not set. */
  static NativePicture empty(ImageSize size, int channels) {
    OpenCv.load();
    int type = channels == 3 ? opencv_core.CV_8UC3 : opencv_core.CV_8UC1;
    return new NativePicture(new Mat(size.height(), size.width(), type));
  }

  /** A copy of a picture of the heap. */
  static NativePicture of(Picture picture) {
    NativePicture copy = empty(picture.size(), picture.channels());
    copy.mat.data().put(picture.raw());
    return copy;
  }

  ImageSize size() {
    return new ImageSize(mat.rows(), mat.cols());
  }

  int channels() {
    return mat.channels();
  }

  /** A part that shares this picture's memory: it must lie inside, and be closed before. */
  NativePicture part(Box box) {
    try (Rect rectangle =
        new Rect(box.left(), box.top(), box.size().width(), box.size().height())) {
      return new NativePicture(new Mat(mat, rectangle));
    }
  }

  /** A copy on the heap. */
  Picture toPicture() {
    if (!mat.isContinuous()) {
      try (NativePicture whole = new NativePicture(mat.clone())) {
        return whole.toPicture();
      }
    }
    ImageSize size = size();
    byte[] pixels = new byte[Math.toIntExact(size.area() * channels())];
    try (BytePointer data = mat.data()) {
      data.get(pixels);
    }
    return Picture.wrap(size, channels(), pixels);
  }

  /** The rows as ints of four bytes each; each row is padded to {@link #paddedInts}. */
  int[] packed() {
    return packed(size(), target -> mat.copyTo(target));
  }

  /** The columns as ints of four bytes each, as if the picture were transposed. */
  int[] packedColumns() {
    return packed(size().transposed(), target -> opencv_core.transpose(mat, target));
  }

  /** Sets the pixels from what {@link #packed} has given. */
  void setPacked(int[] rows) {
    setPacked(rows, size(), source -> source.copyTo(mat));
  }

  /** Sets the pixels from what {@link #packedColumns} has given. */
  void setPackedColumns(int[] columns) {
    setPacked(columns, size().transposed(), source -> opencv_core.transpose(source, mat));
  }

  /** Number of ints in a packed row of that many pixels. */
  static int paddedInts(int width, int channels) {
    return (width + PADDING - 1) / PADDING * channels;
  }

  /** What is done with a block without its padding. */
  private interface BlockAction {
    void run(Mat block);
  }

  private int[] packed(ImageSize size, BlockAction fill) {
    int[] ints = new int[Math.multiplyExact(size.height(), paddedInts(size.width(), channels()))];
    withBlock(
        size,
        (block, data) -> {
          fill.run(block);
          data.get(ints);
        });
    return ints;
  }

  private void setPacked(int[] ints, ImageSize size, BlockAction take) {
    withBlock(
        size,
        (block, data) -> {
          data.put(ints);
          take.run(block);
        });
  }

  /** What is done with a padded block: its part without the padding, and all of its memory. */
  private interface PaddedAction {
    void run(Mat block, IntPointer data);
  }

  private void withBlock(ImageSize size, PaddedAction action) {
    int padded = (size.width() + PADDING - 1) / PADDING * PADDING;
    try (Mat whole = new Mat(size.height(), padded, mat.type());
        Rect rectangle = new Rect(0, 0, size.width(), size.height());
        Mat block = new Mat(whole, rectangle);
        BytePointer bytes = whole.data();
        IntPointer data = new IntPointer(bytes)) {
      action.run(block, data);
    }
  }

  @Override
  public void close() {
    mat.close();
  }
}
