package dev.dunlin.app;

import dev.dunlin.app.ConfigNode.Mapping;
import dev.dunlin.app.ConfigNode.Scalar;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/**
 * What a server has that nobody has configured: loopback only, secrets made for this start, and
 * channels in which every client may do everything.
 */
final class Development {

  private static final int SECRET_BYTES = 64;
  private static final int KEY_BYTES = 16;

  /** Pages of any server on this machine, for those who develop one. */
  private static final String ORIGINS =
      "[\"http://localhost:*\", \"http://127.0.0.1:*\", \"https://localhost:*\"]";

  private static final String OPEN =
      """
      {allow_subscribe_for_client: true, allow_publish_for_client: true,
       allow_history_for_client: true, allow_presence_for_client: true,
       presence: true, join_leave: true, allow_user_limited_channels: true,
       history_size: 100, history_ttl: 10m, force_recovery: true,
       allow_positioning: true, allow_recovery: true, allow_tags_filter: true,
       allowed_delta_types: [fossil]}
      """;

  private Development() {}

  /** The defaults of development, with new secrets. */
  static Mapping defaults() {
    var random = new SecureRandom();
    var secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    var key = new byte[KEY_BYTES];
    random.nextBytes(key);
    var place = "development mode";
    var channels =
        "{without_namespace: "
            + OPEN
            + ", namespaces: [{name: chat, force_push_join_leave: true, "
            + OPEN.strip().substring(1)
            + "]}";
    return ConfigNode.empty(place)
        .overlaid(at("http_server.address", "127.0.0.1"))
        .overlaid(at("client.token.hmac_secret_key", Base64.getEncoder().encodeToString(secret)))
        .overlaid(at("client.token.hmac_algorithm", "HS512"))
        .overlaid(at("http_api.key", HexFormat.of().formatHex(key)))
        .overlaid(ConfigNode.at("client.allowed_origins", ConfigNode.yaml(ORIGINS, place)))
        .overlaid(ConfigNode.at("channel", ConfigNode.yaml(channels, place)));
  }

  private static Mapping at(String path, String text) {
    return ConfigNode.at(path, new Scalar(text, "development mode"));
  }
}
