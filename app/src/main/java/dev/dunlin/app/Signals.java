package dev.dunlin.app;

import java.lang.reflect.Proxy;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The signals of the operating system: TERM and INT end, the second one at once; HUP reads the
 * configuration again.
 *
 * <p>Handlers are not a part of Java SE: they are reached by name through {@code sun.misc.Signal},
 * which the module {@code jdk.unsupported} exports. On a JVM without it a signal ends the process
 * as it always does.
 */
final class Signals {

  private static final Logger log = LoggerFactory.getLogger(Signals.class);

  /** How a process ends that a signal has killed: 128 and the signal's number. */
  private static final int KILLED = 128;

  private static final int INT = 2;
  private static final int TERM = 15;

  private enum Wish {
    END,
    RELOAD
  }

  private final LinkedBlockingQueue<Wish> wishes = new LinkedBlockingQueue<>();
  private final AtomicBoolean ending = new AtomicBoolean();

  Signals() {
    on("TERM", () -> end(TERM));
    on("INT", () -> end(INT));
    if (!System.getProperty("os.name").startsWith("Windows")) {
      on("HUP", () -> wishes.add(Wish.RELOAD));
    }
  }

  private static void on(String name, Runnable action) {
    try {
      var signal = Class.forName("sun.misc.Signal");
      var handler = Class.forName("sun.misc.SignalHandler");
      var proxy =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> {
                action.run();
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (ReflectiveOperationException unsupported) {
      log.warn("This JVM does not let programs handle SIG{}: {}", name, unsupported.toString());
    }
  }

  /** Every signal comes on a thread of its own. */
  private void end(int number) {
    if (ending.getAndSet(true)) {
      Runtime.getRuntime().halt(KILLED + number);
    }
    wishes.add(Wish.END);
  }

  /** Waits for the end, and calls {@code reload} for every HUP until then. */
  void await(Runnable reload) {
    try {
      while (wishes.take() == Wish.RELOAD) {
        reload.run();
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
