package dev.otpd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Decides whether a call is tried again, and after which pause: by the service config, as gRPC does (gRFC A6).
 *
 * <p>For fronts of another kind on {@link OtpClientBuilder#channel()}. Each call has a separate instance, which is not shared by threads.
 *
 * <p>gRPC for Java itself would take a push-back with any status for a request to try again: a call over its limit would wait out its deadline
 * instead of failing with the reason.
 */
public final class Backoff {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);
  /** The part of the pauses that is left to chance, so that clients do not come back all at once. */
  private static final double JITTER = 0.2;

  private static final JsonObject CONFIG = readConfig();
  private static final JsonObject POLICY = CONFIG.getAsJsonObject("retryPolicy");
  private static final Set<String> METHODS = readMethods();
  private static final int MAX_ATTEMPTS = POLICY.get("maxAttempts").getAsInt();
  private static final double INITIAL_BACKOFF_MS = milliseconds("initialBackoff");
  private static final double MAX_BACKOFF_MS = milliseconds("maxBackoff");
  private static final double MULTIPLIER = POLICY.get("backoffMultiplier").getAsDouble();
  private static final JsonArray RETRYABLE = POLICY.getAsJsonArray("retryableStatusCodes");

  private final int attempts;
  private int failures;
  private double backoff = INITIAL_BACKOFF_MS;

  /**
   * The pauses of a call that has not failed yet.
   *
   * @param method the full name of its method, such as {@code otp.v1.OtpService/Verify}: methods that must not be sent twice have no pauses
   */
  public Backoff(String method) {
    attempts = METHODS.contains(method) ? MAX_ATTEMPTS : 1;
  }

  /**
   * How long to wait after this failure of the call before the next attempt; empty if the failure is final.
   *
   * <p>In the middle of the pause the connection is to be tried again if there is none ({@code resetConnectBackoff}): gRPC for Java itself would
   * wait a second first, which outlasts all the attempts.
   *
   * @param trailers what came with the status; {@code null} if nothing did
   */
  public Optional<Duration> pauseAfter(Status status, Metadata trailers) {
    String pushback = trailers == null ? null : trailers.get(PUSHBACK);
    failures++;
    if (failures == attempts || !isRetryable(status) || refuses(pushback)) {
      return Optional.empty();
    }
    if (pushback != null) {
      backoff = INITIAL_BACKOFF_MS;
      return Optional.of(Duration.ofMillis(Long.parseLong(pushback)));
    }
    double jitter = 1 + JITTER * ThreadLocalRandom.current().nextDouble(-1, 1);
    Duration pause = Duration.ofMillis((long) (backoff * jitter));
    backoff = Math.min(backoff * MULTIPLIER, MAX_BACKOFF_MS);
    return Optional.of(pause);
  }

  private static boolean isRetryable(Status status) {
    return RETRYABLE.contains(new JsonPrimitive(status.getCode().name()));
  }

  /** Whether the server asks not to try again: anything but a number of milliseconds says so. */
  private static boolean refuses(String pushback) {
    return pushback != null && !pushback.matches("\\d{1,9}");
  }

  private static double milliseconds(String name) {
    String seconds = POLICY.get(name).getAsString();
    return 1000 * Double.parseDouble(seconds.substring(0, seconds.indexOf('s')));
  }

  /** The calls that may be tried again, as gRPC names methods. */
  private static Set<String> readMethods() {
    Set<String> methods = new HashSet<>();
    for (JsonElement name : CONFIG.getAsJsonArray("name")) {
      JsonObject parts = name.getAsJsonObject();
      methods.add(parts.get("service").getAsString() + "/" + parts.get("method").getAsString());
    }
    return methods;
  }

  /** The one policy of the file that the clients of every language have. */
  private static JsonObject readConfig() {
    var file = Objects.requireNonNull(Backoff.class.getResourceAsStream("service_config.json"));
    try (var json = new InputStreamReader(file, StandardCharsets.UTF_8)) {
      JsonElement config = JsonParser.parseReader(json);
      return config.getAsJsonObject().getAsJsonArray("methodConfig").get(0).getAsJsonObject();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
