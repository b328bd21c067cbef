package dev.linnet.models;

import dev.linnet.nn.Conv2d;
import dev.linnet.nn.DropPath;
import dev.linnet.nn.Linear;
import dev.linnet.nn.Module;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Padding;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.PoolRounding;
import dev.linnet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A row of cells, as it is declared and as it runs: what each sees, and what it puts out.
 *
 * <p>The cells themselves are children of the network, which names them.
 */
final class SearchedCells {
  /** Share of the loss of the head in the middle. */
  static final double AUXILIARY_WEIGHT = 0.4;

  private final int count;
  private final Padding padding;
  private final Nonlinearity activation;
  private final double dropPathRate;
  private final List<Output> outputs = new ArrayList<>();
  private final List<Link> links = new ArrayList<>();

  /** What a cell, or the stem, puts out. */
  record Output(int channels, int resolution) {}

  /** A cell and the numbers of the outputs that it takes; 0 is the stem's. */
  private record Link(SearchedCell cell, int current, int previous) {}

  /**
   * What is asked of a cell.
   *
   * @param graph its steps
   * @param stride 2 if it halves the resolution, else 1
   * @param out channels of each step
   * @param back how many cells before the last one its other input was put out
   * @param shrink how that input is adapted where its resolution is twice as high
   */
  record Want(
      SearchedCell.Graph graph, int stride, int out, int back, SearchedCell.Adapter shrink) {}

  /**
   * Begins a row.
   *
   * @param count cells that it will have
   * @param padding border of convolutions and pools
   * @param stem what goes into the first cell
   */
  SearchedCells(int count, Padding padding, Output stem, ModelOptions options) {
    this.count = count;
    this.padding = padding;
    activation = options.activation(Nonlinearity.RELU);
    dropPathRate = options.dropPathRate();
    outputs.add(stem);
  }

  /** What was put out last. */
  Output last() {
    return outputs.get(outputs.size() - 1);
  }

  /** Declares the next cell. */
  SearchedCell next(Want want) {
    int current = outputs.size() - 1;
    int previous = Math.max(0, current - want.back());
    Output before = outputs.get(previous);
    SearchedCell.Place place =
        new SearchedCell.Place(
            want.graph(),
            adapter(before, current == previous, want.shrink()),
            before.channels(),
            last().channels(),
            want.out(),
            want.stride(),
            DropPath.ofBlock(dropPathRate, links.size(), count),
            padding,
            activation);
    SearchedCell cell = new SearchedCell(place);
    outputs.add(new Output(place.outChannels(), last().resolution() * want.stride()));
    links.add(new Link(cell, current, previous));
    return cell;
  }

  private SearchedCell.Adapter adapter(
      Output before, boolean same, SearchedCell.Adapter whereLarger) {
    if (same) {
      return SearchedCell.Adapter.NONE;
    }
    return before.resolution() == last().resolution() ? SearchedCell.Adapter.POINT : whereLarger;
  }

  /** Runs all cells on the stem's output. */
  Tensor forward(Tensor stem) {
    List<Tensor> done = new ArrayList<>();
    done.add(stem);
    for (Link link : links) {
      done.add(link.cell().forward(done.get(link.current()), done.get(link.previous())));
    }
    return done.get(done.size() - 1);
  }

  /**
   * The head in the middle: mean over 5×5, a 1×1, a convolution as large as what is left of a
   * picture of the published size, a linear layer. Other sizes are averaged to that.
   */
  static final class AuxiliaryHead extends Module {
    private static final int WINDOW = 5;
    private static final int STRIDE = 3;

    private final int side;
    private final int kernel;
    private final Conv2d conv0;
    private final NormAct bn0;
    private final Conv2d conv1;
    private final NormAct bn1;
    private final Linear fc;

    /**
     * @param in channels of the maps, after an activation
     * @param picture side of the published pictures in pixels
     * @param classes outputs
     */
    AuxiliaryHead(int in, int picture, int classes, Nonlinearity activation) {
      side = sideAfter(picture);
      kernel = (side - WINDOW) / STRIDE + 1;
      conv0 = child("conv0.conv", SearchedCell.conv(in, 128, 1));
      bn0 = child("conv0.bn", SearchedCell.norm(128, activation));
      conv1 = child("conv1.conv", SearchedCell.conv(128, 768, kernel).withPadding(0));
      bn1 = child("conv1.bn", SearchedCell.norm(768, activation));
      fc = child("fc", Linear.of(768, classes));
    }

    /** A 3×3 without a border, then three halvings, each rounded up. */
    private static int sideAfter(int picture) {
      return ((picture - 3) / 2 + 1 + 7) / 8;
    }

    @Override
    protected Tensor compute(Tensor x) {
      boolean published = x.dim(2) == side && x.dim(3) == side;
      Tensor y =
          published
              ? x.avgPool2d(WINDOW, STRIDE, 0, PoolRounding.FLOOR)
              : x.adaptiveAvgPool2d(kernel, kernel);
      y = bn0.forward(conv0.forward(y));
      return fc.forward(bn1.forward(conv1.forward(y)).flatten(1));
    }
  }
}
