package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.Component;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our patches applied by the JavaScript implementation of the format, and its patches by us. */
class FossilDeltaInteropTest {

  private static final String PACKAGE = "fossil-delta@2.0.0";

  private static final String PROGRAM =
      """
      import { applyDelta, createDelta } from 'fossil-delta';
      import { readFileSync } from 'node:fs';
      const bytes = text => Array.from(Buffer.from(text, 'base64'));
      const lines = readFileSync(0, 'utf8').trim().split('\\n');
      for (const line of lines) {
        const [source, target, patch] = line.split(' ').map(bytes);
        const ours = Buffer.from(applyDelta(source, patch)).toString('base64');
        const theirs = Buffer.from(createDelta(source, target)).toString('base64');
        console.log('<' + ours + ' ' + theirs);
      }
      """;

  @TempDir Path folder;

  @Test
  void patchesAreUnderstoodInBothDirections() throws Exception {
    Path node = Component.NODE.require();
    Path npm = Component.NPM.require();
    Component.of("npm package " + PACKAGE, "npm install " + PACKAGE, () -> install(npm)).require();

    var cases = new ArrayList<byte[][]>();
    var random = new Random(11);
    for (int i = 0; i < 100; i++) {
      byte[] source = text(random, 20 + random.nextInt(200));
      byte[] target = i % 10 == 0 ? text(random, 50) : edited(source, random);
      cases.add(new byte[][] {source, target, FossilDelta.create(source, target)});
      cases.add(new byte[][] {source, target, FossilDelta.createCharacterSafe(source, target)});
    }
    var input = new StringBuilder();
    for (byte[][] one : cases) {
      input.append(base64(one[0])).append(' ').append(base64(one[1])).append(' ');
      input.append(base64(one[2])).append('\n');
    }
    Path file = Files.writeString(folder.resolve("cases"), input);
    Path output = folder.resolve("output");
    run(List.of(node.toString(), "--input-type=module", "-e", PROGRAM), file, output);

    List<String> lines =
        Files.readAllLines(output).stream().filter(line -> line.startsWith("<")).toList();
    assertThat(lines).hasSize(cases.size());
    for (int i = 0; i < cases.size(); i++) {
      byte[][] one = cases.get(i);
      String[] answer = lines.get(i).substring(1).split(" ", -1);
      assertThat(Base64.getDecoder().decode(answer[0])).isEqualTo(one[1]);
      byte[] theirs = Base64.getDecoder().decode(answer[1]);
      assertThat(FossilDelta.apply(one[0], theirs)).isEqualTo(one[1]);
    }
  }

  private Optional<Path> install(Path npm) {
    try {
      run(
          List.of(npm.toString(), "install", "--silent", "--prefix", folder.toString(), PACKAGE),
          Files.createFile(folder.resolve("nothing")),
          folder.resolve("npm.log"));
      return Optional.of(folder.resolve("node_modules/fossil-delta")).filter(Files::isDirectory);
    } catch (IOException | AssertionError missing) {
      return Optional.empty();
    }
  }

  private void run(List<String> command, Path input, Path output) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectInput(input.toFile())
            .redirectOutput(output.toFile())
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(output, UTF_8)).isZero();
  }

  private static byte[] text(Random random, int letters) {
    var text = new StringBuilder();
    for (int i = 0; i < letters; i++) {
      text.append((char) ((random.nextBoolean() ? 'a' : 'а') + random.nextInt(26)));
    }
    return text.toString().getBytes(UTF_8);
  }

  private static byte[] edited(byte[] source, Random random) {
    var text = new StringBuilder(new String(source, UTF_8));
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      text.setCharAt(random.nextInt(text.length()), 'ё');
    }
    int cut = random.nextInt(text.length());
    return (text.substring(cut) + text.substring(0, cut)).getBytes(UTF_8);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
