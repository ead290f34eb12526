package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.dunlin.channels.Hub;
import dev.dunlin.server.Route;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CodesTest {

  @Test
  void errorsHaveTheProtocolsCodesAndMessages() {
    Map<Integer, String> messages =
        constants(ErrorCode.class).stream()
            .collect(Collectors.toMap(ErrorCode::code, ErrorCode::message));
    assertThat(messages)
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry(100, "internal server error"),
                Map.entry(101, "unauthorized"),
                Map.entry(102, "unknown channel"),
                Map.entry(103, "permission denied"),
                Map.entry(104, "method not found"),
                Map.entry(105, "already subscribed"),
                Map.entry(106, "limit exceeded"),
                Map.entry(107, "bad request"),
                Map.entry(108, "not available"),
                Map.entry(109, "token expired"),
                Map.entry(110, "expired"),
                Map.entry(111, "too many requests"),
                Map.entry(112, "unrecoverable position"),
                Map.entry(113, "concurrent pagination")));
    assertThat(constants(ErrorCode.class).stream().filter(ErrorCode::temporary))
        .extracting(ErrorCode::code)
        .containsExactlyInAnyOrder(100, 111, 113);
  }

  @Test
  void aServerThatGoesDownPartsWith3001() {
    var route = CentrifugeEndpoint.over(Hub.inMemory()).configure(Route.at("/"));
    assertThat(route.farewell()).isEqualTo(new Close(CloseCode.of(3001), "shutdown"));
  }

  @Test
  void disconnectsReconnectOrEndByTheirRange() {
    assertThat(constants(Disconnect.class)).hasSize(22);
    for (Disconnect disconnect : constants(Disconnect.class)) {
      assertThat(disconnect.reconnects()).isEqualTo(disconnect.code() < 3500);
    }
    assertThat(Disconnect.custom(4499, "later").reconnects()).isTrue();
    assertThat(Disconnect.custom(4500, "never").reconnects()).isFalse();
    assertThatIllegalArgumentException().isThrownBy(() -> Disconnect.custom(3999, "no"));
    assertThatIllegalArgumentException().isThrownBy(() -> new Disconnect(5000, "no"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "42",
        " {} ",
        "null",
        "\"x\"",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
      })
  void aReasonThatClientsWouldMisreadIsRefused(String reason) {
    assertThatIllegalArgumentException().isThrownBy(() -> Disconnect.custom(4000, reason));
  }

  @Test
  void aReasonHas123BytesAtMost() {
    assertThat(Disconnect.custom(4000, "x".repeat(123)).reason()).hasSize(123);
    assertThatIllegalArgumentException().isThrownBy(() -> Disconnect.custom(4000, "x".repeat(124)));
    assertThatIllegalArgumentException().isThrownBy(() -> Disconnect.custom(4000, "ж".repeat(62)));
  }

  @Test
  void unsubscribesFrom2500OnResubscribe() {
    assertThat(UnsubscribeCode.SERVER.resubscribes()).isFalse();
    assertThat(UnsubscribeCode.INSUFFICIENT_STATE.resubscribes()).isTrue();
    assertThat(UnsubscribeCode.custom(2499, "x").resubscribes()).isFalse();
    assertThat(UnsubscribeCode.custom(2600, "x").resubscribes()).isTrue();
    for (int code : new int[] {0, 1, 2000, 2099, 2500, 2599, 3000}) {
      assertThatIllegalArgumentException().isThrownBy(() -> UnsubscribeCode.custom(code, "x"));
    }
  }

  @Test
  void applicationsErrorsHaveARangeOfTheirOwn() {
    assertThat(ErrorCode.custom(400, "x", true).temporary()).isTrue();
    assertThatIllegalArgumentException().isThrownBy(() -> ErrorCode.custom(399, "x", false));
    assertThatIllegalArgumentException().isThrownBy(() -> ErrorCode.custom(2000, "x", false));
  }

  private static <T> List<T> constants(Class<T> type) {
    return Arrays.stream(type.getFields())
        .filter(field -> Modifier.isStatic(field.getModifiers()) && field.getType() == type)
        .map(field -> {
          try {
            return type.cast(field.get(null));
          } catch (IllegalAccessException e) {
            throw new AssertionError(e);
          }
        })
        .toList();
  }
}
