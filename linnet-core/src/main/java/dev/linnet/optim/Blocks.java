package dev.linnet.optim;

import dev.linnet.tensor.Device;
import dev.linnet.tensor.Shape;
import dev.linnet.tensor.Tensor;
import dev.linnet.tensor.TensorList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Parameters in portions that fit into the processor's cache: a rule of several list operations
 * runs over one after the other, so that weights, gradients and memories come from main memory once
 * and what is computed in between stays in the cache. On other devices all is one block.
 */
final class Blocks implements AutoCloseable {
  /** Elements of a block on a CPU. */
  static final long ELEMENTS = 1 << 18;

  /** Where parameters may be cut. */
  enum Cut {
    /** Between the rows of a parameter: for rules of single elements. */
    ROWS,
    /** Between parameters only. */
    NEVER
  }

  private final List<Block> blocks = new ArrayList<>();
  private final List<Tensor> owned = new ArrayList<>();

  /**
   * @param parameters that are updated together
   * @param memory for each kind of memory what is remembered of each parameter
   * @param scratch lists for what is computed in between
   */
  Blocks(List<Tensor> parameters, List<List<Tensor>> memory, Cut cut, int scratch) {
    List<List<Piece>> plan = plan(parameters, cut);
    long largest = plan.stream().mapToLong(Blocks::elements).max().orElse(0);
    List<Tensor> buffers = List.of();
    for (List<Piece> pieces : plan) {
      Tensor like = parameters.get(pieces.get(0).index());
      if (buffers.isEmpty() || !areAlike(buffers.get(0), like)) {
        buffers = new ArrayList<>();
        for (int i = 0; i < scratch; i++) {
          buffers.add(own(Tensor.empty(like.dtype(), like.device(), largest)));
        }
      }
      blocks.add(new Block(pieces, parameters, memory, buffers));
    }
  }

  private static boolean areAlike(Tensor a, Tensor b) {
    return a.dtype() == b.dtype() && a.device().equals(b.device());
  }

  /** Rows of a parameter. */
  private record Piece(int index, long start, long rows, long elements, boolean whole) {
    Tensor of(Tensor tensor) {
      return whole || tensor.rank() == 0 ? tensor : tensor.narrow(0, start, rows);
    }
  }

  private static long elements(List<Piece> pieces) {
    return pieces.stream().mapToLong(Piece::elements).sum();
  }

  private static List<List<Piece>> plan(List<Tensor> parameters, Cut cut) {
    List<List<Piece>> plan = new ArrayList<>();
    List<Piece> open = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      Tensor p = parameters.get(i);
      long most = p.device().kind() == Device.Kind.CPU ? ELEMENTS : Long.MAX_VALUE;
      for (Piece piece : pieces(i, p, cut, most)) {
        Tensor before = open.isEmpty() ? p : parameters.get(open.get(0).index());
        if (!open.isEmpty() && (!areAlike(before, p) || elements(open) + piece.elements() > most)) {
          plan.add(open);
          open = new ArrayList<>();
        }
        open.add(piece);
      }
    }
    if (!open.isEmpty()) {
      plan.add(open);
    }
    return plan;
  }

  private static List<Piece> pieces(int index, Tensor p, Cut cut, long most) {
    long count = p.count();
    if (cut == Cut.NEVER || count <= most || p.rank() == 0) {
      return List.of(new Piece(index, 0, p.rank() == 0 ? 1 : p.dim(0), count, true));
    }
    List<Piece> pieces = new ArrayList<>();
    long rows = p.dim(0);
    long row = count / rows;
    long step = Math.max(1, most / row);
    for (long start = 0; start < rows; start += step) {
      long some = Math.min(step, rows - start);
      pieces.add(new Piece(index, start, some, some * row, false));
    }
    return pieces;
  }

  private Tensor own(Tensor made) {
    owned.add(made.unscoped());
    return made;
  }

  /**
   * Does something with each block in turn.
   *
   * @param gradients of the parameters, in their order
   */
  void forEach(List<Tensor> gradients, Consumer<Block> work) {
    for (Block block : blocks) {
      block.run(gradients, work);
    }
  }

  @Override
  public void close() {
    blocks.forEach(Block::close);
    owned.forEach(Tensor::close);
  }

  /** What a rule sees at once. */
  final class Block {
    private final List<Piece> pieces;
    private final TensorList parameters;
    private final List<TensorList> memory = new ArrayList<>();
    private final List<TensorList> scratch = new ArrayList<>();
    private TensorList gradients = TensorList.EMPTY;

    private Block(
        List<Piece> pieces,
        List<Tensor> parameters,
        List<List<Tensor>> memory,
        List<Tensor> buffers) {
      this.pieces = pieces;
      this.parameters = cut(parameters);
      memory.forEach(tensors -> this.memory.add(cut(tensors)));
      for (Tensor buffer : buffers) {
        List<Tensor> views = new ArrayList<>();
        long offset = 0;
        for (int i = 0; i < pieces.size(); i++) {
          long count = pieces.get(i).elements();
          views.add(own(like(this.parameters.tensors().get(i), buffer.narrow(0, offset, count))));
          offset += count;
        }
        scratch.add(TensorList.of(views));
      }
    }

    private TensorList cut(List<Tensor> tensors) {
      List<Tensor> cut = new ArrayList<>(pieces.size());
      for (Piece piece : pieces) {
        Tensor whole = tensors.get(piece.index());
        Tensor part = piece.of(whole);
        cut.add(part == whole ? whole : own(part));
      }
      return TensorList.of(cut);
    }

    private void run(List<Tensor> all, Consumer<Block> work) {
      List<Tensor> cut = new ArrayList<>(pieces.size());
      pieces.forEach(piece -> cut.add(piece.of(all.get(piece.index()))));
      try (TensorList list = TensorList.of(cut)) {
        gradients = list;
        work.accept(this);
      } finally {
        gradients = TensorList.EMPTY;
      }
    }

    /** θ. */
    TensorList parameters() {
      return parameters;
    }

    /** g. */
    TensorList gradients() {
      return gradients;
    }

    /** What is remembered under the memory of this index. */
    TensorList memory(int index) {
      return memory.get(index);
    }

    /** Tensors like the parameters, of any content, which the next block overwrites. */
    TensorList scratch(int index) {
      return scratch.get(index);
    }

    /** For each tensor of the block the number of its parameter. */
    double[] pick(double[] numbers) {
      double[] picked = new double[pieces.size()];
      for (int i = 0; i < picked.length; i++) {
        picked[i] = numbers[pieces.get(i).index()];
      }
      return picked;
    }

    private void close() {
      parameters.close();
      memory.forEach(TensorList::close);
      scratch.forEach(TensorList::close);
    }
  }

  /** A flat buffer with the shape of a tensor, laid out as it is. */
  private static Tensor like(Tensor tensor, Tensor flat) {
    Shape shape = tensor.shape();
    if (tensor.isChannelsLast() && !tensor.isContiguous()) {
      return flat.reshape(shape.dim(0), shape.dim(2), shape.dim(3), shape.dim(1))
          .permute(0, 3, 1, 2);
    }
    return flat.reshape(shape.toArray());
  }
}
