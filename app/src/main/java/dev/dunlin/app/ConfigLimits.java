package dev.dunlin.app;

import dev.dunlin.centrifuge.ProtocolOptions;
import dev.dunlin.centrifuge.Quotas;
import dev.dunlin.websocket.Limits;

/**
 * The limits of a configuration, as transport and protocol want them; all of them change while the
 * server runs.
 *
 * @param transport limits of connections, whatever is spoken over them
 * @param protocol the numbers of the channel protocol
 * @param quotas how much one client may ask for
 */
record ConfigLimits(Limits transport, ProtocolOptions protocol, Quotas quotas) {

  static ConfigLimits of(Config config) {
    return new ConfigLimits(transport(config), protocol(config.client()), quotas(config));
  }

  private static Limits transport(Config config) {
    var websocket = config.websocket();
    var http = config.httpServer();
    return Limits.defaults()
        .maxMessageBytes((int) websocket.messageSizeLimit())
        .stalledWrite(websocket.writeTimeout())
        .sendBufferBytes((int) websocket.sendBufferSize())
        .outboundBytes((int) config.client().queueMaxSize())
        .maxRequestBodyBytes((int) http.maxRequestBodySize())
        .maxFailedAuthenticationsPerMinute(http.failedAuthenticationLimit())
        .maxMessagesPerSecond(config.client().messageRateLimit())
        .maxBytesPerSecond((int) config.client().byteRateLimit())
        .maxConnections(http.connectionLimit())
        .maxConnectionsPerAddress(http.connectionLimitPerAddress())
        .maxNewConnectionsPerSecond(http.connectionRateLimit())
        .maxNewConnectionsPerSecondPerAddress(http.connectionRateLimitPerAddress())
        .maxTlsHandshakesPerSecond(http.tls().handshakeRateLimit());
  }

  private static ProtocolOptions protocol(Config.Client client) {
    return new ProtocolOptions(
        client.pingInterval(),
        client.pongTimeout(),
        client.staleCloseDelay(),
        client.expiredCloseDelay(),
        client.channelLimit(),
        client.recoveryMaxPublicationLimit(),
        client.presenceUpdateInterval(),
        client.presenceTtl(),
        client.positionCheckInterval(),
        ProtocolOptions.defaults().errorLimit(),
        ProtocolOptions.defaults().serverTime(),
        ProtocolOptions.defaults().compaction());
  }

  private static Quotas quotas(Config config) {
    var client = config.client();
    return new Quotas(
        client.commandRateLimit(),
        client.commandBurst(),
        client.userConnectionLimit(),
        config.httpServer().failedAuthenticationLimit(),
        client.userConnectRateLimit(),
        client.userLimits().quota(),
        client.addressLimits().quota());
  }
}
