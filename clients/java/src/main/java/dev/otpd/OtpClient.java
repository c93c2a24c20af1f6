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
import dev.otpd.v1.WatchTokenRequest;
import dev.otpd.v1.WatchTokenResponse;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Calls otpd over one connection, which is made at the first call; may be shared by threads.
 *
 * <p>Calls that find the server unavailable are tried up to four times, with pauses that grow from 0.1 s or as the server asks. A method fails
 * with {@link OtpException}. A deadline covers a call with all its tries; one that is not above zero, or is longer than 24 hours, is an
 * {@link IllegalArgumentException}. Every method waits for its answer: {@link #async()} has the same ones without waiting.
 */
public final class OtpClient implements AutoCloseable {
  private final AsyncOtpClient async;
  private final Duration deadline;

  OtpClient(AsyncOtpClient async) {
    this.async = async;
    this.deadline = async.deadline();
  }

  /**
   * How to connect: by default with TLS and the authorities of Java.
   *
   * @param address {@code HOST:PORT}
   * @param apiKey sent with every call
   * @throws IllegalArgumentException one of them, which the error names, cannot be used
   */
  public static OtpClientBuilder builder(String address, String apiKey) {
    return new OtpClientBuilder(address, apiKey);
  }

  /** The calls on the same connection that give futures; closing either client closes both. */
  public AsyncOtpClient async() {
    return async;
  }

  /**
   * The same client on the same connection, which tells of the headers of each answer but those of streams, by their names in lower case:
   * {@code x-ratelimit-remaining}, {@code x-request-id}.
   */
  public OtpClient onHeaders(Consumer<Map<String, String>> headers) {
    return new OtpClient(async.onHeaders(headers));
  }

  /**
   * Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
   *
   * <p>The server keeps nothing: store the secret yourself, encrypted, or ask for a sealed key by the request's delivery. It fails with UNIMPLEMENTED
   * if a sealed key was asked for and the server is too old to make one: then store nothing.
   */
  public GenerateResponse generate(GenerateRequest request) {
    return generate(request, deadline);
  }

  /** {@link #generate(GenerateRequest)} with its own deadline. */
  public GenerateResponse generate(GenerateRequest request, Duration deadline) {
    return Connection.await(async.generate(request, deadline));
  }

  /** Gives the code of a key at a moment, now by default, and its neighbours on request. */
  public TokenResponse token(TokenRequest request) {
    return token(request, deadline);
  }

  /** {@link #token(TokenRequest)} with its own deadline. */
  public TokenResponse token(TokenRequest request, Duration deadline) {
    return Connection.await(async.token(request, deadline));
  }

  /**
   * Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
   *
   * <p>Without a {@code request_id} of yours one is made, the same for all tries of this call, so that a lost answer does not turn into REPLAYED.
   */
  public VerifyResponse verify(VerifyRequest request) {
    return verify(request, deadline);
  }

  /** {@link #verify(VerifyRequest)} with its own deadline. */
  public VerifyResponse verify(VerifyRequest request, Duration deadline) {
    return Connection.await(async.verify(request, deadline));
  }

  /** Gives the codes of 1 to 100 keys: a result for each request, in their order, with a response or an error. */
  public BatchTokenResponse batchToken(BatchTokenRequest request) {
    return batchToken(request, deadline);
  }

  /** {@link #batchToken(BatchTokenRequest)} with its own deadline. */
  public BatchTokenResponse batchToken(BatchTokenRequest request, Duration deadline) {
    return Connection.await(async.batchToken(request, deadline));
  }

  /** Checks 1 to 100 codes, each as {@link #verify(VerifyRequest)} does: a result for each request, in their order, with a response or an error. */
  public BatchVerifyResponse batchVerify(BatchVerifyRequest request) {
    return batchVerify(request, deadline);
  }

  /** {@link #batchVerify(BatchVerifyRequest)} with its own deadline. */
  public BatchVerifyResponse batchVerify(BatchVerifyRequest request, Duration deadline) {
    return Connection.await(async.batchVerify(request, deadline));
  }

  /**
   * Finds the counter of a HOTP device again that has run ahead, by two or three codes in a row.
   *
   * <p>Without a {@code request_id} of yours one is made, as in {@link #verify(VerifyRequest)}.
   */
  public ResyncHotpResponse resyncHotp(ResyncHotpRequest request) {
    return resyncHotp(request, deadline);
  }

  /** {@link #resyncHotp(ResyncHotpRequest)} with its own deadline. */
  public ResyncHotpResponse resyncHotp(ResyncHotpRequest request, Duration deadline) {
    return Connection.await(async.resyncHotp(request, deadline));
  }

  /** Makes recovery codes, to be shown to the user this once, and the set of them to store. */
  public GenerateRecoveryCodesResponse generateRecoveryCodes(GenerateRecoveryCodesRequest request) {
    return generateRecoveryCodes(request, deadline);
  }

  /** {@link #generateRecoveryCodes(GenerateRecoveryCodesRequest)} with its own deadline. */
  public GenerateRecoveryCodesResponse generateRecoveryCodes(GenerateRecoveryCodesRequest request, Duration deadline) {
    return Connection.await(async.generateRecoveryCodes(request, deadline));
  }

  /**
   * Says whether a recovery code is one of a set, and used for the first time.
   *
   * <p>Without a {@code request_id} of yours one is made, as in {@link #verify(VerifyRequest)}.
   */
  public VerifyRecoveryCodeResponse verifyRecoveryCode(VerifyRecoveryCodeRequest request) {
    return verifyRecoveryCode(request, deadline);
  }

  /** {@link #verifyRecoveryCode(VerifyRecoveryCodeRequest)} with its own deadline. */
  public VerifyRecoveryCodeResponse verifyRecoveryCode(VerifyRecoveryCodeRequest request, Duration deadline) {
    return Connection.await(async.verifyRecoveryCode(request, deadline));
  }

  /** Revokes a set of recovery codes for ever. */
  public RevokeRecoveryCodesResponse revokeRecoveryCodes(RevokeRecoveryCodesRequest request) {
    return revokeRecoveryCodes(request, deadline);
  }

  /** {@link #revokeRecoveryCodes(RevokeRecoveryCodesRequest)} with its own deadline. */
  public RevokeRecoveryCodesResponse revokeRecoveryCodes(RevokeRecoveryCodesRequest request, Duration deadline) {
    return Connection.await(async.revokeRecoveryCodes(request, deadline));
  }

  /** Seals 1 to 100 keys that the caller has as secrets or URIs, or binds sealed keys to another context: an outcome for each. */
  public SealResponse seal(SealRequest request) {
    return seal(request, deadline);
  }

  /** {@link #seal(SealRequest)} with its own deadline. */
  public SealResponse seal(SealRequest request, Duration deadline) {
    return Connection.await(async.seal(request, deadline));
  }

  /** Seals 1 to 100 sealed keys and sets of recovery codes anew, under the current sealing key: an outcome for each. */
  public RewrapResponse rewrap(RewrapRequest request) {
    return rewrap(request, deadline);
  }

  /** {@link #rewrap(RewrapRequest)} with its own deadline. */
  public RewrapResponse rewrap(RewrapRequest request, Duration deadline) {
    return Connection.await(async.rewrap(request, deadline));
  }

  /** Reads the keys in otpauth and otpauth-migration URIs, up to 100 keys in all: an outcome for each. */
  public ImportKeysResponse importKeys(ImportKeysRequest request) {
    return importKeys(request, deadline);
  }

  /** {@link #importKeys(ImportKeysRequest)} with its own deadline. */
  public ImportKeysResponse importKeys(ImportKeysRequest request, Duration deadline) {
    return Connection.await(async.importKeys(request, deadline));
  }

  /** Gives the secrets of up to 100 keys, sealed ones too, as URIs: an outcome for each. */
  public ExportKeysResponse exportKeys(ExportKeysRequest request) {
    return exportKeys(request, deadline);
  }

  /** {@link #exportKeys(ExportKeysRequest)} with its own deadline. */
  public ExportKeysResponse exportKeys(ExportKeysRequest request, Duration deadline) {
    return Connection.await(async.exportKeys(request, deadline));
  }

  /** Gives how much of its plan the API key has used, for each window. It costs no credits. */
  public GetUsageResponse getUsage() {
    return getUsage(deadline);
  }

  /** {@link #getUsage()} with its own deadline. */
  public GetUsageResponse getUsage(Duration deadline) {
    return Connection.await(async.getUsage(deadline));
  }

  /**
   * Gives the current code of a TOTP key at once, then each next one as its step begins; without a deadline, and not retried.
   *
   * <p>Close the stream to end the call: {@code try (var codes = client.watchToken(request)) { codes.forEach(...); }}
   */
  public Stream<WatchTokenResponse> watchToken(WatchTokenRequest request) {
    return Watch.start(async.connection(), request, null);
  }

  /** {@link #watchToken(WatchTokenRequest)} until a deadline. */
  public Stream<WatchTokenResponse> watchToken(WatchTokenRequest request, Duration deadline) {
    return Watch.start(async.connection(), request, Connection.after(deadline));
  }

  /** Ends the connection and every call on it, at once; those fail with the code CANCELLED, and so do all later ones. */
  @Override
  public void close() {
    async.close();
  }
}
