package dev.linnet.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ProxiesTest {
  private static String proxy(String target, Map<String, String> environment) {
    return Proxies.of(environment)
        .address(URI.create(target))
        .map(address -> address.getHostString() + ":" + address.getPort())
        .orElse("none");
  }

  @Test
  void each_scheme_has_its_variable_and_all_proxy_stands_in() {
    Map<String, String> both = Map.of("https_proxy", "http://s:3128", "HTTP_PROXY", "p:8080/");
    assertThat(proxy("https://example.org/x", both)).isEqualTo("s:3128");
    assertThat(proxy("http://example.org/x", both)).isEqualTo("p:8080");
    assertThat(proxy("http://example.org", Map.of("ALL_PROXY", "http://a"))).isEqualTo("a:80");
    assertThat(proxy("https://example.org", Map.of("http_proxy", "p:1"))).isEqualTo("none");
  }

  @Test
  void lower_case_comes_before_upper_case_and_empty_counts_as_unset() {
    assertThat(proxy("http://example.org", Map.of("http_proxy", "low:1", "HTTP_PROXY", "up:2")))
        .isEqualTo("low:1");
    assertThat(proxy("http://example.org", Map.of("http_proxy", " ", "HTTP_PROXY", "up:2")))
        .isEqualTo("up:2");
  }

  @ParameterizedTest
  @CsvSource({
    "https://example.org/x, example.org, none",
    "https://a.example.org/x, example.org, none",
    "https://a.example.org/x, .example.org, none",
    "https://a.example.org/x, *.example.org, none",
    "https://EXAMPLE.org/x, 'other, example.org', none",
    "https://example.org/x, *, none",
    "https://example.org:8443/x, example.org:8443, none",
    "https://example.org:8444/x, example.org:8443, p:1",
    "https://badexample.org/x, example.org, p:1",
    "https://example.org.evil/x, example.org, p:1",
    "https://example.org/x, '', p:1",
    "http://localhost:8080/x, '', none",
    "http://127.0.0.1:8080/x, '', none",
    "http://[::1]:8080/x, '', none",
  })
  void no_proxy_names_what_is_asked_directly(String target, String none, String expected) {
    assertThat(proxy(target, Map.of("all_proxy", "http://p:1", "no_proxy", none)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"socks5://u:secret@p:1", "https://p:1", "http://u:se cret@p", "http://"})
  void what_is_no_usable_proxy_is_said_without_its_password(String value) {
    assertThatThrownBy(() -> proxy("https://example.org", Map.of("https_proxy", value)))
        .isInstanceOf(LinnetException.class)
        .hasMessage(
            "https_proxy: names no proxy that Linnet can use; must be http://HOST:PORT or"
                + " http://USER:PASSWORD@HOST:PORT");
  }

  @Test
  void user_and_password_are_sent_to_the_proxy_and_shown_nowhere() {
    Proxies proxies = Proxies.of(Map.of("https_proxy", "http://me:s%40cret@p:1"));
    assertThat(proxies.authorization(URI.create("https://example.org")))
        .contains("Basic bWU6c0BjcmV0"); // me:s@cret
    assertThat(proxies.authorization(URI.create("http://example.org"))).isEmpty();
    assertThat(proxies).hasToString("Proxies[https_proxy]");
  }

  @Test
  void what_java_is_told_comes_first() {
    System.setProperty("https.proxyHost", "java");
    System.setProperty("https.proxyPort", "99");
    try {
      assertThat(
              Proxies.of(Map.of("https_proxy", "http://u:p@env:1"))
                  .address(URI.create("https://example.org"))
                  .map(InetSocketAddress::getPort))
          .contains(99);
      assertThat(
              Proxies.of(Map.of("https_proxy", "http://u:p@env:1"))
                  .authorization(URI.create("https://example.org")))
          .isEmpty();
    } finally {
      System.clearProperty("https.proxyHost");
      System.clearProperty("https.proxyPort");
    }
  }

  @Test
  void equal_variables_are_equal_proxies() {
    assertThat(Proxies.of(Map.of("HTTP_PROXY", "p:1", "PATH", "/bin")))
        .isEqualTo(Proxies.of(Map.of("http_proxy", "p:1")))
        .hasSameHashCodeAs(Proxies.of(Map.of("http_proxy", "p:1")))
        .isNotEqualTo(Proxies.NONE);
  }
}
