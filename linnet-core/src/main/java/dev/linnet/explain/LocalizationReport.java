package dev.linnet.explain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.linnet.base.AtomicFile;
import dev.linnet.base.RandomState;
import dev.linnet.explain.LocalizationEvaluator.Example;
import dev.linnet.image.Box;
import dev.linnet.image.ContactSheet;
import dev.linnet.image.Picture;
import dev.linnet.image.PngWriter;
import dev.linnet.report.Csv;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@link LocalizationEvaluator} found as a table, JSON, CSV and a sheet of pictures. Shares
 * are in percent there.
 *
 * @param model what the network is called
 * @param data what its pictures are called
 * @param method the heatmaps' key, such as {@code cam}
 */
public record LocalizationReport(
    String model, String data, String method, LocalizationEvaluator.Report report) {
  private static final List<String> COLUMNS =
      List.of("picture", "class", "answer", "iou", "left", "top", "right", "bottom");
  private static final List<Integer> TRUE_COLOR = List.of(0, 200, 80);
  private static final List<Integer> FOUND_COLOR = List.of(230, 40, 40);
  private static final int SHOWN = 32;
  private static final int CELL = 224;
  private static final int COLUMNS_OF_SHEET = 8;

  /** The figures, as maps and lists. */
  public Map<String, Object> json() {
    LocalizationAccuracy.Result result = report.result();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("method", method);
    json.put("examples", result.pictures());
    json.put("images", report.pictures());
    json.put("unseen", report.unseen());
    json.put("max_box_acc", 100 * result.maxBoxAcc());
    json.put("best_threshold", result.bestThreshold());
    json.put("max_box_acc_v2", 100 * result.maxBoxAccV2());
    json.put("threshold", result.threshold());
    json.put("gt_known", 100 * result.gtKnown());
    json.put("top1_localization", 100 * result.top1());
    json.put("top1", 100 * result.answered());
    List<Map<String, Object>> classes = new ArrayList<>();
    for (LocalizationEvaluator.OfClass one : report.classes()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("class", one.name());
      row.put("examples", one.examples());
      row.put("gt_known", percent(one.met(), one));
      row.put("top1_localization", percent(one.both(), one));
      row.put("top1", percent(one.answered(), one));
      classes.add(row);
    }
    json.put("classes", classes);
    return json;
  }

  private static double percent(int count, LocalizationEvaluator.OfClass of) {
    return 100.0 * count / of.examples();
  }

  /** A row a class and one of all; the first is the head. */
  public List<List<String>> table() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("class", "examples", "top-1", "GT-known", "top-1 localization"));
    for (LocalizationEvaluator.OfClass one : report.classes()) {
      rows.add(
          List.of(
              one.name(),
              String.valueOf(one.examples()),
              shown(percent(one.answered(), one)),
              shown(percent(one.met(), one)),
              shown(percent(one.both(), one))));
    }
    LocalizationAccuracy.Result result = report.result();
    rows.add(
        List.of(
            "all",
            String.valueOf(result.pictures()),
            shown(100 * result.answered()),
            shown(100 * result.gtKnown()),
            shown(100 * result.top1())));
    return rows;
  }

  /** The headline. */
  public String line() {
    LocalizationAccuracy.Result result = report.result();
    return String.format(
        Locale.ROOT,
        "top-1 localization %.2f %%  GT-known %.2f %%  (IoU 0.5, threshold %.2f)  MaxBoxAcc %.2f %%"
            + " at %.2f  V2 %.2f %%  on %d pictures by %s",
        100 * result.top1(),
        100 * result.gtKnown(),
        result.threshold(),
        100 * result.maxBoxAcc(),
        result.bestThreshold(),
        100 * result.maxBoxAccV2(),
        report.pictures(),
        method);
  }

  private static String shown(double percent) {
    return String.format(Locale.ROOT, "%.2f %%", percent);
  }

  /**
   * One example a line: picture, class, answer, IoU, and the heatmap's box as the network sees it.
   */
  public String csv(List<String> classes) {
    List<List<String>> rows = new ArrayList<>();
    for (Example example : report.examples()) {
      List<String> row = new ArrayList<>();
      row.add(example.name());
      row.add(classes.get(example.label()));
      row.add(example.answer());
      row.add(String.format(Locale.ROOT, "%.4f", example.overlap()));
      for (Box box : example.found()) {
        row.add(String.valueOf(box.left()));
        row.add(String.valueOf(box.top()));
        row.add(String.valueOf(box.right()));
        row.add(String.valueOf(box.bottom()));
      }
      while (row.size() < COLUMNS.size()) {
        row.add("");
      }
      rows.add(row);
    }
    return Csv.text(COLUMNS, rows);
  }

  /**
   * At most 32 examples, drawn by seed: pictures as the network sees them with the true boxes in
   * green and the heatmap's in red; below each its class, the IoU, and another answer where there
   * was one.
   */
  public Picture sheet(LocalizationEvaluator.Input input, long seed) {
    int[] order = RandomState.of(seed).permutation(report.examples().size());
    List<ContactSheet.Entry> entries = new ArrayList<>();
    for (int i = 0; i < Math.min(SHOWN, order.length); i++) {
      entries.add(entry(report.examples().get(order[i]), input));
    }
    return sheet().draw(entries);
  }

  private static ContactSheet sheet() {
    return ContactSheet.DEFAULT.withColumns(COLUMNS_OF_SHEET).withCell(CELL);
  }

  private static ContactSheet.Entry entry(Example example, LocalizationEvaluator.Input input) {
    Picture picture =
        input
            .set()
            .read(example.index(), input.reading().decode(), input.view(), RandomState.of(0));
    int thickness = 1 + Math.max(picture.height(), picture.width()) / CELL;
    for (Box box : example.truth()) {
      picture = picture.outlined(box, TRUE_COLOR, thickness);
    }
    for (Box box : example.found()) {
      picture = picture.outlined(box, FOUND_COLOR, thickness);
    }
    String caption =
        String.format(
            Locale.ROOT,
            "%s  IoU %.2f",
            input.set().classes().get(example.label()),
            example.overlap());
    return new ContactSheet.Entry(
        picture, example.isAnswered() ? caption : caption + "\ntaken for " + example.answer());
  }

  /**
   * Writes JSON, CSV and the sheet, each over one that may be there.
   *
   * @param folder made where it is not there
   * @param stem of the files' names, such as {@code localization}
   * @param seed of the examples that are shown
   * @throws dev.linnet.base.LinnetException if the folder cannot be written
   */
  public void write(Path folder, String stem, LocalizationEvaluator.Input input, long seed) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", model);
    all.put("data", data);
    all.putAll(json());
    try {
      AtomicFile.write(
          folder.resolve(stem + ".json"),
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(all) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("figures are maps, lists, numbers and texts", e);
    }
    AtomicFile.write(folder.resolve(stem + ".csv"), csv(input.set().classes()));
    if (!report.examples().isEmpty()) {
      AtomicFile.write(folder.resolve(stem + ".png"), PngWriter.write(sheet(input, seed)));
    }
  }
}
