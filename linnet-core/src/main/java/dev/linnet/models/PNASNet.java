package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.AUXILIARY;
import static dev.linnet.models.Parts.Part.PADDING;
import static dev.linnet.models.SearchedCell.CURRENT;
import static dev.linnet.models.SearchedCell.Op.IDENTITY;
import static dev.linnet.models.SearchedCell.Op.MAX_3;
import static dev.linnet.models.SearchedCell.Op.SEPARABLE_3;
import static dev.linnet.models.SearchedCell.Op.SEPARABLE_5;
import static dev.linnet.models.SearchedCell.Op.SEPARABLE_7;
import static dev.linnet.models.SearchedCell.PREVIOUS;

import dev.linnet.base.Check;
import dev.linnet.nn.Activation;
import dev.linnet.nn.Conv2d;
import dev.linnet.nn.NormAct;
import dev.linnet.nn.Padding;
import dev.linnet.tensor.Nonlinearity;
import dev.linnet.tensor.Tensor;
import java.util.List;

/**
 * PNASNet-5: one cell of five steps, found by a search that grows cells step by step; it halves the
 * resolution where it runs with stride 2.
 *
 * <p>Liu et al., ECCV 2018, arXiv:1712.00559 (Fig. 1; Table 5: N = 4, F = 216). One deviation: drop
 * path grows with depth, not also with the updates done. State names and order: timm {@code
 * pnasnet.py}, which has no auxiliary head; it is NASNet's.
 */
public final class PNASNet extends Classifier {
  private static final int STAGES = 3;
  private static final int LEAST = 3;
  private static final int SIDE = 331;

  /**
   * A row of Table 5.
   *
   * @param cells N, in each of the three stages
   * @param filters F, channels of a step of the first stage, a multiple of 8
   * @param stem channels of the first convolution
   */
  record Config(int cells, int filters, int stem) {
    Config {
      Check.that(cells >= 1, "cells", cells, "at least 1");
      Check.that(filters % 8 == 0, "filters", filters, "a multiple of 8");
    }
  }

  /** Fig. 1, left. */
  private static final SearchedCell.Graph CELL =
      new SearchedCell.Graph(
          List.of(
              SearchedCell.Step.of(SEPARABLE_5, PREVIOUS, MAX_3, PREVIOUS),
              SearchedCell.Step.of(SEPARABLE_7, CURRENT, MAX_3, CURRENT),
              SearchedCell.Step.of(SEPARABLE_5, CURRENT, SEPARABLE_3, CURRENT),
              SearchedCell.Step.of(SEPARABLE_3, 2, MAX_3, CURRENT),
              SearchedCell.Step.of(SEPARABLE_3, PREVIOUS, IDENTITY, CURRENT)),
          List.of(0, 1, 2, 3, 4));

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("pnasnet", PNASNet::new)
          .takes(ACTIVATION, PADDING, AUXILIARY)
          .model(
              "pnasnet5large",
              new Config(4, 216, 96),
              Published.timm(
                  Preprocessing.IMAGENET
                      .withColors(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5))
                      .withInput(InputSize.square(3, SIDE))
                      .withCropPct(0.911)));

  private final Conv2d conv0;
  private final NormAct bn0;
  private final SearchedCells cells;
  private final Activation act;

  private PNASNet(Config config, ModelOptions options) {
    super(options);
    int stem = config.stem();
    Conv2d.Spec first = SearchedCell.conv(options.inChannels(), stem, 3);
    conv0 = child("conv_0.conv", first.withStride(2).withPadding(0));
    bn0 = child("conv_0.bn", SearchedCell.norm(stem, Nonlinearity.IDENTITY));
    level("conv_0.bn", stem, 2);
    int count = STAGES * config.cells();
    cells =
        new SearchedCells(
            count + 2, options.padding(Padding.SAME), new SearchedCells.Output(stem, 2), options);
    child("cell_stem_0", cells.next(want(2, config.filters() / 4)));
    reduction("cell_stem_1", config.filters() / 2);
    for (int i = 0; i < count; i++) {
      int stage = i / config.cells();
      int out = config.filters() << stage;
      if (stage == 0 || i % config.cells() > 0) {
        child("cell_" + i, cells.next(want(1, out)));
        continue;
      }
      if (stage == STAGES - 1 && options.auxiliary()) {
        auxiliary("cell_" + i, options);
      }
      reduction("cell_" + i, out);
    }
    act = child("act", new Activation(options.activation(Nonlinearity.RELU)));
    level("act", cells.last().channels(), cells.last().resolution());
    head("last_linear", cells.last().channels());
  }

  /** Maps [N, inChannels, H, W] to [N, numFeatures, ⌈H/32⌉, ⌈W/32⌉], about. */
  @Override
  public Tensor features(Tensor x) {
    return act.forward(cells.forward(bn0.forward(conv0.forward(x))));
  }

  @Override
  protected void checkSize(long height, long width) {
    checkAtLeast(LEAST, height, width);
  }

  private void auxiliary(String before, ModelOptions options) {
    int in = cells.last().channels();
    Nonlinearity activation = options.activation(Nonlinearity.RELU);
    auxiliary(
        "aux",
        before + ".conv_1x1.act",
        SearchedCells.AUXILIARY_WEIGHT,
        classes -> new SearchedCells.AuxiliaryHead(in, SIDE, classes, activation));
  }

  private void reduction(String name, int out) {
    level(name + ".conv_1x1.act", cells.last().channels(), cells.last().resolution());
    child(name, cells.next(want(2, out)));
  }

  private static SearchedCells.Want want(int stride, int out) {
    return new SearchedCells.Want(CELL, stride, out, 1, SearchedCell.Adapter.FACTORIZED);
  }
}
