package dev.linnet.metric;

/** The largest of some numbers, largest first. */
final class Largest {
  private Largest() {}

  /**
   * Positions of the largest numbers; of equal ones the earlier comes first, and what is no number
   * comes last.
   *
   * @param values where they stand
   * @param from the first of them
   * @param count of them
   * @param without a position that is left out, counted from {@code from}
   * @param wanted how many, at most {@code count − 1}
   * @return counted from {@code from}
   */
  static int[] of(float[] values, int from, int count, int without, int wanted) {
    int[] heap = new int[wanted]; // the worst on top
    int size = 0;
    for (int i = 0; i < count; i++) {
      if (i == without || wanted == 0) {
        continue;
      }
      if (size < wanted) {
        heap[size++] = i;
        up(heap, size - 1, values, from);
      } else if (isBetter(i, heap[0], values, from)) {
        heap[0] = i;
        down(heap, size, values, from);
      }
    }
    for (int last = size - 1; last > 0; last--) {
      swap(heap, 0, last);
      down(heap, last, values, from);
    }
    return heap;
  }

  private static boolean isBetter(int a, int b, float[] values, int from) {
    float va = number(values[from + a]);
    float vb = number(values[from + b]);
    return va > vb || (va == vb && a < b);
  }

  private static float number(float value) {
    return Float.isNaN(value) ? Float.NEGATIVE_INFINITY : value;
  }

  private static void up(int[] heap, int at, float[] values, int from) {
    int i = at;
    while (i > 0 && isBetter(heap[(i - 1) / 2], heap[i], values, from)) {
      swap(heap, i, (i - 1) / 2);
      i = (i - 1) / 2;
    }
  }

  private static void down(int[] heap, int size, float[] values, int from) {
    int i = 0;
    while (true) {
      int worst = i;
      for (int child = 2 * i + 1; child <= 2 * i + 2 && child < size; child++) {
        if (isBetter(heap[worst], heap[child], values, from)) {
          worst = child;
        }
      }
      if (worst == i) {
        return;
      }
      swap(heap, i, worst);
      i = worst;
    }
  }

  private static void swap(int[] heap, int a, int b) {
    int kept = heap[a];
    heap[a] = heap[b];
    heap[b] = kept;
  }
}
