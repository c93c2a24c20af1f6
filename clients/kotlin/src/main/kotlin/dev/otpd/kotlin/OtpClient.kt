package dev.otpd.kotlin

import dev.otpd.AsyncOtpClient
import dev.otpd.OtpException
import dev.otpd.v1.BatchTokenRequest
import dev.otpd.v1.BatchTokenResponse
import dev.otpd.v1.BatchVerifyRequest
import dev.otpd.v1.BatchVerifyResponse
import dev.otpd.v1.ExportKeysRequest
import dev.otpd.v1.ExportKeysResponse
import dev.otpd.v1.GenerateRecoveryCodesRequest
import dev.otpd.v1.GenerateRecoveryCodesResponse
import dev.otpd.v1.GenerateRequest
import dev.otpd.v1.GenerateResponse
import dev.otpd.v1.GetUsageResponse
import dev.otpd.v1.ImportKeysRequest
import dev.otpd.v1.ImportKeysResponse
import dev.otpd.v1.OtpServiceGrpcKt.OtpServiceCoroutineStub
import dev.otpd.v1.ResyncHotpRequest
import dev.otpd.v1.ResyncHotpResponse
import dev.otpd.v1.RevokeRecoveryCodesRequest
import dev.otpd.v1.RevokeRecoveryCodesResponse
import dev.otpd.v1.RewrapRequest
import dev.otpd.v1.RewrapResponse
import dev.otpd.v1.SealRequest
import dev.otpd.v1.SealResponse
import dev.otpd.v1.TokenRequest
import dev.otpd.v1.TokenResponse
import dev.otpd.v1.VerifyRecoveryCodeRequest
import dev.otpd.v1.VerifyRecoveryCodeResponse
import dev.otpd.v1.VerifyRequest
import dev.otpd.v1.VerifyResponse
import dev.otpd.v1.WatchTokenRequest
import dev.otpd.v1.WatchTokenResponse
import io.grpc.Deadline
import io.grpc.ManagedChannelBuilder
import io.grpc.Status
import io.grpc.StatusException
import java.io.IOException
import java.nio.file.Path
import java.util.concurrent.TimeUnit.NANOSECONDS
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.future.await

/**
 * Calls otpd over one connection, which is made at the first call; may be shared by coroutines and threads.
 *
 * Calls that find the server unavailable are tried up to four times, with pauses that grow from 0.1 s or as the server asks. A function fails
 * with [OtpException], and a coroutine that is cancelled ends its call. A deadline covers a call with all its tries; one that is not above
 * zero, or is longer than 24 hours, is an [IllegalArgumentException].
 *
 * ```
 * OtpClient("otp.example.com:443", apiKey).use { client -> client.token(request) }
 * ```
 */
public class OtpClient private constructor(private val async: AsyncOtpClient, private val deadline: Duration) : AutoCloseable {
    /**
     * Makes a client.
     *
     * @param address `HOST:PORT`
     * @param apiKey sent with every call
     * @param rootCertificates the authorities to trust instead of those of Java, as a PEM file
     * @param clientCertificate what to show to the server, for mutual TLS
     * @param plaintext without TLS: the API key, secrets and codes travel in the clear
     * @param deadline the deadline of calls without a deadline
     * @param batching sends calls of [verify] and [token] that come within a millisecond as one batch, invisibly: each has the answer, the error and
     * the deadline that it would have alone
     * @param channelOptions sets options of gRPC, such as interceptors; what the client itself sets cannot be replaced by them
     * @throws IllegalArgumentException a parameter, which the error names, cannot be used
     * @throws IllegalStateException there are certificates for plaintext
     * @throws IOException a certificate cannot be read
     */
    public constructor(
        address: String,
        apiKey: String,
        rootCertificates: Path? = null,
        clientCertificate: ClientCertificate? = null,
        plaintext: Boolean = false,
        deadline: Duration = 5.seconds,
        batching: Boolean = false,
        channelOptions: (ManagedChannelBuilder<*>) -> Unit = {},
    ) : this(
        builder(address, apiKey, rootCertificates, clientCertificate, plaintext, deadline, channelOptions)
            .apply { if (batching) batching() }
            .connect()
            .async(),
        deadline,
    )

    private val stub = OtpServiceCoroutineStub(async.channel())

    /**
     * The same client on the same connection, which tells of the headers of each answer but those of flows, by their names in lower case:
     * `x-ratelimit-remaining`, `x-request-id`.
     */
    public fun onHeaders(headers: (Map<String, String>) -> Unit): OtpClient = OtpClient(async.onHeaders(headers), deadline)

    /**
     * Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
     *
     * It fails with UNIMPLEMENTED if a sealed key was asked for and the server is too old to make one: then store nothing.
     */
    public suspend fun generate(request: GenerateRequest, deadline: Duration = this.deadline): GenerateResponse =
        async.generate(request, usable(deadline)).await()

