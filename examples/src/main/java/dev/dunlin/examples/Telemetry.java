package dev.dunlin.examples;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.dunlin.auth.ClientCertificate;
import dev.dunlin.examples.telemetry.Advice;
import dev.dunlin.examples.telemetry.Reading;
import dev.dunlin.server.Codec;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Route;
import dev.dunlin.server.Tls;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Data;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Devices that report over mutual TLS: a device is known by its certificate, its readings are
 * Protobuf messages, and it is told when to report next.
 *
 * <pre>java … dev.dunlin.examples.Telemetry server.crt server.key devices-ca.crt</pre>
 */
final class Telemetry {

  private static final double HOT = 60;

  private Telemetry() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 3) {
      System.err.println("usage: Telemetry SERVER_CERTIFICATE SERVER_KEY DEVICES_AUTHORITY (PEM)");
      System.exit(2);
    }
    var server = start(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]), 8443);
    System.out.println("Telemetry at wss://localhost:" + server.port() + "/telemetry");
  }

  static WebSocketServer start(Path certificate, Path key, Path authority, int port)
      throws IOException {
    var devices = ClientCertificate.issuedBy(Files.readString(authority));
    return WebSocketServer.builder()
        .tls(Tls.of(certificate, key).clientAuth(Tls.ClientAuth.REQUIRED, authority))
        .route(Route.at("/telemetry").authenticate(devices), endpoint())
        .start(port);
  }

  static Endpoint endpoint() {
    return Endpoint.typed(
        new ProtobufCodec<>(Reading.parser()),
        session ->
            reading -> {
              var advice =
                  Advice.newBuilder()
                      .setSequence(reading.getSequence())
                      .setDevice(session.session().identity().subject())
                      .setSecondsToNext(reading.getCelsius() > HOT ? 1 : 30)
                      .build();
              session.session().send(Binary.of(advice.toByteArray()));
            });
  }

  /** A Protobuf message as a binary message. */
  record ProtobufCodec<T extends MessageLite>(Parser<T> parser) implements Codec<T> {

    @Override
    public T decode(Data message) throws Undecodable {
      if (!(message instanceof Binary binary)) {
        throw Undecodable.unsupported("a reading is binary");
      }
      try {
        return parser.parseFrom(binary.bytes());
      } catch (InvalidProtocolBufferException wrong) {
        throw Undecodable.invalid("not a reading");
      }
    }

    @Override
    public Binary encode(T value) {
      return Binary.of(value.toByteArray());
    }
  }
}
