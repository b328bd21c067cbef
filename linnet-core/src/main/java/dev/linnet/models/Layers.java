package dev.linnet.models;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which layer a parameter belongs to, from the input to the head, as layer-wise learning rates want
 * it: by the parameters' names, as timm's {@code group_matcher} has it.
 *
 * <p>What comes before the first block is the stem, layer 0; then each block is a layer, with what
 * stands between it and the next; what comes after the blocks is the head, the last layer.
 *
 * @param blocks regular expressions at the start of names; the same groups are the same block
 * @param joined regular expression at the start of names that belong to the block before
 */
record Layers(List<Pattern> blocks, Pattern joined) {
  private static final Pattern NOTHING = Pattern.compile("(?!)");

  /** The names that the families of the zoo give to their blocks. */
  static final Layers USUAL =
      new Layers(
          List.of(
              Pattern.compile("layer(\\d+)\\.(\\d+)"),
              Pattern.compile("stages\\.(\\d+)\\.(?:blocks\\.)?(\\d+)"),
              Pattern.compile("stages\\.(\\d+)\\.downsample()"),
              Pattern.compile("blocks\\.(\\d+)(?:\\.(\\d+))?"),
              Pattern.compile("s(\\d+)\\.b(\\d+)"),
              Pattern.compile("features\\.denseblock(\\d+)\\.denselayer(\\d+)"),
              Pattern.compile("features\\.(\\d+)"),
              Pattern.compile("cell_(\\d+)"),
              Pattern.compile("block(\\d+)(?:\\.(\\d+))?")),
          NOTHING);

  Layers {
    blocks = List.copyOf(blocks);
  }

  /** These layers, where names that begin so belong to the block before. */
  Layers joining(String regex) {
    return new Layers(blocks, Pattern.compile(regex));
  }

  /**
   * The layer of each name.
   *
   * @param names of parameters, in the order of the network
   */
  Map<String, Integer> of(List<String> names) {
    List<String> blocks = names.stream().map(this::block).toList();
    int first = first(blocks);
    int end = last(blocks) + 1;
    if (end == 0) { // none has a block's name: each module is a layer
      blocks = names.stream().map(name -> name.replaceFirst("\\.?[^.]*$", "")).toList();
      first = 0;
      end = names.size();
    }
    while (end < names.size() && joined.matcher(names.get(end)).lookingAt()) {
      end++;
    }
    int stem = first == 0 ? 0 : 1;
    Map<String, Integer> numbers = new HashMap<>();
    Map<String, Integer> layers = new LinkedHashMap<>();
    int layer = 0;
    for (int i = 0; i < names.size(); i++) {
      if (i >= first && i < end && !blocks.get(i).isEmpty()) {
        layer = numbers.computeIfAbsent(blocks.get(i), block -> numbers.size() + stem);
      }
      layers.put(names.get(i), i < end ? layer : numbers.size() + stem);
    }
    return layers;
  }

  /**
   * The blocks among the parts of a network, by their full names; where none has a block's name,
   * the parts of the network itself. What has no parts is no block.
   *
   * @param parts names of the modules that have children, in the order of the network
   * @param leaves names of those that have none
   */
  List<String> blocksOf(List<String> parts, List<String> leaves) {
    List<String> named = parts.stream().filter(this::isBlock).toList();
    if (named.isEmpty() && leaves.stream().noneMatch(this::isBlock)) {
      return parts.stream().filter(part -> !part.contains(".")).toList();
    }
    return named.stream()
        .filter(part -> named.stream().noneMatch(other -> other.startsWith(part + ".")))
        .toList();
  }

  private boolean isBlock(String name) {
    return blocks.stream().anyMatch(pattern -> pattern.matcher(name).matches());
  }

  private static int first(List<String> blocks) {
    int first = 0;
    while (first < blocks.size() && blocks.get(first).isEmpty()) {
      first++;
    }
    return first;
  }

  private static int last(List<String> blocks) {
    int last = blocks.size() - 1;
    while (last >= 0 && blocks.get(last).isEmpty()) {
      last--;
    }
    return last;
  }

  private String block(String name) {
    for (Pattern pattern : blocks) {
      Matcher matcher = pattern.matcher(name);
      if (matcher.lookingAt()) {
        List<String> numbers = new ArrayList<>();
        for (int i = 1; i <= matcher.groupCount(); i++) {
          String number = matcher.group(i);
          numbers.add(number == null ? "" : number.isEmpty() ? "0" : number);
        }
        return String.join(".", numbers);
      }
    }
    return "";
  }
}
