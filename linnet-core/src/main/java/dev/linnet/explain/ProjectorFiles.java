package dev.linnet.explain;

import dev.linnet.base.AtomicFile;
import dev.linnet.data.PictureSet;
import dev.linnet.image.PngWriter;
import dev.linnet.train.FeatureTable;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * What TensorBoard's embedding projector shows: {@code tensors.tsv}, {@code metadata.tsv}, {@code
 * sprite.png} and {@code projector_config.pbtxt} in one folder, which {@code tensorboard --logdir}
 * takes.
 */
public final class ProjectorFiles {
  /** The projector takes no larger picture. */
  private static final int MOST_PIXELS = 8192;

  private static final int SIDE = 64;

  private ProjectorFiles() {}

  /**
   * Writes them, over those that may be there.
   *
   * @param set of the pictures that the table's indices count
   * @return the files
   */
  public static List<Path> write(Path folder, Embedding embedding, PictureSet set) {
    FeatureTable table = embedding.table();
    int columns = Thumbnails.columns(table.rows());
    int side = Math.max(4, Math.min(SIDE, MOST_PIXELS / columns));
    Path tensors = folder.resolve("tensors.tsv");
    Path metadata = folder.resolve("metadata.tsv");
    Path sprite = folder.resolve("sprite.png");
    Path config = folder.resolve("projector_config.pbtxt");
    AtomicFile.write(
        tensors,
        channel -> {
          OutputStream out = Channels.newOutputStream(channel);
          Writer writer =
              new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
          writeRows(table, writer);
          writer.flush();
        });
    AtomicFile.write(metadata, metadata(embedding));
    Thumbnails pictures = Thumbnails.of(set, Rows.indices(table), side);
    AtomicFile.write(sprite, PngWriter.write(pictures.sprite()));
    AtomicFile.write(
        config,
        """
        embeddings {
          tensor_name: "%s"
          tensor_shape: %d
          tensor_shape: %d
          tensor_path: "tensors.tsv"
          metadata_path: "metadata.tsv"
          sprite {
            image_path: "sprite.png"
            single_image_dim: %d
            single_image_dim: %d
          }
        }
        """
            .formatted(
                embedding.layer().replace("\\", "\\\\").replace("\"", "\\\""),
                table.rows(),
                table.width(),
                side,
                side));
    return List.of(tensors, metadata, sprite, config);
  }

  private static void writeRows(FeatureTable table, Writer writer) throws IOException {
    for (int row = 0; row < table.rows(); row++) {
      for (int column = 0; column < table.width(); column++) {
        if (column > 0) {
          writer.write('\t');
        }
        writer.write(String.valueOf(table.value(row, column)));
      }
      writer.write('\n');
    }
  }

  private static String metadata(Embedding embedding) {
    StringBuilder text = new StringBuilder("picture\tclass\n");
    for (List<String> row : embedding.rows()) {
      text.append(cell(row.get(0))).append('\t').append(cell(row.get(1))).append('\n');
    }
    return text.toString();
  }

  /** The format has no way to write tabs and ends of lines. */
  private static String cell(String text) {
    return text.replaceAll("[\\t\\r\\n]", " ");
  }
}
