package dev.otpd;

import dev.otpd.admin.v1.CreateApiKeyRequest;
import dev.otpd.admin.v1.CreateApiKeyResponse;
import dev.otpd.admin.v1.GetApiKeyRequest;
import dev.otpd.admin.v1.GetApiKeyResponse;
import dev.otpd.admin.v1.GetApiKeyUsageRequest;
import dev.otpd.admin.v1.GetApiKeyUsageResponse;
import dev.otpd.admin.v1.GetAttemptsRequest;
import dev.otpd.admin.v1.GetAttemptsResponse;
import dev.otpd.admin.v1.GetServerStatusResponse;
import dev.otpd.admin.v1.ListApiKeysRequest;
import dev.otpd.admin.v1.ListApiKeysResponse;
import dev.otpd.admin.v1.ListPlansResponse;
import dev.otpd.admin.v1.ListSealingKeysResponse;
import dev.otpd.admin.v1.RevokeApiKeyRequest;
import dev.otpd.admin.v1.RevokeApiKeyResponse;
import dev.otpd.admin.v1.RotateApiKeyRequest;
import dev.otpd.admin.v1.RotateApiKeyResponse;
import dev.otpd.admin.v1.UnlockAttemptsRequest;
import dev.otpd.admin.v1.UnlockAttemptsResponse;
import java.time.Duration;

/**
 * Administers API keys and locks, with an API key of the scope {@code admin}; {@link OtpClientBuilder#connectAdmin()} makes it.
 *
 * <p>Deadlines, retries and failures are those of {@link OtpClient}; an API key is made or rotated in one attempt. Every method waits for its
 * answer: {@link #async()} has the same ones without waiting.
 */
public final class AdminClient implements AutoCloseable {
  private final AsyncAdminClient async;
  private final Duration deadline;

  AdminClient(AsyncAdminClient async) {
    this.async = async;
    this.deadline = async.deadline();
  }

  /** The calls on the same connection that give futures; closing either client closes both. */
  public AsyncAdminClient async() {
    return async;
  }

  /** Makes an API key; its secret is in this answer alone. */
  public CreateApiKeyResponse createApiKey(CreateApiKeyRequest request) {
    return createApiKey(request, deadline);
  }

  /** {@link #createApiKey(CreateApiKeyRequest)} with its own deadline. */
  public CreateApiKeyResponse createApiKey(CreateApiKeyRequest request, Duration deadline) {
    return Connection.await(async.createApiKey(request, deadline));
  }

  /** Gets an API key. */
  public GetApiKeyResponse getApiKey(GetApiKeyRequest request) {
    return getApiKey(request, deadline);
  }

  /** {@link #getApiKey(GetApiKeyRequest)} with its own deadline. */
  public GetApiKeyResponse getApiKey(GetApiKeyRequest request, Duration deadline) {
    return Connection.await(async.getApiKey(request, deadline));
  }

  /** Lists API keys, oldest first: a page of them. */
  public ListApiKeysResponse listApiKeys(ListApiKeysRequest request) {
    return listApiKeys(request, deadline);
  }

  /** {@link #listApiKeys(ListApiKeysRequest)} with its own deadline. */
  public ListApiKeysResponse listApiKeys(ListApiKeysRequest request, Duration deadline) {
    return Connection.await(async.listApiKeys(request, deadline));
  }

  /** Gives an API key a new secret. If the answer is lost, rotate again. */
  public RotateApiKeyResponse rotateApiKey(RotateApiKeyRequest request) {
    return rotateApiKey(request, deadline);
  }

  /** {@link #rotateApiKey(RotateApiKeyRequest)} with its own deadline. */
  public RotateApiKeyResponse rotateApiKey(RotateApiKeyRequest request, Duration deadline) {
    return Connection.await(async.rotateApiKey(request, deadline));
  }

  /** Revokes an API key for ever. */
  public RevokeApiKeyResponse revokeApiKey(RevokeApiKeyRequest request) {
    return revokeApiKey(request, deadline);
  }

  /** {@link #revokeApiKey(RevokeApiKeyRequest)} with its own deadline. */
  public RevokeApiKeyResponse revokeApiKey(RevokeApiKeyRequest request, Duration deadline) {
    return Connection.await(async.revokeApiKey(request, deadline));
  }

  /** Gets how much of its plan an API key has used. */
  public GetApiKeyUsageResponse getApiKeyUsage(GetApiKeyUsageRequest request) {
    return getApiKeyUsage(request, deadline);
  }

  /** {@link #getApiKeyUsage(GetApiKeyUsageRequest)} with its own deadline. */
  public GetApiKeyUsageResponse getApiKeyUsage(GetApiKeyUsageRequest request, Duration deadline) {
    return Connection.await(async.getApiKeyUsage(request, deadline));
  }

  /** Lists the plans of the configuration. */
  public ListPlansResponse listPlans() {
    return listPlans(deadline);
  }

  /** {@link #listPlans()} with its own deadline. */
  public ListPlansResponse listPlans(Duration deadline) {
    return Connection.await(async.listPlans(deadline));
  }

  /** Lists the sealing keys, without the keys themselves. */
  public ListSealingKeysResponse listSealingKeys() {
    return listSealingKeys(deadline);
  }

  /** {@link #listSealingKeys()} with its own deadline. */
  public ListSealingKeysResponse listSealingKeys(Duration deadline) {
    return Connection.await(async.listSealingKeys(deadline));
  }

  /** Gets how the process that answers is, and how it judged codes in the last hour. */
  public GetServerStatusResponse getServerStatus() {
    return getServerStatus(deadline);
  }

  /** {@link #getServerStatus()} with its own deadline. */
  public GetServerStatusResponse getServerStatus(Duration deadline) {
    return Connection.await(async.getServerStatus(deadline));
  }

  /** Gets the wrong codes that are counted against a secret or a set of recovery codes, and its lock. */
  public GetAttemptsResponse getAttempts(GetAttemptsRequest request) {
    return getAttempts(request, deadline);
  }

  /** {@link #getAttempts(GetAttemptsRequest)} with its own deadline. */
  public GetAttemptsResponse getAttempts(GetAttemptsRequest request, Duration deadline) {
    return Connection.await(async.getAttempts(request, deadline));
  }

  /** Lets the codes of a secret or a set of recovery codes be judged again. */
  public UnlockAttemptsResponse unlockAttempts(UnlockAttemptsRequest request) {
    return unlockAttempts(request, deadline);
  }

  /** {@link #unlockAttempts(UnlockAttemptsRequest)} with its own deadline. */
  public UnlockAttemptsResponse unlockAttempts(UnlockAttemptsRequest request, Duration deadline) {
    return Connection.await(async.unlockAttempts(request, deadline));
  }

  /** Ends the connection and every call on it, at once; those fail with the code CANCELLED, and so do all later ones. */
  @Override
  public void close() {
    async.close();
  }
}
