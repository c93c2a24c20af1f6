package dev.otpd;

import dev.otpd.v1.BatchTokenRequest;
import dev.otpd.v1.BatchTokenResponse;
import dev.otpd.v1.BatchVerifyRequest;
import dev.otpd.v1.BatchVerifyResponse;
import dev.otpd.v1.ExportKeysRequest;
import dev.otpd.v1.ExportKeysResponse;
import dev.otpd.v1.GenerateRequest;
import dev.otpd.v1.GenerateResponse;
import dev.otpd.v1.GenerateRecoveryCodesRequest;
import dev.otpd.v1.GenerateRecoveryCodesResponse;
import dev.otpd.v1.GetUsageRequest;
import dev.otpd.v1.GetUsageResponse;
import dev.otpd.v1.ImportKeysRequest;
import dev.otpd.v1.ImportKeysResponse;
import dev.otpd.v1.ResyncHotpRequest;
import dev.otpd.v1.ResyncHotpResponse;
import dev.otpd.v1.RevokeRecoveryCodesRequest;
import dev.otpd.v1.RevokeRecoveryCodesResponse;
import dev.otpd.v1.RewrapRequest;
import dev.otpd.v1.RewrapResponse;
import dev.otpd.v1.SealRequest;
import dev.otpd.v1.SealResponse;
import dev.otpd.v1.TokenRequest;
import dev.otpd.v1.TokenResponse;
import dev.otpd.v1.VerifyRequest;
import dev.otpd.v1.VerifyResponse;
import dev.otpd.v1.VerifyRecoveryCodeRequest;
import dev.otpd.v1.VerifyRecoveryCodeResponse;
import dev.otpd.v1.OtpServiceGrpc;
import dev.otpd.v1.SecretDelivery;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Calls otpd without waiting, with the same calls as {@link OtpClient}, which {@link OtpClient#async()} gives.
 *
 * <p>A future that fails does so with {@link OtpException}. To complete or to cancel it ends its call. A request that is {@code null} and a
 * deadline that cannot be used are refused at once. Stages that depend on a future run on the threads of gRPC unless you give it an executor: it must
 * not wait there.
 */
public final class AsyncOtpClient implements AutoCloseable {
  private final Connection connection;
  private final Duration deadline;
  private final Batches batches;
  private final Consumer<Map<String, String>> headers;

  /** The window is how long a call waits for others to go with; {@code null} if each goes alone. */
  AsyncOtpClient(Connection connection, Duration deadline, Duration window) {
    this.connection = connection;
    this.deadline = deadline;
    this.headers = null;
    this.batches = window == null ? null : new Batches(connection, window);
  }

  private AsyncOtpClient(AsyncOtpClient other, Consumer<Map<String, String>> headers) {
    this.connection = other.connection;
    this.deadline = other.deadline;
    this.headers = Objects.requireNonNull(headers, "headers");
    this.batches = null;
  }

  Connection connection() {
    return connection;
  }

  Duration deadline() {
    return deadline;
  }

  /** The connection, with the API key on every call, for a front of another kind, such as one for coroutines. */
  public ManagedChannel channel() {
    return connection.channel();
  }

  /** The same as {@link OtpClient#onHeaders}. */
  public AsyncOtpClient onHeaders(Consumer<Map<String, String>> headers) {
    return new AsyncOtpClient(this, headers);
  }

  /** {@link OtpClient#generate(GenerateRequest)} without waiting. */
  public CompletableFuture<GenerateResponse> generate(GenerateRequest request) {
    return generate(request, deadline);
  }

  /** {@link #generate(GenerateRequest)} with its own deadline. */
  public CompletableFuture<GenerateResponse> generate(GenerateRequest request, Duration deadline) {
    return call(OtpServiceGrpc.getGenerateMethod(), request, Connection.after(deadline), response -> requireSealed(request, response));
  }

  /** {@link OtpClient#token(TokenRequest)} without waiting. */
  public CompletableFuture<TokenResponse> token(TokenRequest request) {
    return token(request, deadline);
  }

  /** {@link #token(TokenRequest)} with its own deadline. */
  public CompletableFuture<TokenResponse> token(TokenRequest request, Duration deadline) {
    Deadline end = Connection.after(deadline);
    return batches == null ? call(OtpServiceGrpc.getTokenMethod(), request, end, null) : batches.token(request, end);
  }

  /** {@link OtpClient#verify(VerifyRequest)} without waiting. */
  public CompletableFuture<VerifyResponse> verify(VerifyRequest request) {
    return verify(request, deadline);
  }

  /** {@link #verify(VerifyRequest)} with its own deadline. */
  public CompletableFuture<VerifyResponse> verify(VerifyRequest request, Duration deadline) {
    Deadline end = Connection.after(deadline);
    VerifyRequest sent = identified(request);
    // A batch takes neither a confirmation nor alternatives.
    boolean alone = batches == null || sent.getConfirm() || sent.getAlternativesCount() > 0;
    return alone ? call(OtpServiceGrpc.getVerifyMethod(), sent, end, null) : batches.verify(sent, end);
  }

  /** {@link OtpClient#batchToken(BatchTokenRequest)} without waiting. */
  public CompletableFuture<BatchTokenResponse> batchToken(BatchTokenRequest request) {
    return batchToken(request, deadline);
  }

  /** {@link #batchToken(BatchTokenRequest)} with its own deadline. */
  public CompletableFuture<BatchTokenResponse> batchToken(BatchTokenRequest request, Duration deadline) {
    return call(OtpServiceGrpc.getBatchTokenMethod(), request, Connection.after(deadline), null);
  }

  /** {@link OtpClient#batchVerify(BatchVerifyRequest)} without waiting. */
  public CompletableFuture<BatchVerifyResponse> batchVerify(BatchVerifyRequest request) {
    return batchVerify(request, deadline);
  }

  /** {@link #batchVerify(BatchVerifyRequest)} with its own deadline. */
  public CompletableFuture<BatchVerifyResponse> batchVerify(BatchVerifyRequest request, Duration deadline) {
    BatchVerifyRequest.Builder sent = request.toBuilder();
    sent.getRequestsBuilderList().stream()
        .filter(item -> item.getRequestId().isEmpty())
        .forEach(item -> item.setRequestId(newRequestId()));
    return call(OtpServiceGrpc.getBatchVerifyMethod(), sent.build(), Connection.after(deadline), null);
  }

  /** {@link OtpClient#resyncHotp(ResyncHotpRequest)} without waiting. */
  public CompletableFuture<ResyncHotpResponse> resyncHotp(ResyncHotpRequest request) {
    return resyncHotp(request, deadline);
  }

  /** {@link #resyncHotp(ResyncHotpRequest)} with its own deadline. */
  public CompletableFuture<ResyncHotpResponse> resyncHotp(ResyncHotpRequest request, Duration deadline) {
    boolean identified = !request.getRequestId().isEmpty();
    ResyncHotpRequest sent = identified ? request : request.toBuilder().setRequestId(newRequestId()).build();
    return call(OtpServiceGrpc.getResyncHotpMethod(), sent, Connection.after(deadline), null);
  }

  /** {@link OtpClient#generateRecoveryCodes(GenerateRecoveryCodesRequest)} without waiting. */
  public CompletableFuture<GenerateRecoveryCodesResponse> generateRecoveryCodes(GenerateRecoveryCodesRequest request) {
    return generateRecoveryCodes(request, deadline);
  }

  /** {@link #generateRecoveryCodes(GenerateRecoveryCodesRequest)} with its own deadline. */
  public CompletableFuture<GenerateRecoveryCodesResponse> generateRecoveryCodes(GenerateRecoveryCodesRequest request, Duration deadline) {
    return call(OtpServiceGrpc.getGenerateRecoveryCodesMethod(), request, Connection.after(deadline), null);
  }

  /** {@link OtpClient#verifyRecoveryCode(VerifyRecoveryCodeRequest)} without waiting. */
  public CompletableFuture<VerifyRecoveryCodeResponse> verifyRecoveryCode(VerifyRecoveryCodeRequest request) {
    return verifyRecoveryCode(request, deadline);
  }

  /** {@link #verifyRecoveryCode(VerifyRecoveryCodeRequest)} with its own deadline. */
  public CompletableFuture<VerifyRecoveryCodeResponse> verifyRecoveryCode(VerifyRecoveryCodeRequest request, Duration deadline) {
    boolean identified = !request.getRequestId().isEmpty();
    VerifyRecoveryCodeRequest sent = identified ? request : request.toBuilder().setRequestId(newRequestId()).build();
    return call(OtpServiceGrpc.getVerifyRecoveryCodeMethod(), sent, Connection.after(deadline), null);
  }

  /** {@link OtpClient#revokeRecoveryCodes(RevokeRecoveryCodesRequest)} without waiting. */
  public CompletableFuture<RevokeRecoveryCodesResponse> revokeRecoveryCodes(RevokeRecoveryCodesRequest request) {
    return revokeRecoveryCodes(request, deadline);
  }

  /** {@link #revokeRecoveryCodes(RevokeRecoveryCodesRequest)} with its own deadline. */
  public CompletableFuture<RevokeRecoveryCodesResponse> revokeRecoveryCodes(RevokeRecoveryCodesRequest request, Duration deadline) {
    return call(OtpServiceGrpc.getRevokeRecoveryCodesMethod(), request, Connection.after(deadline), null);
  }

  /** {@link OtpClient#seal(SealRequest)} without waiting. */
  public CompletableFuture<SealResponse> seal(SealRequest request) {
    return seal(request, deadline);
  }

  /** {@link #seal(SealRequest)} with its own deadline. */
  public CompletableFuture<SealResponse> seal(SealRequest request, Duration deadline) {
    return call(OtpServiceGrpc.getSealMethod(), request, Connection.after(deadline), null);
  }

  /** {@link OtpClient#rewrap(RewrapRequest)} without waiting. */
  public CompletableFuture<RewrapResponse> rewrap(RewrapRequest request) {
    return rewrap(request, deadline);
  }

  /** {@link #rewrap(RewrapRequest)} with its own deadline. */
  public CompletableFuture<RewrapResponse> rewrap(RewrapRequest request, Duration deadline) {
    return call(OtpServiceGrpc.getRewrapMethod(), request, Connection.after(deadline), null);
  }

  /** {@link OtpClient#importKeys(ImportKeysRequest)} without waiting. */
  public CompletableFuture<ImportKeysResponse> importKeys(ImportKeysRequest request) {
    return importKeys(request, deadline);
  }

  /** {@link #importKeys(ImportKeysRequest)} with its own deadline. */
  public CompletableFuture<ImportKeysResponse> importKeys(ImportKeysRequest request, Duration deadline) {
    return call(OtpServiceGrpc.getImportKeysMethod(), request, Connection.after(deadline), null);
  }

  /** {@link OtpClient#exportKeys(ExportKeysRequest)} without waiting. */
  public CompletableFuture<ExportKeysResponse> exportKeys(ExportKeysRequest request) {
    return exportKeys(request, deadline);
  }

  /** {@link #exportKeys(ExportKeysRequest)} with its own deadline. */
  public CompletableFuture<ExportKeysResponse> exportKeys(ExportKeysRequest request, Duration deadline) {
    return call(OtpServiceGrpc.getExportKeysMethod(), request, Connection.after(deadline), null);
  }

  /** {@link OtpClient#getUsage()} without waiting. */
  public CompletableFuture<GetUsageResponse> getUsage() {
    return getUsage(deadline);
  }

  /** {@link #getUsage()} with its own deadline. */
  public CompletableFuture<GetUsageResponse> getUsage(Duration deadline) {
    return call(OtpServiceGrpc.getGetUsageMethod(), GetUsageRequest.getDefaultInstance(), Connection.after(deadline), null);
  }

  /** Ends the connection and every call on it, at once; those fail with the code CANCELLED, and so do all later ones. */
  @Override
  public void close() {
    connection.close();
  }

  private <Q, R> CompletableFuture<R> call(MethodDescriptor<Q, R> method, Q request, Deadline end, Consumer<R> check) {
    return connection.call(method, Objects.requireNonNull(request, "request"), new Connection.How<>(end, headers, check));
  }

  private static VerifyRequest identified(VerifyRequest request) {
    return request.getRequestId().isEmpty() ? request.toBuilder().setRequestId(newRequestId()).build() : request;
  }

  private static String newRequestId() {
    return UUID.randomUUID().toString();
  }

  /** A server that does not know {@code delivery} takes no notice of it, and its answer has a secret in the clear alone. */
  private static void requireSealed(GenerateRequest request, GenerateResponse response) {
    boolean asked = request.getDelivery() == SecretDelivery.SECRET_DELIVERY_SEALED || request.getDelivery() == SecretDelivery.SECRET_DELIVERY_BOTH;
    if (asked && !response.hasSealed()) {
      throw new OtpException(
          Status.UNIMPLEMENTED.withDescription("the server is too old to seal keys: update it, and store nothing of this answer"), null, null);
    }
  }
}
