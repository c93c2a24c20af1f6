package dev.otpd;

import dev.otpd.admin.v1.AdminServiceGrpc;
import dev.otpd.admin.v1.CreateApiKeyRequest;
import dev.otpd.admin.v1.CreateApiKeyResponse;
import dev.otpd.admin.v1.GetApiKeyRequest;
import dev.otpd.admin.v1.GetApiKeyResponse;
import dev.otpd.admin.v1.GetApiKeyUsageRequest;
import dev.otpd.admin.v1.GetApiKeyUsageResponse;
import dev.otpd.admin.v1.GetAttemptsRequest;
import dev.otpd.admin.v1.GetAttemptsResponse;
import dev.otpd.admin.v1.GetServerStatusRequest;
import dev.otpd.admin.v1.GetServerStatusResponse;
import dev.otpd.admin.v1.ListApiKeysRequest;
import dev.otpd.admin.v1.ListApiKeysResponse;
import dev.otpd.admin.v1.ListPlansRequest;
import dev.otpd.admin.v1.ListPlansResponse;
import dev.otpd.admin.v1.ListSealingKeysRequest;
import dev.otpd.admin.v1.ListSealingKeysResponse;
import dev.otpd.admin.v1.RevokeApiKeyRequest;
import dev.otpd.admin.v1.RevokeApiKeyResponse;
import dev.otpd.admin.v1.RotateApiKeyRequest;
import dev.otpd.admin.v1.RotateApiKeyResponse;
import dev.otpd.admin.v1.UnlockAttemptsRequest;
import dev.otpd.admin.v1.UnlockAttemptsResponse;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** Administers without waiting, with the same calls as {@link AdminClient}; the futures are those of {@link AsyncOtpClient}. */
public final class AsyncAdminClient implements AutoCloseable {
  private final Connection connection;
  private final Duration deadline;

  AsyncAdminClient(Connection connection, Duration deadline) {
    this.connection = connection;
    this.deadline = deadline;
  }

  Duration deadline() {
    return deadline;
  }

  /** {@link AdminClient#createApiKey(CreateApiKeyRequest)} without waiting. */
  public CompletableFuture<CreateApiKeyResponse> createApiKey(CreateApiKeyRequest request) {
    return createApiKey(request, deadline);
  }

  /** {@link #createApiKey(CreateApiKeyRequest)} with its own deadline. */
  public CompletableFuture<CreateApiKeyResponse> createApiKey(CreateApiKeyRequest request, Duration deadline) {
    return call(AdminServiceGrpc.getCreateApiKeyMethod(), request, deadline);
  }

  /** {@link AdminClient#getApiKey(GetApiKeyRequest)} without waiting. */
  public CompletableFuture<GetApiKeyResponse> getApiKey(GetApiKeyRequest request) {
    return getApiKey(request, deadline);
  }

  /** {@link #getApiKey(GetApiKeyRequest)} with its own deadline. */
  public CompletableFuture<GetApiKeyResponse> getApiKey(GetApiKeyRequest request, Duration deadline) {
    return call(AdminServiceGrpc.getGetApiKeyMethod(), request, deadline);
  }

  /** {@link AdminClient#listApiKeys(ListApiKeysRequest)} without waiting. */
  public CompletableFuture<ListApiKeysResponse> listApiKeys(ListApiKeysRequest request) {
    return listApiKeys(request, deadline);
  }

  /** {@link #listApiKeys(ListApiKeysRequest)} with its own deadline. */
  public CompletableFuture<ListApiKeysResponse> listApiKeys(ListApiKeysRequest request, Duration deadline) {
    return call(AdminServiceGrpc.getListApiKeysMethod(), request, deadline);
  }

  /** {@link AdminClient#rotateApiKey(RotateApiKeyRequest)} without waiting. */
  public CompletableFuture<RotateApiKeyResponse> rotateApiKey(RotateApiKeyRequest request) {
    return rotateApiKey(request, deadline);
  }

  /** {@link #rotateApiKey(RotateApiKeyRequest)} with its own deadline. */
  public CompletableFuture<RotateApiKeyResponse> rotateApiKey(RotateApiKeyRequest request, Duration deadline) {
    return call(AdminServiceGrpc.getRotateApiKeyMethod(), request, deadline);
  }

