package dev.linnet.recipe;

import dev.linnet.base.InvalidValueException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Records seen as lists of named values: what turns keys into components and back. */
final class Records {
  private Records() {}

  /** The values of a record's components, in their order. */
  static Object[] values(Record record) {
    RecordComponent[] components = record.getClass().getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(record, components[i]);
    }
    return values;
  }

  /** The value of one component. */
  static Object value(Record record, RecordComponent component) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component + " cannot be read", e);
    }
  }

  /**
   * Makes a record of the values of its components.
   *
   * @throws InvalidValueException if the record refuses a value
   */
  static <R extends Record> R create(Class<R> type, Object[] values) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Constructor<R> constructor = type.getDeclaredConstructor(types);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(type + " cannot be made", e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " cannot be made", e);
    }
  }

  /** A copy of a record with one component changed. */
  @SuppressWarnings("unchecked") // getClass of an R is a Class<R>: records are final
  static <R extends Record> R with(R record, String component, Object value) {
    RecordComponent[] components = record.getClass().getRecordComponents();
    Object[] values = values(record);
    for (int i = 0; i < values.length; i++) {
      if (components[i].getName().equals(component)) {
        values[i] = value;
        return (R) create(record.getClass(), values);
      }
    }
    throw new IllegalArgumentException(record.getClass() + " has no component " + component);
  }

  /** The constant {@code DEFAULT} of a record, where it has one. */
  static Optional<Record> defaultOf(Class<?> type) {
    try {
      return Optional.of((Record) type.getField("DEFAULT").get(null));
    } catch (NoSuchFieldException e) {
      return Optional.empty();
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(type + ".DEFAULT cannot be read", e);
    }
  }

  /** A Java name as a recipe writes it: {@code warmupEpochs} is {@code warmup_epochs}. */
  static String key(String name) {
    StringBuilder key = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      key.append(Character.isUpperCase(c) ? "_" + Character.toLowerCase(c) : String.valueOf(c));
    }
    return key.toString();
  }

  /** A constant of an enum as a recipe writes it: its own text, or its name in lower case. */
  static String name(Enum<?> constant) {
    String text = constant.toString();
    return text.equals(constant.name()) ? text.toLowerCase(Locale.ROOT).replace('_', '-') : text;
  }
}
