package dev.dunlin.centrifuge;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;

/** Prints any message of the schema as the protocol's JSON, from its descriptor alone. */
final class WireJson {

  private WireJson() {}

  static String print(Message message) {
    var out = new StringBuilder("{");
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      FieldDescriptor descriptor = field.getKey();
      comma(out, '{');
      out.append('"').append(descriptor.getName()).append("\":");
      if (descriptor.isMapField()) {
        out.append('{');
        for (Object entry : (List<?>) field.getValue()) {
          Message pair = (Message) entry;
          comma(out, '{');
          value(out, pair.getField(pair.getDescriptorForType().findFieldByName("key")));
          out.append(':');
          value(out, pair.getField(pair.getDescriptorForType().findFieldByName("value")));
        }
        out.append('}');
      } else if (descriptor.isRepeated()) {
        out.append('[');
        for (Object element : (List<?>) field.getValue()) {
          comma(out, '[');
          value(out, element);
        }
        out.append(']');
      } else if (field.getValue() instanceof Integer number
          && descriptor.getType() == FieldDescriptor.Type.UINT32) {
        out.append(Integer.toUnsignedLong(number));
      } else {
        value(out, field.getValue());
      }
    }
    return out.append('}').toString();
  }

  private static void comma(StringBuilder out, char opener) {
    if (out.charAt(out.length() - 1) != opener) {
      out.append(',');
    }
  }

  private static void value(StringBuilder out, Object value) {
    switch (value) {
      case Message message -> out.append(print(message));
      case ByteString bytes -> out.append(bytes.toStringUtf8());
      case String text -> string(out, text);
      default -> out.append(value);
    }
  }

  private static void string(StringBuilder out, String text) {
    out.append('"');
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> out.append(c < 0x20 ? String.format("\\u%04x", (int) c) : String.valueOf(c));
      }
    }
    out.append('"');
  }
}
