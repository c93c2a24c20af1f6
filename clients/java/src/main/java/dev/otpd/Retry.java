package dev.otpd;

import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Tries a call again as {@link Backoff} says, while its thread waits. */
final class Retry {
  private Retry() {}

  /** The result of the first attempt that has one. The deadline cuts the pauses; the attempts have to keep it themselves. */
  static <R> R call(Supplier<R> attempt, Runnable reconnect, Deadline deadline) {
    Backoff backoff = new Backoff();
    while (true) {
      try {
        return attempt.get();
      } catch (StatusRuntimeException error) {
        Duration pause = backoff.pauseAfter(error.getStatus(), error.getTrailers()).orElseThrow(() -> error);
        long half = pause.toMillis() / 2;
        pause(half, deadline);
        reconnect.run();
        pause(half + 1, deadline);
      }
    }
  }

  private static void pause(long milliseconds, Deadline deadline) {
    try {
      Thread.sleep(Math.max(0, Math.min(milliseconds, deadline.timeRemaining(TimeUnit.MILLISECONDS) + 1)));
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw Status.CANCELLED.withDescription("the thread was interrupted").withCause(error).asRuntimeException();
    }
  }
}
