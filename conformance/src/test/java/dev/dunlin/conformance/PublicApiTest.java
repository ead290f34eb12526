package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The public API of every published module, compared with what is written down in {@code api/}, so
 * that a change of it is always seen by whoever reviews. {@code ./dunlin api} writes it down anew.
 * A module that was never written down is not compared, and the summary of the tests says so.
 */
class PublicApiTest {

  private static final Path FOLDER = Path.of("../api").toAbsolutePath().normalize();

  private static final boolean UPDATE = Boolean.getBoolean("api.update");

  private static List<PublicApi> modules;

  @BeforeAll
  static void readTheModules() throws Exception {
    List<PublicApi> found = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      // Only ours: elsewhere on a class path lies much that is no module.
      if (entry.contains("dunlin") || entry.endsWith("classes")) {
        for (ModuleReference reference : modulesIn(Path.of(entry))) {
          if (reference.descriptor().name().startsWith("dev.dunlin.")) {
            found.add(PublicApi.of(reference));
          }
        }
      }
    }
    found.sort(Comparator.comparing(PublicApi::moduleName));
    modules = List.copyOf(found);
  }

  private static Set<ModuleReference> modulesIn(Path entry) {
    try {
      return ModuleFinder.of(entry).findAll();
    } catch (FindException noModule) {
      return Set.of();
    }
  }

  @Test
  void everyPublishedModuleIsLookedAt() {
    assertThat(modules)
        .extracting(PublicApi::moduleName)
        .contains(
            "dev.dunlin.websocket",
            "dev.dunlin.channels",
            "dev.dunlin.server",
            "dev.dunlin.testing");
  }

  @Test
  void publicApiIsTheOneWrittenDown() throws Exception {
    if (UPDATE) {
      Files.createDirectories(FOLDER);
      for (PublicApi module : modules) {
        Files.writeString(file(module), module.toString());
      }
    }
    List<String> unwritten = new ArrayList<>();
    for (PublicApi module : modules) {
      if (Files.exists(file(module))) {
        assertThat(module.toString())
            .as(
                "the API of %s changed: if it should, run ./dunlin api and commit the difference",
                module.moduleName())
            .isEqualTo(Files.readString(file(module)));
      } else {
        unwritten.add(module.moduleName());
      }
    }
    assumeThat(unwritten).as("API not written down yet (./dunlin api)").isEmpty();
  }

  private static Path file(PublicApi module) {
    return FOLDER.resolve(
        module.moduleName().substring("dev.".length()).replace('.', '-') + ".txt");
  }

  @Test
  void signaturesMentionOnlyTheJdkAndOurPublicTypes() {
    Set<Class<?>> ours = new HashSet<>();
    modules.forEach(module -> ours.addAll(module.types()));
    for (PublicApi module : modules) {
      // Tests extend JUnit; that is what the module testing is for.
      boolean testing = module.moduleName().equals("dev.dunlin.testing");
      assertThat(module.mentioned())
          .as("types in the signatures of " + module.moduleName())
          .allSatisfy(type ->
              assertThat(
                      type.isPrimitive()
                          || type.getName().startsWith("java.")
                          || type.getName().startsWith("javax.net.ssl.")
                          || ours.contains(type)
                          || testing && type.getName().startsWith("org.junit."))
                  .as(type.getName())
                  .isTrue());
    }
  }
}
