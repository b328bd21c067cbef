package dev.linnet.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.linnet.base.OneLine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A file of COCO's instances (Lin et al., ECCV 2014, arXiv:1405.0312; cocodataset.org, "Data
 * format"): {@code images}, {@code annotations} and {@code categories}. It is read as a stream, so
 * that masks are skipped and not held. Coordinates count from 0: left, top, width and height, with
 * fractions.
 *
 * @param categories names by id, ids rising
 * @param pictures in the order of the file
 * @param crowds number of boxes round crowds, which are left out
 */
record CocoFile(Map<Long, String> categories, List<Listed> pictures, int crowds) {
  CocoFile {
    pictures = List.copyOf(pictures);
  }

  /**
   * A picture and its boxes without those round crowds.
   *
   * @param file its name, relative to the folder of the pictures
   * @param height in pixels; 0 where nothing is said
   * @param width in pixels; 0 where nothing is said
   */
  record Listed(String file, int height, int width, List<MarkedBox> boxes) {
    Listed {
      boxes = List.copyOf(boxes);
    }
  }

  /**
   * Reads a file.
   *
   * @param name of the file, for messages
   * @param problems takes all that is wrong with it
   */
  static CocoFile read(byte[] json, String name, ProblemList problems) {
    return new Reader(name, problems).read(json);
  }

  /** An image of the file. */
  private record Image(long id, String file, int height, int width) {}

  /** An annotation of the file: left, top, width, height. */
  private record Instance(
      long image,
      long category,
      boolean isCrowd,
      double left,
      double top,
      double right,
      double bottom) {}

  private static final class Reader {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int LONGEST_NAME = 4096;

    private final String name;
    private final ProblemList problems;
    private final List<Image> images = new ArrayList<>();
    private final List<Instance> instances = new ArrayList<>();
    private final Map<Long, String> categories = new TreeMap<>();
    private final Set<String> names = new HashSet<>();
    private boolean hasImages;

    Reader(String name, ProblemList problems) {
      this.name = name;
      this.problems = problems;
    }

    CocoFile read(byte[] json) {
      try (JsonParser parser = JSON.createParser(json)) {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
          problem("is no JSON object with images, annotations and categories");
          return new CocoFile(Map.of(), List.of(), 0);
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String key = parser.currentName();
          parser.nextToken();
          switch (key) {
            case "images" -> {
              hasImages = true;
              each(parser, "images", this::image);
            }
            case "annotations" -> each(parser, "annotations", this::instance);
            case "categories" -> each(parser, "categories", this::category);
            default -> parser.skipChildren();
          }
        }
        if (!hasImages) {
          problem("has no images");
        }
        return joined();
      } catch (JsonProcessingException e) {
        JsonLocation at = e.getLocation();
        problem(
            "is no JSON that can be read" + (at == null ? "" : " (line " + at.getLineNr() + ")"));
      } catch (IOException e) {
        problem("cannot be read (" + OneLine.of(String.valueOf(e.getMessage())) + ")");
      }
      return new CocoFile(Map.of(), List.of(), 0);
    }

    private void problem(String what) {
      problems.add(name + " " + what);
    }

    /** Reads an object whose brace was read. */
    @FunctionalInterface
    private interface Item {
      void read(JsonParser parser, String at) throws IOException;
    }

