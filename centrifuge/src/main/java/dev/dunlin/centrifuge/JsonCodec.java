package dev.dunlin.centrifuge;

import dev.dunlin.websocket.Batching;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;

/**
 * The JSON encoding: one object per line. Payloads are raw JSON values, not strings of base 64.
 * Reading is in {@link JsonRequests}, writing in {@link JsonReplies}.
 */
final class JsonCodec implements Codec {

  private static final Batching BATCHING = Batching.defaults().joint("\n");

  static final JsonCodec INSTANCE = new JsonCodec();

  private JsonCodec() {}

  @Override
  public List<Command> decode(ByteBuffer message) throws BadCommandException {
    byte[] text = utf8(message);
    int to = text.length;
    if (to > 0 && text[to - 1] == '\n') {
      to--;
    }
    var commands = new ArrayList<Command>(1);
    int from = 0;
    while (true) {
      int end = lineEnd(text, from, to);
      try (var reader = new JsonReader(text, from, end)) {
        Command command = JsonRequests.command(reader);
        reader.end();
        commands.add(command);
      } catch (JacksonException e) {
        throw new BadCommandException("not well-formed JSON");
      }
      if (end == to) {
        return commands;
      }
      from = end + 1;
    }
  }

  @Override
  public byte[] encode(Reply reply) {
    return JsonReplies.encode(reply);
  }

  @Override
  public byte[] encode(Push push) {
    return JsonReplies.encode(push);
  }

  @Override
  public byte[] ping() {
    return new byte[] {'{', '}'};
  }

  @Override
  public Batching batching() {
    return BATCHING;
  }

  private static byte[] utf8(ByteBuffer message) throws BadCommandException {
    byte[] text = Bytes.array(message);
    if (!Utf8.valid(text)) {
      throw new BadCommandException("not UTF-8");
    }
    return text;
  }

  private static int lineEnd(byte[] text, int from, int to) {
    int i = from;
    while (i < to && text[i] != '\n') {
      i++;
    }
    return i;
  }
}
