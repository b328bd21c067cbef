package dev.linnet.data;

import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * How the pictures of a set lie in shards. Any thread.
 *
 * <p>Pictures of plain shards are read in any order. Packed ones are streamed: whoever reads many
 * says so by {@link #expect} and reads in about the order of the shards.
 */
public final class Shards {
  private final ShardTree tree;
  private final IntUnaryOperator pictures;

  Shards(ShardTree tree) {
    this(tree, IntUnaryOperator.identity());
  }

  private Shards(ShardTree tree, IntUnaryOperator pictures) {
    this.tree = tree;
    this.pictures = pictures;
  }

  /** What was said of pictures to come; closed when they no longer do. */
  @FunctionalInterface
  public interface Ahead extends AutoCloseable {
    @Override
    void close();
  }

  /** The same shards, seen from a set whose index {@code i} is this one's {@code positions(i)}. */
  public Shards through(IntUnaryOperator positions) {
    return new Shards(tree, i -> pictures.applyAsInt(positions.applyAsInt(i)));
  }

  /** Number of shards; some may have no picture of the set. */
  public int count() {
    return tree.shards().size();
  }

  /** The shard that a picture lies in, in [0, {@link #count}). */
  public int of(int index) {
    return tree.shardOf(pictures.applyAsInt(index));
  }

  /** Where a picture lies among all pictures of all shards; rises along each shard. */
  public int position(int index) {
    return pictures.applyAsInt(index);
  }

  /** Bytes of a picture, packed as a picture is. */
  public long bytes(int index) {
    return tree.length(pictures.applyAsInt(index));
  }

  /** Whether there are packed shards, which are read from their begin. */
  public boolean isStreamed() {
    return tree.shards().stream().anyMatch(ShardTree.Shard::isPacked);
  }

  /** Which shards end early or are broken, one line each. */
  public List<String> cut() {
    return tree.cut();
  }

  /** How often a shard was unpacked from its begin so far. */
  int begun() {
    return tree.streams().begun();
  }

  /**
   * Says which pictures will be read next, so that those that a stream passes are held until then.
   *
   * @param order indices, in about the order in which they will be read
   */
  public Ahead expect(int... order) {
    return isStreamed()
        ? tree.streams().expect(IntStream.of(order).map(pictures).toArray())
        : () -> {};
  }
}
