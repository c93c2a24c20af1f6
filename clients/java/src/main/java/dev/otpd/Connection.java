package dev.otpd;

import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The connection of a client with the calls that are under way on it, which all end when it is closed. */
final class Connection {
  /** The options of a call: its deadline, the receiver of the headers of the answer, and the check of the answer; the last two may be {@code null}. */
  record How<R>(Deadline end, Consumer<Map<String, String>> headers, Consumer<R> check) {}

  private static final Status CLOSED = Status.CANCELLED.withDescription("the client is closed");

  private final ManagedChannel channel;
  private final Set<UnaryCall<?, ?>> underWay = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  Connection(ManagedChannel channel) {
    this.channel = channel;
  }

  ManagedChannel channel() {
    return channel;
  }

  /** Sends a request, again as {@link Backoff} says; completing the future before its call ends cancels that call. */
  <Q, R> CompletableFuture<R> call(MethodDescriptor<Q, R> method, Q request, How<R> how) {
    var call = new UnaryCall<>(channel, method, request, how);
    underWay.add(call);
    call.result().whenComplete((response, error) -> underWay.remove(call));
    if (closed) {
      call.fail(CLOSED);
    } else {
      call.start();
    }
    return call.result();
  }

  /** The error of a stream, which has another code if it failed because the client is closed. */
  OtpException failure(Status status, io.grpc.Metadata trailers, Throwable cause) {
    return closed ? new OtpException(CLOSED, null, cause) : new OtpException(status, trailers, cause);
  }

  boolean isClosed() {
    return closed;
  }

  void close() {
    closed = true;
    channel.shutdownNow();
    underWay.forEach(call -> call.fail(CLOSED));
  }

  static Deadline after(Duration deadline) {
    return Deadline.after(Usable.deadline(deadline).toNanos(), TimeUnit.NANOSECONDS);
  }

  /** The outcome of a call, for which the thread waits; a thread that is interrupted ends it. */
  static <R> R await(CompletableFuture<R> result) {
    try {
      return result.get();
    } catch (InterruptedException error) {
      result.cancel(false);
      Thread.currentThread().interrupt();
      throw new OtpException(Status.CANCELLED.withDescription("the thread was interrupted"), null, error);
    } catch (ExecutionException error) {
      if (error.getCause() instanceof RuntimeException failure) {
        // It says where the caller waits, and not which thread of gRPC had the news.
        failure.fillInStackTrace();
        throw failure;
      }
      throw new IllegalStateException(error.getCause());
    }
  }
}
