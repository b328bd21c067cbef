package dev.linnet.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ContactSheetTest {
  private static final ContactSheet SHEET = new ContactSheet(3, 32);
  private static final Picture RED = Picture.filled(ImageSize.square(32), 255, 0, 0);

  private static Picture sheet(String caption) {
    return SHEET.draw(List.of(new ContactSheet.Entry(RED, caption)));
  }

  private static int blackPixels(Picture picture) {
    int black = 0;
    for (int row = 0; row < picture.height(); row++) {
      for (int column = 0; column < picture.width(); column++) {
        int sum = 0;
        for (int c = 0; c < 3; c++) {
          sum += picture.level(row, column, c);
        }
        black += sum == 0 ? 1 : 0;
      }
    }
    return black;
  }

  @Test
  void pictures_stand_in_rows_with_gaps_of_eight_pixels() {
    List<ContactSheet.Entry> four = Collections.nCopies(4, new ContactSheet.Entry(RED, ""));
    Picture sheet = SHEET.draw(four);

    assertThat(sheet.size()).isEqualTo(new ImageSize(2 * 40 + 8, 3 * 40 + 8));
    assertThat(sheet.crop(new Box(48, 8, ImageSize.square(32)))).isEqualTo(RED);
    assertThat(sheet.level(0, 0, 1)).isEqualTo(255);
  }

  @Test
  void a_large_picture_is_shrunk_in_proportion() {
    Picture wide = Picture.filled(new ImageSize(50, 200), 255, 0, 0);
    Picture sheet = SHEET.draw(List.of(new ContactSheet.Entry(wide, "")));

    assertThat(sheet.crop(new Box(8 + 12, 8, new ImageSize(8, 32))))
        .isEqualTo(Picture.filled(new ImageSize(8, 32), 255, 0, 0));
    assertThat(sheet.level(8 + 11, 20, 1)).isEqualTo(255);
  }

  @Test
  void a_small_grey_picture_is_enlarged_by_a_whole_factor() {
    Picture small = Picture.of(new ImageSize(1, 2), 1, new byte[] {0, 100});
    Picture sheet = SHEET.draw(List.of(new ContactSheet.Entry(small, "")));

    assertThat(sheet.crop(new Box(8 + 8, 8, ImageSize.square(16))))
        .isEqualTo(Picture.filled(ImageSize.square(16), 0, 0, 0));
    assertThat(sheet.crop(new Box(8 + 8, 24, ImageSize.square(16))))
        .isEqualTo(Picture.filled(ImageSize.square(16), 100, 100, 100));
  }

  @Test
  void captions_are_written_in_most_scripts() {
    assertThat(List.of("ants", "Größe", "Ελλάδα", "Привет", "猫", "고양이", "עברית"))
        .allSatisfy(caption -> assertThat(blackPixels(sheet(caption))).isGreaterThan(10));
  }

  @Test
  void letters_in_two_parts_look_like_letters_in_one() {
    assertThat(sheet("cafe\u0301")).isEqualTo(sheet("caf\u00e9"));
  }

  @Test
  void a_letter_without_a_glyph_is_a_square() {
    assertThat(sheet("\uD83D\uDE00")).isEqualTo(sheet("\u25A1"));
  }

  @Test
  void a_caption_that_is_too_long_ends_with_an_ellipsis() {
    assertThat(sheet("abcdefgh")).isEqualTo(sheet("abcd\u2026"));
  }

  @Test
  void a_caption_of_two_lines_takes_two_lines() {
    assertThat(sheet("a\nb").height()).isEqualTo(sheet("a").height() + 15);
  }

  @Test
  void the_png_holds_the_sheet() {
    List<ContactSheet.Entry> one = List.of(new ContactSheet.Entry(RED, "red"));

    assertThat(Decoder.decode(SHEET.png(one), "sheet.png", DecodeOptions.DEFAULT))
        .isEqualTo(SHEET.draw(one));
  }

  @Test
  void wrong_values_are_named() {
    assertThatThrownBy(() -> new ContactSheet(0, 32))
        .hasMessage("columns: got 0; must be in [1, 100]");
    assertThatThrownBy(() -> new ContactSheet(1, 15))
        .hasMessage("cell: got 15; must be in [16, 2048]");
    assertThatThrownBy(() -> SHEET.draw(List.of()))
        .hasMessage("pictures: got 0; must be at least 1");
  }
}
