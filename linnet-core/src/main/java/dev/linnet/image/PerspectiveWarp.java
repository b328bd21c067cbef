package dev.linnet.image;

import java.util.List;

/**
 * Moves the picture's four corners, torchvision's {@code perspective}: straight lines stay
 * straight.
 *
 * @param corners where the corners go: top left, top right, bottom right, bottom left
 * @param sampling how it is read
 */
public record PerspectiveWarp(List<Corner> corners, Sampling sampling) implements PictureEdit {

  /** A point, in whole pixels from the top left one. */
  public record Corner(int x, int y) {}

  public PerspectiveWarp {
    corners = List.copyOf(corners);
    if (corners.size() != 4) {
      throw new IllegalArgumentException("corners: got " + corners.size() + "; must be 4");
    }
  }

  @Override
  public Picture apply(Picture picture) {
    return Warp.perspective(picture, coefficients(picture.size()), sampling);
  }

  /** Solves for the eight numbers that lead from the new corners back to the old ones. */
  private double[] coefficients(ImageSize size) {
    int right = size.width() - 1;
    int bottom = size.height() - 1;
    int[][] from = {{0, 0}, {right, 0}, {right, bottom}, {0, bottom}};
    double[][] rows = new double[8][];
    for (int i = 0; i < 4; i++) {
      double x = corners.get(i).x();
      double y = corners.get(i).y();
      double u = from[i][0];
      double v = from[i][1];
      rows[2 * i] = new double[] {x, y, 1, 0, 0, 0, -u * x, -u * y, u};
      rows[2 * i + 1] = new double[] {0, 0, 0, x, y, 1, -v * x, -v * y, v};
    }
    double[] solution = solved(rows);
    for (int i = 0; i < solution.length; i++) {
      solution[i] = (float) solution[i]; // as torchvision
    }
    return solution;
  }

  /** Gauss–Jordan with the largest pivot; the last column is the right side. */
  private static double[] solved(double[][] rows) {
    int n = rows.length;
    for (int column = 0; column < n; column++) {
      int pivot = column;
      for (int i = column + 1; i < n; i++) {
        if (Math.abs(rows[i][column]) > Math.abs(rows[pivot][column])) {
          pivot = i;
        }
      }
      double[] row = rows[pivot];
      rows[pivot] = rows[column];
      rows[column] = row;
      for (int i = 0; i < n; i++) {
        double factor = rows[i][column] / row[column];
        for (int j = column; i != column && j <= n; j++) {
          rows[i][j] -= factor * row[j];
        }
      }
    }
    double[] solution = new double[n];
    for (int i = 0; i < n; i++) {
      solution[i] = rows[i][n] / rows[i][i];
    }
    return solution;
  }

  /** Such as {@code Perspective}. */
  @Override
  public String toString() {
    return "Perspective";
  }
}