    /** Gives the code of a key at a moment, now by default, and its neighbours on request. */
    public suspend fun token(request: TokenRequest, deadline: Duration = this.deadline): TokenResponse =
        async.token(request, usable(deadline)).await()

    /**
     * Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
     *
     * Without a `request_id` of yours one is made, the same for all tries of this call, so that a lost answer does not turn into REPLAYED.
     */
    public suspend fun verify(request: VerifyRequest, deadline: Duration = this.deadline): VerifyResponse =
        async.verify(request, usable(deadline)).await()

    /** Gives the codes of 1 to 100 keys: a result for each request, in their order, with a response or an error. */
    public suspend fun batchToken(request: BatchTokenRequest, deadline: Duration = this.deadline): BatchTokenResponse =
        async.batchToken(request, usable(deadline)).await()

    /** Checks 1 to 100 codes, each as [verify] does: a result for each request, in their order, with a response or an error. */
    public suspend fun batchVerify(request: BatchVerifyRequest, deadline: Duration = this.deadline): BatchVerifyResponse =
        async.batchVerify(request, usable(deadline)).await()

    /** Finds the counter of a HOTP device again that has run ahead, by two or three codes in a row; a `request_id` is made as in [verify]. */
    public suspend fun resyncHotp(request: ResyncHotpRequest, deadline: Duration = this.deadline): ResyncHotpResponse =
        async.resyncHotp(request, usable(deadline)).await()

    /** Makes recovery codes, to be shown to the user this once, and the set of them to store. */
    public suspend fun generateRecoveryCodes(request: GenerateRecoveryCodesRequest, deadline: Duration = this.deadline): GenerateRecoveryCodesResponse =
        async.generateRecoveryCodes(request, usable(deadline)).await()

    /** Says whether a recovery code is one of a set, and used for the first time; a `request_id` is made as in [verify]. */
    public suspend fun verifyRecoveryCode(request: VerifyRecoveryCodeRequest, deadline: Duration = this.deadline): VerifyRecoveryCodeResponse =
        async.verifyRecoveryCode(request, usable(deadline)).await()

    /** Revokes a set of recovery codes for ever. */
    public suspend fun revokeRecoveryCodes(request: RevokeRecoveryCodesRequest, deadline: Duration = this.deadline): RevokeRecoveryCodesResponse =
        async.revokeRecoveryCodes(request, usable(deadline)).await()

    /** Seals 1 to 100 keys that the caller has as secrets or URIs, or binds sealed keys to another context: an outcome for each. */
    public suspend fun seal(request: SealRequest, deadline: Duration = this.deadline): SealResponse =
        async.seal(request, usable(deadline)).await()

    /** Seals 1 to 100 sealed keys and sets of recovery codes anew, under the current sealing key: an outcome for each. */
    public suspend fun rewrap(request: RewrapRequest, deadline: Duration = this.deadline): RewrapResponse =
        async.rewrap(request, usable(deadline)).await()

    /** Reads the keys in otpauth and otpauth-migration URIs, up to 100 keys in all: an outcome for each. */
    public suspend fun importKeys(request: ImportKeysRequest, deadline: Duration = this.deadline): ImportKeysResponse =
        async.importKeys(request, usable(deadline)).await()

    /** Gives the secrets of up to 100 keys, sealed ones too, as URIs: an outcome for each. */
    public suspend fun exportKeys(request: ExportKeysRequest, deadline: Duration = this.deadline): ExportKeysResponse =
        async.exportKeys(request, usable(deadline)).await()

    /** Gives how much of its plan the API key has used, for each window. It costs no credits. */
    public suspend fun getUsage(deadline: Duration = this.deadline): GetUsageResponse = async.getUsage(usable(deadline)).await()

    /**
     * Gives the current code of a TOTP key at once, then each next one as its step begins; without a deadline by default, and not retried.
     *
     * Each collection of the flow is a separate call, which ends with it. A deadline that cannot be used is refused at once.
     */
    public fun watchToken(request: WatchTokenRequest, deadline: Duration = Duration.INFINITE): Flow<WatchTokenResponse> {
        if (deadline != Duration.INFINITE) usable(deadline)
        return flow { emitAll((if (deadline.isFinite()) stub.withDeadline(deadline.fromNow()) else stub).watchToken(request)) }
            .catch { error -> throw (error as? StatusException)?.let(::failureOf) ?: error }
    }

    /** Ends the connection and every call on it, at once; those fail with the code CANCELLED, and so do all later ones. */
    override fun close() {
        async.close()
    }

    private fun failureOf(error: StatusException): OtpException {
        val closed = async.channel().isShutdown
        return OtpException(if (closed) Status.CANCELLED.withDescription("the client is closed") else error.status, error.trailers, error)
    }
}

private fun Duration.fromNow(): Deadline = Deadline.after(inWholeNanoseconds, NANOSECONDS)
