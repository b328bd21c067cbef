package dev.linnet.image;

import java.nio.IntBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Rect;

/**
 * A picture in native memory whose rows are whole ints, as {@link Taps} sums them up: of color an
 * int a pixel, its fourth level meaning nothing; of grey an int for four pixels, the last ones of a
 * row perhaps padding. Whoever makes one closes it.
 *
 * <p>One thread at a time.
 */
final class IntRows implements AutoCloseable {
  private static final int BYTES = 4;

  private final Mat mat; // of one row after the other, padding included
  private final int width;

  private IntRows(Mat mat, int width) {
    this.mat = mat;
    this.width = width;
  }

  /** One whose pixels are not set. */
  static IntRows empty(ImageSize size, int channels) {
    OpenCv.load();
    int width = size.width();
    return channels == 1
        ? new IntRows(new Mat(size.height(), padded(width), opencv_core.CV_8UC1), width)
        : new IntRows(new Mat(size.height(), width, opencv_core.CV_8UC4), width);
  }

  /** A copy of a picture. */
  static IntRows of(NativePicture picture) {
    IntRows rows = empty(picture.size(), picture.channels());
    if (rows.isGray()) {
      try (Mat pixels = rows.pixels()) {
        picture.mat().copyTo(pixels);
      }
    } else {
      opencv_imgproc.cvtColor(picture.mat(), rows.mat, opencv_imgproc.COLOR_RGB2RGBA);
    }
    return rows;
  }

  private static int padded(int width) {
    return (width + BYTES - 1) / BYTES * BYTES;
  }

  private boolean isGray() {
    return mat.channels() == 1;
  }

  ImageSize size() {
    return new ImageSize(mat.rows(), width);
  }

  int channels() {
    return isGray() ? 1 : 3;
  }

  /** Number of ints in a row. */
  int length() {
    return mat.cols() * mat.channels() / BYTES;
  }

  /** Some rows that share this one's memory: to be closed before. */
  IntRows rows(int top, int height) {
    return new IntRows(mat.rowRange(top, top + height), width);
  }

  /** Exchanges rows and columns; the target has the size for it. */
  void transposeTo(IntRows target) {
    try (Mat from = pixels();
        Mat to = target.pixels()) {
      opencv_core.transpose(from, to);
    }
  }

  /** Copies some ints of each row, from a first one on, into lines that are as long at least. */
  void get(int first, int count, int[][] lines) {
    try (BytePointer bytes = mat.data();
        IntPointer ints = new IntPointer(bytes)) {
      IntBuffer all = buffer(ints);
      int height = mat.rows();
      int length = length();
      for (int row = 0; row < height; row++) {
        all.get(row * length + first, lines[row], 0, count);
      }
    }
  }

  /** The other way round. */
  void put(int first, int count, int[][] lines) {
    try (BytePointer bytes = mat.data();
        IntPointer ints = new IntPointer(bytes)) {
      IntBuffer all = buffer(ints);
      int height = mat.rows();
      int length = length();
      for (int row = 0; row < height; row++) {
        all.put(row * length + first, lines[row], 0, count);
      }
    }
  }

  private IntBuffer buffer(IntPointer ints) {
    return ints.capacity((long) mat.rows() * length()).asBuffer();
  }

  /** A copy on the heap. */
  Picture toPicture() {
    int type = isGray() ? opencv_core.CV_8UC1 : opencv_core.CV_8UC3;
    try (NativePicture copy = new NativePicture(new Mat(mat.rows(), width, type))) {
      if (isGray()) {
        try (Mat pixels = pixels()) {
          pixels.copyTo(copy.mat());
        }
      } else {
        opencv_imgproc.cvtColor(mat, copy.mat(), opencv_imgproc.COLOR_RGBA2RGB);
      }
      return copy.toPicture();
    }
  }

  /** Without the padding. */
  private Mat pixels() {
    try (Rect rectangle = new Rect(0, 0, width, mat.rows())) {
      return new Mat(mat, rectangle);
    }
  }

  @Override
  public void close() {
    mat.close();
  }
}
