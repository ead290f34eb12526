package dev.dunlin.server.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.dunlin.server.Proxies;
import dev.dunlin.websocket.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardedClientTest {

  private static final Proxies LISTED = Proxies.at("10.0.0.0/8", "fd00::/8");

  private static String client(Proxies proxies, String peer, String name, String... lines) {
    var headers = Headers.none();
    for (var line : lines) {
      headers = headers.with(name, line);
    }
    SocketAddress from = new InetSocketAddress(peer, 1);
    return ((InetSocketAddress) ForwardedClient.of(headers, proxies, from))
        .getAddress()
        .getHostAddress();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // from a listed proxy: the right-most that is not one
        "10.0.0.1 | 192.0.2.1                          | 192.0.2.1",
        "10.0.0.1 | 203.0.113.9, 192.0.2.1             | 192.0.2.1",
        "10.0.0.1 | 203.0.113.9, 192.0.2.1, 10.0.0.2   | 192.0.2.1",
        "10.0.0.1 | 10.9.9.9, 10.0.0.2                 | 10.9.9.9",
        "10.0.0.1 | 192.0.2.1:4711                     | 192.0.2.1",
        "10.0.0.1 | [2001:db8::1]:4711                 | 2001:db8:0:0:0:0:0:1",
        "10.0.0.1 | 2001:db8::1                        | 2001:db8:0:0:0:0:0:1",
        "fd00::1  | 192.0.2.1                          | 192.0.2.1",
        // what is not understood ends the search at the proxy before it
        "10.0.0.1 | 192.0.2.1, unknown, 10.0.0.2       | 10.0.0.2",
        "10.0.0.1 | 192.0.2.1, example.org             | 10.0.0.1",
        "10.0.0.1 | 192.0.2.010                        | 10.0.0.1",
        "10.0.0.1 | 1.2.3                              | 10.0.0.1",
        "10.0.0.1 | [2001:db8::1                       | 10.0.0.1",
        "10.0.0.1 | ''                                 | 10.0.0.1",
        // a client cannot hide what the proxy adds behind a quotation mark
        "10.0.0.1 | \", 192.0.2.1                      | 192.0.2.1",
        "10.0.0.1 | \"1.1.1.1, 192.0.2.1, 10.0.0.2     | 192.0.2.1",
        // from anybody else: nothing counts
        "192.0.2.7 | 203.0.113.9                       | 192.0.2.7",
        "11.0.0.1  | 203.0.113.9                       | 11.0.0.1"
      })
  void theRightMostUntrustedHopIsTheClient(String peer, String value, String expected) {
    assertThat(client(LISTED.forwardedFor(), peer, "X-Forwarded-For", value)).isEqualTo(expected);
  }

  @Test
  void repeatedHeadersAreOneList() {
    assertThat(client(LISTED.forwardedFor(), "10.0.0.1", "X-Forwarded-For", "1.1.1.1", "2.2.2.2"))
        .isEqualTo("2.2.2.2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "for=192.0.2.60;proto=http;by=203.0.113.43          | 192.0.2.60",
        "For=\"[2001:db8:cafe::17]:4711\"                    | 2001:db8:cafe:0:0:0:0:17",
        "for=1.1.1.1, for=192.0.2.43, for=\"10.0.0.2:80\"    | 192.0.2.43",
        "for=1.1.1.1;host=\"a,for=6.6.6.6\"                  | 1.1.1.1",
        "for=\", for=192.0.2.1                              | 192.0.2.1",
        "for=\", for=\"[2001:db8::1]:4711\", for=10.0.0.2    | 2001:db8:0:0:0:0:0:1",
        "for=_hidden                                         | 10.0.0.1",
        "by=1.1.1.1                                          | 10.0.0.1"
      })
  void forwardedIsReadAsTheRfcHasIt(String value, String expected) {
    assertThat(client(LISTED.forwarded(), "10.0.0.1", "Forwarded", value)).isEqualTo(expected);
  }

  @Test
  void onlyTheHeaderThatWasNamedIsBelieved() {
    assertThat(client(LISTED.forwarded(), "10.0.0.1", "X-Forwarded-For", "1.1.1.1"))
        .isEqualTo("10.0.0.1");
    assertThat(client(LISTED, "10.0.0.1", "Forwarded", "for=1.1.1.1")).isEqualTo("10.0.0.1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LISTED.forwarded().forwardedFor())
        .withMessageContaining("cannot both be believed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "example.org", "10.0.0", "::1/129"})
  void blocksThatAreNoneAreRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Proxies.at(text));
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.1.2, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "192.0.2.128/25, 192.0.2.127, false",
    "192.0.2.128/25, 192.0.2.129, true",
    "0.0.0.0/0, 8.8.8.8, true",
    "0.0.0.0/0, ::1, false",
    "2001:db8::/33, 2001:db8:7fff::1, true",
    "2001:db8::/33, 2001:db8:8000::1, false"
  })
  void aBlockHoldsWhatBeginsLikeIt(String block, String address, boolean listed) throws Exception {
    assertThat(Proxies.at(block).lists(InetAddress.getByName(address))).isEqualTo(listed);
  }
}
