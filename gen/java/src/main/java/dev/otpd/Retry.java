package dev.otpd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Tries a call again by the service config, as gRPC does (gRFC A6).
 *
 * <p>gRPC for Java itself would take a push-back with any status for a request to try again: a call over its limit would wait out its deadline
 * instead of failing with the reason.
 */
final class Retry {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);
  /** The part of the pauses that is left to chance, so that clients do not come back all at once. */
  private static final double JITTER = 0.2;

  private static final JsonObject POLICY = readPolicy();
  private static final int MAX_ATTEMPTS = POLICY.get("maxAttempts").getAsInt();
  private static final double INITIAL_BACKOFF_MS = milliseconds("initialBackoff");
  private static final double MAX_BACKOFF_MS = milliseconds("maxBackoff");
  private static final double MULTIPLIER = POLICY.get("backoffMultiplier").getAsDouble();
  private static final JsonArray RETRYABLE = POLICY.getAsJsonArray("retryableStatusCodes");

  private Retry() {}

  /**
   * The result of the first attempt that has one. The deadline cuts the pauses; the attempts have to keep it themselves.
   *
   * <p>In the middle of each pause the connection is to be tried again if there is none: gRPC for Java itself would wait a second first, which
   * outlasts all the attempts.
   */
  static <R> R call(Supplier<R> attempt, Runnable reconnect, Deadline deadline) {
    double backoff = INITIAL_BACKOFF_MS;
    for (int attempts = 1; ; attempts++) {
      try {
        return attempt.get();
      } catch (StatusRuntimeException error) {
        String pushback = error.getTrailers() == null ? null : error.getTrailers().get(PUSHBACK);
        if (attempts == MAX_ATTEMPTS || !isRetryable(error.getStatus()) || refuses(pushback)) {
          throw error;
        }
        double jitter = 1 + JITTER * ThreadLocalRandom.current().nextDouble(-1, 1);
        long half = (pushback == null ? (long) (backoff * jitter) : Long.parseLong(pushback)) / 2;
        pause(half, deadline);
        reconnect.run();
        pause(half + 1, deadline);
        backoff = pushback == null ? Math.min(backoff * MULTIPLIER, MAX_BACKOFF_MS) : INITIAL_BACKOFF_MS;
      }
    }
  }

  private static boolean isRetryable(Status status) {
    return RETRYABLE.contains(new JsonPrimitive(status.getCode().name()));
  }

  /** Whether the server asks not to try again: anything but a number of milliseconds says so. */
  private static boolean refuses(String pushback) {
    return pushback != null && !pushback.matches("\\d{1,9}");
  }

  private static void pause(long milliseconds, Deadline deadline) {
    try {
      Thread.sleep(Math.max(0, Math.min(milliseconds, deadline.timeRemaining(TimeUnit.MILLISECONDS) + 1)));
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw Status.CANCELLED.withDescription("the thread was interrupted").withCause(error).asRuntimeException();
    }
  }

  private static double milliseconds(String name) {
    String seconds = POLICY.get(name).getAsString();
    return 1000 * Double.parseDouble(seconds.substring(0, seconds.indexOf('s')));
  }

  /** The one policy of the file that the clients of every language have. */
  private static JsonObject readPolicy() {
    var file = Objects.requireNonNull(Retry.class.getResourceAsStream("service_config.json"));
    try (var json = new InputStreamReader(file, StandardCharsets.UTF_8)) {
      JsonElement config = JsonParser.parseReader(json);
      JsonElement methods = config.getAsJsonObject().getAsJsonArray("methodConfig").get(0);
      return methods.getAsJsonObject().getAsJsonObject("retryPolicy");
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
