package dev.linnet.data;

import dev.linnet.base.RandomState;
import dev.linnet.base.Sha256;
import dev.linnet.image.DecodeOptions;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import dev.linnet.image.PictureTransform;
import dev.linnet.image.Turn;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A set with each class four times: as it is, and turned by 90°, 180° and 270°. A character that is
 * turned is another one (Santoro et al., ICML 2016, arXiv:1605.06065, §4.2).
 *
 * <p>Pictures are decoded whole before they are turned. Any thread.
 */
public final class TurnedSet implements PictureSet {
  private static final int TURNS = 4;

  /** Clockwise, as EXIF says it. */
  private static final List<Turn> BY = List.of(new Turn(1), new Turn(6), new Turn(3), new Turn(8));

  private final PictureSet set;
  private final List<String> classes;

  private TurnedSet(PictureSet set, List<String> classes) {
    this.set = set;
    this.classes = classes;
  }

  /** The pictures of a set in four positions. */
  public static TurnedSet of(PictureSet set) {
    List<String> classes = new ArrayList<>();
    for (String name : set.classes()) {
      for (int turn = 0; turn < TURNS; turn++) {
        classes.add(name + by(turn));
      }
    }
    return new TurnedSet(set, List.copyOf(classes));
  }

  private static String by(int turn) {
    return turn == 0 ? "" : " turned by " + 90 * turn + "°";
  }

  @Override
  public int size() {
    return Math.multiplyExact(TURNS, set.size());
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public int label(int index) {
    return TURNS * set.label(index / TURNS) + index % TURNS;
  }

  @Override
  public String name(int index) {
    return set.name(index / TURNS) + by(index % TURNS);
  }

  @Override
  public Picture read(int index, DecodeOptions options) {
    return BY.get(index % TURNS).upright(set.read(index / TURNS, options));
  }

  @Override
  public Picture read(
      int index, DecodeOptions options, PictureTransform transform, RandomState random) {
    return transform.apply(read(index, options), random);
  }

  @Override
  public PictureInfo info(int index) {
    PictureInfo info = set.info(index / TURNS);
    ImageSize size = index % 2 == 0 ? info.size() : info.size().transposed();
    return new PictureInfo(info.format(), size, info.channels(), info.exifOrientation());
  }

  @Override
  public Optional<Shards> shards() {
    return set.shards().map(all -> all.through(i -> i / TURNS));
  }

  @Override
  public String fingerprint() {
    byte[] text = ("turned " + set.fingerprint()).getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(Sha256.digest().digest(text));
  }
}
