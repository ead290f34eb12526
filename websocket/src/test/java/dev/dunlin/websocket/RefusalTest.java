package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class RefusalTest {

  @Test
  void refusalIsAWholeResponse() {
    assertThat(Heads.text(Refusal.of(404, "no such path").header("X-A", "b").bytes()))
        .isEqualTo(
            "HTTP/1.1 404 Not Found\r\nX-A: b\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "Content-Length: 13\r\nConnection: close\r\n\r\nno such path\n");
  }

  @Test
  void busyServerSaysWhenToComeBackInWholeSeconds() {
    assertThat(Refusal.busy(Duration.ofSeconds(3)).headers().first("Retry-After")).hasValue("3");
    var refusal = Refusal.busy(Duration.ofMillis(2001));
    assertThat(refusal.status()).isEqualTo(503);
    assertThat(refusal.headers().first("Retry-After")).hasValue("3");
    assertThat(Refusal.busy(Duration.ofSeconds(-3)).headers().first("retry-after")).hasValue("0");
  }

  @Test
  void everyStatusHasAPhrase() {
    for (int status = 400; status < 600; status++) {
      assertThat(Heads.text(Refusal.of(status, "x").bytes()))
          .matches("(?s)HTTP/1\\.1 " + status + " [A-Za-z ]+\r\n.*");
    }
  }

  @Test
  void whatRefusesNothingIsRejected() {
    for (int status : new int[] {0, 101, 200, 399, 600}) {
      assertThatThrownBy(() -> Refusal.of(status, "x"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void reasonIsOneLine() {
    assertThatThrownBy(() -> Refusal.of(400, "a\nb")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Refusal.of(400, "a\rb")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusalsOwnHeadersCannotBeSet() {
    for (var name : new String[] {"content-type", "Content-Length", "Connection"}) {
      assertThatThrownBy(() -> Refusal.of(400, "x").header(name, "1"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
