package dev.dunlin.app;

import dev.dunlin.app.ApiMethods.Outcome;
import dev.dunlin.app.Fields.Malformed;
import dev.dunlin.centrifuge.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;

/** Several calls of the API in one: in their order, or side by side. */
final class ApiBatch {

  private static final int MAX_COMMANDS = 1000;

  private record Command(String method, Fields request) {}

  private final List<Command> commands;
  private final boolean parallel;

  private ApiBatch(List<Command> commands, boolean parallel) {
    this.commands = commands;
    this.parallel = parallel;
  }

  /** The batch of a request: {@code {"commands": [{"publish": {}}, ...], "parallel": false}}. */
  static ApiBatch of(Fields request) throws Malformed {
    var commands = new ArrayList<Command>();
    for (var command : request.objects("commands")) {
      var names = command.names();
      if (names.size() != 1
          || !ApiMethods.NAMES.containsAll(names)
          || names.contains("batch")
          || commands.size() == MAX_COMMANDS) {
        throw new Malformed(
            "commands["
                + commands.size()
                + "] must be an object with one method, at most "
                + MAX_COMMANDS
                + " of them");
      }
      var method = names.iterator().next();
      commands.add(new Command(method, command.object(method).orElseThrow()));
    }
    return new ApiBatch(commands, request.flag("parallel"));
  }

  /** Calls them all, waiting for each. On a virtual thread. */
  Outcome call(ApiMethods methods) {
    var outcomes = parallel ? together(methods) : inOrder(methods);
    return new Outcome.Result(json -> {
      json.writeArrayPropertyStart("replies");
      for (int i = 0; i < outcomes.size(); i++) {
        json.writeStartObject();
        switch (outcomes.get(i)) {
          case Outcome.Result result -> {
            json.writeObjectPropertyStart(commands.get(i).method());
            result.body().write(json);
            json.writeEndObject();
          }
          case Outcome.Failed failed -> ApiMethods.error(json, failed.error());
        }
        json.writeEndObject();
      }
      json.writeEndArray();
    });
  }

  private List<Outcome> inOrder(ApiMethods methods) {
    return commands.stream().map(command -> one(methods, command)).toList();
  }

  private List<Outcome> together(ApiMethods methods) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var futures =
          commands.stream().map(command -> threads.submit(() -> one(methods, command))).toList();
      var outcomes = new ArrayList<Outcome>();
      for (var future : futures) {
        outcomes.add(future.get());
      }
      return outcomes;
    } catch (ExecutionException failure) {
      throw new IllegalStateException(failure.getCause());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  /** A command that makes no sense fails alone: others before it may have been carried out. */
  private static Outcome one(ApiMethods methods, Command command) {
    try {
      return methods.call(command.method(), command.request());
    } catch (Malformed malformed) {
      return new Outcome.Failed(
          new ErrorCode(
              ErrorCode.BAD_REQUEST.code(), "bad request: " + malformed.getMessage(), false));
    }
  }
}
