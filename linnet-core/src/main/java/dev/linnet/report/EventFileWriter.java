package dev.linnet.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Scalars, pictures and histograms for TensorBoard: {@code events.out.tfevents.SECONDS.linnet} in a
 * run's folder.
 *
 * <pre>
 *   file   = record*
 *   record = uint64 length, uint32 mask(crc32c(length)), bytes, uint32 mask(crc32c(bytes))
 *   mask(c) = ((c ⋙ 15) | (c ≪ 17)) + 0xa282ead8        all little-endian
 *   bytes  = a protobuf Event: wall_time 1, step 2, file_version 3, summary 5, session_log 7
 * </pre>
 *
 * <p>Format: TensorFlow, {@code core/lib/io/record_writer.cc}, {@code core/util/event.proto} and
 * {@code core/framework/summary.proto}. A record is in the file when the call returns. One thread
 * at a time.
 */
public final class EventFileWriter implements AutoCloseable {
  private static final int WIRE_VARINT = 0;
  private static final int WIRE_FIXED64 = 1;
  private static final int WIRE_BYTES = 2;
  private static final int WIRE_FIXED32 = 5;

  private final AppendFile file;
  private final Clock clock;

  private EventFileWriter(AppendFile file, Clock clock) {
    this.file = file;
    this.clock = clock;
  }

  /**
   * Starts a new event file in a folder; older ones stay.
   *
   * @param clock gives the time of each event
   */
  public static EventFileWriter create(Path folder, Clock clock) {
    String name = "events.out.tfevents.%010d.linnet".formatted(clock.instant().getEpochSecond());
    EventFileWriter writer = new EventFileWriter(AppendFile.createNew(folder, name), clock);
    writer.write(new Message().string(3, "brain.Event:2"));
    return writer;
  }

  /**
   * Starts a further event file for a resumed run: TensorBoard then forgets what older files of the
   * folder say about later steps.
   *
   * @param step the first step that will be written again
   */
  public static EventFileWriter resume(Path folder, Clock clock, long step) {
    EventFileWriter writer = create(folder, clock);
    writer.write(new Message().varint(2, step).message(7, new Message().varint(1, 1)));
    return writer;
  }

  /** Writes scalars of one step, each under its tag such as {@code loss/train}. */
  public void scalars(long step, Map<String, Double> values) {
    Message summary = new Message();
    values.forEach(
        (tag, value) ->
            summary.message(1, new Message().string(1, tag).fixed32(2, value.floatValue())));
    write(new Message().varint(2, step).message(5, summary));
  }

  /**
   * Writes a picture of one step.
   *
   * @param tag such as {@code explain/filters}
   * @param png its file
   * @param height in pixels, likewise width
   * @param channels 1 or 3
   */
  public void picture(long step, String tag, byte[] png, int height, int width, int channels) {
    Message image = new Message().varint(1, height).varint(2, width).varint(3, channels);
    Message value = new Message().string(1, tag).message(4, image.data(4, png));
    write(new Message().varint(2, step).message(5, new Message().message(1, value)));
  }

  /** Writes how numbers are spread at one step, each under its tag such as {@code fc.weight}. */
  public void histograms(long step, Map<String, Histogram> values) {
    Message summary = new Message();
    values.forEach(
        (tag, histogram) -> {
          Message spread =
              new Message()
                  .fixed64(1, histogram.min())
                  .fixed64(2, histogram.max())
                  .fixed64(3, (double) histogram.count())
                  .fixed64(4, histogram.sum())
                  .fixed64(5, histogram.sumOfSquares())
                  .data(6, doubles(histogram.limits()))
                  .data(7, doubles(histogram.counts()));
          summary.message(1, new Message().string(1, tag).message(5, spread));
        });
    write(new Message().varint(2, step).message(5, summary));
  }

  private static byte[] doubles(List<Double> values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.size()).order(ByteOrder.LITTLE_ENDIAN);
    values.forEach(bytes::putDouble);
    return bytes.array();
  }

  /** The file that is written. */
  public Path file() {
    return file.file();
  }

  @Override
  public void close() {
    file.close();
  }

  private void write(Message content) {
    Instant now = clock.instant();
    byte[] event =
        new Message()
            .fixed64(1, now.getEpochSecond() + now.getNano() / 1e9)
            .append(content)
            .bytes();
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    length.putLong(0, event.length);
    ByteBuffer record = ByteBuffer.allocate(16 + event.length).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(event.length).putInt(maskedCrc(length.array()));
    record.put(event).putInt(maskedCrc(event));
    file.append(record.array());
  }

  private static int maskedCrc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  /** A protobuf message as bytes: fields by number, in the order in which they are added. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message varint(int field, long value) {
      tag(field, WIRE_VARINT);
      writeVarint(value);
      return this;
    }

    Message fixed64(int field, double value) {
      tag(field, WIRE_FIXED64);
      ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      out.writeBytes(bytes.putDouble(value).array());
      return this;
    }

    Message fixed32(int field, float value) {
      tag(field, WIRE_FIXED32);
      ByteBuffer bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      out.writeBytes(bytes.putFloat(value).array());
      return this;
    }

    Message string(int field, String value) {
      return lengthDelimited(field, value.getBytes(UTF_8));
    }

    Message message(int field, Message value) {
      return lengthDelimited(field, value.bytes());
    }

    Message data(int field, byte[] bytes) {
      return lengthDelimited(field, bytes);
    }

    Message append(Message fields) {
      out.writeBytes(fields.bytes());
      return this;
    }

    byte[] bytes() {
      return out.toByteArray();
    }

    private Message lengthDelimited(int field, byte[] bytes) {
      tag(field, WIRE_BYTES);
      writeVarint(bytes.length);
      out.writeBytes(bytes);
      return this;
    }

    private void tag(int field, int wire) {
      writeVarint(((long) field << 3) | wire);
    }

    private void writeVarint(long value) {
      long rest = value;
      while ((rest & ~0x7FL) != 0) {
        out.write((int) ((rest & 0x7F) | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }
  }
}
