package dev.linnet;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The public and protected types and members, as text: one paragraph a type, sorted by name. */
record PublicApi(List<Class<?>> types) {
  private static final Set<String> OF_EVERY_OBJECT = Set.of("equals", "hashCode", "toString");

  PublicApi {
    types = types.stream().sorted(Comparator.comparing(PublicApi::name)).toList();
  }

  static PublicApi of(List<Class<?>> types) {
    return new PublicApi(types);
  }

  /** The public types below a package, without those in a package called "internal". */
  static PublicApi of(String root) throws ClassNotFoundException {
    List<Class<?>> types = new ArrayList<>();
    for (JavaClass found :
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(root)) {
      // Not initialized: no native library need be there.
      Class<?> type = Class.forName(found.getName(), false, PublicApi.class.getClassLoader());
      if (isVisible(type) && !type.getPackageName().contains(".internal")) {
        types.add(type);
      }
    }
    return new PublicApi(types);
  }

  String text() {
    return types.stream().map(PublicApi::paragraph).collect(Collectors.joining("\n"));
  }

  private static String paragraph(Class<?> type) {
    return Stream.of(
            Stream.of(name(type), "  " + kind(type)),
            Arrays.stream(type.getDeclaredFields())
                .filter(field -> isApi(field.getModifiers()) && !field.isEnumConstant())
                .map(PublicApi::line)
                .sorted(),
            Arrays.stream(type.getDeclaredConstructors())
                .filter(made -> isApi(made.getModifiers()) && !type.isRecord() && !type.isEnum())
                .map(PublicApi::line)
                .sorted(),
            Arrays.stream(type.getDeclaredMethods())
                .filter(method -> isApi(method.getModifiers()) && !isGiven(method))
                .sorted(Comparator.comparing(Method::getName).thenComparing(PublicApi::line))
                .map(PublicApi::line))
        .flatMap(lines -> lines)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static boolean isApi(int modifiers) {
    return (Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers))
        && (modifiers & 0x1000) == 0; // synthetic
  }

  private static boolean isVisible(Class<?> type) {
    for (Class<?> outer = type; outer != null; outer = outer.getEnclosingClass()) {
      if (!isApi(outer.getModifiers()) || outer.isAnonymousClass() || outer.isLocalClass()) {
        return false;
      }
    }
    return !type.getSimpleName().equals("package-info");
  }

  /** What every object, enum or record has without being written. */
  private static boolean isGiven(Method method) {
    Class<?> type = method.getDeclaringClass();
    boolean accessor =
        type.isRecord()
            && Arrays.stream(type.getRecordComponents())
                .anyMatch(component -> component.getAccessor().equals(method));
    boolean ofEnum = type.isEnum() && Set.of("values", "valueOf").contains(method.getName());
    return accessor || ofEnum || method.isBridge() || OF_EVERY_OBJECT.contains(method.getName());
  }

  private static String kind(Class<?> type) {
    if (type.isEnum()) {
      return Arrays.stream(type.getDeclaredFields())
              .filter(Field::isEnumConstant)
              .map(Field::getName)
              .collect(Collectors.joining(", ", "enum ", ""))
          + parents(type);
    }
    if (type.isRecord()) {
      return Arrays.stream(type.getRecordComponents())
              .map(c -> simple(c.getGenericType()) + " " + c.getName())
              .collect(
                  Collectors.joining(
                      ", ", "record" + variables(type.getTypeParameters(), " ") + " (", ")"))
          + parents(type);
    }
    if (type.isAnnotation()) {
      return "annotation";
    }
    if (type.isInterface()) {
      return (type.isSealed() ? "sealed " : "")
          + "interface"
          + variables(type.getTypeParameters(), " ")
          + parents(type);
    }
    String modifiers =
        Modifier.isAbstract(type.getModifiers())
            ? "abstract "
            : Modifier.isFinal(type.getModifiers()) ? "final " : "";
    return modifiers + "class" + variables(type.getTypeParameters(), " ") + parents(type);
  }

  private static String parents(Class<?> type) {
    Type parent = type.getGenericSuperclass();
    boolean plain = parent == null || parent == Object.class || type.isEnum() || type.isRecord();
    String interfaces =
        Arrays.stream(type.getGenericInterfaces())
            .map(PublicApi::simple)
            .sorted()
            .collect(Collectors.joining(", "));
    String word = type.isInterface() ? " extends " : " implements ";
    return (plain ? "" : " extends " + simple(parent))
        + (interfaces.isEmpty() ? "" : word + interfaces);
  }

  private static String line(Field field) {
    return "  "
        + modifiers(field.getModifiers())
        + simple(field.getGenericType())
        + " "
        + field.getName();
  }

  private static String line(Constructor<?> made) {
    return "  "
        + modifiers(made.getModifiers())
        + made.getDeclaringClass().getSimpleName()
        + parameters(made);
  }

  private static String line(Method method) {
    String modifiers =
        modifiers(
            method.getModifiers()
                & ~(Modifier.TRANSIENT
                    | Modifier.VOLATILE
                    | Modifier.FINAL
                    | Modifier.SYNCHRONIZED));
    if (method.getDeclaringClass().isInterface()) {
      modifiers = method.isDefault() ? "default " : modifiers.replace("abstract ", "");
    }
    String variables = variables(method.getTypeParameters(), "");
    return "  "
        + modifiers
        + variables
        + (variables.isEmpty() ? "" : " ")
        + simple(method.getGenericReturnType())
        + " "
        + method.getName()
        + parameters(method);
  }

  private static String modifiers(int modifiers) {
    String text = Modifier.toString(modifiers & ~Modifier.PUBLIC);
    return text.isEmpty() ? "" : text + " ";
  }

  private static String parameters(Executable executable) {
    List<String> types = new ArrayList<>();
    for (Parameter parameter : executable.getParameters()) {
      String type = simple(parameter.getParameterizedType());
      types.add(parameter.isVarArgs() ? type.substring(0, type.length() - 2) + "..." : type);
    }
    String thrown =
        Arrays.stream(executable.getGenericExceptionTypes())
            .map(PublicApi::simple)
            .collect(Collectors.joining(", "));
    return "(" + String.join(", ", types) + ")" + (thrown.isEmpty() ? "" : " throws " + thrown);
  }

  private static String variables(TypeVariable<?>[] variables, String before) {
    if (variables.length == 0) {
      return "";
    }
    return Arrays.stream(variables)
        .map(
            variable -> {
              String bounds =
                  Arrays.stream(variable.getBounds())
                      .filter(bound -> bound != Object.class)
                      .map(PublicApi::simple)
                      .collect(Collectors.joining(" & "));
              return variable.getName() + (bounds.isEmpty() ? "" : " extends " + bounds);
            })
        .collect(Collectors.joining(", ", before + "<", ">"));
  }

  /** A type without its packages: {@code Map<String, long[]>}. */
  private static String simple(Type type) {
    if (type instanceof Class<?> c) {
      return c.getSimpleName();
    }
    if (type instanceof ParameterizedType p) {
      return Arrays.stream(p.getActualTypeArguments())
          .map(PublicApi::simple)
          .collect(Collectors.joining(", ", simple(p.getRawType()) + "<", ">"));
    }
    return type.getTypeName().replaceAll("\\b[a-z]\\w*\\.", "").replaceAll("\\w+\\$", "");
  }

  private static String name(Class<?> type) {
    return type.getCanonicalName();
  }
}