    private void each(JsonParser parser, String key, Item item) throws IOException {
      if (parser.currentToken() != JsonToken.START_ARRAY) {
        problem(key + " must be a list");
        parser.skipChildren();
        return;
      }
      for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
        if (parser.currentToken() == null) {
          problem("ends in " + key);
          return;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
          problem(key + "[" + i + "] is no object");
          parser.skipChildren();
          continue;
        }
        item.read(parser, key + "[" + i + "]");
      }
    }

    private void image(JsonParser parser, String at) throws IOException {
      Fields fields = Fields.read(parser);
      String file = fields.text("file_name");
      if (fields.hasWhole("id") && !file.isEmpty()) {
        images.add(
            new Image(fields.whole("id"), file, fields.pixels("height"), fields.pixels("width")));
        return;
      }
      problem(at + " needs id (a whole number) and file_name");
    }

    private void category(JsonParser parser, String at) throws IOException {
      Fields fields = Fields.read(parser);
      String text = fields.text("name");
      if (!fields.hasWhole("id") || text.isEmpty()) {
        problem(at + " needs id (a whole number) and name");
      } else if (categories.putIfAbsent(fields.whole("id"), text) != null || !names.add(text)) {
        problem(at + " has the id or the name of another");
      }
    }

    private void instance(JsonParser parser, String at) throws IOException {
      Fields fields = Fields.read(parser);
      double[] box = fields.box;
      if (!fields.hasWhole("image_id") || !fields.hasWhole("category_id")) {
        problem(at + " needs image_id and category_id (whole numbers)");
      } else if (box.length != 4 || !Arrays.stream(box).allMatch(Double::isFinite)) {
        problem(at + " needs bbox (left, top, width, height)");
      } else {
        instances.add(
            new Instance(
                fields.whole("image_id"),
                fields.whole("category_id"),
                fields.hasWhole("iscrowd") && fields.whole("iscrowd") != 0,
                box[0],
                box[1],
                box[0] + box[2],
                box[1] + box[3]));
      }
    }

    /** Boxes to their pictures; they may stand before what they name. */
    private CocoFile joined() {
      Map<Long, Integer> pictureOf = new HashMap<>();
      List<List<MarkedBox>> boxes = new ArrayList<>(images.size());
      for (int i = 0; i < images.size(); i++) {
        if (pictureOf.putIfAbsent(images.get(i).id(), i) != null) {
          problem("images has the id " + images.get(i).id() + " twice");
        }
        boxes.add(new ArrayList<>(0));
      }
      int[] seen = new int[images.size()];
      int crowds = 0;
      for (Instance instance : instances) {
        Integer picture = pictureOf.get(instance.image());
        String category = categories.get(instance.category());
        if (picture == null || category == null) {
          problem(
              picture == null
                  ? "annotations name the image " + instance.image() + ", which images has not"
                  : "annotations name the category "
                      + instance.category()
                      + ", which categories has not");
          continue;
        }
        int number = seen[picture]++;
        if (instance.isCrowd()) {
          crowds++;
        } else {
          boxes
              .get(picture)
              .add(
                  MarkedBox.of(
                      number,
                      category,
                      instance.left(),
                      instance.top(),
                      instance.right(),
                      instance.bottom()));
        }
      }
      List<Listed> pictures = new ArrayList<>(images.size());
      for (int i = 0; i < images.size(); i++) {
        Image image = images.get(i);
        pictures.add(new Listed(image.file(), image.height(), image.width(), boxes.get(i)));
      }
      return new CocoFile(categories, pictures, crowds);
    }

    /** The keys of an object that are read; all others are skipped. */
    private static final class Fields {
      private static final Set<String> WHOLE =
          Set.of("id", "image_id", "category_id", "iscrowd", "height", "width");
      private static final Set<String> TEXT = Set.of("file_name", "name");

      private final Map<String, Long> whole = new HashMap<>(8);
      private final Map<String, String> text = new HashMap<>(2);
      private double[] box = new double[0];

      static Fields read(JsonParser parser) throws IOException {
        Fields fields = new Fields();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String key = parser.currentName();
          JsonToken value = parser.nextToken();
          if (WHOLE.contains(key) && value == JsonToken.VALUE_NUMBER_INT) {
            fields.whole.put(key, parser.getLongValue());
          } else if (TEXT.contains(key) && value == JsonToken.VALUE_STRING) {
            fields.text.put(key, parser.getTextLength() <= LONGEST_NAME ? parser.getText() : "");
          } else if (key.equals("bbox") && value == JsonToken.START_ARRAY) {
            fields.box = numbers(parser);
          } else {
            parser.skipChildren();
          }
        }
        return fields;
      }

      /** At most five, which are one too many; none where something is no number. */
      private static double[] numbers(JsonParser parser) throws IOException {
        double[] numbers = new double[5];
        int count = 0;
        boolean isBroken = false;
        while (parser.nextToken() != JsonToken.END_ARRAY && parser.currentToken() != null) {
          if (parser.currentToken().isNumeric()) {
            numbers[Math.min(count++, 4)] = parser.getDoubleValue();
          } else {
            parser.skipChildren();
            isBroken = true;
          }
        }
        return isBroken ? new double[0] : Arrays.copyOf(numbers, Math.min(count, 5));
      }

      boolean hasWhole(String key) {
        return whole.containsKey(key);
      }

      long whole(String key) {
        return whole.getOrDefault(key, 0L);
      }

      int pixels(String key) {
        long value = whole(key);
        return value >= 1 && value <= Integer.MAX_VALUE ? (int) value : 0;
      }

      String text(String key) {
        return text.getOrDefault(key, "");
      }
    }
  }
}