  /** {@link AdminClient#revokeApiKey(RevokeApiKeyRequest)} without waiting. */
  public CompletableFuture<RevokeApiKeyResponse> revokeApiKey(RevokeApiKeyRequest request) {
    return revokeApiKey(request, deadline);
  }

  /** {@link #revokeApiKey(RevokeApiKeyRequest)} with its own deadline. */
  public CompletableFuture<RevokeApiKeyResponse> revokeApiKey(RevokeApiKeyRequest request, Duration deadline) {
    return call(AdminServiceGrpc.getRevokeApiKeyMethod(), request, deadline);
  }

  /** {@link AdminClient#getApiKeyUsage(GetApiKeyUsageRequest)} without waiting. */
  public CompletableFuture<GetApiKeyUsageResponse> getApiKeyUsage(GetApiKeyUsageRequest request) {
    return getApiKeyUsage(request, deadline);
  }

  /** {@link #getApiKeyUsage(GetApiKeyUsageRequest)} with its own deadline. */
  public CompletableFuture<GetApiKeyUsageResponse> getApiKeyUsage(GetApiKeyUsageRequest request, Duration deadline) {
    return call(AdminServiceGrpc.getGetApiKeyUsageMethod(), request, deadline);
  }

  /** {@link AdminClient#listPlans()} without waiting. */
  public CompletableFuture<ListPlansResponse> listPlans() {
    return listPlans(deadline);
  }

  /** {@link #listPlans()} with its own deadline. */
  public CompletableFuture<ListPlansResponse> listPlans(Duration deadline) {
    return call(AdminServiceGrpc.getListPlansMethod(), ListPlansRequest.getDefaultInstance(), deadline);
  }

  /** {@link AdminClient#listSealingKeys()} without waiting. */
  public CompletableFuture<ListSealingKeysResponse> listSealingKeys() {
    return listSealingKeys(deadline);
  }

  /** {@link #listSealingKeys()} with its own deadline. */
  public CompletableFuture<ListSealingKeysResponse> listSealingKeys(Duration deadline) {
    return call(AdminServiceGrpc.getListSealingKeysMethod(), ListSealingKeysRequest.getDefaultInstance(), deadline);
  }

  /** {@link AdminClient#getServerStatus()} without waiting. */
  public CompletableFuture<GetServerStatusResponse> getServerStatus() {
    return getServerStatus(deadline);
  }

  /** {@link #getServerStatus()} with its own deadline. */
  public CompletableFuture<GetServerStatusResponse> getServerStatus(Duration deadline) {
    return call(AdminServiceGrpc.getGetServerStatusMethod(), GetServerStatusRequest.getDefaultInstance(), deadline);
  }

  /** {@link AdminClient#getAttempts(GetAttemptsRequest)} without waiting. */
  public CompletableFuture<GetAttemptsResponse> getAttempts(GetAttemptsRequest request) {
    return getAttempts(request, deadline);
  }

  /** {@link #getAttempts(GetAttemptsRequest)} with its own deadline. */
  public CompletableFuture<GetAttemptsResponse> getAttempts(GetAttemptsRequest request, Duration deadline) {
    return call(AdminServiceGrpc.getGetAttemptsMethod(), request, deadline);
  }

  /** {@link AdminClient#unlockAttempts(UnlockAttemptsRequest)} without waiting. */
  public CompletableFuture<UnlockAttemptsResponse> unlockAttempts(UnlockAttemptsRequest request) {
    return unlockAttempts(request, deadline);
  }

  /** {@link #unlockAttempts(UnlockAttemptsRequest)} with its own deadline. */
  public CompletableFuture<UnlockAttemptsResponse> unlockAttempts(UnlockAttemptsRequest request, Duration deadline) {
    return call(AdminServiceGrpc.getUnlockAttemptsMethod(), request, deadline);
  }

  /** Ends the connection and every call on it, at once; those fail with the code CANCELLED, and so do all later ones. */
  @Override
  public void close() {
    connection.close();
  }

  private <Q, R> CompletableFuture<R> call(MethodDescriptor<Q, R> method, Q request, Duration deadline) {
    var how = new Connection.How<R>(Connection.after(deadline), null, null);
    return connection.call(method, Objects.requireNonNull(request, "request"), how);
  }
}
