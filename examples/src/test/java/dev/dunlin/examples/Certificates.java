package dev.dunlin.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An authority and what it issues, made by the JDK's keytool, as PEM files. */
final class Certificates {

  /** A certificate and its key. */
  record Pair(Path certificate, Path key) {}

  private static final String PASSWORD = "password of a test";

  private final Path folder;

  Certificates(Path folder) throws IOException, InterruptedException {
    this.folder = folder;
    keytool("ca", "-genkeypair", "-dname", "CN=Devices", "-ext", "bc:c", "-ext", "ku=keyCertSign");
    keytool("ca", "-exportcert", "-rfc", "-file", authority().toString());
  }

  /** The authority's certificate. */
  Path authority() {
    return folder.resolve("ca.crt");
  }

  /** A certificate for a name and a usage, signed by the authority. */
  Pair issue(String name, String usage)
      throws IOException, InterruptedException, GeneralSecurityException {
    var request = folder.resolve(name + ".csr").toString();
    var certificate = folder.resolve(name + ".crt");
    keytool(name, "-genkeypair", "-dname", "CN=" + name);
    keytool(name, "-certreq", "-file", request);
    keytool(
        "ca",
        "-gencert",
        "-rfc",
        "-infile",
        request,
        "-outfile",
        certificate.toString(),
        "-ext",
        "san=dns:localhost",
        "-ext",
        "eku=" + usage);
    var store = KeyStore.getInstance(store(name).toFile(), PASSWORD.toCharArray());
    var key = store.getKey(name, PASSWORD.toCharArray()).getEncoded();
    var pem =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(key)
            + "\n-----END PRIVATE KEY-----\n";
    return new Pair(certificate, Files.writeString(folder.resolve(name + ".key"), pem));
  }

  private Path store(String alias) {
    return folder.resolve(alias + ".p12");
  }

  private void keytool(String alias, String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-alias", alias, "-keystore", store(alias).toString()));
    command.addAll(List.of("-storepass", PASSWORD));
    if (arguments[0].equals("-genkeypair")) {
      command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1"));
    }
    var log = folder.resolve("keytool.log").toFile();
    var process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(log.toPath())).isZero();
  }
}
