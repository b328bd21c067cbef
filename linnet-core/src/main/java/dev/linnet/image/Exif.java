package dev.linnet.image;

/** The one thing that Linnet reads from EXIF blocks: which way is up. */
final class Exif {
  private Exif() {}

  /**
   * Returns the orientation in [1, 8]; 1 where the block has none or is broken, because a picture
   * is not lost by a camera's careless notes.
   *
   * @param start where its TIFF header stands
   * @param end where the block ends
   */
  static int orientation(FileBytes bytes, long start, long end) {
    if (!bytes.has(start, "II*\0") && !bytes.has(start, "MM\0*")) {
      return 1;
    }
    try {
      return new TiffTags(bytes, start, Math.min(end, bytes.length())).orientation();
    } catch (BadPictureException e) {
      return 1;
    }
  }
}
