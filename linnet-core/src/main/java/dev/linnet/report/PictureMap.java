package dev.linnet.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Maps on which each point is a picture: it can be zoomed, searched by class, and asked what a
 * point is. Drawn by Apache ECharts, which becomes part of the page.
 *
 * @param layouts ways to lay the points out, such as t-SNE; at least 1
 * @param points the pictures, in the order of the layouts and of the sprite
 * @param classes names of classes
 * @param sprite all thumbnails on one picture, row after row
 * @param side of a thumbnail, in pixels
 */
public record PictureMap(
    String title,
    String about,
    List<Layout> layouts,
    List<Point> points,
    List<String> classes,
    Image sprite,
    int side)
    implements Section {
  private static final String ECHARTS = "/META-INF/resources/webjars/echarts/5.5.0/echarts.min.js";

  /** Places are written as whole numbers in [0, STEPS]. */
  private static final int STEPS = 10_000;

  public PictureMap {
    layouts = List.copyOf(layouts);
    points = List.copyOf(points);
    classes = List.copyOf(classes);
    for (Layout layout : layouts) {
      if (layout.places().size() != points.size()) {
        throw new IllegalArgumentException(
            layout.name() + ": " + layout.places().size() + " places of " + points.size());
      }
    }
  }

  /**
   * A way to lay points out.
   *
   * @param name such as {@code t-SNE}
   * @param about a sentence on it; may be empty
   */
  public record Layout(String name, String about, List<Place> places) {
    public Layout {
      places = List.copyOf(places);
    }
  }

  /** Where a point lies, in any unit. */
  public record Place(float x, float y) {}

  /**
   * A picture.
   *
   * @param name such as its path in the data set
   * @param label position of its class, or −1
   * @param answer position of the class that the network gave it, or −1
   * @param confidence probability of the answer, in [0, 1]
   */
  public record Point(String name, int label, int answer, double confidence) {}

  @Override
  public String html() {
    Html html = new Html().open("section", "class", "card picture-map").leaf("h2", title);
    if (!about.isEmpty()) {
      html.leaf("p", about, "class", "about");
    }
    html.open("div", "class", "controls").close();
    html.leaf("p", "", "class", "about layout-about");
    html.open("div", "class", "canvas", "role", "img", "aria-label", title).close();
    html.open("div", "class", "detail", "aria-live", "polite").close();
    html.open("div", "class", "keys").close();
    html.leaf(
        "p", "The map needs scripts, which this page brings along.", "class", "about no-script");
    html.line().open("script", "type", "application/json").markup(json()).close();
    return html.close().toString();
  }

  /** Data as JSON without any sign that markup means something by. */
  private String json() {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode data = mapper.createObjectNode();
    classes.forEach(data.putArray("classes")::add);
    ArrayNode names = data.putArray("names");
    ArrayNode labels = data.putArray("labels");
    ArrayNode answers = data.putArray("answers");
    ArrayNode sure = data.putArray("sure");
    for (Point point : points) {
      names.add(point.name());
      labels.add(point.label());
      answers.add(point.answer());
      sure.add(Math.round(1000 * point.confidence()));
    }
    ArrayNode all = data.putArray("layouts");
    for (Layout layout : layouts) {
      ObjectNode one = all.addObject().put("name", layout.name()).put("about", layout.about());
      addPlaces(layout, one);
    }
    data.put("sprite", sprite.source()).put("side", side).put("columns", sprite.width() / side);
    try {
      return mapper
          .writeValueAsString(data)
          .replace("<", "\\u003c")
          .replace(">", "\\u003e")
          .replace("&", "\\u0026");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Both directions with the same scale, in the middle. */
  private static void addPlaces(Layout layout, ObjectNode to) {
    float lowX = Float.POSITIVE_INFINITY;
    float lowY = Float.POSITIVE_INFINITY;
    float highX = Float.NEGATIVE_INFINITY;
    float highY = Float.NEGATIVE_INFINITY;
    for (Place place : layout.places()) {
      lowX = Math.min(lowX, place.x());
      lowY = Math.min(lowY, place.y());
      highX = Math.max(highX, place.x());
      highY = Math.max(highY, place.y());
    }
    float span = Math.max(Math.max(highX - lowX, highY - lowY), Float.MIN_NORMAL);
    float left = (lowX + highX - span) / 2;
    float bottom = (lowY + highY - span) / 2;
    ArrayNode x = to.putArray("x");
    ArrayNode y = to.putArray("y");
    for (Place place : layout.places()) {
      x.add(Math.round(STEPS * ((place.x() - left) / span)));
      y.add(Math.round(STEPS * ((place.y() - bottom) / span)));
    }
  }

  @Override
  public String script() {
    return resource(ECHARTS) + "\n" + resource("map.js");
  }

  private static String resource(String name) {
    try (InputStream in = PictureMap.class.getResourceAsStream(name)) {
      return new String(requireNonNull(in, name + " is in a jar").readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
