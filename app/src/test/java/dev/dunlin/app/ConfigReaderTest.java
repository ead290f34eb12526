package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dunlin.auth.JwsAlgorithm;
import dev.dunlin.centrifuge.NamespaceOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigReaderTest {

  private static final String SECRET = "0123456789abcdef".repeat(4);

  @TempDir Path folder;

  private ConfigReader.Reading read(
      String yaml, Map<String, String> environment, Map<String, String> flags) {
    var file = folder.resolve("dunlin.yaml");
    try {
      Files.writeString(file, yaml);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return new ConfigReader(Optional.of(file), environment, flags).read();
  }

  private Config config(String yaml) {
    return read(yaml, Map.of(), Map.of()).config();
  }

  private String refusal(String yaml) {
    try {
      config(yaml);
    } catch (CommandFailure refused) {
      assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
      return String.valueOf(refused.getMessage()).replace(folder.toString() + "/", "");
    }
    throw new AssertionError("accepted");
  }

  @Test
  void emptyFileGivesTheDefaults() {
    var config = config("");
    assertThat(config.httpServer().port()).isEqualTo(8000);
    assertThat(config.websocket().messageSizeLimit()).isEqualTo(65536);
    assertThat(config.client().pingInterval()).isEqualTo(Duration.ofSeconds(25));
    assertThat(config.channel().withoutNamespace().allowSubscribeForClient()).isFalse();
    assertThat(config.client().allowedOrigins()).isEmpty();
  }

  @Test
  void flagsWinOverTheEnvironmentAndThatOverTheFileAndThatOverThePreset() {
    var yaml =
        """
        preset: trusted-lan
        client:
          channel_limit: 7
          queue_max_size: 2MiB
          ping_interval: 20s
        """;
    var environment = Map.of("DUNLIN_CLIENT_PING_INTERVAL", "15s", "DUNLIN_HTTP_SERVER_PORT", "1");
    var config = read(yaml, environment, Map.of("http_server.port", "2")).config();
    assertThat(config.websocket().messageSizeLimit()).isEqualTo(1 << 20);
    assertThat(config.client().channelLimit()).isEqualTo(7);
    assertThat(config.client().queueMaxSize()).isEqualTo(2 << 20);
    assertThat(config.client().pingInterval()).isEqualTo(Duration.ofSeconds(15));
    assertThat(config.httpServer().port()).isEqualTo(2);
  }

  @Test
  void listsAndNamespacesAreReadFromFileAndVariable() {
    var config =
        read(
                """
                client:
                  allowed_origins: ["https://example.com"]
                """,
                Map.of(
                    "DUNLIN_CHANNEL_NAMESPACES",
                    "[{\"name\": \"chat\", \"history_size\": 10, \"history_ttl\": \"1m\"}]"),
                Map.of())
            .config();
    assertThat(config.client().allowedOrigins()).containsExactly("https://example.com");
    assertThat(config.channel().namespaces()).hasSize(1);
    assertThat(config.channel().namespaces().getFirst().rules().options().historySize())
        .isEqualTo(10);
    var spaced =
        read(
            "",
            Map.of("DUNLIN_CLIENT_ALLOWED_ORIGINS", "https://a.example https://b.example"),
            Map.of());
    assertThat(spaced.config().client().allowedOrigins())
        .containsExactly("https://a.example", "https://b.example");
  }

  @Test
  void unknownKeyIsAnErrorWithItsPlaceAndASuggestion() {
    assertThat(refusal("client:\n  ping_intervall: 3s\n"))
        .isEqualTo(
            "client.ping_intervall (dunlin.yaml, line 2): there is no such option;"
                + " did you mean client.ping_interval?");
  }

  @Test
  void valueThatCannotStandInAHeaderIsAnErrorWithoutTheValue() {
    assertThat(
            refusal(
                "events:\n  endpoint: http://localhost/\n"
                    + "  static_headers: {X-Key: \"two\\nlines\"}\n"))
        .isEqualTo("events.static_headers: the value of 'X-Key' cannot stand in a header");
  }

  @Test
  void unknownKeyOfABrokerNamesThePlaceForItsOwnOptions() {
    assertThat(refusal("broker: {type: redis, address: x}\n"))
        .isEqualTo(
            "broker.address (dunlin.yaml, line 1): there is no such option;"
                + " what concerns the kind alone stands in broker.options");
  }

  @Test
  void unknownKeyOfANamespaceIsAnErrorToo() {
    assertThat(refusal("channel:\n  namespaces:\n    - name: chat\n      presense: true\n"))
        .isEqualTo(
            "channel.namespaces[0].presense (dunlin.yaml, line 4): there is no such option;"
                + " did you mean channel.namespaces[0].presence?");
  }

  /** Options of Centrifugo's channels that Dunlin does not have are not passed over in silence. */
  @Test
  void whatChannelsCannotDoIsRefusedByName() {
    for (var option :
        List.of(
            "subscription_type: map",
            "map: {}",
            "shared_poll: {}",
            "subscribe_stream_proxy_enabled: true",
            "subscribe_stream_proxy_name: a",
            "proxy_subscribe: true")) {
      assertThat(refusal("channel:\n  namespaces:\n    - name: chat\n      " + option + "\n"))
          .startsWith("channel.namespaces[0]." + option.substring(0, option.indexOf(':')))
          .contains("there is no such option");
      assertThat(refusal("channel:\n  without_namespace:\n    " + option + "\n"))
          .contains("there is no such option");
    }
  }

  @Test
  void allProblemsAreToldAtOnce() {
    assertThat(refusal("http_server:\n  port: http\nclient:\n  ping_interval: soon\n").lines())
        .containsExactly(
            "http_server.port (dunlin.yaml, line 2): 'http' must be a whole number",
            "dunlin: client.ping_interval (dunlin.yaml, line 4): 'soon' must be a time such as"
                + " 25s, 5m, 1h30m or 250ms");
  }

  @Test
  void timesAndSizesBeyondAllBoundsAreProblems() {
    assertThat(refusal("client: {ping_interval: 300000d}"))
        .contains("client.ping_interval", "'300000d' must be a time of at most 36500d");
    assertThat(refusal("client: {ping_interval: " + "999999999999d".repeat(200) + "}"))
        .contains("a time of at most");
    assertThat(refusal("client: {queue_max_size: 999999999999999GiB}"))
        .contains("client.queue_max_size", "must be a number from 4096 to 2147483647");
  }

  @Test
  void secretThatIsTooShortIsRefusedWithTheRemedyAndNotShown() {
    var secret = "x".repeat(63);
    assertThat(refusal("client: {token: {hmac_secret_key: " + secret + ", hmac_algorithm: HS512}}"))
        .contains("client.token.hmac_secret_key", "63 bytes", "openssl rand")
        .doesNotContain(secret);
  }

  @Test
  void secretsThatShouldStandByNameAreNotShown() {
    assertThat(refusal("events: {static_headers: 'Authorization: Bearer of-the-back-end'}"))
        .contains("events.static_headers (dunlin.yaml, line 1): must be texts by name")
        .doesNotContain("of-the-back-end");
  }

  @Test
  void namespacesChooseAmongTheBrokersThatAreThere() {
    assertThat(refusal("channel: {namespaces: [{name: chat, broker_name: fast}]}"))
        .contains("channel.namespaces[0].broker_name: there is no 'fast' in brokers");
    assertThat(refusal("brokers: [{name: a, type: memory}, {name: a, type: redis}]"))
        .contains("brokers[1].name: 'a' is there twice");
    assertThat(refusal("brokers: [{type: memory}]")).contains("brokers[0].name: must be set");
    assertThat(refusal("brokers: [{name: a, kind: memory}]")).contains("brokers[0].kind");
  }

  @Test
  void whichBrokerANamespaceHasChangesWithARestartOnly() {
    var brokers = "brokers: [{name: fast, type: memory}]\nchannel: {namespaces: [";
    var running = new Brokers(config(brokers + "{name: chat, broker_name: fast}]}"));
    try (var broker = running.broker()) {
      running.requireSame(
          config(brokers + "{name: chat, broker_name: fast, presence: true}, {name: new}]}"));
      assertThatExceptionOfType(CommandFailure.class)
          .isThrownBy(() -> running.requireSame(config(brokers + "{name: chat}]}")))
          .withMessageContaining("broker_name of the namespace 'chat'");
      assertThatExceptionOfType(CommandFailure.class)
          .isThrownBy(() ->
              running.requireSame(
                  config(
                      brokers
                          + "{name: chat, broker_name: fast}], without_namespace: {broker_name:"
                          + " fast}}")))
          .withMessageContaining("channel.without_namespace");
    }
  }

  @Test
  void aBrokerOfAnUnknownTypeIsNamed() {
    assertThatExceptionOfType(CommandFailure.class)
        .isThrownBy(() -> new Brokers(config("brokers: [{name: fast, type: rabbits}]")))
        .withMessageContaining("brokers 'fast': no broker called rabbits");
  }

  @Test
  void proxiesAreAddressesAndSayHowTheySpeak() {
    assertThat(refusal("http_server: {proxies: [example.org], proxies_tell: [forwarded]}"))
        .contains("http_server.proxies: 'example.org'");
    assertThat(refusal("http_server: {proxies: [10.0.0.0/8]}"))
        .contains("http_server.proxies_tell: is needed");
    assertThat(refusal("http_server: {proxies: [10.0.0.1], proxies_tell: [x_real_ip]}"))
        .contains("'x_real_ip' is not known");
    assertThat(refusal("client: {command_rate_limit: 50, command_burst: 10}"))
        .contains("client.command_burst");
    assertThat(refusal("client: {byte_rate_limit: 1KiB}")).contains("client.byte_rate_limit");
    assertThat(refusal("client: {user_limits: {byte_rate_limit: 1GiB}}"))
        .contains("client.user_limits.byte_rate_limit: must be at most 190MiB");
    assertThat(refusal("client: {address_limits: {byte_rate_limit: 1KiB}}"))
        .contains("client.address_limits.byte_rate_limit: ten seconds' worth");
  }

  @Test
  void hmacSecretNeedsItsAlgorithm() {
    assertThat(refusal("client: {token: {hmac_secret_key: " + SECRET + "}}"))
        .startsWith("client.token.hmac_algorithm: must be set");
    var token =
        config("client: {token: {hmac_secret_key: " + SECRET + ", hmac_algorithm: HS256}}")
            .client()
            .token();
    assertThat(TokenKeys.own("client.token.", token)[0].algorithm()).isEqualTo(JwsAlgorithm.HS256);
  }

  @Test
  void contradictionsBetweenOptionsAreProblems() {
    assertThat(refusal("client: {ping_interval: 5s, pong_timeout: 5s}"))
        .contains("client.pong_timeout");
    assertThat(refusal("channel: {without_namespace: {history_size: 10}}"))
        .contains("channel.without_namespace: history needs both");
    assertThat(refusal("channel: {namespaces: [{name: x}]}")).contains("channel.namespaces[0]");
    assertThat(refusal("channel: {without_namespace: {subscribe_proxy_enabled: true}}"))
        .contains("channel.proxy.subscribe.endpoint");
    assertThat(refusal("http_server: {tls: {enabled: true}}")).contains("cert_pem_file");
    assertThat(refusal("http_api: {key: short}")).contains("http_api.key", "openssl");
    assertThat(refusal("client: {allowed_origins: [example.com]}"))
        .contains("client.allowed_origins");
    assertThat(refusal("preset: public_internet")).contains("http_server.tls.enabled");
    assertThat(refusal("http_api: {insecure: true}")).contains("http_api.insecure: is refused");
  }

  @Test
  void aSectionIsNamedByTheLineOfItsName() {
    assertThat(refusal("node: {name: a}\nhttp_servr:\n  port: 1\n"))
        .startsWith("http_servr (dunlin.yaml, line 2)")
        .contains("did you mean http_server?");
  }

  @Test
  void yamlThatIsNoneIsRefusedWithItsPlace() {
    assertThat(refusal("client: [")).startsWith("dunlin.yaml, line ").contains("is not YAML");
    assertThat(refusal("client: &a {}\nchannel: *a\n")).contains("anchors");
    assertThat(refusal("client: {}\nclient: {}\n")).startsWith("dunlin.yaml, line 2");
    assertThat(refusal("- 1\n")).contains("options were expected");
  }

  @Test
  void missingFileIsAnErrorWithARemedy() {
    var reader = new ConfigReader(Optional.of(folder.resolve("none.yaml")), Map.of(), Map.of());
    assertThatExceptionOfType(CommandFailure.class)
        .isThrownBy(reader::read)
        .withMessageContaining("none.yaml: there is no such file");
  }

  @Test
  void fileInAnotherEncodingIsAnErrorInWords() throws Exception {
    var file = Files.write(folder.resolve("latin.yaml"), new byte[] {'a', ':', ' ', (byte) 0xe4});
    assertThatExceptionOfType(CommandFailure.class)
        .isThrownBy(new ConfigReader(Optional.of(file), Map.of(), Map.of())::read)
        .withMessageContaining("latin.yaml cannot be read: it is not UTF-8");
  }

  @Test
  void emptyVariableNamesNoFile() {
    var reader = ConfigReader.of(Optional.empty(), Map.of("DUNLIN_CONFIG", ""), Map.of(), folder);
    assertThat(reader.file()).isEmpty();
  }

  @Test
  void unknownVariableIsAWarningSinceOrchestratorsSetSome() {
    var warnings =
        read(
                "",
                Map.of("DUNLIN_SERVICE_HOST", "10.0.0.1", "DUNLIN_HTTP_SERVER_PROT", "1"),
                Map.of())
            .warnings();
    assertThat(warnings)
        .hasSize(2)
        .anyMatch(warning -> warning.contains("did you mean DUNLIN_HTTP_SERVER_PORT?"));
  }

  @Test
  void onlyWhatIsHarmlessKeepsTheServerInDevelopment() {
    var bare = new ConfigReader(Optional.empty(), Map.of(), Map.of("http_server.port", "9000"));
    assertThat(bare.read(Development::defaults).development()).isTrue();
    var configured =
        new ConfigReader(Optional.empty(), Map.of("DUNLIN_HTTP_API_KEY", "k".repeat(20)), Map.of());
    assertThat(configured.read(Development::defaults).development()).isFalse();
  }

  @Test
  void developmentHasNewSecretsAtEachStart() {
    var reader = new ConfigReader(Optional.empty(), Map.of(), Map.of());
    var first = reader.read(Development::defaults).config();
    var second = reader.read(Development::defaults).config();
    assertThat(first.client().token().hmacSecretKey())
        .isNotEqualTo(second.client().token().hmacSecretKey());
    assertThat(first.httpServer().address()).isEqualTo("127.0.0.1");
    assertThat(ConfigRules.problems(first)).isEmpty();
    assertThat(ConfigRules.unready(first)).isEmpty();
    assertThat(ConfigRules.insecure(first)).isEmpty();
  }

  @Test
  void noSecretIsInTheTextOfAConfiguration() {
    var secret = "s3cr3t".repeat(12);
    var config =
        config(
            "client: {token: {hmac_secret_key: "
                + secret
                + ", hmac_algorithm: HS512}}\nhttp_api: {key: "
                + secret
                + "}\nbroker: {options: {password: "
                + secret
                + "}}");
    assertThat(config.toString()).doesNotContain(secret);
  }

  @Test
  void everyOptionHasADescriptionAndAFallbackThatCanBeRead() {
    var seen = new LinkedHashMap<String, String>();
    for (var entry : ConfigSchema.entries()) {
      assertThat(entry.option().value()).as(entry.path()).isNotBlank().doesNotEndWith(".");
      assertThat(seen.put(entry.path(), entry.path())).as("twice: " + entry.path()).isNull();
    }
    assertThat(seen).containsKeys("http_server.port", "channel.namespaces[].presence");
  }

  @Test
  void presetsSetOptionsThatExistToValuesThatCanBeRead() {
    for (var preset : Preset.values()) {
      var config = config("preset: " + preset.name() + "\nhttp_server: {behind_tls_proxy: true}");
      assertThat(config.preset()).isEqualTo(preset);
    }
  }

  @Test
  void certificatesNeedSomebodyWhoAsksForThemAndTrustedProxies() throws Exception {
    Files.writeString(folder.resolve("ca.pem"), "read when the server starts");
    var authority = "ca_pem_file: " + folder.resolve("ca.pem");
    assertThat(refusal("client: {certificate: {required: true}}"))
        .contains("client.certificate.ca_pem_file: is needed");
    assertThat(refusal("client: {certificate: {" + authority + "}}"))
        .contains("client.certificate: nobody is asked for one");
    var header = "client: {certificate: {proxy_header: Client-Cert, " + authority + "}}\n";
    assertThat(refusal(header)).contains("proxy_header: needs http_server.proxies");
    var proxies = "http_server: {proxies: [10.0.0.1], proxies_tell: [proxy_protocol]";
    assertThat(config(header + proxies + "}").client().certificate().proxyHeader())
        .isEqualTo("Client-Cert");
    assertThat(refusal(header + proxies + ", tls: {enabled: true}}"))
        .contains("a proxy that passes on TLS cannot remove headers of clients");
  }

  @Test
  void signingNeedsSomebodyWhoCanSign() {
    var namespace = "channel: {namespaces: [{name: pay, signed_publications: %s}]}\n";
    assertThat(ConfigRules.unready(config(namespace.formatted("verified"))))
        .anySatisfy(problem ->
            assertThat(problem)
                .contains("channel.namespaces[0].signed_publications", "client.signing_secret"));
    var carried = namespace.formatted("carried") + "client: {signing_secret: " + SECRET + "}";
    assertThat(ConfigRules.unready(config(carried)))
        .anySatisfy(problem ->
            assertThat(problem)
                .contains("channel.namespaces[0].signed_publications", "client.token"));
    assertThat(refusal("client: {signing_secret: short}"))
        .contains("client.signing_secret: has 5 bytes and needs at least 32");
    var rules =
        config(namespace.formatted("verified") + "client: {signing_secret: " + SECRET + "}")
            .channel()
            .namespaces()
            .getFirst()
            .rules()
            .options();
    assertThat(rules.signedPublications()).isEqualTo(NamespaceOptions.SignedPublications.VERIFIED);
  }
}
