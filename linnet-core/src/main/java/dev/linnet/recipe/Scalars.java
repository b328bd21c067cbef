package dev.linnet.recipe;

import dev.linnet.base.OrAuto;
import dev.linnet.data.ByteCount;
import dev.linnet.recipe.Tree.Entries;
import dev.linnet.recipe.Tree.Entry;
import dev.linnet.recipe.Tree.Items;
import dev.linnet.recipe.Tree.Leaf;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The forms of single values: numbers, words, texts, and {@code auto} or {@code none} for them. */
final class Scalars {
  static final Where NOWHERE = new Where("", 0);
  private static final Pattern WHOLE = Pattern.compile("[-+]?[0-9]{1,40}");

  /** YAML 1.2's core schema, §10.3.2. */
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\.[0-9]{1,40}|[0-9]{1,40}(\\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,9})?");

  private Scalars() {}

  /** Whether YAML reads a text as a number. */
  static boolean isNumber(String text) {
    return NUMBER.matcher(text).matches();
  }

  /** A leaf that was not read from anywhere. */
  static Leaf leaf(String text) {
    return new Leaf(text, false, NOWHERE);
  }

  /** A number as a person writes it; reads back to the same bits. */
  static String text(double value) {
    if (value == 0) {
      return "0";
    }
    BigDecimal decimal = BigDecimal.valueOf(value).stripTrailingZeros();
    double size = Math.abs(value);
    if (size >= 1e-3 && size < 1e7) {
      return decimal.toPlainString();
    }
    int exponent = decimal.precision() - decimal.scale() - 1;
    String digits = decimal.scaleByPowerOfTen(-exponent).stripTrailingZeros().toPlainString();
    return digits + "e" + exponent;
  }

  /** A form of one word or number. */
  private static final class Scalar extends Form {
    private final List<String> expected;
    private final Function<Leaf, Optional<?>> read;
    private final Function<Object, Leaf> write;

    Scalar(List<String> expected, Function<Leaf, Optional<?>> read, Function<Object, Leaf> write) {
      this.expected = expected;
      this.read = read;
      this.write = write;
    }

    @Override
    List<String> expected() {
      return expected;
    }

    @Override
    boolean isSingle() {
      return true;
    }

    @Override
    @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
      Optional<?> value = tree instanceof Leaf leaf ? read.apply(leaf) : Optional.empty();
      return value.isPresent() ? value.get() : refuse(tree, path, fallback, problems);
    }

    @Override
    Tree write(Object value) {
      return write.apply(value);
    }
  }

  /**
   * A whole number in a type's range.
   *
   * @param also what else may stand there
   * @param make makes the type of a number within the range
   */
  static Form whole(long least, long most, List<String> also, Function<Long, Object> make) {
    List<String> expected = with("a whole number", also);
    return new Form() {
      @Override
      List<String> expected() {
        return expected;
      }

      @Override
      boolean isSingle() {
        return true;
      }

      @Override
      @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
        if (!(tree instanceof Leaf leaf)
            || leaf.quoted()
            || !WHOLE.matcher(leaf.text()).matches()) {
          return refuse(tree, path, fallback, problems);
        }
        BigInteger number = new BigInteger(leaf.text());
        if (number.compareTo(BigInteger.valueOf(most)) > 0) {
          problems.mustBe(path, tree, Form.words(with("at most " + most, also)));
          return fallback;
        }
        if (number.compareTo(BigInteger.valueOf(least)) < 0) {
          problems.mustBe(path, tree, Form.words(with("at least " + least, also)));
          return fallback;
        }
        return make.apply(number.longValueExact());
      }

      @Override
      Tree write(Object value) {
        return leaf(value.toString());
      }
    };
  }

  private static List<String> plus(List<String> words, List<String> also) {
    List<String> all = new ArrayList<>(words);
    all.addAll(also);
    return all;
  }

  private static List<String> with(String first, List<String> also) {
    return plus(List.of(first), also);
  }

  /** A finite number. */
  static Form decimal(List<String> also) {
    Function<Leaf, Optional<?>> read =
        leaf -> {
          if (leaf.quoted() || !isNumber(leaf.text())) {
            return Optional.empty();
          }
          double value = Double.parseDouble(leaf.text());
          return Double.isFinite(value) ? Optional.of(value) : Optional.empty();
        };
    return new Scalar(with("a number", also), read, value -> leaf(text((Double) value)));
  }

  /** A number of bytes, such as 4GB. */
  static Form bytes(List<String> also) {
    return new Scalar(
        with("a size such as 400MB or 4GB", also),
        leaf -> ByteCount.parse(leaf.text()),
        value -> leaf(value.toString()));
  }

  /** True or false. */
  static Form bool(List<String> also) {
    Function<Leaf, Optional<?>> read =
        leaf ->
            leaf.is("true") || leaf.is("false") ? Optional.of(leaf.is("true")) : Optional.empty();
    return new Scalar(plus(List.of("true", "false"), also), read, value -> leaf(value.toString()));
  }

  /** A text without control characters: a name or a path. */
  static Form text(List<String> also) {
    Function<Leaf, Optional<?>> read =
        leaf ->
            leaf.text().isBlank() || !Lines.isPlain(leaf.text())
                ? Optional.empty()
                : Optional.of(leaf.text());
    return new Scalar(
        with("a text of printable characters", also),
        read,
        value -> new Leaf(value.toString(), also.contains(value.toString()), NOWHERE));
  }

  /** One of some constants, each by its name. */
  static Form constant(List<? extends Enum<?>> constants, List<String> also) {
    Function<Leaf, Optional<?>> read =
        leaf -> constants.stream().filter(c -> leaf.is(Records.name(c))).findFirst();
    List<String> expected = new ArrayList<>(also);
    constants.forEach(constant -> expected.add(Records.name(constant)));
    return new Scalar(
        expected.stream().distinct().toList(), read, value -> leaf(Records.name((Enum<?>) value)));
  }

  /** A list of values of one form. */
  static Form list(Form element) {
    return new Form() {
      @Override
      List<String> expected() {
        return List.of("a list such as [1, 2], each " + element.must());
      }

      @Override
      @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
        if (!(tree instanceof Items list)) {
          return refuse(tree, path, fallback, problems);
        }
        List<Object> values = new ArrayList<>();
        boolean whole = true;
        for (int i = 0; i < list.items().size(); i++) {
          Object value = element.read(list.items().get(i), path + "[" + i + "]", null, problems);
          if (value == null) {
            whole = false;
          } else {
            values.add(value);
          }
        }
        return whole ? values : fallback;
      }

      @Override
      Tree write(Object value) {
        List<Tree> items = new ArrayList<>();
        ((List<?>) value).forEach(item -> items.add(element.write(item)));
        return new Items(items, NOWHERE);
      }
    };
  }

  /** A mapping of names, such as those of classes, to values of one form. */
  static Form map(Form element, List<String> also) {
    List<String> expected = with("a mapping such as {cat: 2}, each " + element.must(), also);
    return new Form() {
      @Override
      List<String> expected() {
        return expected;
      }

      @Override
      @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
        if (!(tree instanceof Entries entries)) {
          return refuse(tree, path, fallback, problems);
        }
        Map<String, Object> values = new LinkedHashMap<>();
        entries
            .entries()
            .forEach(
                (name, entry) -> {
                  Object value =
                      element.read(entry.value(), Lines.path(path, name), null, problems);
                  if (value != null) {
                    values.put(name, value);
                  }
                });
        return values.size() == entries.entries().size() ? values : fallback;
      }

      @Override
      Tree write(Object value) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        ((Map<?, ?>) value)
            .forEach(
                (name, v) -> entries.put(name.toString(), new Entry(NOWHERE, element.write(v))));
        return new Entries(entries, NOWHERE);
      }
    };
  }

  /** The word {@code auto}, or what another form takes. */
  static Form auto(Form inner) {
    return new Form() {
      @Override
      List<String> expected() {
        return inner.expected();
      }

      @Override
      boolean isSingle() {
        return inner.isSingle();
      }

      @Override
      @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
        if (tree instanceof Leaf leaf && leaf.is("auto")) {
          return OrAuto.auto();
        }
        Object value = inner.read(tree, path, null, problems);
        return value == null ? fallback : OrAuto.of(value);
      }

      @Override
      Tree write(Object value) {
        OrAuto<?> or = (OrAuto<?>) value;
        return or.isAuto() ? leaf("auto") : inner.write(or.value());
      }
    };
  }

  /** The word {@code none}, or what another form takes. */
  static Form none(Form inner) {
    return new Form() {
      @Override
      List<String> expected() {
        return inner.expected();
      }

      @Override
      boolean isSingle() {
        return inner.isSingle();
      }

      @Override
      @Nullable Object read(Tree tree, String path, @Nullable Object fallback, Problems problems) {
        if (tree instanceof Leaf leaf && leaf.is("none")) {
          return OrNone.none();
        }
        Object value = inner.read(tree, path, null, problems);
        return value == null ? fallback : OrNone.of(value);
      }

      @Override
      Tree write(Object value) {
        OrNone<?> or = (OrNone<?>) value;
        return or.isNone() ? leaf("none") : inner.write(or.value());
      }
    };
  }
}
