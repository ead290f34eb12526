package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigTextTest {

  private static final Path REFERENCE = Path.of("../docs/guide/configuration.md");

  @TempDir Path folder;

  private ConfigReader.Reading read(String yaml) throws Exception {
    var file = Files.writeString(folder.resolve("dunlin.yaml"), yaml);
    return new ConfigReader(Optional.of(file), Map.of(), Map.of()).read();
  }

  @Test
  void referencePageIsThatOfTheSchema() throws Exception {
    if (Boolean.getBoolean("docs.update")) {
      Files.writeString(REFERENCE, ConfigText.reference());
    }
    assertThat(Files.readString(REFERENCE))
        .as("write it anew: run this test with -Ddocs.update=true")
        .isEqualTo(ConfigText.reference());
  }

  @Test
  void fileToBeginWithChangesNothing() throws Exception {
    assertThat(read(ConfigText.defaults()).config()).isEqualTo(read("").config());
  }

  @Test
  void fileToBeginWithIsReadWithEveryHashSignTakenAway() throws Exception {
    var yaml = ConfigText.defaults().replaceAll("(?m)^( *)# ([a-z_]+: ?.*)$", "$1$2");
    assertThat(yaml.lines().filter(line -> line.strip().startsWith("port: 8000"))).hasSize(1);
    assertThat(read(yaml.replaceAll("(?m)^ *# .*$", "")).config()).isEqualTo(read("").config());
  }

  @Test
  void effectiveValuesAreReadBackAsTheSameConfiguration() throws Exception {
    var reading =
        read(
            """
            client:
              allowed_origins: ["https://*.example.com"]
              ping_interval: 20s
            channel:
              namespaces:
                - name: chat
                  presence: true
                - {name: news, history_size: 5, history_ttl: 1m30s, channel_regex: "^[a-z]+$"}
            """);
    var printed = ConfigText.effective(reading.config(), reading.tree());
    assertThat(printed).contains("ping_interval: 20s   # ", "dunlin.yaml, line 3", "# default");
    assertThat(read(printed).config()).isEqualTo(reading.config());
  }

  @Test
  void effectiveValuesShowNoSecret() throws Exception {
    var secret = "abcdefgh".repeat(8);
    var reading =
        read(
            "client: {token: {hmac_secret_key: "
                + secret
                + ", hmac_algorithm: HS512}, proxy: {connect: {static_headers: {X-Key: "
                + secret
                + "}}}}\nbrokers: [{name: far, type: redis, options: {url: redis://:"
                + secret
                + "@host}}]");
    assertThat(ConfigText.effective(reading.config(), reading.tree()))
        .contains("***")
        .doesNotContain(secret);
  }
}
