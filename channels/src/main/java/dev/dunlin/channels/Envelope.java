package dev.dunlin.channels;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/**
 * The bytes in which brokers pass on and keep what a publication consists of, its place in the
 * stream excepted: one format for all of them.
 *
 * <p>A version, then fields: number, length and bytes of each, the numbers as variable-length
 * integers of seven bits a byte, lowest first. Absent fields are empty, zero or false. Who reads
 * passes over fields that he does not know, so nodes of different releases work together; a change
 * that must not be passed over gets another version, which older releases refuse.
 */
public final class Envelope {

  private static final int VERSION = 1;

  // Fields of a publication. Numbers are never used again.
  private static final int DATA = 1;
  private static final int TAG_NAME = 2;
  private static final int TAG_VALUE = 3;
  private static final int INFO = 4;
  private static final int KEY = 5;
  private static final int PUBLISHER_VERSION = 6;
  private static final int DELTA = 7;
  private static final int REMOVED = 8;

  // Fields of a client's info.
  private static final int USER = 1;
  private static final int CLIENT = 2;
  private static final int CONN_INFO = 3;
  private static final int CHAN_INFO = 4;

  private static final byte[] TRUE = {1};

  private Envelope() {}

  /** The bytes of {@code data}, published so. */
  public static byte[] of(byte[] data, PublishOptions options) {
    var out = new Writer(data.length + 32);
    options
        .tags()
        .forEach((name, value) -> {
          out.field(TAG_NAME, name.getBytes(UTF_8));
          out.field(TAG_VALUE, value.getBytes(UTF_8));
        });
    options.info().ifPresent(info -> out.field(INFO, of(info)));
    out.text(KEY, options.key());
    if (options.version() > 0) {
      out.text(PUBLISHER_VERSION, Long.toString(options.version()));
    }
    if (options.delta()) {
      out.field(DELTA, TRUE);
    }
    if (options.removed()) {
      out.field(REMOVED, TRUE);
    }
    out.field(DATA, data);
    return out.toByteArray();
  }

  /**
   * The publication in these bytes; what its place in the stream is, the broker adds.
   *
   * @throws IllegalArgumentException if they are no publication, or one of a later version
   */
  public static Publication.Builder publication(String channel, byte[] envelope) {
    var data = new byte[0];
    var tags = new HashMap<String, String>();
    var tag = "";
    ClientInfo info = null;
    var key = "";
    var version = 0L;
    var delta = false;
    var removed = false;
    for (var in = new Reader(envelope); in.next(); ) {
      switch (in.field) {
        case DATA -> data = in.bytes();
        case TAG_NAME -> tag = in.text();
        case TAG_VALUE -> tags.put(tag, in.text());
        case INFO -> info = info(in.bytes());
        case KEY -> key = in.text();
        case PUBLISHER_VERSION -> version = in.number();
        case DELTA -> delta = true;
        case REMOVED -> removed = true;
        default -> {} // of a later release
      }
    }
    var publication =
        Publication.of(channel, data)
            .tags(tags)
            .key(key)
            .version(version)
            .delta(delta)
            .removed(removed);
    return info == null ? publication : publication.info(info);
  }

  /**
   * The data alone of a publication in these bytes.
   *
   * @throws IllegalArgumentException as {@link #publication}
   */
  public static byte[] data(byte[] envelope) {
    for (var in = new Reader(envelope); in.next(); ) {
      if (in.field == DATA) {
        return in.bytes();
      }
    }
    return new byte[0];
  }

  /** The bytes of what is known of a client. */
  public static byte[] of(ClientInfo info) {
    var out = new Writer(64);
    out.text(USER, info.user());
    out.text(CLIENT, info.client());
    out.buffer(CONN_INFO, info.connInfo());
    out.buffer(CHAN_INFO, info.chanInfo());
    return out.toByteArray();
  }

  /**
   * What is known of a client, from its bytes.
   *
   * @throws IllegalArgumentException if they are nothing of the kind, or of a later version
   */
  public static ClientInfo info(byte[] envelope) {
    var user = "";
    var client = "";
    byte @Nullable [] connInfo = null;
    byte @Nullable [] chanInfo = null;
    for (var in = new Reader(envelope); in.next(); ) {
      switch (in.field) {
        case USER -> user = in.text();
        case CLIENT -> client = in.text();
        case CONN_INFO -> connInfo = in.bytes();
        case CHAN_INFO -> chanInfo = in.bytes();
        default -> {} // of a later release
      }
    }
    var info = ClientInfo.of(user, client);
    info = connInfo == null ? info : info.withConnInfo(connInfo);
    return chanInfo == null ? info : info.withChanInfo(chanInfo);
  }

  private static final class Writer {

    private final ByteArrayOutputStream out;

    Writer(int size) {
      out = new ByteArrayOutputStream(size);
      out.write(VERSION);
    }

    void field(int number, byte[] bytes) {
      integer(number);
      integer(bytes.length);
      out.write(bytes, 0, bytes.length);
    }

    void text(int number, String text) {
      if (!text.isEmpty()) {
        field(number, text.getBytes(UTF_8));
      }
    }

    void buffer(int number, ByteBuffer buffer) {
      if (buffer.hasRemaining()) {
        var bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        field(number, bytes);
      }
    }

    private void integer(int value) {
      var left = value;
      while (left > 0x7f) {
        out.write(left & 0x7f | 0x80);
        left >>>= 7;
      }
      out.write(left);
    }

    byte[] toByteArray() {
      return out.toByteArray();
    }
  }

  /** Goes from field to field. Lengths are compared with what is there before anything is taken. */
  private static final class Reader {

    private final byte[] in;
    private int field;
    private int begin;
    private int end;

    Reader(byte[] in) {
      this.in = in;
      if (in.length == 0 || in[0] != VERSION) {
        throw new IllegalArgumentException(
            in.length == 0
                ? "an envelope is never empty"
                : "this release cannot read version " + (in[0] & 0xff) + " of envelopes");
      }
      end = 1;
    }

    boolean next() {
      if (end == in.length) {
        return false;
      }
      field = integer();
      var length = integer();
      if (length > in.length - end) {
        throw new IllegalArgumentException("the envelope ends within field " + field);
      }
      begin = end;
      end += length;
      return true;
    }

    private int integer() {
      var value = 0L;
      for (var shift = 0; shift < 35 && end < in.length; shift += 7) {
        var next = in[end++];
        value |= (long) (next & 0x7f) << shift;
        if (next >= 0 && value <= Integer.MAX_VALUE) {
          return (int) value;
        }
      }
      throw new IllegalArgumentException("the envelope has a number that ends nowhere");
    }

    byte[] bytes() {
      return Arrays.copyOfRange(in, begin, end);
    }

    String text() {
      return new String(in, begin, end - begin, UTF_8);
    }

    long number() {
      return Long.parseLong(text());
    }
  }
}
