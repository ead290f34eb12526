package dev.dunlin.auth;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Brings the bytes of a key set; asynchronous, bounded in time and size. */
@FunctionalInterface
interface JwksFetch {

  Duration TIMEOUT = Duration.ofSeconds(5);
  int MAX_BYTES = 1 << 20;

  CompletionStage<byte[]> get(URI endpoint);

  /** Over HTTPS with the JDK's client: no redirects, 5 s for everything, 1 MiB of body. */
  static JwksFetch https(@Nullable SSLContext tls) {
    return https(tls, TIMEOUT);
  }

  static JwksFetch https(@Nullable SSLContext tls, Duration timeout) {
    var threads = Executors.newVirtualThreadPerTaskExecutor();
    var builder =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeout)
            .executor(threads);
    if (tls != null) {
      builder.sslContext(tls);
    }
    var client = builder.build();
    return endpoint -> {
      var request =
          HttpRequest.newBuilder(endpoint)
              .header("Accept", "application/jwk-set+json, application/json")
              .timeout(timeout)
              .GET()
              .build();
      var exchange = client.sendAsync(request, JwksFetch::bounded);
      // The request's own limit ends with the head of the answer, this one covers the body. It
      // fires on the JDK's timer thread, which those who wait must not hold up.
      return exchange
          .thenApply(HttpResponse::body)
          .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
          .whenCompleteAsync((body, failure) -> exchange.cancel(true), threads);
    };
  }

  private static HttpResponse.BodySubscriber<byte[]> bounded(HttpResponse.ResponseInfo head) {
    return new BoundedBody(head.statusCode() == 200 ? MAX_BYTES : 0, head.statusCode());
  }

  /** Collects a body up to a limit; an answer other than 200 has limit 0 and always fails. */
  final class BoundedBody implements HttpResponse.BodySubscriber<byte[]> {
    private final int limit;
    private final int status;
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
    private Flow.@Nullable Subscription subscription;

    BoundedBody(int limit, int status) {
      this.limit = limit;
      this.status = status;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
      return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription upstream) {
      subscription = upstream;
      if (limit == 0) {
        fail("key endpoint answered with status " + status);
      } else {
        upstream.request(Long.MAX_VALUE);
      }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      for (var buffer : buffers) {
        if (buffer.remaining() > limit - collected.size()) {
          fail("key endpoint answered with more than " + limit + " bytes");
          return;
        }
        var bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        collected.writeBytes(bytes);
      }
    }

    @Override
    public void onError(Throwable failure) {
      body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      body.complete(collected.toByteArray());
    }

    private void fail(String why) {
      if (subscription != null) {
        subscription.cancel();
      }
      body.completeExceptionally(new IOException(why));
    }
  }
}
