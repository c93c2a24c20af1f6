package dev.otpd;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A call with all its attempts, until anything completes its future. */
final class UnaryCall<Q, R> {
  private final ManagedChannel channel;
  private final MethodDescriptor<Q, R> method;
  private final Q request;
  private final Connection.How<R> how;
  private final Backoff backoff;
  private final Context context = Context.current();
  private final CompletableFuture<R> result = new CompletableFuture<>();
  private volatile ClientCall<Q, R> attempt;

  UnaryCall(ManagedChannel channel, MethodDescriptor<Q, R> method, Q request, Connection.How<R> how) {
    this.channel = channel;
    this.method = method;
    this.request = request;
    this.how = how;
    this.backoff = new Backoff(method.getFullMethodName());
    result.whenComplete((response, error) -> leave());
  }

  CompletableFuture<R> result() {
    return result;
  }

  void fail(Status status) {
    result.completeExceptionally(new OtpException(status, null, null));
  }

  void start() {
    try {
      context.run(this::send);
    } catch (RuntimeException error) {
      result.completeExceptionally(error);
    }
  }

  private void send() {
    if (result.isDone()) {
      return;
    }
    var headers = new AtomicReference<Metadata>();
    Channel noting = ClientInterceptors.intercept(
        channel, MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()));
    ClientCall<Q, R> call = noting.newCall(method, CallOptions.DEFAULT.withDeadline(how.end()));
    ClientCalls.asyncUnaryCall(call, request, new StreamObserver<R>() {
      private R response;

      @Override
      public void onNext(R answer) {
        response = answer;
      }

      @Override
      public void onCompleted() {
        attempt = null;
        succeed(response, headers.get());
      }

      @Override
      public void onError(Throwable error) {
        attempt = null;
        retry((StatusRuntimeException) error);
      }
    });
    attempt = call;
    if (result.isDone()) {
      leave();
    }
  }

  private void succeed(R response, Metadata headers) {
    try {
      if (how.headers() != null) {
        how.headers().accept(textsOf(headers));
      }
      if (how.check() != null) {
        how.check().accept(response);
      }
      result.complete(response);
    } catch (RuntimeException error) {
      result.completeExceptionally(error);
    }
  }

  private void retry(StatusRuntimeException error) {
    var pause = backoff.pauseAfter(error.getStatus(), error.getTrailers());
    if (pause.isEmpty() || result.isDone()) {
      result.completeExceptionally(new OtpException(error.getStatus(), error.getTrailers(), error));
      return;
    }
    long half = pause.get().toNanos() / 2;
    // The attempt after a pause that the deadline cuts short fails with it.
    Timers.after(untilDeadline(half), () -> {
      channel.resetConnectBackoff();
      Timers.after(untilDeadline(half), this::start);
    });
  }

  private long untilDeadline(long nanoseconds) {
    return Math.max(0, Math.min(nanoseconds, how.end().timeRemaining(TimeUnit.NANOSECONDS)));
  }

  private void leave() {
    ClientCall<Q, R> left = attempt;
    if (left != null) {
      left.cancel("the caller does not wait any more", null);
    }
  }

  private static Map<String, String> textsOf(Metadata headers) {
    Map<String, String> texts = new HashMap<>();
    for (String name : headers == null ? Set.<String>of() : headers.keys()) {
      if (!name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        texts.put(name, headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)));
      }
    }
    return texts;
  }
}
