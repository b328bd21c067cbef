package dev.linnet.explain;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.data.PictureList;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.Decoder;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.train.FeatureTable;
import dev.linnet.weights.SafeTensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class EmbeddingTest {
  private static final Embedding EMBEDDING =
      new Embedding(
          FeatureTable.of(
              new float[] {1, -0.5f, 2e-7f, 3, 4, 5}, 3, new int[] {1, 0}, new int[] {0, 1}),
          List.of("a,b/1.png", "tab\there.png"),
          List.of("ants", "be\"es"),
          "layer3");

  @TempDir Path folder;

  @Test
  void a_csv_has_names_classes_and_numbers() throws IOException {
    Path file = folder.resolve("f.csv");
    assertThat(EMBEDDING.write(file, Embedding.Format.CSV)).containsExactly(file);
    assertThat(Files.readString(file, UTF_8))
        .isEqualTo(
            """
            picture,class,f0,f1,f2
            "a,b/1.png","be""es",1.0,-0.5,2.0E-7
            tab\there.png,ants,3.0,4.0,5.0
            """);
  }

  @Test
  void an_npy_is_numpys_array_with_a_csv_beside_it() throws IOException {
    Path file = folder.resolve("f.npy");
    assertThat(EMBEDDING.write(file, Embedding.Format.NPY))
        .containsExactly(file, folder.resolve("f.csv"));
    byte[] bytes = Files.readAllBytes(file);
    assertThat(bytes).hasSize(128 + 24);
    assertThat(new String(bytes, 1, 5, ISO_8859_1)).isEqualTo("NUMPY");
    assertThat(new String(bytes, 10, 118, ISO_8859_1))
        .startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }")
        .endsWith(" \n");
    ByteBuffer numbers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(numbers.getFloat(128 + 4)).isEqualTo(-0.5f);
    assertThat(numbers.getFloat(128 + 20)).isEqualTo(5f);
    assertThat(folder.resolve("f.csv"))
        .hasContent("picture,class\n\"a,b/1.png\",\"be\"\"es\"\ntab\there.png,ants");
  }

  @Test
  void safetensors_are_a_table_of_features_with_names_beside() {
    Path file = folder.resolve("f.safetensors");
    EMBEDDING.write(file, Embedding.Format.SAFETENSORS);
    assertThat(FeatureTable.load(file).row(1)).containsExactly(3, 4, 5);
    try (SafeTensors tensors = SafeTensors.open(file)) {
      assertThat(tensors.metadata())
          .containsEntry("layer", "layer3")
          .containsEntry("names", "[\"a,b/1.png\",\"tab\\there.png\"]")
          .containsEntry("classes", "[\"ants\",\"be\\\"es\"]");
    }
  }

  @Test
  void the_ending_says_the_format() {
    assertThat(Embedding.Format.of(Path.of("x/y.NPY"))).contains(Embedding.Format.NPY);
    assertThat(Embedding.Format.of(Path.of("x/y.safetensors")))
        .contains(Embedding.Format.SAFETENSORS);
    assertThat(Embedding.Format.of(Path.of("csv"))).isEmpty();
  }

  @Test
  void the_projector_gets_tables_a_sprite_and_their_description() throws IOException {
    Path red = Files.write(folder.resolve("red.png"), png(9, 12, 255, 0, 0));
    Path blue = Files.write(folder.resolve("blue.png"), png(30, 20, 0, 0, 255));
    Path out = folder.resolve("projector");
    ProjectorFiles.write(out, EMBEDDING, new PictureList(List.of(red, blue)));
    assertThat(out.resolve("tensors.tsv")).hasContent("1.0\t-0.5\t2.0E-7\n3.0\t4.0\t5.0");
    assertThat(out.resolve("metadata.tsv"))
        .hasContent("picture\tclass\na,b/1.png\tbe\"es\ntab here.png\tants");
    assertThat(Files.readString(out.resolve("projector_config.pbtxt")))
        .contains("tensor_name: \"layer3\"", "single_image_dim: 64", "image_path: \"sprite.png\"");
    Picture sprite =
        Decoder.decode(
            Files.readAllBytes(out.resolve("sprite.png")), "sprite", DecodeOptions.DEFAULT);
    assertThat(sprite.size()).isEqualTo(new ImageSize(64, 128));
    assertThat(sprite.level(30, 30, 0)).isEqualTo(255);
    assertThat(sprite.level(30, 90, 2)).isEqualTo(255);
  }

  private static byte[] png(int height, int width, int... color) {
    return PngWriter.write(Picture.filled(new ImageSize(height, width), color));
  }
}
