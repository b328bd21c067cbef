package dev.linnet.models;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * What others say of a name: its paper and its published weights. {@code tools/models/cards.py}
 * wrote the table; what has no source that was looked at is empty.
 *
 * @param paper such as {@code He et al., CVPR 2016, arXiv:1512.03385}
 * @param year in which it appeared
 * @param weights where they lie, such as {@code hf://timm/resnet50.a1_in1k}
 * @param license of the weights, such as {@code apache-2.0}
 * @param accuracy of the weights or, for networks of a paper, in its table
 */
public record ModelCard(
    String paper,
    int year,
    Optional<String> weights,
    Optional<String> license,
    Optional<Accuracy> accuracy) {
  /** The data whose accuracies are drawn together. */
  public static final String IMAGENET = "ImageNet-1k";

  private static final Map<String, ModelCard> CARDS = read();

  /**
   * An accuracy that was published.
   *
   * @param data such as {@code ImageNet-1k}
   * @param top1 in percent
   * @param top5 in percent, where it was published
   * @param side of the pictures in pixels
   * @param source who measured it
   */
  public record Accuracy(
      String data, double top1, Optional<Double> top5, int side, String source) {}

  /** The card of a name of the zoo. */
  static ModelCard of(String name) {
    return requireNonNull(CARDS.get(name), () -> name + ": cards.csv has no row of this name");
  }

  /** Every card by name. */
  static Map<String, ModelCard> all() {
    return CARDS;
  }

  private static Map<String, ModelCard> read() {
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
    try (InputStream in = ModelCard.class.getResourceAsStream("cards.csv");
        InputStreamReader text =
            new InputStreamReader(requireNonNull(in, "cards.csv is in the jar"), UTF_8);
        CSVParser rows = CSVParser.parse(text, format)) {
      Map<String, ModelCard> cards = new HashMap<>();
      for (CSVRecord row : rows) {
        ModelCard card =
            new ModelCard(
                row.get("paper"),
                Integer.parseInt(row.get("year")),
                cell(row, "weights"),
                cell(row, "license"),
                cell(row, "top1").map(top1 -> accuracy(row, top1)));
        if (cards.put(row.get("name"), card) != null) {
          throw new IllegalStateException("cards.csv names " + row.get("name") + " twice");
        }
      }
      return Map.copyOf(cards);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Accuracy accuracy(CSVRecord row, String top1) {
    return new Accuracy(
        row.get("data"),
        Double.parseDouble(top1),
        cell(row, "top5").map(Double::valueOf),
        Integer.parseInt(row.get("side")),
        row.get("source"));
  }

  private static Optional<String> cell(CSVRecord row, String column) {
    return Optional.of(row.get(column)).filter(text -> !text.isEmpty());
  }
}
