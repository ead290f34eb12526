package dev.dunlin.app;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dunlin version}: what is running, for a bug report. */
@Command(name = "version", description = "Print the version of Dunlin and of the Java it runs on.")
final class VersionCommand implements Runnable, IVersionProvider {

  @Spec
  @SuppressWarnings("NullAway.Init") // filled in before run is called
  private CommandSpec spec;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          Json.text(object -> {
            object.writeStringProperty("version", version());
            object.writeStringProperty("java", Runtime.version().toString());
            object.writeStringProperty("os", System.getProperty("os.name"));
            object.writeStringProperty("arch", System.getProperty("os.arch"));
          }));
      out.flush();
      return;
    }
    for (String line : getVersion()) {
      out.println(line);
    }
    out.flush();
  }

  @Override
  public String[] getVersion() {
    return new String[] {
      "Dunlin " + version(),
      "Java "
          + Runtime.version()
          + " ("
          + System.getProperty("java.vm.name")
          + ", "
          + System.getProperty("java.vendor")
          + ")",
      System.getProperty("os.name")
          + " "
          + System.getProperty("os.version")
          + ", "
          + System.getProperty("os.arch")
    };
  }

  /** The version that the jar's manifest states; classes that run from a folder have none. */
  static String version() {
    String version = VersionCommand.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
