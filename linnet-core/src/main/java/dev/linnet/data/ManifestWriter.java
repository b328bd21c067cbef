package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import java.io.File;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;

/** Writes the splits of a data set as a manifest, so that they stay as they are. */
public final class ManifestWriter {
  private ManifestWriter() {}

  /**
   * Writes CSV with the columns {@code path,label,split}, and {@code box} where pictures are parts
   * of files; paths are relative to the manifest.
   *
   * @throws LinnetException if the pictures are no files of their own (tar, IDX, CIFAR), or the
   *     file cannot be written
   */
  public static void write(DataSource source, Path file) {
    CSVFormat format = CSVFormat.DEFAULT;
    boolean isCut = source.stored().values().stream().anyMatch(set -> set.cutOut(0).isPresent());
    StringBuilder text = new StringBuilder("path,label,split" + (isCut ? ",box" : "") + "\n");
    for (Map.Entry<Split, StoredSet> entry : source.stored().entrySet()) {
      StoredSet set = entry.getValue();
      String split = entry.getKey().key();
      for (int i = 0; i < set.size(); i++) {
        String label = set.classes().get(set.label(i));
        text.append(format.format(path(source, set, i, file), label, split));
        set.cutOut(i).ifPresent(box -> text.append(',').append(Manifest.text(box)));
        text.append('\n');
      }
    }
    AtomicFile.write(file, text.toString());
  }

  private static String path(DataSource source, StoredSet set, int index, Path manifest) {
    Path picture =
        set.file(index)
            .orElseThrow(
                () ->
                    new LinnetException(
                        ("%s: its pictures are no files of their own (%s), so a manifest cannot"
                                + " name them; unpack it first")
                            .formatted(source.where(), source.layout())));
    Path folder = manifest.toAbsolutePath().normalize().getParent();
    Path absolute = picture.toAbsolutePath().normalize();
    Path shown = folder == null ? absolute : folder.relativize(absolute);
    return shown.toString().replace(File.separatorChar, '/');
  }
}
