package dev.linnet.image;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;

/** The only caller of OpenCV. Its threads are switched off: the workers are ours. */
final class OpenCv {
  static {
    opencv_core.setNumThreads(1);
  }

  private OpenCv() {}

  /** Decodes a whole file to RGB, orientation ignored. */
  static Picture decode(byte[] file, String name, ImageHeader header) {
    int flags = opencv_imgcodecs.IMREAD_COLOR_RGB | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION;
    try (BytePointer data = new BytePointer(file);
        Mat encoded = new Mat(1, file.length, opencv_core.CV_8UC1, data);
        Mat decoded = new Mat()) {
      opencv_imgcodecs.imdecode(encoded, flags, decoded);
      if (decoded.empty()) {
        throw new BadPictureException(
            name, "the %s cannot be decoded; get the file anew".formatted(header.format()));
      }
      ImageSize size = new ImageSize(decoded.rows(), decoded.cols());
      byte[] pixels = new byte[Math.toIntExact(size.area() * 3)];
      decoded.data().get(pixels);
      return Picture.wrap(size, 3, pixels);
    } catch (RuntimeException e) {
      if (e instanceof BadPictureException bad) {
        throw bad;
      }
      throw new BadPictureException(
          name, "the %s cannot be decoded; get the file anew".formatted(header.format()), e);
    }
  }
}
