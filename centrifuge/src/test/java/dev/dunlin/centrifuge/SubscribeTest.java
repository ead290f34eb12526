package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Revocation;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may subscribe to what: sections 7 and 20 of the protocol, in the order of the checks. */
@ParameterizedClass
@EnumSource(Encoding.class)
class SubscribeTest {

  @Parameter Encoding encoding;

  private final TestNode node =
      TestNode.of(endpoint ->
          endpoint
              .allowAnonymous()
              .namespaces(namespaces())
              .hooks(Hooks.NONE)
              .options(ProtocolOptions.defaults().withLimits(128, 300)));

  private static Namespaces namespaces() {
    var named = new HashMap<String, NamespaceOptions>();
    named.put("open", TestNode.anybody().build());
    named.put("users", NamespaceOptions.builder().allowSubscribeForClient(true).build());
    named.put("closed", NamespaceOptions.defaults());
    named.put("limited", NamespaceOptions.builder().allowUserLimitedChannels(true).build());
    named.put("letters", TestNode.anybody().channelRegex(Pattern.compile("^[a-zé]+$")).build());
    named.put("filtered", TestNode.anybody().allowTagsFilter(true).build());
    named.put("refused", NamespaceOptions.builder().build());
    return new Namespaces(NamespaceOptions.defaults(), named);
  }

  @AfterEach
  void close() {
    node.close();
  }

  private String subscribe(Peer peer, String channel) {
    return peer.ask("{'id':2,'subscribe':{'channel':'%s'}}".formatted(channel));
  }

  private static final String SUBSCRIBED = Expected.json("{'id':2,'subscribe':{}}");

