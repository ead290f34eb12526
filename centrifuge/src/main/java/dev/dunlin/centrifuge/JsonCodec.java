package dev.dunlin.centrifuge;

import dev.dunlin.centrifuge.Request.ConnectRequest;
import dev.dunlin.websocket.Batching;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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

  /** The bare connect request that opens a unidirectional transport. */
  ConnectRequest decodeConnect(ByteBuffer body) throws BadCommandException {
    byte[] text = utf8(body);
    try (var reader = new JsonReader(text, 0, text.length)) {
      ConnectRequest request = JsonRequests.connect(reader);
      reader.end();
      return request;
    } catch (JacksonException e) {
      throw new BadCommandException("not well-formed JSON");
    }
  }

  @Override
  public EmulationRequest decodeEmulation(ByteBuffer body) throws BadCommandException {
    byte[] text = utf8(body);
    try (var reader = new JsonReader(text, 0, text.length)) {
      String node = "";
      String session = "";
      String data = "";
      for (String name = reader.next(); name != null; name = reader.next()) {
        switch (name) {
          case "node" -> node = reader.string();
          case "session" -> session = reader.string();
          case "data" -> data = reader.string();
          default -> reader.skip();
        }
      }
      reader.end();
      return new EmulationRequest(
          node, session, ByteBuffer.wrap(data.getBytes(StandardCharsets.UTF_8)));
    } catch (JacksonException e) {
      throw new BadCommandException("not well-formed JSON");
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

  /** A push without the reply around it, as unidirectional transports carry it. */
  byte[] encodeBare(Push push) {
    return JsonReplies.encodeBare(push);
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
