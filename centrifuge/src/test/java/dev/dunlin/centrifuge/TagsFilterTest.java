package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dunlin.centrifuge.Request.FilterNode;
import dev.dunlin.centrifuge.Request.SubscribeRequest;
import dev.dunlin.centrifuge.TagsFilter.InvalidFilterException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TagsFilterTest {

  private static final Map<String, String> TAGS =
      Map.of("team", "red", "price", "10.50", "empty", "", "word", "ten");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'key':'team','cmp':'eq','val':'red'} | true",
        "{'key':'team','cmp':'eq','val':'blue'} | false",
        "{'key':'none','cmp':'eq','val':'red'} | false",
        "{'key':'none','cmp':'eq','val':''} | false",
        "{'key':'empty','cmp':'eq'} | true",
        "{'key':'team','cmp':'neq','val':'blue'} | true",
        "{'key':'team','cmp':'neq','val':'red'} | false",
        "{'key':'none','cmp':'neq','val':'red'} | true",
        "{'key':'team','cmp':'in','vals':['blue','red']} | true",
        "{'key':'none','cmp':'in','vals':['blue','red']} | false",
        "{'key':'none','cmp':'in','vals':['']} | true",
        "{'key':'team','cmp':'nin','vals':['blue']} | true",
        "{'key':'none','cmp':'nin','vals':['']} | false",
        "{'key':'team','cmp':'ex'} | true",
        "{'key':'none','cmp':'ex'} | false",
        "{'key':'none','cmp':'nex'} | true",
        "{'key':'team','cmp':'sw','val':'re'} | true",
        "{'key':'none','cmp':'sw','val':''} | false",
        "{'key':'team','cmp':'ew','val':'ed'} | true",
        "{'key':'team','cmp':'ct','val':'e'} | true",
        "{'key':'team','cmp':'ct','val':'x'} | false",
        "{'key':'price','cmp':'gt','val':'10.5'} | false",
        "{'key':'price','cmp':'gte','val':'10.5'} | true",
        "{'key':'price','cmp':'lte','val':'1.05e1'} | true",
        "{'key':'price','cmp':'lt','val':'10.500000000000000000001'} | true",
        "{'key':'price','cmp':'gt','val':'9'} | true",
        "{'key':'word','cmp':'gt','val':'9'} | false",
        "{'key':'word','cmp':'lt','val':'9'} | false",
        "{'key':'none','cmp':'lt','val':'9'} | false",
        "{'key':'price','cmp':'lt','val':'nine'} | false",
        "{'key':'price','cmp':'lt','val':'1e999999999'} | false",
        "{'key':'price','cmp':'gt','val':'1e-999999999'} | false",
        "{'op':'not','nodes':[{'key':'team','cmp':'eq','val':'red'}]} | false",
        "{'op':'and','nodes':[{'key':'team','cmp':'ex'},{'key':'none','cmp':'nex'}]} | true",
        "{'op':'and','nodes':[{'key':'team','cmp':'ex'},{'key':'none','cmp':'ex'}]} | false",
        "{'op':'or','nodes':[{'key':'none','cmp':'ex'},{'key':'team','cmp':'ex'}]} | true",
        "{'op':'or','nodes':[{'key':'none','cmp':'ex'}]} | false",
      })
  void matchesAsTheProtocolSays(String filter, boolean expected) throws Exception {
    assertThat(TagsFilter.compile(node(filter)).matches(TAGS)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'key':'a'}",
        "{'key':'a','cmp':'EQ','val':'x'}",
        "{'key':'a','cmp':'like','val':'x'}",
        "{'cmp':'eq','val':'x'}",
        "{'key':'a','cmp':'eq','vals':['x']}",
        "{'key':'a','cmp':'eq','val':'x','vals':['x']}",
        "{'key':'a','cmp':'in','val':'x'}",
        "{'key':'a','cmp':'in','val':'x','vals':['x']}",
        "{'key':'a','cmp':'in'}",
        "{'key':'a','cmp':'nin','vals':[]}",
        "{'key':'a','cmp':'ex','val':'x'}",
        "{'key':'a','cmp':'nex','vals':['x']}",
        "{'op':'and'}",
        "{'op':'or','nodes':[]}",
        "{'op':'not','nodes':[]}",
        "{'op':'not','nodes':[{'key':'a','cmp':'ex'},{'key':'b','cmp':'ex'}]}",
        "{'op':'xor','nodes':[{'key':'a','cmp':'ex'}]}",
        "{'op':'and','nodes':[{'key':'a','cmp':'ex'},{}]}",
      })
  void whatIsNoFilterIsRefused(String filter) {
    assertThatExceptionOfType(InvalidFilterException.class)
        .isThrownBy(() -> TagsFilter.compile(node(filter)));
  }

  @Test
  void depthAndNumberOfNodesAreBounded() throws Exception {
    FilterNode leaf = new FilterNode("", "a", "ex", "", List.of(), List.of());
    FilterNode deep = leaf;
    for (int level = 1; level < TagsFilter.MAX_DEPTH; level++) {
      deep = new FilterNode("not", "", "", "", List.of(), List.of(deep));
    }
    assertThat(TagsFilter.compile(deep).matches(Map.of())).isTrue();
    FilterNode deeper = new FilterNode("not", "", "", "", List.of(), List.of(deep));
    assertThatExceptionOfType(InvalidFilterException.class)
        .isThrownBy(() -> TagsFilter.compile(deeper));
    FilterNode wide =
        new FilterNode(
            "or", "", "", "", List.of(), Collections.nCopies(TagsFilter.MAX_NODES, leaf));
    assertThatExceptionOfType(InvalidFilterException.class)
        .isThrownBy(() -> TagsFilter.compile(wide));
  }

  @Test
  void aTagWithAHugeExponentIsNoNumber() throws Exception {
    TagsFilter filter = TagsFilter.compile(node("{'key':'a','cmp':'gt','val':'1'}"));
    assertThat(filter.matches(Map.of("a", "1e999999999"))).isFalse();
    assertThat(filter.matches(Map.of("a", "1e-2147483648"))).isFalse();
    assertThat(filter.matches(Map.of("a", "9".repeat(100_000)))).isFalse();
    assertThat(filter.matches(Map.of("a", "1e300"))).isTrue();
    assertThat(filter.matches(Map.of("a", "٢"))).isFalse();
  }

  private static FilterNode node(String filter) throws BadCommandException {
    String json = "{\"id\":1,\"subscribe\":{\"tf\":" + filter.replace('\'', '"') + "}}";
    var call =
        (Command.Call) JsonCodec.INSTANCE.decode(ByteBuffer.wrap(json.getBytes(UTF_8))).getFirst();
    return ((SubscribeRequest) call.request()).tf().orElseThrow();
  }
}
