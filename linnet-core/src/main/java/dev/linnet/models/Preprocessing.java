package dev.linnet.models;

import dev.linnet.base.Check;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What turns a picture into a network's input: resize to size / cropPct, crop the center, divide by
 * 255, subtract the mean, divide by the deviation. The names are timm's.
 *
 * @param input channels, height and width after the crop
 * @param interpolation how to resize: bilinear, bicubic, nearest, lanczos, box or hamming
 * @param cropPct share of the resized side that the crop keeps, in (0, 1]
 * @param cropMode center: the longer side is cut; squash: both sides are resized; border: the
 *     picture is made to fit and the rest filled with the mean
 * @param mean of each channel, of values in [0, 1]
 * @param std deviation of each channel, above 0
 */
public record Preprocessing(
    InputSize input,
    String interpolation,
    double cropPct,
    String cropMode,
    List<Double> mean,
    List<Double> std) {
  /** The usual {@link #cropMode}. */
  public static final String CENTER = "center";

  private static final List<String> INTERPOLATIONS =
      List.of("bilinear", "bicubic", "nearest", "lanczos", "box", "hamming");
  private static final List<String> CROP_MODES = List.of(CENTER, "squash", "border");

  /** 224×224, bicubic, 0.875, mean and deviation of ImageNet's colors: timm's usual values. */
  public static final Preprocessing IMAGENET =
      new Preprocessing(
          InputSize.square(3, 224),
          "bicubic",
          0.875,
          CENTER,
          List.of(0.485, 0.456, 0.406),
          List.of(0.229, 0.224, 0.225));

  /** The same with mean and deviation 0.5, as the Inception networks had first. */
  static final Preprocessing INCEPTION =
      IMAGENET.withColors(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5));

  public Preprocessing {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    Check.that(
        INTERPOLATIONS.contains(interpolation),
        "interpolation",
        interpolation,
        "one of " + String.join(", ", INTERPOLATIONS));
    Check.that(
        CROP_MODES.contains(cropMode),
        "crop_mode",
        cropMode,
        "one of " + String.join(", ", CROP_MODES));
    Check.that(cropPct > 0 && cropPct <= 1, "crop_pct", cropPct, "in (0, 1]");
    checkPerChannel("mean", mean, input);
    checkPerChannel("std", std, input);
    for (double value : std) {
      Check.that(value > 0, "std", std, "above 0 in each channel");
    }
  }

  /** Another size after the crop. */
  public Preprocessing withInput(InputSize value) {
    return new Preprocessing(value, interpolation, cropPct, cropMode, mean, std);
  }

  /** Another way to resize. */
  public Preprocessing withInterpolation(String value) {
    return new Preprocessing(input, value, cropPct, cropMode, mean, std);
  }

  /** Another share that the crop keeps. */
  public Preprocessing withCropPct(double value) {
    return new Preprocessing(input, interpolation, value, cropMode, mean, std);
  }

  /** Another treatment of pictures that are not as wide as the target. */
  public Preprocessing withCropMode(String value) {
    return new Preprocessing(input, interpolation, cropPct, value, mean, std);
  }

  /** Both sides are resized; nothing is lost but the proportions. */
  Preprocessing squashed() {
    return withCropMode("squash");
  }

  /** Another side after the crop, and another share that the crop keeps. */
  Preprocessing at(int side, double cropPct) {
    return withInput(InputSize.square(input.channels(), side)).withCropPct(cropPct);
  }

  /** Another number of channels with its mean and deviation. */
  public Preprocessing withColors(List<Double> mean, List<Double> std) {
    InputSize size = new InputSize(mean.size(), input.height(), input.width());
    return new Preprocessing(size, interpolation, cropPct, cropMode, mean, std);
  }

  /** The same for another number of channels, each with the average of mean and deviation. */
  public Preprocessing withChannels(int channels) {
    return withColors(spread(mean, channels), spread(std, channels));
  }

  /** As many values as there are channels: as they are, else the mean of them in each. */
  private static List<Double> spread(List<Double> values, int channels) {
    if (values.size() == channels) {
      return values;
    }
    double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    return new ArrayList<>(Collections.nCopies(channels, mean));
  }

  private static void checkPerChannel(String what, List<Double> values, InputSize input) {
    boolean right = values.size() == input.channels();
    for (double value : values) {
      right &= Double.isFinite(value);
    }
    Check.that(
        right, what, values, "one finite number for each of " + input.channels() + " channels");
  }
}
