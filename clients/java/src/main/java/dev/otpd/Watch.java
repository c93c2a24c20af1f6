package dev.otpd;

import dev.otpd.v1.OtpServiceGrpc;
import dev.otpd.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import dev.otpd.v1.WatchTokenRequest;
import dev.otpd.v1.WatchTokenResponse;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The answers of a stream as they come, their errors as ours. */
final class Watch extends Spliterators.AbstractSpliterator<WatchTokenResponse> {
  private final Connection connection;
  private final Iterator<WatchTokenResponse> responses;

  private Watch(Connection connection, Iterator<WatchTokenResponse> responses) {
    super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL);
    this.connection = connection;
    this.responses = responses;
  }

  /** Calls; closing the stream ends the call. The deadline may be {@code null}. */
  static Stream<WatchTokenResponse> start(Connection connection, WatchTokenRequest request, Deadline deadline) {
    OtpServiceBlockingStub stub = OtpServiceGrpc.newBlockingStub(connection.channel()).withDeadline(deadline);
    Objects.requireNonNull(request, "request");
    Context.CancellableContext context = Context.current().withCancellation();
    Context before = context.attach();
    try {
      return StreamSupport.stream(new Watch(connection, stub.watchToken(request)), false).onClose(() -> context.cancel(null));
    } finally {
      context.detach(before);
    }
  }

  @Override
  public boolean tryAdvance(Consumer<? super WatchTokenResponse> action) {
    WatchTokenResponse response;
    try {
      if (!responses.hasNext()) {
        return false;
      }
      response = responses.next();
    } catch (StatusRuntimeException error) {
      throw connection.failure(error.getStatus(), error.getTrailers(), error);
    }
    action.accept(response);
    return true;
  }
}
