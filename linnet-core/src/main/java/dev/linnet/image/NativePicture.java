package dev.linnet.image;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Rect;
import org.jspecify.annotations.Nullable;

/**
 * A picture in native memory, where OpenCV works; whoever makes one closes it.
 *
 * <p>One thread at a time.
 */
final class NativePicture implements AutoCloseable {
  private final Mat mat;
  private final @Nullable ByteBuffer memory; // where the pixels are, if not the Mat's own

  NativePicture(Mat mat) {
    this(mat, null);
  }

  private NativePicture(Mat mat, @Nullable ByteBuffer memory) {
    this.mat = mat;
    this.memory = memory;
  }

  /** A picture that lies in a buffer outside the heap: [H, W, C]. It is only read. */
  static NativePicture at(ByteBuffer pixels, ImageSize size, int channels) {
    OpenCv.load();
    try (BytePointer data = new BytePointer(pixels)) {
      return new NativePicture(new Mat(size.height(), size.width(), type(channels), data), pixels);
    }
  }

  private static int type(int channels) {
    return channels == 3 ? opencv_core.CV_8UC3 : opencv_core.CV_8UC1;
  }

  /** An empty picture of that size, its pixels not set. */
  static NativePicture empty(ImageSize size, int channels) {
    OpenCv.load();
    return new NativePicture(new Mat(size.height(), size.width(), type(channels)));
  }

  /** A copy of a picture of the heap. */
  static NativePicture of(Picture picture) {
    NativePicture copy = empty(picture.size(), picture.channels());
    copy.mat.data().put(picture.raw());
    return copy;
  }

  /** A copy of a part of a picture of the heap, inside which it must lie. */
  static NativePicture of(Picture picture, Box part) {
    int channels = picture.channels();
    NativePicture copy = empty(part.size(), channels);
    byte[] pixels = picture.raw();
    copy.fill(
        (target, row, length) -> {
          int from = ((part.top() + row) * picture.width() + part.left()) * channels;
          target.put(row * length, pixels, from, length);
        });
    return copy;
  }

  /** Puts one row, of {@code length} bytes, where it belongs in {@code target}. */
  interface Row {
    void put(ByteBuffer target, int row, int length);
  }

  /** Sets all pixels, row by row. */
  void fill(Row rows) {
    int length = mat.cols() * channels();
    try (BytePointer data = mat.data()) {
      ByteBuffer target = data.capacity((long) mat.rows() * length).asBuffer();
      for (int row = 0; row < mat.rows(); row++) {
        rows.put(target, row, length);
      }
    }
  }

  /** What OpenCV works on. */
  Mat mat() {
    return mat;
  }

  ImageSize size() {
    return new ImageSize(mat.rows(), mat.cols());
  }

  int channels() {
    return mat.channels();
  }

  /** A part that shares this picture's memory: it must lie inside. */
  NativePicture part(Box box) {
    try (Rect rectangle =
        new Rect(box.left(), box.top(), box.size().width(), box.size().height())) {
      return new NativePicture(new Mat(mat, rectangle), memory);
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

  @Override
  public void close() {
    try {
      mat.close();
    } finally {
      Reference.reachabilityFence(memory);
    }
  }
}
