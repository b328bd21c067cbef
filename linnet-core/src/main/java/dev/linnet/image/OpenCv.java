package dev.linnet.image;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.CvErrorCallback;
import org.bytedeco.opencv.opencv_core.Mat;
import org.jspecify.annotations.Nullable;

/**
 * The only caller of OpenCV. Its own threads are switched off, because the workers are ours, and
 * its log, because a library does not print. (libjpeg still writes a line to the standard error
 * stream when it mends damaged data; nothing in OpenCV reaches that.)
 *
 * <p>Any thread.
 */
final class OpenCv {
  static {
    opencv_core.setNumThreads(1);
    silence();
  }

  private OpenCv() {}

  /** Loads the library and sets it up, if that has not happened yet. */
  static void load() {}

  /** Its name and version. */
  static String version() {
    try (BytePointer version = opencv_core.getVersionString()) {
      return "OpenCV " + version.getString();
    }
  }

  /**
   * Decodes a file to RGB, its EXIF orientation ignored.
   *
   * @param denominator 1, or for a JPEG 2, 4, 8: both sides become ⌈side / denominator⌉
   */
  static NativePicture decode(byte[] file, String name, ImageHeader header, int denominator) {
    Mat decoded;
    try (BytePointer data = new BytePointer(file);
        Mat encoded = new Mat(1, file.length, opencv_core.CV_8UC1, data)) {
      // Not the overload with a target: after a failure, that holds memory never written to.
      decoded = opencv_imgcodecs.imdecode(encoded, flags(denominator));
    } catch (RuntimeException e) { // how the binding hands on any C++ exception
      throw undecodable(name, header, e);
    }
    ImageSize size = header.size().dividedBy(denominator);
    if (decoded.type() != opencv_core.CV_8UC3
        || decoded.rows() != size.height()
        || decoded.cols() != size.width()) {
      decoded.close();
      throw undecodable(name, header, null);
    }
    return new NativePicture(decoded);
  }

  /** Red, green and blue of each of the 256 steps of a color map of OpenCV's. */
  static byte[] colorMap(int number) {
    byte[] steps = new byte[ColorMap.STEPS];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = (byte) i;
    }
    byte[] table = new byte[3 * steps.length];
    try (BytePointer data = new BytePointer(steps);
        Mat levels = new Mat(steps.length, 1, opencv_core.CV_8UC1, data);
        Mat colors = new Mat()) {
      opencv_imgproc.applyColorMap(levels, colors, number);
      colors.data().get(table);
    }
    for (int i = 0; i < table.length; i += 3) { // OpenCV's are blue, green, red
      byte blue = table[i];
      table[i] = table[i + 2];
      table[i + 2] = blue;
    }
    return table;
  }

  /** Encodes a picture as JPEG. */
  static byte[] encodeJpeg(Picture picture, int quality) {
    byte[] pixels = picture.pixels();
    boolean color = picture.channels() == 3;
    if (color) {
      for (int i = 0; i < pixels.length; i += 3) { // OpenCV's are blue, green, red
        byte red = pixels[i];
        pixels[i] = pixels[i + 2];
        pixels[i + 2] = red;
      }
    }
    int type = color ? opencv_core.CV_8UC3 : opencv_core.CV_8UC1;
    try (BytePointer data = new BytePointer(pixels);
        Mat mat = new Mat(picture.height(), picture.width(), type, data);
        BytePointer file = new BytePointer();
        IntPointer settings = new IntPointer(opencv_imgcodecs.IMWRITE_JPEG_QUALITY, quality)) {
      if (!opencv_imgcodecs.imencode(".jpg", mat, file, settings)) {
        throw new IllegalStateException("OpenCV wrote no JPEG");
      }
      byte[] bytes = new byte[Math.toIntExact(file.limit())];
      file.get(bytes);
      return bytes;
    }
  }

  private static BadPictureException undecodable(
      String name, ImageHeader header, @Nullable Throwable cause) {
    return new BadPictureException(
        name, "the %s cannot be decoded; get the file anew".formatted(header.format()), cause);
  }

  private static int flags(int denominator) {
    int scale =
        switch (denominator) {
          case 1 -> 0;
          case 2 -> opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_2;
          case 4 -> opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_4;
          case 8 -> opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_8;
          default -> throw new IllegalArgumentException("denominator: got " + denominator);
        };
    return scale | opencv_imgcodecs.IMREAD_COLOR_RGB | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION;
  }

  /**
   * Calls {@code cv::utils::logging::setLogLevel(LOG_LEVEL_SILENT)}. The binding does not map that
   * function, so it is found by its symbol and called through a function pointer of the binding
   * whose first argument is an int as well; the others are not looked at.
   */
  private static void silence() {
    Pointer function = Loader.addressof("_ZN2cv5utils7logging11setLogLevelENS1_8LogLevelE");
    if (function == null || function.isNull()) {
      return; // another compiler, other names: then OpenCV logs broken pictures as it likes
    }
    try (PointerPointer<Pointer> holder = new PointerPointer<>(2L)) {
      holder.put(0, function);
      new CvErrorCallback(holder).call(0, null, null, null, 0, null);
    }
  }
}
