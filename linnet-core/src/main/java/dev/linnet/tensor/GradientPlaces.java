package dev.linnet.tensor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Where the gradients by weights are wanted: {@link GradientSum} has them written into the memory
 * in which they travel, which saves copying them there. A place is given once in a way back, and
 * only for a weight that has no gradient yet, since a second one would be written over the first.
 *
 * <p>Open to the thread that opened it; one at a time.
 */
final class GradientPlaces {
  private static final ThreadLocal<@Nullable GradientPlaces> OPEN = new ThreadLocal<>();

  private final List<Place> places = new ArrayList<>();
  private final Map<Long, Place> byWeight = new HashMap<>();

  /**
   * A place.
   *
   * @param memory of the parameter's form
   */
  private record Place(Tensor parameter, org.bytedeco.pytorch.Tensor memory) {}

  /** Has the gradient of a parameter written into memory of its form, which outlives this. */
  void add(Tensor parameter, org.bytedeco.pytorch.Tensor memory) {
    places.add(new Place(parameter, memory));
  }

  /** From now on this thread's ways back are given the places, each once. */
  void open() {
    byWeight.clear();
    PointerScopeOnce.run(
        () -> {
          for (Place place : places) {
            if (!place.parameter().handle().grad().defined()) {
              byWeight.put(address(place.parameter().handle()), place);
            }
          }
        });
    OPEN.set(this);
  }

  /** From now on they are not. */
  void close() {
    if (OPEN.get() == this) {
      OPEN.remove();
    }
  }

  /** Memory for the gradient by a weight, in its form. */
  static Tensor of(Tensor weight) {
    GradientPlaces open = OPEN.get();
    if (open == null) {
      return weight.emptyLike();
    }
    Place place = open.take(weight);
    return place == null
        ? weight.emptyLike()
        : new Tensor(place.memory().detach(), "gradient"); // a leaf takes over nobody else's
  }

  private @Nullable Place take(Tensor weight) {
    PointerScopeOnce scope = new PointerScopeOnce();
    try {
      return byWeight.remove(address(weight.handle()));
    } finally {
      scope.close();
    }
  }

  /** Whether a gradient lies in its place already. */
  static boolean isIn(org.bytedeco.pytorch.Tensor gradient, org.bytedeco.pytorch.Tensor memory) {
    return address(gradient) == address(memory) && gradient.dtype().equals(memory.dtype());
  }

  private static long address(org.bytedeco.pytorch.Tensor tensor) {
    Pointer data = tensor.data_ptr();
    return data.isNull() ? 0 : data.address();
  }
}
