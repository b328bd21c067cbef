package dev.linnet.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The pixels of a picture that an element of a map depends on, by rows and by columns.
 *
 * <pre>
 *   element i of a map sees pixels start + i·jump … start + i·jump + size − 1
 *   a window of kernel k, stride s, padding p, dilation d:
 *   size' = size + d (k − 1) jump;   start' = start − p · jump;   jump' = s · jump
 *   where branches meet: the smallest that holds both
 * </pre>
 *
 * <p>Araujo, Norris and Sim, Distill 2019. What sees the whole picture only to weigh channels
 * (squeeze-and-excitation) does not count.
 *
 * @param rows along the height
 * @param columns along the width
 */
public record ReceptiveField(Side rows, Side columns) {
  private static final ReceptiveField PIXEL =
      new ReceptiveField(new Side(1, 1, 0), new Side(1, 1, 0));

  /**
   * Along one side.
   *
   * @param size pixels that an element sees
   * @param jump pixels from an element to the next
   * @param start the first pixel that the first element sees; below 0 in the padding
   */
  public record Side(long size, long jump, long start) {
    /** The first pixel that an element sees. */
    public long first(long element) {
      return start + element * jump;
    }

    private Side window(long kernel, long stride, long padding, long dilation) {
      return new Side(size + dilation * (kernel - 1) * jump, jump * stride, start - padding * jump);
    }

    private Optional<Side> and(Side other) {
      if (jump != other.jump) {
        return Optional.empty();
      }
      long first = Math.min(start, other.start);
      long last = Math.max(start + size, other.start + other.size);
      return Optional.of(new Side(last - first, jump, first));
    }
  }

  /**
   * What the elements of a map see.
   *
   * @param recording of a pass whose pictures are [N, C, height, width]
   * @param map that the pass computed, [N, C, H, W]
   * @return empty where they see the whole picture, such as behind attention, or where it is not
   *     known
   */
  public static Optional<ReceptiveField> of(
      Recording recording, Tensor map, long height, long width) {
    Recording.Node last = recording.nodeOf(map).orElse(null);
    if (last == null) {
      return Optional.empty();
    }
    List<Optional<ReceptiveField>> fields = new ArrayList<>();
    for (Recording.Node node : recording.nodes().subList(0, last.index() + 1)) {
      fields.add(of(node, fields, height, width));
    }
    return fields.get(last.index());
  }

  private static Optional<ReceptiveField> of(
      Recording.Node node, List<Optional<ReceptiveField>> fields, long height, long width) {
    if (node.output().rank() != 4) {
      return Optional.empty();
    }
    Optional<ReceptiveField> whole = Optional.empty();
    boolean any = false;
    for (int i = 0; i < node.inputs().size(); i++) {
      Shape shape = node.inputShapes().get(i);
      int from = node.inputs().get(i);
      Optional<ReceptiveField> input = from >= 0 ? fields.get(from) : picture(shape, height, width);
      boolean weighs = shape.rank() == 4 && shape.dim(2) == 1 && node.output().dim(2) > 1;
      if (input.isEmpty() || weighs) {
        if (from >= 0 && !weighs && shape.rank() == 4) {
          return Optional.empty(); // one branch sees all
        }
        continue;
      }
      Optional<ReceptiveField> here = input.get().through(node, shape);
      if (here.isEmpty()) {
        return Optional.empty();
      }
      whole = any ? whole.orElseThrow().and(here.get()) : here;
      if (whole.isEmpty()) {
        return whole;
      }
      any = true;
    }
    return whole;
  }

  private static Optional<ReceptiveField> picture(Shape shape, long height, long width) {
    boolean is = shape.rank() == 4 && shape.dim(2) == height && shape.dim(3) == width;
    return is ? Optional.of(PIXEL) : Optional.empty();
  }

  private Optional<ReceptiveField> and(ReceptiveField other) {
    return rows.and(other.rows)
        .flatMap(tall -> columns.and(other.columns).map(wide -> new ReceptiveField(tall, wide)));
  }

  /** After an operator. */
  private Optional<ReceptiveField> through(Recording.Node node, Shape input) {
    Object window = node.attributes().get("window");
    if (window instanceof Window w && node.attributes().get("kernel") instanceof List<?> kernel) {
      return Optional.of(
          new ReceptiveField(
              rows.window(number(kernel, 0), w.stride()[0], w.padding()[0], w.dilation()[0]),
              columns.window(number(kernel, 1), w.stride()[1], w.padding()[1], w.dilation()[1])));
    }
    if (node.attributes().get("amounts") instanceof List<?> amounts) {
      long left = amounts.isEmpty() ? 0 : number(amounts, 0);
      long above = amounts.size() < 3 ? 0 : number(amounts, 2);
      return Optional.of(
          new ReceptiveField(rows.window(1, 1, above, 1), columns.window(1, 1, left, 1)));
    }
    if (node.attributes().get("step") instanceof Long step
        && node.attributes().get("dim") instanceof Integer dim) {
      return Optional.of(
          new ReceptiveField(
              rows.window(1, dim == 2 ? step : 1, 0, 1),
              columns.window(1, dim == 3 ? step : 1, 0, 1)));
    }
    boolean same =
        input.rank() == 4
            && input.dim(2) == node.output().dim(2)
            && input.dim(3) == node.output().dim(3);
    return same ? Optional.of(this) : Optional.empty();
  }

  private static long number(List<?> values, int index) {
    return ((Number) values.get(index)).longValue();
  }
}
