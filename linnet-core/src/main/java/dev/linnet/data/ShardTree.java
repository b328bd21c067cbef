package dev.linnet.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The pictures of shards, shard after shard, each in its order. Those of a plain shard are read by
 * their offset, in any order; a packed one is read through, see {@link ShardStreams}.
 *
 * <p>Kept in columns, because there may be millions.
 */
final class ShardTree implements Tree {
  private final String where;
  private final Disk disk;
  private final List<Shard> shards;
  private final int[] begins;
  private final List<String> cut;
  private final ShardStreams streams;

  /**
   * @param where to say where it is
   * @param shards in their order
   * @param cut which of them break off, one line each
   */
  ShardTree(String where, Disk disk, List<Shard> shards, List<String> cut) {
    this.where = where;
    this.disk = disk;
    this.shards = List.copyOf(shards);
    this.begins = new int[shards.size() + 1];
    for (int i = 0; i < shards.size(); i++) {
      begins[i + 1] = Math.addExact(begins[i], shards.get(i).count());
    }
    this.cut = List.copyOf(cut);
    this.streams = new ShardStreams(this);
  }

  /** One shard and where its pictures lie. */
  static final class Shard {
    private final Path file;
    private final String stem;
    private final TarReader.Packing packing;
    private final byte[] names;
    private final int[] nameEnds;
    private final long[] offsets;
    private final long[] sizes;
    private final List<Optional<PictureInfo>> infos;

    Shard(Path file, String stem, TarReader.Packing packing, List<ShardIndex.Sample> samples) {
      this.file = file;
      this.stem = stem;
      this.packing = packing;
      int count = samples.size();
      this.nameEnds = new int[count];
      this.offsets = new long[count];
      this.sizes = new long[count];
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      for (int i = 0; i < count; i++) {
        ShardIndex.Sample sample = samples.get(i);
        text.writeBytes(sample.path().getBytes(StandardCharsets.UTF_8));
        nameEnds[i] = text.size();
        offsets[i] = sample.offset();
        sizes[i] = sample.size();
      }
      this.names = text.toByteArray();
      this.infos =
          isPacked()
              ? samples.stream().map(s -> Optional.ofNullable(s.info())).toList()
              : List.of();
    }

    int count() {
      return offsets.length;
    }

    Path file() {
      return file;
    }

    TarReader.Packing packing() {
      return packing;
    }

    boolean isPacked() {
      return packing != TarReader.Packing.PLAIN;
    }

    long offset(int member) {
      return offsets[member];
    }

    long size(int member) {
      return sizes[member];
    }

    String name(int member) {
      int begin = member == 0 ? 0 : nameEnds[member - 1];
      return new String(names, begin, nameEnds[member] - begin, StandardCharsets.UTF_8);
    }

    Optional<PictureInfo> info(int member) {
      return infos.isEmpty() ? Optional.empty() : infos.get(member);
    }
  }

  List<Shard> shards() {
    return shards;
  }

  /** Which shards break off, one line each. */
  List<String> cut() {
    return cut;
  }

  /** The shard that a picture lies in. */
  int shardOf(int picture) {
    int at = Arrays.binarySearch(begins, 0, shards.size(), picture);
    int shard = at >= 0 ? at : -at - 2;
    while (shards.get(shard).count() == 0 || begins[shard + 1] <= picture) {
      shard++; // empty ones begin where the next does
    }
    return shard;
  }

  /** The first picture of a shard. */
  int begin(int shard) {
    return begins[shard];
  }

  /** Reads through packed shards. */
  ShardStreams streams() {
    return streams;
  }

  @Override
  public int count() {
    return begins[shards.size()];
  }

  @Override
  public String path(int file) {
    int shard = shardOf(file);
    return shards.get(shard).stem + "/" + shards.get(shard).name(file - begins[shard]);
  }

  @Override
  public long length(int file) {
    int shard = shardOf(file);
    return shards.get(shard).size(file - begins[shard]);
  }

  @Override
  public byte[] read(int file) throws IOException {
    int number = shardOf(file);
    Shard shard = shards.get(number);
    int member = file - begins[number];
    long size = shard.size(member);
    if (size > Disk.MOST) {
      throw new IOException("%d bytes, which is too large for one file".formatted(size));
    }
    if (shard.isPacked()) {
      return streams.read(file);
    }
    return disk.read(shard.file(), shard.offset(member), (int) size);
  }

  @Override
  public Optional<PictureInfo> info(int file) {
    int shard = shardOf(file);
    return shards.get(shard).info(file - begins[shard]);
  }

  @Override
  public Optional<Shards> layout() {
    return Optional.of(new Shards(this));
  }

  @Override
  public String where(int file) {
    int shard = shardOf(file);
    return shards.get(shard).file() + "/" + shards.get(shard).name(file - begins[shard]);
  }

  @Override
  public String where() {
    return where;
  }

  @Override
  public List<String> warnings() {
    return List.of();
  }
}
