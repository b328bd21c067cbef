package dev.linnet.data;

import dev.linnet.base.Sha256;
import dev.linnet.image.HeldPicture;
import dev.linnet.image.ImageSize;
import dev.linnet.image.Picture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A file of decoded pictures, one a set: a head, a table with a line for each picture of the set at
 * each part of its size, first all whole ones, and the pixels. A line has the SHA-256 of the file
 * that the picture was made of, so that one that has changed is decoded anew, and checksums of
 * itself and of the pixels, so that whatever a killed process, a full disk or somebody else left
 * there counts as absent.
 *
 * <pre>
 *   head   "LNTPIX01", int count, int 0, 32 bytes key, long end of what is taken, 8 bytes 0
 *   line   32 bytes SHA-256, long offset, int height, int width, int channels,
 *          int CRC-32C of the pixels, int CRC-32C of the line before this, int 0
 * </pre>
 *
 * <p>The file has its full length from the start, mostly as a hole. Any number of processes read
 * and write it at once: each takes room for a picture under a lock, writes the pixels, then the
 * line. Writing goes through the channel, where a full disk is an exception; reading through mapped
 * memory. Any thread.
 */
final class PixelFile implements PixelStore, AutoCloseable {
  static final int HEAD = 64;
  static final int LINE = 64;
  static final byte[] MAGIC = {'L', 'N', 'T', 'P', 'I', 'X', '0', '1'};

  private static final int PAGE = 4096;
  private static final int END_AT = 48;
  private static final int LINE_SUM_AT = 56;

  /** Pieces in which the file is mapped; no picture lies in two of them. */
  private static final int PIECE_BITS = 30;

  private final FileChannel channel;
  private final int count;
  private final long length;
  private final AtomicReferenceArray<@Nullable MappedByteBuffer> pieces;
  private volatile boolean isFull;

  private PixelFile(FileChannel channel, int count, long length) {
    this.channel = channel;
    this.count = count;
    this.length = length;
    this.pieces = new AtomicReferenceArray<>((int) (((length - 1) >> PIECE_BITS) + 1));
  }

  /** Where the pixels begin. */
  static long dataAt(int count) {
    return (lineAt((long) count * PARTS) + PAGE - 1) / PAGE * PAGE;
  }

  private static long lineAt(long number) {
    return HEAD + number * LINE;
  }

