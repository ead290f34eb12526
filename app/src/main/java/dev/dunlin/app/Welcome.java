package dev.dunlin.app;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What a developer reads when the server has started: everything for the first message. */
final class Welcome {

  private static final Duration TOKEN_LIFETIME = Duration.ofDays(1);

  private Welcome() {}

  static String text(Config config, int port) {
    var token =
        TokenMaker.connections(config.client())
            .token("developer", Optional.empty(), TOKEN_LIFETIME, Instant.now(), "");
    var host = "localhost:" + port;
    return """
    Dunlin runs in development mode: on this machine only, every channel open, history for 10 minutes.
    Secrets are made anew at each start. Ctrl-C ends it.

      Web        http://%1$s/
      Clients    ws://%1$s%2$s
      HTTP API   http://%1$s/api/
      Health     http://%1$s/health        Metrics  http://%1$s/metrics

    Token of the user 'developer', good for a day:

      %3$s

    Publish:

      curl -H 'X-API-Key: %4$s' -d '{"channel": "news", "data": {"text": "hello"}}' http://%1$s/api/publish

    Connect with the JavaScript SDK (npm install centrifuge):

      import { Centrifuge } from 'centrifuge'
      const client = new Centrifuge('ws://%1$s%2$s', { token: '<the token above>' })
      const news = client.newSubscription('news')
      news.on('publication', message => console.log(message.data))
      news.subscribe()
      client.connect()

    """
        .formatted(host, Dunlin.CLIENTS, token, config.httpApi().key().value());
  }
}
