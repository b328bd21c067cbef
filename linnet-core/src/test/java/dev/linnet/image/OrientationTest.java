package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** EXIF blocks as cameras write them, and as they should not. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class OrientationTest {

  /** A JPEG with an EXIF block put behind its first marker. */
  private static byte[] jpegWith(byte[] tiff) {
    byte[] jpeg = GoldenPictures.bytes("formats/pixel.jpg");
    byte[] name = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
    int length = 2 + name.length + tiff.length;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    out.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xE1, (byte) (length >> 8), (byte) length});
    out.writeBytes(name);
    out.writeBytes(tiff);
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  /** A TIFF structure of one directory at {@code at} with one entry. */
  private static byte[] tiff(ByteOrder order, int at, int tag, int type, int value) {
    ByteBuffer tiff = ByteBuffer.allocate(at + 2 + 12 + 4).order(order);
    tiff.put(order == ByteOrder.BIG_ENDIAN ? new byte[] {'M', 'M'} : new byte[] {'I', 'I'});
    tiff.putShort((short) 42).putInt(at);
    tiff.position(at);
    tiff.putShort((short) 1).putShort((short) tag).putShort((short) type).putInt(1);
    tiff.putShort((short) value);
    return tiff.array();
  }

  private static int orientation(byte[] tiff) {
    return ImageHeader.read(jpegWith(tiff), "a.jpg").exifOrientation();
  }

  @Test
  void both_byte_orders_are_read() {
    assertThat(orientation(tiff(ByteOrder.BIG_ENDIAN, 8, 0x112, 3, 6))).isEqualTo(6);
    assertThat(orientation(tiff(ByteOrder.LITTLE_ENDIAN, 20, 0x112, 3, 8))).isEqualTo(8);
  }

  @Test
  void a_block_without_an_orientation_is_upright() {
    assertThat(orientation(tiff(ByteOrder.BIG_ENDIAN, 8, 0x110, 3, 6))).isEqualTo(1);
  }

  @Test
  void an_orientation_that_does_not_exist_is_upright() {
    assertThat(orientation(tiff(ByteOrder.BIG_ENDIAN, 8, 0x112, 3, 0))).isEqualTo(1);
    assertThat(orientation(tiff(ByteOrder.BIG_ENDIAN, 8, 0x112, 3, 9))).isEqualTo(1);
    assertThat(orientation(tiff(ByteOrder.BIG_ENDIAN, 8, 0x112, 2, 6))).isEqualTo(1);
  }

  @Test
  void a_broken_block_does_not_lose_the_picture() {
    byte[] outside = tiff(ByteOrder.LITTLE_ENDIAN, 8, 0x112, 3, 6);
    ByteBuffer.wrap(outside).order(ByteOrder.LITTLE_ENDIAN).putInt(4, -1);

    assertThat(orientation(outside)).isEqualTo(1);
    assertThat(orientation(new byte[] {'M', 'M', 0, 42})).isEqualTo(1);
    assertThat(orientation(new byte[0])).isEqualTo(1);
    assertThat(Decoder.decode(jpegWith(outside), "a.jpg", DecodeOptions.DEFAULT).size())
        .isEqualTo(ImageSize.square(1));
  }

  @Test
  void a_quarter_turn_exchanges_height_and_width() {
    ImageHeader header =
        ImageHeader.read(GoldenPictures.bytes("formats/orientation_6.jpg"), "a.jpg");

    assertThat(header.size(Orientation.IGNORE)).isEqualTo(new ImageSize(16, 24));
    assertThat(header.size(Orientation.APPLY)).isEqualTo(new ImageSize(24, 16));
  }

  @Test
  void a_part_of_the_upright_picture_is_found_where_it_is_stored() {
    Picture stored = GoldenPictures.picture("operators/src_face.png");
    for (int orientation = 1; orientation <= 8; orientation++) {
      Turn turn = new Turn(orientation);
      Box box = new Box(5, 11, new ImageSize(20, 31));

      assertThat(turn.upright(stored.crop(turn.stored(box, stored.size()))))
          .as("orientation %d", orientation)
          .isEqualTo(turn.upright(stored).crop(box));
    }
  }
}