  @Test
  void anEmptyChannelClosesWith3501() {
    var peer = node.anonymous(encoding);
    peer.send("{'id':2,'subscribe':{}}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void aNameOf255BytesIsTheLongest() {
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "open:" + "a".repeat(250))).isEqualTo(SUBSCRIBED);
    assertThat(subscribe(peer, "open:" + "a".repeat(251)))
        .isEqualTo(Expected.error(2, ErrorCode.BAD_REQUEST));
    assertThat(subscribe(peer, "letters:" + "é".repeat(124)))
        .as("bytes count, not characters")
        .isEqualTo(Expected.error(2, ErrorCode.BAD_REQUEST));
  }

  @Test
  void aSecondSubscriptionIsError105() {
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "open:a")).isEqualTo(SUBSCRIBED);
    assertThat(subscribe(peer, "open:a"))
        .isEqualTo(Expected.error(2, ErrorCode.ALREADY_SUBSCRIBED));
  }

  @Test
  void lengthIsCheckedBeforeTheNamespaceAndTheLimitBeforeThat() {
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "nowhere:" + "a".repeat(255)))
        .isEqualTo(Expected.error(2, ErrorCode.BAD_REQUEST));
    for (int i = 0; i < 128; i++) {
      assertThat(subscribe(peer, "open:" + i)).isEqualTo(SUBSCRIBED);
    }
    assertThat(subscribe(peer, "open:0"))
        .isEqualTo(Expected.error(2, ErrorCode.ALREADY_SUBSCRIBED));
    assertThat(subscribe(peer, "nowhere:a")).isEqualTo(Expected.error(2, ErrorCode.LIMIT_EXCEEDED));
    assertThat(subscribe(peer, "open:129")).isEqualTo(Expected.error(2, ErrorCode.LIMIT_EXCEEDED));
  }

  @Test
  void anUnknownNamespaceIsError102BeforeTheCharacters() {
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "nowhere:é"))
        .isEqualTo(Expected.error(2, ErrorCode.UNKNOWN_CHANNEL));
    assertThat(subscribe(peer, ":a")).isEqualTo(Expected.error(2, ErrorCode.UNKNOWN_CHANNEL));
    assertThat(subscribe(peer, "open:é")).isEqualTo(Expected.error(2, ErrorCode.BAD_REQUEST));
    assertThat(subscribe(peer, "letters:é")).isEqualTo(SUBSCRIBED);
    assertThat(subscribe(peer, "letters:A")).isEqualTo(Expected.error(2, ErrorCode.BAD_REQUEST));
  }

  @Test
  void mapsAndPollsAreTheWrongType() {
    var peer = node.anonymous(encoding);
    assertThat(peer.ask("{'id':2,'subscribe':{'channel':'open:a','type':1,'delta':'x'}}"))
        .isEqualTo(Expected.error(2, ErrorCode.PERMISSION_DENIED));
  }

  @Test
  void anUnknownDeltaClosesWith3501() {
    var peer = node.anonymous(encoding);
    peer.send("{'id':2,'subscribe':{'channel':'closed:a','delta':'x'}}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void aFilterThatIsNotAllowedOrMalformedIsError107() {
    var peer = node.anonymous(encoding);
    var filter = "{'id':2,'subscribe':{'channel':'%s','tf':%s}}";
    var good = "{'key':'a','cmp':'eq','val':'1'}";
    assertThat(peer.ask(filter.formatted("open:a", good)))
        .isEqualTo(Expected.error(2, ErrorCode.BAD_REQUEST));
    for (var bad :
        List.of(
            "{'key':'a','cmp':'almost','val':'1'}",
            "{'key':'a','cmp':'in'}",
            "{'op':'not','nodes':[]}",
            "{'op':'xor','nodes':[%s]}".formatted(good))) {
      assertThat(peer.ask(filter.formatted("filtered:a", bad)))
          .isEqualTo(Expected.error(2, ErrorCode.BAD_REQUEST));
    }
    assertThat(peer.ask(filter.formatted("filtered:a", good))).isEqualTo(SUBSCRIBED);
  }

  @Test
  void optionsLetClientsInAndAnonymousOnesOnlyWhereSaid() {
    assertThat(subscribe(node.anonymous(encoding), "users:a"))
        .isEqualTo(Expected.error(2, ErrorCode.PERMISSION_DENIED));
    assertThat(subscribe(node.user(encoding, "ann"), "users:a")).isEqualTo(SUBSCRIBED);
    assertThat(subscribe(node.user(encoding, "ann"), "closed:a"))
        .isEqualTo(Expected.error(2, ErrorCode.PERMISSION_DENIED));
    assertThat(subscribe(node.user(encoding, "ann"), "a"))
        .as("options of channels without namespace")
        .isEqualTo(Expected.error(2, ErrorCode.PERMISSION_DENIED));
  }

  @Test
  void aPrivateChannelNeedsATokenEvenWhereSubscribingIsOpen() {
    var peer = node.user(encoding, "ann");
    assertThat(subscribe(peer, "$open:a"))
        .isEqualTo(Expected.error(2, ErrorCode.PERMISSION_DENIED));
    assertThat(subscribe(peer, "$nowhere:a"))
        .isEqualTo(Expected.error(2, ErrorCode.UNKNOWN_CHANNEL));
    var token = TestNode.token("{'sub':'ann','channel':'$open:a'}");
    assertThat(peer.ask("{'id':2,'subscribe':{'channel':'$open:a','token':'%s'}}".formatted(token)))
        .isEqualTo(SUBSCRIBED);
  }

  @Test
  void aRevokedTokenSubscribesNobody() {
    var peer = node.user(encoding, "ann");
    node.endpoint
        .revocations()
        .add(new Revocation.OfToken("t1", TestNode.START.plus(Duration.ofDays(36_500))));
    for (var row : Map.of("t1", false, "t2", true).entrySet()) {
      var channel = "$open:" + row.getKey();
      var token =
          TestNode.token(
              "{'sub':'ann','jti':'%s','channel':'%s'}".formatted(row.getKey(), channel));
      assertThat(
              peer.ask(
                  "{'id':2,'subscribe':{'channel':'%s','token':'%s'}}".formatted(channel, token)))
          .isEqualTo(row.getValue() ? SUBSCRIBED : Expected.error(2, ErrorCode.PERMISSION_DENIED));
    }
  }

  @Test
  void aUserLimitedChannelLetsInWhomItNames() {
    assertThat(subscribe(node.user(encoding, "ann"), "limited:talk#ann,bob")).isEqualTo(SUBSCRIBED);
    assertThat(subscribe(node.user(encoding, "eve"), "limited:talk#ann,bob"))
        .isEqualTo(Expected.error(2, ErrorCode.PERMISSION_DENIED));
    assertThat(subscribe(node.anonymous(encoding), "limited:talk#"))
        .as("nobody is not a user")
        .isEqualTo(Expected.error(2, ErrorCode.PERMISSION_DENIED));
    assertThat(subscribe(node.user(encoding, "ann"), "closed:talk#ann"))
        .as("where the namespace has no such channels")
        .isEqualTo(Expected.error(2, ErrorCode.PERMISSION_DENIED));
  }

  @Test
  void aUserLimitedChannelShutsOutOthersBeforeAnyHookOrOption() {
    var hooked =
        TestNode.of(endpoint ->
            endpoint
                .namespaces(
                    new Namespaces(
                        NamespaceOptions.defaults(),
                        Map.of(
                            "limited", TestNode.anybody().allowUserLimitedChannels(true).build())))
                .hooks(Hooks.NONE.onSubscribe(asked -> SubscribeOptions.NONE)));
    assertThat(subscribe(hooked.user(encoding, "eve"), "limited:talk#ann"))
        .isEqualTo(Expected.error(2, ErrorCode.PERMISSION_DENIED));
    hooked.close();
  }

  @Test
  void aBadTokenIsNotRescuedByOptions() {
    var peer = node.user(encoding, "ann");
    assertThat(
            peer.ask(
                "{'id':2,'subscribe':{'channel':'open:a','token':'%s'}}"
                    .formatted(TestNode.forged("{'sub':'ann','channel':'open:a'}"))))
        .isEqualTo(Expected.error(2, ErrorCode.PERMISSION_DENIED));
  }

  @Test
  void theHookDecidesBeforeTheOptionsWithDataAndError() {
    var hooked =
        TestNode.of(endpoint ->
            endpoint
                .allowAnonymous()
                .namespaces(namespaces())
                .hooks(
                    Hooks.NONE.onSubscribe(asked -> {
                      switch (asked.channel()) {
                        case "closed:welcome" -> {
                          return SubscribeOptions.NONE.withData(asked.data());
                        }
                        case "open:busy" ->
                            throw Rejection.error(ErrorCode.custom(1000, "busy", true));
                        case "open:out" ->
                            throw Rejection.disconnect(Disconnect.custom(4500, "out"));
                        default -> throw new IllegalStateException("the hook fails");
                      }
                    })));
    var peer = hooked.anonymous(encoding);
    assertThat(peer.ask("{'id':2,'subscribe':{'channel':'closed:welcome','data':{'a':1}}}"))
        .isEqualTo(Expected.json("{'id':2,'subscribe':{'data':{'a':1}}}"));
    assertThat(subscribe(peer, "open:busy"))
        .isEqualTo(Expected.error(2, new ErrorCode(1000, "busy", true)));
    assertThat(subscribe(peer, "open:bug")).isEqualTo(Expected.error(2, ErrorCode.INTERNAL));
    assertThat(subscribe(peer, "open:bug"))
        .as("a refused subscription is not there")
        .isEqualTo(Expected.error(2, ErrorCode.INTERNAL));
    peer.send("{'id':3,'subscribe':{'channel':'open:out'}}");
    assertThat(peer.ending()).isEqualTo("4500 out");
    hooked.close();
  }

  @Test
  void unsubscribeIsIdempotentAndEndsDelivery() {
    var peer = node.anonymous(encoding);
    assertThat(peer.ask("{'id':2,'unsubscribe':{'channel':'open:a'}}"))
        .isEqualTo(Expected.json("{'id':2,'unsubscribe':{}}"));
    subscribe(peer, "open:a");
    node.publish("open:a", "1");
    assertThat(peer.next())
        .isEqualTo(Expected.json("{'push':{'channel':'open:a','pub':{'data':1}}}"));
    assertThat(peer.ask("{'id':3,'unsubscribe':{'channel':'open:a'}}"))
        .isEqualTo(Expected.json("{'id':3,'unsubscribe':{}}"));
    node.publish("open:a", "2");
    peer.silent();
    assertThat(node.hub.channels()).isEmpty();
    assertThat(subscribe(peer, "open:a")).isEqualTo(SUBSCRIBED);
    peer.send("{'id':4,'unsubscribe':{}}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void theServerEndsSubscriptionsWithACode() {
    var peer = node.user(encoding, "ann");
    subscribe(peer, "users:a");
    node.endpoint.api().unsubscribe(ServerApi.Target.user("ann"), "users:a");
    assertThat(peer.next())
        .isEqualTo(
            Expected.json(
                "{'push':{'channel':'users:a','unsubscribe':{'code':2000,"
                    + "'reason':'server unsubscribe'}}}"));
    assertThat(node.hub.channels()).isEmpty();
  }

  @Test
  void aClientThatUnderstandsNumbersGetsThemOverJson() {
    var peer = node.anonymous(Encoding.JSON);
    var other = node.anonymous(Encoding.JSON);
    var plain = node.anonymous(encoding);
    var asking = "{'id':2,'subscribe':{'channel':'open:a','flag':1}}";
    assertThat(peer.ask(asking)).isEqualTo(Expected.json("{'id':2,'subscribe':{'id':1}}"));
    assertThat(other.ask(asking))
        .as("node-wide, so that encodings are shared")
        .isEqualTo(Expected.json("{'id':2,'subscribe':{'id':1}}"));
    subscribe(plain, "open:a");
    node.publish("open:a", "1");
    var numbered = Expected.json("{'push':{'id':1,'pub':{'data':1}}}");
    assertThat(peer.next()).isEqualTo(numbered);
    assertThat(other.next()).isEqualTo(numbered);
    assertThat(plain.next())
        .isEqualTo(Expected.json("{'push':{'channel':'open:a','pub':{'data':1}}}"));
    peer.ask("{'id':3,'unsubscribe':{'channel':'open:a'}}");
    other.ask("{'id':3,'unsubscribe':{'channel':'open:a'}}");
    assertThat(peer.ask(asking))
        .as("a number is not given twice")
        .isEqualTo(Expected.json("{'id':2,'subscribe':{'id':3}}"));
  }

  @Test
  void occupiedAndVacatedTellOfFirstAndLast() {
    var told = new java.util.concurrent.LinkedBlockingQueue<String>();
    var hooked =
        TestNode.of(endpoint ->
            endpoint
                .allowAnonymous()
                .namespaces(namespaces())
                .hooks(
                    Hooks.NONE
                        .onOccupied(channel -> told.add("+" + channel))
                        .onVacated(channel -> told.add("-" + channel))));
    var one = hooked.anonymous(encoding);
    var two = hooked.anonymous(encoding);
    subscribe(one, "open:a");
    subscribe(two, "open:a");
    one.leave();
    two.leave();
    subscribe(hooked.anonymous(encoding), "open:a");
    assertThat(List.of(take(told), take(told), take(told)))
        .containsExactly("+open:a", "-open:a", "+open:a");
    assertThat(told).isEmpty();
    hooked.close();
  }

  private static String take(java.util.concurrent.BlockingQueue<String> queue) {
    try {
      var taken =
          queue.poll(Duration.ofSeconds(5).toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
      return taken == null ? "nothing" : taken;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
