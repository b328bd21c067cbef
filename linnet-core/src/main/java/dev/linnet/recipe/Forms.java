package dev.linnet.recipe;

import dev.linnet.base.OrAuto;
import dev.linnet.data.Boxes;
import dev.linnet.data.ByteCount;
import dev.linnet.recipe.Kinds.Kind;
import dev.linnet.tensor.DType;
import dev.linnet.tricks.Policy;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The form of a component, by its type: what a record says is what YAML takes. */
final class Forms {
  private Forms() {}

  /**
   * Returns the form of a type.
   *
   * @param key the key that stands before it, for hints
   */
  static Form of(Type type, String key) {
    return of(type, key, List.of());
  }

  private static Form of(Type type, String key, List<String> also) {
    if (type instanceof ParameterizedType generic) {
      Type argument = generic.getActualTypeArguments()[0];
      if (generic.getRawType() == OrAuto.class) {
        return Scalars.auto(of(argument, key, plus(also, "auto")));
      }
      if (generic.getRawType() == OrNone.class) {
        String hint = "; to do without, write \"" + key + ": false\"";
        if (argument instanceof Class<?> part && part.isRecord()) {
          return new Switch(section(part, hint));
        }
        List<Kind> kinds = Kinds.BY_INTERFACE.get(argument);
        return kinds != null
            ? new OrFalse(new Choice(kinds, hint))
            : Scalars.none(of(argument, key, plus(also, "none")));
      }
      if (generic.getRawType() == Map.class) {
        return Scalars.map(of(generic.getActualTypeArguments()[1], key), also);
      }
      return Scalars.list(of(argument, key));
    }
    Class<?> single = (Class<?>) type;
    List<Kind> kinds = Kinds.BY_INTERFACE.get(single);
    if (kinds != null) {
      return new Choice(kinds, "");
    }
    if (single == Tricks.class) {
      return new TrickList();
    }
    if (single == Policy.class) {
      return new Policies(also);
    }
    if (single == TrainedLayers.class) {
      return TrainedLayers.form();
    }
    if (single == ByteCount.class) {
      return Scalars.bytes(also);
    }
    if (single == RecipePart.class) {
      return new RecipePart.PartForm();
    }
    if (single.isRecord()) {
      return section(single, "");
    }
    if (single.isEnum()) {
      return Scalars.constant(constants(single), also);
    }
    return switch (single.getSimpleName()) {
      case "int", "Integer" ->
          Scalars.whole(Integer.MIN_VALUE, Integer.MAX_VALUE, also, Math::toIntExact);
      case "long", "Long" -> Scalars.whole(Long.MIN_VALUE, Long.MAX_VALUE, also, n -> n);
      case "double", "Double" -> Scalars.decimal(also);
      case "boolean", "Boolean" -> Scalars.bool(also);
      case "String" -> Scalars.text(also);
      default -> throw new IllegalArgumentException("a recipe has no form for " + type);
    };
  }

  private static Section section(Class<?> type, String hint) {
    return new Section(type.asSubclass(Record.class), hint);
  }

  private static List<? extends Enum<?>> constants(Class<?> type) {
    if (type == DType.class) {
      return Recipe.DTYPES;
    }
    if (type == Boxes.class) {
      return Recipe.BOXES;
    }
    return Arrays.stream(type.getEnumConstants()).map(constant -> (Enum<?>) constant).toList();
  }

  private static List<String> plus(List<String> also, String word) {
    List<String> all = new ArrayList<>(also);
    all.add(word);
    return all;
  }
}
