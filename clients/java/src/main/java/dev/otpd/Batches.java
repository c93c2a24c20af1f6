package dev.otpd;

import dev.otpd.v1.BatchTokenRequest;
import dev.otpd.v1.BatchTokenResponse;
import dev.otpd.v1.BatchVerifyRequest;
import dev.otpd.v1.BatchVerifyResponse;
import dev.otpd.v1.OtpServiceGrpc;
import dev.otpd.v1.TokenRequest;
import dev.otpd.v1.TokenResponse;
import dev.otpd.v1.VerifyRequest;
import dev.otpd.v1.VerifyResponse;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The calls of a client that go in batches. */
final class Batches {
  private final Connection connection;
  private final Batcher<TokenRequest, TokenResponse, BatchTokenResponse> tokens;
  private final Batcher<VerifyRequest, VerifyResponse, BatchVerifyResponse> verifies;

  Batches(Connection connection, Duration window) {
    this.connection = connection;
    this.tokens = new Batcher<>(
        window.toNanos(),
        (request, end) -> call(OtpServiceGrpc.getTokenMethod(), request, end, null),
        (requests, end, headers) -> call(
            OtpServiceGrpc.getBatchTokenMethod(), BatchTokenRequest.newBuilder().addAllRequests(requests).build(), end, headers),
        batch -> batch.getResultsList().stream()
            .map(result -> new Batcher.Outcome<>(result.getResponse(), result.hasError() ? result.getError() : null))
            .toList());
    this.verifies = new Batcher<>(
        window.toNanos(),
        (request, end) -> call(OtpServiceGrpc.getVerifyMethod(), request, end, null),
        (requests, end, headers) -> call(
            OtpServiceGrpc.getBatchVerifyMethod(), BatchVerifyRequest.newBuilder().addAllRequests(requests).build(), end, headers),
        batch -> batch.getResultsList().stream()
            .map(result -> new Batcher.Outcome<>(result.getResponse(), result.hasError() ? result.getError() : null))
            .toList());
  }

  CompletableFuture<TokenResponse> token(TokenRequest request, Deadline end) {
    return connection.isClosed() ? call(OtpServiceGrpc.getTokenMethod(), request, end, null) : tokens.call(request, end);
  }

  CompletableFuture<VerifyResponse> verify(VerifyRequest request, Deadline end) {
    return connection.isClosed() ? call(OtpServiceGrpc.getVerifyMethod(), request, end, null) : verifies.call(request, end);
  }

  private <Q, R> CompletableFuture<R> call(MethodDescriptor<Q, R> method, Q request, Deadline end, Consumer<Map<String, String>> headers) {
    return connection.call(method, request, new Connection.How<>(end, headers, null));
  }
}
