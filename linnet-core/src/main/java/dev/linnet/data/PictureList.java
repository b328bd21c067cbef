package dev.linnet.data;

import dev.linnet.base.AtomicFile;
import dev.linnet.base.LinnetException;
import dev.linnet.base.Sha256;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.Picture;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Pictures that are named one by one, such as those to predict; all have the label 0. */
public final class PictureList implements PictureSet {
  private final List<Path> files;

  /** The files, in this order; they are looked at when they are read. */
  public PictureList(List<Path> files) {
    this.files = List.copyOf(files);
  }

  /**
   * The files, and those in the folders and below them, each folder's by name.
   *
   * @param named files and folders, in this order
   * @throws LinnetException if a folder holds no picture or cannot be read
   */
  public static PictureList of(List<Path> named) {
    List<Path> files = new ArrayList<>();
    for (Path path : named) {
      if (Files.isDirectory(path)) {
        addAll(path, files);
      } else {
        files.add(path);
      }
    }
    return new PictureList(files);
  }

  private static void addAll(Path folder, List<Path> files) {
    FilesTree tree = FilesTree.below(folder, Disk.REAL);
    int before = files.size();
    for (int i = 0; i < tree.count(); i++) {
      if (ClassFolders.isPicture(tree, i)) {
        tree.file(i).ifPresent(files::add);
      }
    }
    if (files.size() == before) {
      throw new LinnetException(folder + ": holds no pictures");
    }
  }

  @Override
  public int size() {
    return files.size();
  }

  /** One, without a name. */
  @Override
  public List<String> classes() {
    return List.of("");
  }

  @Override
  public int label(int index) {
    return 0;
  }

  @Override
  public String name(int index) {
    return files.get(index).toString();
  }

  @Override
  public Picture read(int index, DecodeOptions options) {
    return dev.linnet.image.Decoder.decode(bytes(index), name(index), options);
  }

  @Override
  public PictureInfo info(int index) {
    ImageHeader header = ImageHeader.read(bytes(index), name(index));
    return new PictureInfo(
        header.format().toString(), header.size(), header.channels(), header.exifOrientation());
  }

  @Override
  public String fingerprint() {
    MessageDigest digest = Sha256.digest();
    files.forEach(f -> digest.update(f.toString().getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(digest.digest());
  }

  private byte[] bytes(int index) {
    Path file = files.get(index);
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new BadPictureException(file.toString(), "no such file", e);
    } catch (IOException e) {
      throw new BadPictureException(
          file.toString(), "cannot be read (" + AtomicFile.reason(e) + ")", e);
    } catch (OutOfMemoryError e) {
      throw new BadPictureException(file.toString(), "is too large to be a picture", e);
    }
  }
}