  /**
   * Makes a file without pictures.
   *
   * @param key of the set, 32 bytes
   * @param room for pixels, in bytes
   */
  static void create(Path file, int count, byte[] key, long room) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.SPARSE,
            StandardOpenOption.WRITE)) {
      ByteBuffer head = ByteBuffer.allocate(HEAD).order(ByteOrder.LITTLE_ENDIAN);
      head.put(MAGIC).putInt(count).putInt(0).put(key).putLong(dataAt(count));
      writeAll(channel, head.rewind(), 0);
      writeAll(channel, ByteBuffer.allocate(1), dataAt(count) + room - 1);
    }
  }

  /** Room for pixels in a file, in bytes. */
  static long room(Path file, int count) throws IOException {
    return Files.size(file) - dataAt(count);
  }

  /** Makes a file longer; who has it open already does not see that. */
  static void grow(Path file, int count, long room) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      writeAll(channel, ByteBuffer.allocate(1), dataAt(count) + room - 1);
    }
  }

  /** Opens a file; none where it is no such file, or one of another set. */
  static Optional<PixelFile> open(Path file, int count, byte[] key) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      long length = channel.size();
      ByteBuffer head = ByteBuffer.allocate(HEAD).order(ByteOrder.LITTLE_ENDIAN);
      boolean isWhole = length > dataAt(count) && readAll(channel, head, 0);
      if (isWhole
          && Arrays.equals(Arrays.copyOf(head.array(), MAGIC.length), MAGIC)
          && head.getInt(8) == count
          && Arrays.equals(Arrays.copyOfRange(head.array(), 16, END_AT), key)
          && isEnd(head.getLong(END_AT), count, length)) {
        return Optional.of(new PixelFile(channel, count, length));
      }
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return Optional.empty();
  }

  private static boolean isEnd(long end, int count, long length) {
    return end >= dataAt(count) && end <= length;
  }

  /** Bytes that a file takes of the disk, about: what is written, not the hole behind it. */
  static long taken(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer end = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      boolean isRead = channel.size() >= HEAD && readAll(channel, end, END_AT);
      return isRead ? Math.max(0, Math.min(channel.size(), end.getLong(0))) : channel.size();
    }
  }

  /** A line of the table that is whole. */
  private record Line(ByteBuffer sha256, long offset, ImageSize size, int channels, int sum) {
    int bytes() {
      return (int) (size.area() * channels);
    }
  }

  /** What is there, by its table. */
  Content content() {
    int pictures = 0;
    long live = 0;
    long last = dataAt(count);
    for (int i = 0; i < count; i++) {
      boolean isThere = false;
      for (int part = 0; part < PARTS; part++) {
        Optional<Line> line = line(lineAt(number(i, part)));
        if (line.isPresent()) {
          isThere = true;
          live += line.get().bytes();
          last = Math.max(last, line.get().offset() + line.get().bytes());
        }
      }
      pictures += isThere ? 1 : 0;
    }
    ByteBuffer end = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try {
      boolean isOver = readAll(channel, end, END_AT) && end.getLong(0) >= last;
      long dead = end.getLong(0) - dataAt(count) - live;
      return new Content(pictures, isOver && dead <= (length - dataAt(count)) / 2);
    } catch (IOException e) {
      return new Content(0, false);
    }
  }

  /**
   * What a file holds.
   *
   * @param pictures that are there, at one part of their size or several
   * @param isSound whether nothing new would be written over them, and less than half of the room
   *     went to pictures that have changed since
   */
  record Content(int pictures, boolean isSound) {}

  private long number(int index, int part) {
    return (long) part * count + index;
  }

  private Optional<Line> line(long at) {
    byte[] bytes = new byte[LINE];
    try {
      piece(at).get((int) (at & mask()), bytes);
    } catch (IOException | InternalError e) { // the latter where the file was cut meanwhile
      return Optional.empty();
    }
    ByteBuffer line = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int height = line.getInt(40);
    int width = line.getInt(44);
    int channels = line.getInt(48);
    long offset = line.getLong(32);
    if (height < 1
        || width < 1
        || (channels != 1 && channels != 3)
        || (long) height * width > Integer.MAX_VALUE / 3
        || line.getInt(LINE_SUM_AT) != sum(line.slice(0, LINE_SUM_AT))) {
      return Optional.empty();
    }
    Line read =
        new Line(
            ByteBuffer.wrap(Arrays.copyOf(bytes, 32)),
            offset,
            new ImageSize(height, width),
            channels,
            line.getInt(52));
    boolean isInside =
        offset >= dataAt(count)
            && offset <= length - read.bytes()
            && offset >> PIECE_BITS == (offset + read.bytes() - 1) >> PIECE_BITS;
    return isInside ? Optional.of(read) : Optional.empty();
  }

  private static long mask() {
    return (1L << PIECE_BITS) - 1;
  }

  @Override
  public Optional<HeldPicture> find(Key key, Encoded file) {
    Optional<Line> line = line(lineAt(number(key.index(), key.part())));
    if (line.isEmpty()
        || !line.get().size().equals(key.size())
        || !line.get().sha256().equals(sha256(file))) {
      return Optional.empty();
    }
    try {
      ByteBuffer pixels = pixels(line.get());
      return sum(pixels.duplicate()) == line.get().sum()
          ? Optional.of(held(pixels, key, line.get().channels()))
          : Optional.empty();
    } catch (IOException | InternalError e) {
      return Optional.empty();
    }
  }

  private static HeldPicture held(ByteBuffer pixels, Key key, int channels) {
    return HeldPicture.of(
        pixels, key.whole(), key.denominator(), channels, HeldPicture.Memory.MAPPED);
  }

  private ByteBuffer pixels(Line line) throws IOException {
    return piece(line.offset()).slice((int) (line.offset() & mask()), line.bytes());
  }

  private MappedByteBuffer piece(long offset) throws IOException {
    int number = (int) (offset >> PIECE_BITS);
    MappedByteBuffer piece = pieces.get(number);
    if (piece == null) {
      long begin = (long) number << PIECE_BITS;
      piece =
          channel.map(
              FileChannel.MapMode.READ_ONLY, begin, Math.min(1L << PIECE_BITS, length - begin));
      pieces.set(number, piece);
    }
    return piece;
  }

  @Override
  public boolean isFull() {
    return isFull;
  }

  @Override
  public Optional<HeldPicture> put(Key key, Optional<Encoded> file, Picture picture) {
    if (file.isEmpty() || picture.byteCount() > 1 << PIECE_BITS) {
      return Optional.empty();
    }
    try {
      long offset = take(picture.byteCount());
      if (offset < 0) {
        isFull = true;
        return Optional.empty();
      }
      ByteBuffer pixels = ByteBuffer.wrap(picture.pixels());
      Line line =
          new Line(
              sha256(file.get()),
              offset,
              picture.size(),
              picture.channels(),
              sum(pixels.duplicate()));
      writeAll(channel, pixels, offset);
      writeAll(channel, written(line), lineAt(number(key.index(), key.part())));
      return Optional.of(held(pixels(line), key, picture.channels()));
    } catch (OverlappingFileLockException e) { // somebody else in this process takes room just now
      return Optional.empty();
    } catch (IOException e) { // a full disk, or closed meanwhile
      isFull = true;
      return Optional.empty();
    }
  }

  private static ByteBuffer written(Line line) {
    ByteBuffer bytes = ByteBuffer.allocate(LINE).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(line.sha256().duplicate()).putLong(line.offset());
    bytes.putInt(line.size().height()).putInt(line.size().width()).putInt(line.channels());
    bytes.putInt(line.sum()).putInt(sum(bytes.slice(0, LINE_SUM_AT)));
    return bytes.rewind();
  }

  /** Room for a picture, for this process alone; -1 where there is none. */
  private synchronized long take(int bytes) throws IOException {
    try (FileLock lock = channel.lock(END_AT, Long.BYTES, false)) {
      ByteBuffer end = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      if (!lock.isValid() || !readAll(channel, end, END_AT)) {
        return -1;
      }
      long offset = end.getLong(0);
      if (offset >> PIECE_BITS != (offset + bytes - 1) >> PIECE_BITS) {
        offset = ((offset >> PIECE_BITS) + 1) << PIECE_BITS;
      }
      if (!isEnd(offset, count, length) || offset > length - bytes) {
        return -1;
      }
      writeAll(channel, end.putLong(0, offset + bytes).rewind(), END_AT);
      return offset;
    }
  }

  private static ByteBuffer sha256(Encoded file) {
    return ByteBuffer.wrap(Sha256.digest().digest(file.raw()));
  }

  private static int sum(ByteBuffer bytes) {
    CRC32C sum = new CRC32C();
    sum.update(bytes);
    return (int) sum.getValue();
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes, at + bytes.position());
    }
  }

  /** False where the file ends before. */
  private static boolean readAll(FileChannel channel, ByteBuffer bytes, long at)
      throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, at + bytes.position()) < 0) {
        return false;
      }
    }
    return true;
  }

  /** No more is written; pictures that were found stay. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
