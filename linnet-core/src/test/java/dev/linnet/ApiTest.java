package dev.linnet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.linnet.testing.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/**
 * What is public grows only on purpose: {@code docs/api.txt} lists it. {@code mvn test -pl
 * linnet-core -Dtest=ApiTest -Dlinnet.update=true} writes the list anew.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ApiTest {
  @Test
  void docs_api_txt_lists_what_is_public() throws Exception {
    Path list = Repository.path("docs/api.txt");
    String now = PublicApi.of("dev.linnet").text();
    if (Boolean.getBoolean("linnet.update")) {
      Files.createDirectories(list.getParent());
      Files.writeString(list, now, UTF_8);
    }
    assertThat(now)
        .as("the public API; if the change is meant, run again with -Dlinnet.update=true")
        .isEqualTo(Files.readString(list, UTF_8));
  }

  @Test
  void types_methods_and_constants_are_listed_and_the_rest_is_not() {
    assertThat(PublicApi.of(List.of(Sample.class, Sample.Kind.class, Sample.Point.class)).text())
        .isEqualTo(
            """
            dev.linnet.ApiTest.Sample
              abstract class implements AutoCloseable
              static final int LIMIT
              protected Sample(int)
              void close()
              static <T extends Comparable<T>> Optional<T> largest(List<? extends T>) throws IOException
              abstract long[] numbers(byte[]...)

            dev.linnet.ApiTest.Sample.Kind
              enum SMALL, LARGE
              int size()

            dev.linnet.ApiTest.Sample.Point
              record (int x, List<String> names)
              static Point origin()
            """);
  }

  /** A type with one of each kind of member. */
  @SuppressWarnings("unused")
  public abstract static class Sample implements AutoCloseable {
    public static final int LIMIT = 3;
    final int hidden;

    protected Sample(int hidden) {
      this.hidden = hidden;
    }

    Sample() {
      this(0);
    }

    public static <T extends Comparable<T>> Optional<T> largest(List<? extends T> list)
        throws IOException {
      return list.stream().max(Comparator.naturalOrder()).map(x -> x);
    }

    public abstract long[] numbers(byte[]... bytes);

    void packagePrivate() {}

    @Override
    public void close() {}

    @Override
    public String toString() {
      return "";
    }

    /** Constants with a method. */
    public enum Kind {
      SMALL,
      LARGE;

      public int size() {
        return name().length();
      }
    }

    /** Components and one method. */
    public record Point(int x, List<String> names) {
      public Point {
        names = List.copyOf(names);
      }

      public static Point origin() {
        return new Point(0, List.of());
      }
    }
  }
}
