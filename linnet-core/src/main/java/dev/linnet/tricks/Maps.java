package dev.linnet.tricks;

import dev.linnet.tensor.Tensor;

/**
 * Maps [N, C, H, W] of a student and a teacher, of the same height and width.
 *
 * @param student the student's
 * @param teacher the teacher's
 */
record Maps(Tensor student, Tensor teacher) {
  /** Both pooled to the smaller height and width. */
  static Maps of(Tensor student, Tensor teacher) {
    int height = (int) Math.min(student.dim(2), teacher.dim(2));
    int width = (int) Math.min(student.dim(3), teacher.dim(3));
    return new Maps(pooled(student, height, width), pooled(teacher, height, width));
  }

  private static Tensor pooled(Tensor map, int height, int width) {
    return map.dim(2) == height && map.dim(3) == width ? map : map.adaptiveAvgPool2d(height, width);
  }
}
