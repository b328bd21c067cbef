package dev.linnet.models;

import static dev.linnet.models.Parts.Part.ACTIVATION;
import static dev.linnet.models.Parts.Part.AUXILIARY;
import static dev.linnet.models.Parts.Part.PADDING;
import static dev.linnet.models.SearchedCell.CURRENT;
import static dev.linnet.models.SearchedCell.Op.IDENTITY;
import static dev.linnet.models.SearchedCell.Op.MAX_3;
import static dev.linnet.models.SearchedCell.Op.MEAN_3;
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
 * NASNet-A: two cells found by a search on CIFAR-10, a normal and a reducing one, stacked.
 *
 * <p>Zoph et al., CVPR 2018, arXiv:1707.07012 (Figs. 2 and 4, Table 2; auxiliary head: appendix A,
 * laid out as in the authors' code). Deviations: drop path grows with depth, not also with the
 * updates done; it is drawn per sample. State names and order: timm {@code nasnet.py}, the small
 * network's as in its published PyTorch weights, which number every stage's cells from a multiple
 * of 6; neither has the auxiliary head.
 */
public final class NASNet extends Classifier {
  private static final int STAGES = 3;
  private static final int NUMBERED = 6; // a stage's cells are numbered from a multiple of it
  private static final int LEAST = 3;

  /** Which output the first cell after a reduction takes beside the reduction's. */
  enum Skip {
    /** The one before it. */
    NOTHING,
    /** The one before that. */
    REDUCTION_INPUT
  }

  /**
   * A row of Table 2, N @ penultimate channels.
   *
   * @param cells N, normal cells in each of the three stages, at most 6
   * @param penultimate channels of the last maps, a multiple of 96
   * @param stem channels of the first convolution
   * @param skip what the first cell after a reduction takes
   * @param side of the published pictures in pixels, to which the auxiliary head is fitted
   */
  record Config(int cells, int penultimate, int stem, Skip skip, int side) {
    Config {
      Check.that(cells >= 1 && cells <= NUMBERED, "cells", cells, "in [1, 6]");
      Check.that(penultimate % 96 == 0, "penultimate", penultimate, "a multiple of 96");
    }
  }

  /** Fig. 4, left. */
  private static final SearchedCell.Graph NORMAL =
      new SearchedCell.Graph(
          List.of(
              SearchedCell.Step.of(SEPARABLE_5, CURRENT, SEPARABLE_3, PREVIOUS),
              SearchedCell.Step.of(SEPARABLE_5, PREVIOUS, SEPARABLE_3, PREVIOUS),
              SearchedCell.Step.of(MEAN_3, CURRENT, IDENTITY, PREVIOUS),
              SearchedCell.Step.of(MEAN_3, PREVIOUS, MEAN_3, PREVIOUS),
              SearchedCell.Step.of(SEPARABLE_3, CURRENT, IDENTITY, CURRENT)),
          List.of(PREVIOUS, 0, 1, 2, 3, 4));

  /** Fig. 4, right. */
  private static final SearchedCell.Graph REDUCTION =
      new SearchedCell.Graph(
          List.of(
              SearchedCell.Step.of(SEPARABLE_5, CURRENT, SEPARABLE_7, PREVIOUS),
              SearchedCell.Step.of(MAX_3, CURRENT, SEPARABLE_7, PREVIOUS),
              SearchedCell.Step.of(MEAN_3, CURRENT, SEPARABLE_5, PREVIOUS),
              SearchedCell.Step.of(IDENTITY, 1, MEAN_3, 0),
              SearchedCell.Step.of(SEPARABLE_3, 0, MAX_3, CURRENT)),
          List.of(1, 2, 3, 4));

  private static final Preprocessing TENSORFLOW =
      Preprocessing.IMAGENET.withColors(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5));

  /** Every name that this file adds to the zoo. */
  static final Family<Config> FAMILY =
      Family.of("nasnet", NASNet::new)
          .takes(ACTIVATION, PADDING, AUXILIARY)
          .model(
              "nasnetamobile",
              new Config(4, 1056, 32, Skip.NOTHING, 224),
              Published.paper(TENSORFLOW.withInterpolation("bilinear"), 1000))
          .model(
              "nasnetalarge",
              new Config(6, 4032, 96, Skip.REDUCTION_INPUT, 331),
              Published.timm(TENSORFLOW.withInput(InputSize.square(3, 331)).withCropPct(0.911)));

  private final Conv2d conv0;
  private final NormAct bn0;
  private final SearchedCells cells;
  private final Activation act;

  private NASNet(Config config, ModelOptions options) {
    super(options);
    int stem = config.stem();
    Conv2d.Spec first = SearchedCell.conv(options.inChannels(), stem, 3);
    conv0 = child("conv0.conv", first.withStride(2).withPadding(0));
    bn0 = child("conv0.bn", SearchedCell.norm(stem, Nonlinearity.IDENTITY));
    level("conv0.bn", stem, 2);
    cells =
        new SearchedCells(
            STAGES * (config.cells() + 1) + 1,
            options.padding(Padding.SAME),
            new SearchedCells.Output(stem, 2),
            options);
    int channels = config.penultimate() / 24;
    child("cell_stem_0", cells.next(reduction(channels / 4)));
    reduction("cell_stem_1", channels / 2);
    for (int stage = 0; stage < STAGES; stage++) {
      int out = channels << stage;
      if (stage > 0) {
        reduction("reduction_cell_" + (stage - 1), out);
      }
      for (int i = 0; i < config.cells(); i++) {
        int back = i == 0 && stage > 0 && config.skip() == Skip.REDUCTION_INPUT ? 2 : 1;
        child(
            "cell_" + (NUMBERED * stage + i),
            cells.next(
                new SearchedCells.Want(
                    NORMAL, 1, out, back, SearchedCell.Adapter.FACTORIZED_INSIDE)));
      }
      if (stage == 1 && options.auxiliary()) {
        int in = cells.last().channels();
        Nonlinearity activation = options.activation(Nonlinearity.RELU);
        auxiliary(
            "aux",
            "reduction_cell_1.conv_1x1.act",
            SearchedCells.AUXILIARY_WEIGHT,
            classes -> new SearchedCells.AuxiliaryHead(in, config.side(), classes, activation));
      }
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

  private void reduction(String name, int out) {
    level(name + ".conv_1x1.act", cells.last().channels(), cells.last().resolution());
    child(name, cells.next(reduction(out)));
  }

  private static SearchedCells.Want reduction(int out) {
    return new SearchedCells.Want(REDUCTION, 2, out, 1, SearchedCell.Adapter.FACTORIZED_INSIDE);
  }
}
