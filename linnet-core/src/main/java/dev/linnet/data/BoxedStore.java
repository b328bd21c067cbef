package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.image.BadPictureException;
import dev.linnet.image.Box;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.EvalTransform;
import dev.linnet.image.ImageHeader;
import dev.linnet.image.Orientation;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whole pictures that have boxes. */
final class BoxedStore implements Store {
  private final FileStore files;
  private final List<MarkedPicture> pictures;
  private final Map<String, Integer> labels;
  private final Boxes boxes;
  private final long checksum;

  /**
   * @param labels by the names of the classes
   * @param boxes whether pictures may have several classes
   */
  BoxedStore(Tree tree, List<MarkedPicture> pictures, Map<String, Integer> labels, Boxes boxes) {
    this.files = new FileStore(tree);
    this.pictures = List.copyOf(pictures);
    this.labels = labels;
    this.boxes = boxes;
    BoxChecksum sum = new BoxChecksum();
    this.pictures.forEach(picture -> picture.boxes().forEach(sum::add));
    this.checksum = sum.value();
  }

  /** The boxes of a picture as it is decoded, without empty ones and those outside. */
  List<ClassBox> boxes(int picture, Orientation orientation) {
    return boxes(picture, header(picture), orientation);
  }

  /** The same where an evaluation sees them. */
  List<ClassBox> seen(int picture, Orientation orientation, EvalTransform view) {
    ImageHeader header = header(picture);
    List<ClassBox> seen = new ArrayList<>();
    for (ClassBox box : boxes(picture, header, orientation)) {
      view.place(box.box(), header.size(orientation))
          .ifPresent(place -> seen.add(new ClassBox(box.label(), place)));
    }
    return seen;
  }

  private List<ClassBox> boxes(int picture, ImageHeader header, Orientation orientation) {
    MarkedPicture marked = pictures.get(picture);
    List<ClassBox> there = new ArrayList<>();
    for (MarkedBox box : marked.boxes()) {
      try {
        Box place = marked.place(box, header, orientation, where(picture));
        there.add(new ClassBox(label(box), place));
      } catch (BadPictureException nowhere) {
        // "data check" names it
      }
    }
    return there;
  }

  private ImageHeader header(int picture) {
    return ImageHeader.read(files.bytes(pictures.get(picture).file()), where(picture));
  }

  private int label(MarkedBox box) {
    return labels.getOrDefault(box.name(), 0);
  }

  @Override
  public int count() {
    return pictures.size();
  }

  @Override
  public String name(int picture) {
    return files.name(pictures.get(picture).file());
  }

  @Override
  public String where(int picture) {
    return files.where(pictures.get(picture).file());
  }

  @Override
  public long length(int picture) {
    return files.length(pictures.get(picture).file());
  }

  @Override
  public byte[] content(int picture) throws IOException {
    return files.content(pictures.get(picture).file());
  }

  @Override
  public Optional<Encoded> encoded(int picture) {
    return files.encoded(pictures.get(picture).file());
  }

  @Override
  public Picture read(int picture, DecodeOptions options) {
    return files.read(pictures.get(picture).file(), options);
  }

  @Override
  public Picture read(
      int picture, DecodeOptions options, PictureTransform transform, RandomState random) {
    return files.read(pictures.get(picture).file(), options, transform, random);
  }

  @Override
  public PictureInfo info(int picture) {
    return files.info(pictures.get(picture).file());
  }

  @Override
  public Optional<Path> file(int picture) {
    return files.file(pictures.get(picture).file());
  }

  @Override
  public boolean isInMemory() {
    return false;
  }

  /** Of all boxes. */
  @Override
  public long checksum() {
    return checksum;
  }

  @Override
  public boolean hasBoxes() {
    return true;
  }

  @Override
  public int[] classesOf(int picture) {
    return boxes == Boxes.KEEP
        ? pictures.get(picture).boxes().stream().mapToInt(this::label).distinct().sorted().toArray()
        : new int[0];
  }

  @Override
  public List<String> boxProblems(int picture) {
    MarkedPicture marked = pictures.get(picture);
    ImageHeader header = header(picture);
    List<String> problems = new ArrayList<>();
    for (MarkedBox box : marked.boxes()) {
      marked
          .problem(box, header)
          .ifPresent(what -> problems.add("[" + box.number() + "]: the box " + box + " " + what));
    }
    return problems;
  }
}
