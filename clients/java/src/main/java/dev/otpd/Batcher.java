package dev.otpd;

import com.google.protobuf.Message;
import dev.otpd.v1.ErrorReason;
import dev.otpd.v1.ItemError;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Collects the calls of a moment, and sends them as one batch: each has the outcome that it would have alone.
 *
 * @param <Q> the request of one call
 * @param <R> the response of one call
 * @param <B> the response of a batch
 */
final class Batcher<Q extends Message, R, B> {
  /** The result of an item: a response, or else an error. */
  record Outcome<R>(R response, ItemError error) {}

  /** Sends many requests as one. */
  interface Many<Q, B> {
    CompletableFuture<B> send(List<Q> requests, Deadline end, Consumer<Map<String, String>> headers);
  }

  /** The capacity of a batch: the service takes 100 items in 64 KiB, of which lengths and tags need a part. */
  private static final int MOST_ITEMS = 100;
  private static final int MOST_BYTES = 60 << 10;
  /** Why a batch may be refused although calls alone are not: more than the plan has left, or than a message holds. */
  private static final Set<ErrorReason> GO_ALONE = Set.of(
      ErrorReason.ERROR_REASON_RATE_LIMITED, ErrorReason.ERROR_REASON_COST_OVER_LIMIT,
      ErrorReason.ERROR_REASON_CREDITS_EXHAUSTED, ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE);

  private record Waiting<Q, R>(Q request, Deadline end, CompletableFuture<R> result) {}

  private final long windowNs;
  private final BiFunction<Q, Deadline, CompletableFuture<R>> one;
  private final Many<Q, B> many;
  private final Function<B, List<Outcome<R>>> outcomes;
  private List<Waiting<Q, R>> calls = new ArrayList<>();
  private int bytes;
  private Runnable offTimer;

  /** The first call of a batch waits as long as the window for others. */
  Batcher(long windowNs, BiFunction<Q, Deadline, CompletableFuture<R>> one, Many<Q, B> many, Function<B, List<Outcome<R>>> outcomes) {
    this.windowNs = windowNs;
    this.one = one;
    this.many = many;
    this.outcomes = outcomes;
  }

  /** The outcome of a call, in a batch or alone; the call ends with its deadline, its context, or when its future is completed. */
  CompletableFuture<R> call(Q request, Deadline deadline) {
    Context context = Context.current();
    Deadline end = context.getDeadline() == null ? deadline : deadline.minimum(context.getDeadline());
    CompletableFuture<R> result = new CompletableFuture<>();
    Context.CancellationListener cancelled = ended ->
        fail(result, Status.CANCELLED.withDescription("the context was cancelled").withCause(ended.cancellationCause()));
    Runnable offTimer = Timers.after(Math.max(0, end.timeRemaining(TimeUnit.NANOSECONDS)),
        () -> fail(result, Status.DEADLINE_EXCEEDED.withDescription("the deadline has passed")));
    result.whenComplete((response, error) -> {
      offTimer.run();
      context.removeListener(cancelled);
    });
    add(new Waiting<>(request, end, result));
    context.addListener(cancelled, Runnable::run);
    return result;
  }

  private void add(Waiting<Q, R> call) {
    List<List<Waiting<Q, R>>> full = new ArrayList<>();
    int size = call.request.getSerializedSize();
    synchronized (this) {
      if (bytes + size > MOST_BYTES) {
        full.add(take());
      }
      calls.add(call);
      bytes += size;
      if (calls.size() == MOST_ITEMS) {
        full.add(take());
      } else if (calls.size() == 1) {
        offTimer = Timers.after(windowNs, this::flush);
      }
    }
    // Beyond the lock, since what depends on a future may run at once. The context of the caller that is the last is not that of the batch.
    full.forEach(batch -> Context.ROOT.run(() -> send(batch)));
  }

  private void flush() {
    send(take());
  }

  private synchronized List<Waiting<Q, R>> take() {
    if (offTimer != null) {
      offTimer.run();
    }
    List<Waiting<Q, R>> taken = calls.stream().filter(call -> !call.result.isDone()).toList();
    calls = new ArrayList<>();
    bytes = 0;
    return taken;
  }

  private void send(List<Waiting<Q, R>> sent) {
    if (sent.size() < 2) {
      sent.forEach(this::sendAlone);
      return;
    }
    Deadline latest = sent.stream().map(Waiting::end).reduce((a, b) -> a.isBefore(b) ? b : a).orElseThrow();
    var requestId = new AtomicReference<>("");
    CompletableFuture<B> batch = many.send(
        sent.stream().map(Waiting::request).toList(), latest, headers -> requestId.set(headers.getOrDefault("x-request-id", "")));
    var left = new AtomicInteger(sent.size());
    sent.forEach(call -> call.result.whenComplete((response, error) -> {
      if (left.decrementAndGet() == 0) {
        batch.cancel(false);
      }
    }));
    batch.whenComplete((response, error) -> {
      List<Outcome<R>> results = error == null ? outcomes.apply(response) : List.of();
      for (int place = 0; place < sent.size(); place++) {
        settle(sent.get(place), place < results.size() ? results.get(place) : null, error, requestId.get());
      }
    });
  }

  private void settle(Waiting<Q, R> call, Outcome<R> outcome, Throwable failure, String requestId) {
    if (outcome != null && outcome.error == null) {
      call.result.complete(outcome.response);
    } else if (outcome != null && outcome.error.getCode() != Status.Code.UNAVAILABLE.value()) {
      call.result.completeExceptionally(new OtpException(outcome.error, requestId));
    } else if (failure instanceof OtpException error && error.getCode() != Status.Code.UNIMPLEMENTED && !GO_ALONE.contains(error.getReason())) {
      call.result.completeExceptionally(error.again());
    } else {
      // The server has not handled the item: it has the retries of a separate call.
      sendAlone(call);
    }
  }

  private void sendAlone(Waiting<Q, R> call) {
    if (call.result.isDone()) {
      return;
    }
    CompletableFuture<R> alone = one.apply(call.request, call.end);
    call.result.whenComplete((response, error) -> alone.cancel(false));
    alone.whenComplete((response, error) -> {
      if (error == null) {
        call.result.complete(response);
      } else {
        call.result.completeExceptionally(error);
      }
    });
  }

  private static void fail(CompletableFuture<?> result, Status status) {
    result.completeExceptionally(new OtpException(status, null, null));
  }
}
