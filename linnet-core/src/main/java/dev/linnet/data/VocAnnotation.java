package dev.linnet.data;

import dev.linnet.base.OneLine;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * One annotation of Pascal VOC: the name and size of a picture and its objects (Everingham et al.,
 * VOC2012 development kit, §2). Coordinates count from 1, and the last pixel belongs to the box.
 *
 * @param filename of the picture; empty where it says none
 * @param height of the picture in pixels; 0 where it says none
 * @param width of the picture in pixels; 0 where it says none
 * @param boxes without those marked difficult
 * @param difficult number of those
 */
record VocAnnotation(String filename, int height, int width, List<MarkedBox> boxes, int difficult) {
  VocAnnotation {
    boxes = List.copyOf(boxes);
  }

  /** What is wrong with an annotation, in words. */
  static final class Wrong extends Exception {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message);
    }
  }

  /** Reads annotations. One thread at a time. */
  static final class Reader {
    private static final int DEEPEST = 32;
    private static final int LONGEST = 4096;
    private static final int LONGEST_HEAD = 200;
    private static final Pattern ENCODING =
        Pattern.compile("(?:\u00EF\u00BB\u00BF)?<\\?xml\\s[^>]*?encoding\\s*=\\s*[\"']([\\w.:-]+)");

    private final XMLInputFactory factory = XMLInputFactory.newDefaultFactory();

    Reader() {
      factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
      factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
      factory.setXMLResolver(
          (publicId, systemId, baseUri, namespace) -> new ByteArrayInputStream(new byte[0]));
    }

    /**
     * Reads one.
     *
     * @throws Wrong if it is no such XML; DTDs and entities of its own are refused
     */
    VocAnnotation read(byte[] xml) throws Wrong {
      try {
        XMLStreamReader reader = factory.createXMLStreamReader(new StringReader(text(xml)));
        try {
          return read(reader);
        } finally {
          reader.close();
        }
      } catch (XMLStreamException e) {
        throw new Wrong(
            e.getLocation() == null
                ? "is no XML"
                : "is no XML (line " + e.getLocation().getLineNumber() + ")");
      } catch (RuntimeException e) { // the JDK's reader throws some on broken XML
        throw new Wrong("is no XML");
      }
    }

    /** Decoded here, because the JDK's reader writes of broken bytes to standard error. */
    private static String text(byte[] xml) throws Wrong {
      String head =
          new String(xml, 0, Math.min(xml.length, LONGEST_HEAD), StandardCharsets.ISO_8859_1);
      boolean wide = head.startsWith("\u00FE\u00FF") || head.startsWith("\u00FF\u00FE");
      Matcher named = ENCODING.matcher(head);
      try {
        Charset charset =
            wide
                ? StandardCharsets.UTF_16
                : named.lookingAt() ? Charset.forName(named.group(1)) : StandardCharsets.UTF_8;
        String text = charset.newDecoder().decode(ByteBuffer.wrap(xml)).toString();
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
      } catch (CharacterCodingException | IllegalArgumentException e) {
        throw new Wrong("is no XML: its bytes are no text of the encoding that it names, or UTF-8");
      }
    }

    private static VocAnnotation read(XMLStreamReader reader) throws XMLStreamException, Wrong {
      Collected collected = new Collected();
      List<String> path = new ArrayList<>();
      StringBuilder text = new StringBuilder();
      while (reader.hasNext()) {
        switch (reader.next()) {
          case XMLStreamConstants.START_ELEMENT -> {
            path.add(reader.getLocalName());
            if (path.size() > DEEPEST) {
              throw new Wrong("has elements more than " + DEEPEST + " deep");
            }
            text.setLength(0);
            collected.begin(path);
          }
          case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
            if (text.length() + reader.getTextLength() > LONGEST) {
              throw new Wrong("has a text of more than " + LONGEST + " characters");
            }
            text.append(reader.getTextCharacters(), reader.getTextStart(), reader.getTextLength());
          }
          case XMLStreamConstants.END_ELEMENT -> {
            collected.end(path, text.toString().strip());
            path.remove(path.size() - 1);
            text.setLength(0);
          }
          case XMLStreamConstants.DTD -> throw new Wrong("has a DTD, which is not read");
          case XMLStreamConstants.ENTITY_REFERENCE ->
              throw new Wrong("has an entity, which is not read");
          default -> {}
        }
      }
      return collected.annotation();
    }
  }

  /** What was read of an annotation so far. */
  private static final class Collected {
    private final List<MarkedBox> boxes = new ArrayList<>();
    private String filename = "";
    private int height;
    private int width;
    private int difficult;
    private int objects;
    private String name = "";
    private boolean isDifficult;
    private final @Nullable Double[] corners = new @Nullable Double[4];

    void begin(List<String> path) throws Wrong {
      if (path.size() == 1 && !path.get(0).equals("annotation")) {
        throw new Wrong("is no annotation of Pascal VOC, whose root is <annotation>");
      }
      if (is(path, "object")) {
        name = "";
        isDifficult = false;
        Arrays.fill(corners, null);
      }
    }

    void end(List<String> path, String text) throws Wrong {
      if (path.size() > 4) {
        return;
      }
      switch (String.join("/", path.subList(1, path.size()))) {
        case "filename" -> filename = text;
        case "size/height" -> height = pixels("height", text);
        case "size/width" -> width = pixels("width", text);
        case "object/name" -> name = text;
        case "object/difficult" -> isDifficult = text.equals("1");
        case "object/bndbox/xmin" -> corners[0] = number("xmin", text);
        case "object/bndbox/ymin" -> corners[1] = number("ymin", text);
        case "object/bndbox/xmax" -> corners[2] = number("xmax", text);
        case "object/bndbox/ymax" -> corners[3] = number("ymax", text);
        case "object" -> object();
        default -> {}
      }
    }

    private static boolean is(List<String> path, String element) {
      return path.size() == 2 && path.get(1).equals(element);
    }

    private void object() throws Wrong {
      int number = objects++;
      if (isDifficult) {
        difficult++;
        return;
      }
      if (name.isEmpty()) {
        throw new Wrong("object " + (number + 1) + " has no name");
      }
      Double left = corners[0];
      Double top = corners[1];
      Double right = corners[2];
      Double bottom = corners[3];
      if (left == null || top == null || right == null || bottom == null) {
        throw new Wrong("object " + (number + 1) + " has no whole bndbox");
      }
      // a box without a side, such as a click leaves, is empty though its pixel would count
      boolean isEmpty = right <= left || bottom <= top;
      boxes.add(MarkedBox.of(number, name, left - 1, top - 1, isEmpty ? left - 1 : right, bottom));
    }

    /** Some tools write 0, or a fraction. */
    private static int pixels(String key, String text) throws Wrong {
      double value = number(key, text);
      return value >= 1 && value <= Integer.MAX_VALUE ? (int) value : 0;
    }

    private static double number(String key, String text) throws Wrong {
      try {
        double value = Double.parseDouble(text);
        if (Double.isFinite(value)) {
          return value;
        }
      } catch (NumberFormatException e) {
        // said below
      }
      throw new Wrong(
          "%s: got \"%s\"; must be a number"
              .formatted(key, OneLine.of(text.length() > 40 ? text.substring(0, 40) + "…" : text)));
    }

    VocAnnotation annotation() {
      return new VocAnnotation(filename, height, width, boxes, difficult);
    }
  }
}
