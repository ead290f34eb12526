package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.dunlin.centrifuge.wire.Command;
import dev.dunlin.centrifuge.wire.Reply;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Text;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The protocol's encodings as a client uses them. Tests write commands and expect replies as JSON
 * in the order of the schema's field numbers, whatever travels.
 */
enum Encoding {
  JSON {
    @Override
    Data frame(List<String> commands) {
      return Text.of(String.join("\n", commands));
    }

    @Override
    List<String> replies(Data frame) {
      var replies = new ArrayList<String>();
      for (var line : ((Text) frame).value().split("\n", -1)) {
        replies.add(WireJson.print(message(line, Reply.newBuilder())));
      }
      return replies;
    }
  },

  PROTOBUF {
    @Override
    Data frame(List<String> commands) {
      var bytes = new ByteArrayOutputStream();
      try {
        for (var command : commands) {
          message(command, Command.newBuilder()).writeDelimitedTo(bytes);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return Binary.of(bytes.toByteArray());
    }

    @Override
    List<String> replies(Data frame) {
      var replies = new ArrayList<String>();
      var in = new ByteArrayInputStream(Bytes.array(((Binary) frame).bytes()));
      try {
        for (var reply = Reply.parseDelimitedFrom(in);
            reply != null;
            reply = Reply.parseDelimitedFrom(in)) {
          replies.add(WireJson.print(reply));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return replies;
    }
  };

  abstract Data frame(List<String> commands);

  abstract List<String> replies(Data frame);

  /** Reads JSON as a message of the schema; a field that the schema does not know is a failure. */
  static Message message(String json, Message.Builder into) {
    byte[] text = json.getBytes(UTF_8);
    try (var reader = new JsonReader(text, 0, text.length)) {
      fields(reader, into);
      reader.end();
      return into.build();
    } catch (BadCommandException e) {
      throw new AssertionError("not of the protocol: " + json, e);
    }
  }

  private static void fields(JsonReader reader, Message.Builder into) throws BadCommandException {
    for (var name = reader.next(); name != null; name = reader.next()) {
      var field = into.getDescriptorForType().findFieldByName(name);
      if (field == null) {
        throw new AssertionError("the schema knows no field " + name);
      }
      if (field.isMapField()) {
        map(reader, field, into);
      } else if (field.isRepeated()) {
        reader.enterArray();
        while (reader.nextElement()) {
          into.addRepeatedField(field, value(reader, field, into));
        }
      } else {
        into.setField(field, value(reader, field, into));
      }
    }
  }

  private static void map(JsonReader reader, FieldDescriptor field, Message.Builder into)
      throws BadCommandException {
    reader.enterObject();
    for (var key = reader.next(); key != null; key = reader.next()) {
      var entry = into.newBuilderForField(field);
      entry.setField(entry.getDescriptorForType().findFieldByName("key"), key);
      var value = entry.getDescriptorForType().findFieldByName("value");
      entry.setField(value, value(reader, value, entry));
      into.addRepeatedField(field, entry.build());
    }
  }

  private static Object value(JsonReader reader, FieldDescriptor field, Message.Builder into)
      throws BadCommandException {
    return switch (field.getJavaType()) {
      case STRING -> reader.string();
      case BOOLEAN -> reader.bool();
      case INT -> (int) reader.number(Integer.MIN_VALUE, 0xffff_ffffL);
      case LONG -> reader.int64();
      case BYTE_STRING -> ByteString.copyFrom(reader.payload());
      case MESSAGE -> {
        var message = into.newBuilderForField(field);
        reader.enterObject();
        fields(reader, message);
        yield message.build();
      }
      case FLOAT, DOUBLE, ENUM -> throw new AssertionError("the schema has no such field");
    };
  }
}
