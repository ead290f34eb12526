package dev.dunlin.app;

import dev.dunlin.centrifuge.Disconnect;
import dev.dunlin.centrifuge.ErrorCode;
import dev.dunlin.centrifuge.Rejection;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks back ends: POST with a JSON object, answered by {@code {"result": {}}}, {@code {"error":
 * {code, message, temporary}}} or {@code {"disconnect": {code, reason}}}. The caller waits, so it
 * is a virtual thread. Neither question nor answer is logged.
 */
final class Backend implements AutoCloseable {

  /** Takes notice of every question, for the metrics. */
  interface Meter {
    void asked(String event, String outcome, Duration took);
  }

  /** Where a back end is, how long it may take for the whole answer, and what it wants to see. */
  record Address(
      String endpoint,
      Duration timeout,
      Map<String, String> headers,
      List<Config.StatusMeaning> meanings) {

    /** Without the headers, which hold secrets, and a query, which may. */
    @Override
    public String toString() {
      return endpoint.replaceAll("[?].*", "").replaceAll("//[^/@]*@", "//");
    }
  }

  /** No answer, or none that makes sense: to the client a temporary error. */
  static final class Unavailable extends Exception {
    private static final long serialVersionUID = 1L;

    Unavailable(String message) {
      super(message, null, false, false);
    }
  }

  private static final Logger log = LoggerFactory.getLogger(Backend.class);
  private static final int MAX_ANSWER = 1 << 20;
  private static final long LOG_NANOS = Duration.ofSeconds(1).toNanos();

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicLong logged = new AtomicLong();
  private final AtomicInteger unlogged = new AtomicInteger();
  private final Meter meter;

  Backend(Meter meter) {
    this.meter = meter;
  }

  /**
   * Asks and waits.
   *
   * @return the members of {@code result}
   * @throws Rejection if the back end says no
   * @throws Unavailable if it says nothing in time, or nothing that makes sense
   */
  Fields ask(Address address, String event, byte[] question)
      throws Unavailable, InterruptedException {
    long begin = System.nanoTime();
    var outcome = "unavailable";
    try {
      var result = result(send(address, question));
      outcome = "ok";
      return result;
    } catch (Rejection refused) {
      outcome = "refused";
      throw refused;
    } catch (Fields.Malformed malformed) {
      throw unavailable(address, event, malformed.getMessage());
    } catch (IOException | IllegalArgumentException failure) {
      throw unavailable(address, event, failure.toString());
    } finally {
      meter.asked(event, outcome, Duration.ofNanos(System.nanoTime() - begin));
    }
  }

  /** A back end that is down fails thousands of questions: they are not worth a line each. */
  private Unavailable unavailable(Address address, String event, @Nullable String why) {
    unlogged.incrementAndGet();
    long now = System.nanoTime();
    long last = logged.get();
    if ((last == 0 || now - last >= LOG_NANOS) && logged.compareAndSet(last, now)) {
      int times = unlogged.getAndSet(0);
      log.warn(
          "The back end at {} did not decide on {}: {}{}",
          address,
          event,
          why,
          times > 1 ? " (the last of " + times + " such failures)" : "");
    }
    return new Unavailable("no answer to " + event);
  }

  /** The limit holds for head and body together: a body that trickles ends with it as well. */
  private byte[] send(Address address, byte[] question) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(address.endpoint()))
            .timeout(address.timeout())
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(question));
    address.headers().forEach(request::header);
    CompletableFuture<HttpResponse<byte[]>> answer =
        http.sendAsync(request.build(), info -> new Limited());
    try {
      var response = answer.get(address.timeout().toMillis(), TimeUnit.MILLISECONDS);
      int status = response.statusCode();
      if (status == 200) {
        return response.body();
      }
      for (var meaning : address.meanings()) {
        if (meaning.statusCode() == status) {
          throw meaning(meaning);
        }
      }
      throw new IOException("status " + status);
    } catch (TimeoutException late) {
      answer.cancel(true);
      throw new IOException("no answer within " + Quantities.text(address.timeout()), late);
    } catch (ExecutionException failure) {
      throw new IOException(String.valueOf(failure.getCause()), failure.getCause());
    }
  }

  /**
   * What a status means.
   *
   * @throws IllegalArgumentException if it means nothing, or two things
   */
  static Rejection meaning(Config.StatusMeaning meaning) {
    var error = meaning.toError();
    var disconnect = meaning.toDisconnect();
    if ((error.code() == 0) == (disconnect.code() == 0)) {
      throw new IllegalArgumentException("needs one of to_error.code and to_disconnect.code");
    }
    if (meaning.statusCode() < 100 || meaning.statusCode() > 599 || meaning.statusCode() == 200) {
      throw new IllegalArgumentException("status_code must be a status other than 200");
    }
    return error.code() != 0
        ? Rejection.error(new ErrorCode(error.code(), error.message(), error.temporary()))
        : Rejection.disconnect(new Disconnect(disconnect.code(), disconnect.reason()));
  }

  private static Fields result(byte[] answer) throws Fields.Malformed {
    var fields = Fields.of(answer);
    var disconnect = fields.object("disconnect");
    if (disconnect.isPresent()) {
      throw Rejection.disconnect(SubscriptionFields.disconnect(disconnect.get()));
    }
    var error = fields.object("error");
    if (error.isPresent()) {
      throw Rejection.error(error(error.get()));
    }
    return fields.object("result").orElseGet(Fields::none);
  }

  private static ErrorCode error(Fields error) throws Fields.Malformed {
    try {
      return new ErrorCode(
          Math.toIntExact(error.number("code")), error.text("message"), error.flag("temporary"));
    } catch (ArithmeticException | IllegalArgumentException wrong) {
      throw new Fields.Malformed("error: " + wrong.getMessage());
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }

  /** A body that is given up beyond a mebibyte. */
  private static final class Limited implements HttpResponse.BodySubscriber<byte[]> {
    private final HttpResponse.BodySubscriber<byte[]> bytes =
        HttpResponse.BodySubscribers.ofByteArray();
    private Flow.@Nullable Subscription source;
    private long seen;

    @Override
    public CompletionStage<byte[]> getBody() {
      return bytes.getBody();
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      source = subscription;
      bytes.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> part) {
      for (var buffer : part) {
        seen += buffer.remaining();
      }
      if (seen > MAX_ANSWER) {
        if (source != null) {
          source.cancel();
        }
        bytes.onError(new IOException("the answer has more than " + MAX_ANSWER + " bytes"));
      } else {
        bytes.onNext(part);
      }
    }

    @Override
    public void onError(Throwable failure) {
      bytes.onError(failure);
    }

    @Override
    public void onComplete() {
      bytes.onComplete();
    }
  }
}
