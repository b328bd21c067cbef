package dev.linnet.report;

import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A picture and heatmaps that lie on it, with a slider that says how much of the picture shines
 * through.
 *
 * @param title such as the picture's name
 * @param about a sentence below the title; may be empty
 * @param picture PNG of the picture
 * @param name of the picture on its page: letters, digits and dashes
 * @param layers the heatmaps
 */
public record Overlays(String title, String about, Png picture, String name, List<Layer> layers)
    implements Section {
  private static final String SCRIPT =
      """
      for (const slider of document.querySelectorAll('.overlays input')) {
        const show = () => slider.closest('.overlays').style.setProperty('--heat', slider.value / 100);
        slider.addEventListener('input', show);
        show();
      }
      """;

  public Overlays {
    layers = List.copyOf(layers);
    if (!name.matches("[A-Za-z0-9-]+")) {
      throw new IllegalArgumentException("name: got " + name + "; must be letters, digits, dashes");
    }
  }

  /**
   * The bytes of a PNG file.
   *
   * @param base64 the bytes
   * @param width in pixels
   * @param height in pixels
   */
  public record Png(String base64, int width, int height) {
    /** Takes the bytes of a PNG file. */
    public static Png of(byte[] bytes, int width, int height) {
      return new Png(Base64.getEncoder().encodeToString(bytes), width, height);
    }

    private String url() {
      return "data:image/png;base64," + base64;
    }
  }

  /**
   * A heatmap.
   *
   * @param title such as {@code grad-cam}
   * @param lines what is said below it
   * @param heat of the picture's shape
   */
  public record Layer(String title, List<String> lines, Png heat) {
    public Layer {
      lines = List.copyOf(lines);
    }
  }

  @Override
  public String script() {
    return SCRIPT;
  }

  @Override
  public String html() {
    String pixels = picture.width() < 64 ? " pixels" : "";
    Html html = new Html().open("section", "class", "card overlays").leaf("h2", title);
    if (!about.isEmpty()) {
      html.leaf("p", about, "class", "about");
    }
    // The picture is written once: every place that shows it takes it from here.
    html.line().leaf("style", ".stack-%s{background-image:url(%s)}".formatted(name, picture.url()));
    html.line().open("label", "class", "slider").text("heatmap ");
    html.empty(
            "input",
            "type",
            "range",
            "min",
            "0",
            "max",
            "100",
            "value",
            "55",
            "aria-label",
            "opacity of the heatmaps, %")
        .close();
    html.line().open("div", "class", "heatmaps");
    stack(html, "as the network saw it", List.of(), null, pixels);
    for (Layer layer : layers) {
      stack(html, layer.title(), layer.lines(), layer, pixels);
    }
    return html.close().close().toString();
  }

  private void stack(
      Html html, String caption, List<String> lines, @Nullable Layer layer, String pixels) {
    html.line().open("figure");
    html.open(
        "div",
        "class",
        "stack stack-" + name + pixels,
        "style",
        "aspect-ratio:%d/%d".formatted(picture.width(), picture.height()));
    if (layer != null) {
      html.empty(
          "img",
          "class",
          "heat" + pixels,
          "alt",
          caption + ": " + String.join(", ", lines),
          "src",
          layer.heat().url());
    }
    html.close().open("figcaption").leaf("b", caption);
    lines.forEach(line -> html.leaf("div", line));
    html.close().close();
  }
}
