package dev.linnet.image;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Rect;

/**
 * A picture in native memory, where OpenCV works; whoever makes one closes it.
 *
 * <p>One thread at a time.
 */
final class NativePicture implements AutoCloseable {
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

  /** A copy of a part of a picture of the heap, inside which it must lie. */
  static NativePicture of(Picture picture, Box part) {
    NativePicture copy = empty(part.size(), picture.channels());
    byte[] pixels = picture.raw();
    int rowBytes = picture.width() * picture.channels();
    int copied = part.size().width() * picture.channels();
    try (BytePointer data = copy.mat.data()) {
      ByteBuffer target = data.capacity((long) part.size().height() * copied).asBuffer();
      int from = part.top() * rowBytes + part.left() * picture.channels();
      for (int row = 0; row < part.size().height(); row++, from += rowBytes) {
        target.put(pixels, from, copied);
      }
    }
    return copy;
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

  @Override
  public void close() {
    mat.close();
  }
}
