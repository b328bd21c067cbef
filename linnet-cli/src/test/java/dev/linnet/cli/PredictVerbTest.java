package dev.linnet.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code predict} and {@code eval} of a small run on dark and bright noise. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PredictVerbTest {
  private static final String PREPROCESSING =
      "preprocessing: input_size [3, 16, 16], interpolation bilinear, crop_pct 1.0, crop_mode"
          + " center, mean [0.4882, 0.4883, 0.4863], std [0.3156, 0.3149, 0.3147]";

  private static final String NO_PICTURE =
      ": no picture of a known format (it begins with \"hello\"); must be one of JPEG, PNG,"
          + " WEBP, BMP, GIF, TIFF";

  @TempDir private static Path shared;

  @TempDir private Path folder;

  @BeforeAll
  static void trainsOnDarkAndBright() {
    Path data = Pictures.folders(shared.resolve("data"), 20);
    Run.of(
            "train",
            "--quiet",
            "--data",
            data.toString(),
            "--model",
            "resnet20",
            "--size",
            "16",
            "--epochs",
            "4",
            "--batch",
            "8",
            "--out",
            run())
        .answered();
  }

  private static String run() {
    return shared.resolve("run").toString();
  }

  @Test
  void a_picture_is_named_with_the_probabilities_of_its_classes() {
    Path dark = Pictures.write(folder.resolve("naïve file.png"), 0, 77);
    assertThat(Run.of("predict", run(), dark.toString()).answered())
        .matches(dark + ": dark \\d+\\.\\d %, bright \\d+\\.\\d %\n");
  }

  @Test
  void the_json_has_exactly_the_documented_keys() {
    Path dark = Pictures.write(folder.resolve("a.png"), 0, 77);
    JsonNode json = Run.of("predict", run(), dark.toString(), "--json").json();
    assertThat(json.fieldNames()).toIterable().containsExactly("results");
    JsonNode result = json.get("results").get(0);
    assertThat(result.fieldNames()).toIterable().containsExactly("path", "predictions");
    assertThat(result.get("path").asText()).isEqualTo(dark.toString());
    assertThat(result.get("predictions")).hasSize(2);
    JsonNode best = result.get("predictions").get(0);
    assertThat(best.fieldNames()).toIterable().containsExactly("index", "class", "probability");
    assertThat(best.get("class").asText()).isEqualTo("dark");
    assertThat(best.get("index").asInt()).isEqualTo(1);
  }

  @Test
  void logits_and_fewer_classes_come_when_asked_for() {
    Path dark = Pictures.write(folder.resolve("a.png"), 0, 77);
    JsonNode result =
        Run.of("predict", run(), dark.toString(), "--json", "--top=1", "--logits")
            .json()
            .get("results")
            .get(0);
    assertThat(result.fieldNames()).toIterable().containsExactly("path", "predictions", "logits");
    assertThat(result.get("predictions")).hasSize(1);
    assertThat(result.get("logits")).hasSize(2);
  }

  @Test
  void folders_and_lists_on_the_standard_input_are_read_in_their_order() {
    Path dark = Pictures.write(folder.resolve("more").resolve("z.png"), 0, 1);
    Path bright = Pictures.write(folder.resolve("more").resolve("below").resolve("a.png"), 150, 2);
    Path last = Pictures.write(folder.resolve("last one.png"), 0, 3);
    Run run =
        Run.with(Map.of(), last + "\n\n", "predict", run(), folder.resolve("more").toString(), "-");
    assertThat(run.answered().lines())
        .extracting(line -> line.substring(0, line.indexOf(": ")))
        .containsExactly(bright.toString(), dark.toString(), last.toString());
  }

  @Test
  void broken_pictures_are_named_the_others_go_into_the_table_and_the_exit_code_is_1()
      throws IOException {
    Path in = folder.resolve("in");
    Pictures.write(in.resolve("a.png"), 0, 1);
    Path text = Files.writeString(in.resolve("b.jpg"), "hello");
    Path empty = Files.writeString(in.resolve("c.jpg"), "");
    Pictures.write(in.resolve("d.png"), 150, 2);
    Path table = folder.resolve("answers.csv");
    Run run = Run.of("predict", run(), in.toString(), "--csv", table.toString(), "--top", "1");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEqualTo(table + ": 2 pictures\n");
    assertThat(run.err().lines())
        .containsExactlyInAnyOrder(
            PREPROCESSING,
            "warning: " + text + NO_PICTURE + " (skipped)",
            "warning: " + empty + ": the file is empty (0 bytes) (skipped)",
            "linnet: 2 of 4 pictures could not be read; they are named above");
    List<String> rows = Files.readAllLines(table);
    assertThat(rows).hasSize(3);
    assertThat(rows.get(0)).isEqualTo("path,class_1,probability_1");
    assertThat(rows.get(1)).matches(in.resolve("a.png") + ",dark,[01]\\.\\d{6}");
    assertThat(rows.get(2)).matches(in.resolve("d.png") + ",bright,[01]\\.\\d{6}");
  }

  @Test
  void a_broken_picture_that_is_all_there_is_to_predict_is_the_error() throws IOException {
    Path text = Files.writeString(folder.resolve("b.jpg"), "hello");
    Run.of("predict", run(), text.toString())
        .failed(1, PREPROCESSING, "linnet: " + text + NO_PICTURE);
    Path none = folder.resolve("none.jpg");
    Run.of("predict", run(), none.toString(), "--quiet")
        .failed(1, "linnet: " + none + ": no such file");
  }

  @Test
  void what_cannot_be_predicted_is_refused() throws IOException {
    Run.of("predict", run())
        .failed(2, "linnet: \"linnet predict\" needs PICTURE; see \"linnet predict --help\"");
    Run.of("predict", run(), "-")
        .failed(1, "linnet: standard input: names no pictures; write a path on each line");
    Run.of("predict", run(), folder.toString())
        .failed(1, PREPROCESSING, "linnet: " + folder + ": holds no pictures");
    Run.of("predict", run(), "a.png", "--top", "0")
        .failed(2, "linnet: --top: got 0; must be at least 1");
    Run.of("predict", folder.resolve("no").toString(), "a.png")
        .failed(
            1,
            "linnet: %s: no such folder; give a run's folder, a folder with config.json and"
                    .formatted(folder.resolve("no"))
                + " model.safetensors, or a name of the zoo with --weights FILE");
    Path table = Files.writeString(folder.resolve("mine.csv"), "mine");
    Run.of("predict", run(), "a.png", "--csv", table.toString())
        .failed(1, "linnet: --csv: " + table + " exists already; choose another name");
    assertThat(table).hasContent("mine");
  }

  @Test
  void a_bare_file_of_weights_needs_the_networks_name() {
    Path dark = Pictures.write(folder.resolve("a.png"), 0, 77);
    String weights = shared.resolve("run").resolve("model.safetensors").toString();
    assertThat(
            Run.of("predict", "resnet20", "--weights", weights, dark.toString(), "--json")
                .json()
                .get("results")
                .get(0)
                .get("predictions")
                .get(0)
                .get("class")
                .asText())
        .startsWith("class ");
  }

  /** As the hub does: a config with git's SHA-1, weights with their SHA-256. */
  private static HttpServer hub() throws IOException {
    HttpServer hub =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hub.createContext(
        "/",
        exchange -> {
          Path file =
              Path.of(run()).resolve(exchange.getRequestURI().getPath().replaceAll(".*/", ""));
          byte[] bytes = Files.readAllBytes(file);
          boolean small = file.toString().endsWith(".json");
          byte[] head = small ? ("blob " + bytes.length + "\0").getBytes(UTF_8) : new byte[0];
          exchange
              .getResponseHeaders()
              .set("ETag", '"' + sha(small ? "SHA-1" : "SHA-256", head, bytes) + '"');
          exchange.getResponseHeaders().set("X-Repo-Commit", "1".repeat(40));
          if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(bytes.length));
            exchange.sendResponseHeaders(200, -1);
          } else {
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
          }
          exchange.close();
        });
    hub.start();
    return hub;
  }

  private static String sha(String algorithm, byte[] head, byte[] bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(head);
      return HexFormat.of().formatHex(digest.digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void weights_on_the_hub_are_fetched_and_then_used_as_a_folder() throws IOException {
    HttpServer hub = hub();
    String endpoint = "http://127.0.0.1:" + hub.getAddress().getPort();
    Path dark = Pictures.write(folder.resolve("a.png"), 0, 77);
    Map<String, String> environment =
        Map.of("HF_ENDPOINT", endpoint, "HF_HOME", folder.resolve("hf").toString());
    try {
      Run run = Run.with(environment, "", "predict", "hf://owner/name", dark.toString());
      assertThat(run.answered()).startsWith(dark + ": dark ");
      assertThat(run.err().lines())
          .containsExactly(
              "downloading " + endpoint + "/owner/name/resolve/" + "1".repeat(40) + "/config.json",
              "downloading "
                  + endpoint
                  + "/owner/name/resolve/"
                  + "1".repeat(40)
                  + "/model.safetensors",
              PREPROCESSING);
    } finally {
      hub.stop(0);
    }
    Map<String, String> offline =
        Map.of("HF_HUB_OFFLINE", "1", "HF_HOME", folder.resolve("hf").toString());
    Path data = Pictures.folders(folder.resolve("other"), 3);
    String[] eval = {"eval", "hf://owner/name", "--data", data.toString(), "--json", "--quiet"};
    Run evaluated = Run.with(offline, "", eval);
    assertThat(evaluated.json().get("images").asInt()).isEqualTo(6);
    assertThat(evaluated.err()).isEmpty();
  }

  @Test
  void a_name_of_the_hub_that_is_none_is_asked_wrongly() {
    Run.of("predict", "hf://resnet18", "a.png")
        .failed(
            2,
            "linnet: name on the hub: got hf://resnet18; must be hf://OWNER/NAME or"
                + " hf://OWNER/NAME@REVISION");
  }

  @Test
  void an_evaluation_has_exactly_the_documented_keys_and_equals_the_summary() throws IOException {
    JsonNode json = Run.of("eval", run(), "--json").json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly("top1", "top5", "loss", "images", "seconds", "images_per_s");
    JsonNode summary =
        com.fasterxml.jackson.databind.json.JsonMapper.builder()
            .build()
            .readTree(shared.resolve("run").resolve("summary.json").toFile());
    for (String key : List.of("top1", "top5", "loss", "images")) {
      assertThat(json.get(key)).as(key).isEqualTo(summary.get("test").get(key));
    }
  }

  @Test
  void people_get_a_table_of_the_classes_and_the_confusion_matrix() {
    String answer = Run.of("eval", run(), "--split", "train").answered();
    assertThat(answer)
        .startsWith("class   pictures  precision    recall        F1\n")
        .contains("shown \\ taken for  bright  dark\n")
        .containsPattern("calibration error \\d+\\.\\d\\d %\n")
        .containsPattern("top-1 \\d+\\.\\d\\d %  top-5 100\\.00 %  loss .*  on 32 pictures\n$");
  }

  @Test
  void other_data_are_measured_whole() {
    Path data = Pictures.folders(folder.resolve("other"), 3);
    JsonNode json = Run.of("eval", run(), "--data", data.toString(), "--json").json();
    assertThat(json.get("images").asInt()).isEqualTo(6);
  }

  @Test
  void views_are_averaged_where_asked() {
    JsonNode plain = Run.of("eval", run(), "--json").json();
    JsonNode ten = Run.of("eval", run(), "--tta", "ten-crop", "--json").json();
    assertThat(ten.get("images")).isEqualTo(plain.get("images"));
    assertThat(ten.get("loss")).isNotEqualTo(plain.get("loss"));
    Path dark = Pictures.write(folder.resolve("dark.png"), 40, 1);
    JsonNode one = Run.of("predict", run(), dark.toString(), "--json").json();
    JsonNode both = Run.of("predict", run(), dark.toString(), "--tta", "flip", "--json").json();
    assertThat(both).isNotEqualTo(one);
    String line = "linnet: --tta: got twice; must be none, flip or ten-crop";
    Run.of("eval", run(), "--tta", "twice").failedWith(2, line);
    Run.of("predict", run(), dark.toString(), "--tta", "twice").failedWith(2, line);
  }

  @Test
  void a_limit_takes_none_of_the_pictures_that_the_run_was_trained_on() {
    JsonNode whole = Run.of("eval", run(), "--json").json();
    JsonNode limited = Run.of("eval", run(), "--limit", "100", "--json").json();
    assertThat(limited.get("images")).isEqualTo(whole.get("images"));
    assertThat(Run.of("eval", run(), "--limit", "2", "--json").json().get("images").asInt())
        .isEqualTo(4);
  }

  @Test
  void robustness_is_measured_and_written_where_asked() throws IOException {
    Path out = folder.resolve("robust");
    Path foreign = Pictures.folders(folder.resolve("foreign"), 2);
    String[] asked = {
      "eval",
      run(),
      "--robustness",
      "--limit",
      "3",
      "--ood",
      foreign.toString(),
      "--out",
      out.toString(),
      "--json"
    };
    JsonNode json = Run.of(asked).json();
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly("top1", "top5", "loss", "images", "seconds", "images_per_s", "robustness");
    assertThat(json.get("images").asInt()).isEqualTo(6);
    JsonNode robustness = json.get("robustness");
    assertThat(robustness.fieldNames())
        .toIterable()
        .containsExactly(
            "center_occlusion",
            "border_occlusion",
            "mixup_pairs",
            "cutmix_pairs",
            "fgsm",
            "calibration",
            "ood");
    assertThat(robustness.get("ood")).hasSize(10);
    assertThat(robustness.get("ood").get(9).get("data").asText()).isEqualTo(foreign.toString());
    assertThat(robustness.get("ood").get(9).get("images").asInt()).isEqualTo(4);
    for (String ending : List.of("html", "json", "csv")) {
      assertThat(out.resolve("robustness." + ending)).exists();
    }
    JsonNode written =
        com.fasterxml.jackson.databind.json.JsonMapper.builder()
            .build()
            .readTree(out.resolve("robustness.json").toFile());
    assertThat(written.get("ood")).isEqualTo(robustness.get("ood"));
    Run.of(asked)
        .failed(
            1,
            "linnet: --out: "
                + out.resolve("robustness.html")
                + " exists already; choose another name");
  }

  @Test
  void robustness_without_a_place_goes_into_the_run_and_overwrites_nothing() throws IOException {
    for (String name : List.of("robustness", "robustness-2")) {
      Run run = Run.of("eval", run(), "--robustness", "--limit", "1");
      assertThat(run.answered())
          .startsWith("measure           at ")
          .containsPattern("clean +top-1 error +\\d+\\.\\d\\d %\n")
          .containsPattern("FGSM +ε = 8/255 +top-1 error +\\d+\\.\\d\\d %\n")
          .containsPattern("top-1 .* on 2 pictures\n$");
      Path page = shared.resolve("run").resolve(name + ".html");
      assertThat(run.err())
          .isEqualTo(PREPROCESSING + "\nwrote " + page + ", and .json and .csv beside it\n");
      assertThat(page).exists();
    }
  }

  @Test
  void robustness_of_weights_without_a_run_is_written_where_asked_only() {
    Path data = Pictures.folders(folder.resolve("data"), 2);
    Run run = Run.of("eval", weights().toString(), "--robustness", "--data", data.toString());
    assertThat(run.answered()).contains("center occlusion");
    assertThat(run.err())
        .endsWith("nothing was written; --out FOLDER keeps the page, all points as CSV and JSON\n");
  }

  /** The weights of the run in a folder that is no run. */
  private Path weights() {
    Path weights = folder.resolve("weights");
    try {
      Files.createDirectories(weights);
      for (String name : List.of("config.json", "model.safetensors")) {
        Files.copy(shared.resolve("run").resolve(name), weights.resolve(name));
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return weights;
  }

  @Test
  void what_has_no_robustness_is_refused() throws IOException {
    Run.of("eval", run(), "--ood", "digits")
        .failed(2, "linnet: --ood: is for --robustness, which is not given");
    Run.of("eval", run(), "--out", "x")
        .failed(2, "linnet: --out: is for --robustness and --localization; neither is given");
    Path one = folder.resolve("one");
    Pictures.write(one.resolve("dark").resolve("a.png"), 0, 1);
    Run.of("eval", run(), "--robustness", "--data", one.toString(), "--quiet")
        .failedWith(1, "linnet: robustness: got 1 picture; needs 2 or more, of 2 or more classes");
    Pictures.write(one.resolve("dark").resolve("b.png"), 0, 2);
    Run.of("eval", run(), "--robustness", "--data", one.toString(), "--quiet")
        .failedWith(
            1,
            "linnet: robustness: all 2 pictures are of the class \"dark\"; needs 2 or more classes,"
                + " as pairs of them are mixed");
    Path empty = Files.createDirectories(folder.resolve("empty"));
    Run.of("eval", run(), "--robustness", "--ood", empty.toString(), "--quiet")
        .failedWith(
            1, "linnet: " + empty + ": is empty; put class folders into it: CLASS/picture.jpg");
    Run.of("eval", run(), "--robustness", "--limit", "0", "--quiet")
        .failedWith(2, "linnet: limit: got 0; must be at least 1");
  }

  @Test
  void what_cannot_be_evaluated_is_refused() {
    Run.of("eval").failed(2, "linnet: \"linnet eval\" needs RUN; see \"linnet eval --help\"");
    Run.of("eval", run(), "--split", "vla")
        .failed(2, "linnet: --split: got \"vla\"; must be train, val or test");
    Run.of("eval", run(), "--batch", "0").failed(2, "linnet: --batch: got 0; must be at least 1");
    Run.of("eval", run(), "--data", "digits")
        .failed(
            1,
            PREPROCESSING,
            "linnet: the data have 10 classes that the network does not know: \"0\", \"1\", \"2\","
                + " \"3\", \"4\" and 5 more; it knows bright, dark");
    String weights = shared.resolve("run").resolve("model.safetensors").toString();
    Run.of("eval", "resnet20", "--weights", weights, "--quiet")
        .failed(2, "linnet: \"linnet eval\" needs --data: resnet20 is no run that knows its data");
  }
}
