package dev.dunlin.conformance.guide;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.centrifugal.centrifuge.Client;
import io.github.centrifugal.centrifuge.ConnectionTokenEvent;
import io.github.centrifugal.centrifuge.ConnectionTokenGetter;
import io.github.centrifugal.centrifuge.ErrorEvent;
import io.github.centrifugal.centrifuge.EventListener;
import io.github.centrifugal.centrifuge.Options;
import io.github.centrifugal.centrifuge.PublicationEvent;
import io.github.centrifugal.centrifuge.Subscription;
import io.github.centrifugal.centrifuge.SubscriptionEventListener;
import io.github.centrifugal.centrifuge.TokenCallback;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The lines of connect.md for Java and Android, against a server as in its first lines. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the server is started by a POSIX shell")
class JavaClientTest {

  /** Where the application gets its tokens. */
  private interface Site {
    String token();
  }

  /** Where the application writes. */
  private interface Log {
    void println(Object line);
  }

  private static Client connect(String url, Site site, Log log) throws Exception {
    var options = new Options();
    options.setTokenGetter(
        new ConnectionTokenGetter() {
          @Override
          public void getConnectionToken(ConnectionTokenEvent event, TokenCallback callback) {
            callback.Done(null, site.token()); // or Done(error, "") to try again later
          }
        });
    var client =
        new Client(
            url,
            options,
            new EventListener() {
              @Override
              public void onError(Client client, ErrorEvent event) {
                log.println(event.getError());
              }
            });
    var lobby =
        client.newSubscription(
            "chat:lobby",
            new SubscriptionEventListener() {
              @Override
              public void onPublication(Subscription subscription, PublicationEvent event) {
                log.println(new String(event.getData(), UTF_8));
              }
            });
    lobby.subscribe();
    client.connect();
    return client;
  }

  @Test
  void theLinesForJavaAndAndroidReceiveWhatIsPublished(@TempDir Path folder) throws Exception {
    try (var shell = new Shell(folder);
        var http = HttpClient.newHttpClient()) {
      shell.background("./dunlin serve", "Connect with the JavaScript SDK");
      var host = "localhost:" + shell.port("8000");
      var token = said(shell, "(?m)^ +(eyJ\\S+)$");
      var key = said(shell, "X-API-Key: ([0-9a-f]+)");
      var lines = new LinkedBlockingQueue<Object>();
      var client = connect("ws://" + host + "/connection/websocket", () -> token, lines::add);
      try {
        // Published again until it is heard, since the subscription tells nobody that it is there.
        for (int tries = 0; lines.isEmpty() && tries < 300; tries++) {
          var publish =
              HttpRequest.newBuilder(URI.create("http://" + host + "/api/publish"))
                  .header("X-API-Key", key)
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"channel\": \"chat:lobby\", \"data\": \"good morning\"}"))
                  .build();
          assertThat(http.send(publish, HttpResponse.BodyHandlers.ofString()).statusCode())
              .isEqualTo(200);
          var heard = lines.poll(200, TimeUnit.MILLISECONDS);
          if (heard != null) {
            lines.add(heard);
          }
        }
        assertThat(lines).isNotEmpty().allMatch("\"good morning\""::equals);
      } finally {
        client.close(5_000);
      }
    }
  }

  private static String said(Shell shell, String pattern) throws Exception {
    var found = Pattern.compile(pattern).matcher(shell.backgroundOutput());
    assertThat(found.find()).isTrue();
    return found.group(1);
  }
}
