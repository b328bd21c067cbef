package dev.linnet.report;

import java.util.Base64;

/**
 * A picture that is part of a page.
 *
 * @param source its file as a {@code data:} address
 * @param width in pixels
 * @param height in pixels
 */
public record Image(String source, int width, int height) {
  /** Takes the bytes of a PNG file. */
  public static Image png(byte[] file, int width, int height) {
    return of("image/png", file, width, height);
  }

  /** Takes the bytes of a JPEG file. */
  public static Image jpeg(byte[] file, int width, int height) {
    return of("image/jpeg", file, width, height);
  }

  private static Image of(String type, byte[] file, int width, int height) {
    String bytes = Base64.getEncoder().encodeToString(file);
    return new Image("data:" + type + ";base64," + bytes, width, height);
  }
}
