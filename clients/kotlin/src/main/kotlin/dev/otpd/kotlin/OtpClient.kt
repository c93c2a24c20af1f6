package dev.otpd.kotlin

import dev.otpd.OtpException
import dev.otpd.v1.GenerateRequest
import dev.otpd.v1.GenerateResponse
import dev.otpd.v1.OtpServiceGrpcKt.OtpServiceCoroutineStub
import dev.otpd.v1.TokenRequest
import dev.otpd.v1.TokenResponse
import dev.otpd.v1.VerifyRequest
import dev.otpd.v1.VerifyResponse
import dev.otpd.v1.WatchTokenRequest
import dev.otpd.v1.WatchTokenResponse
import dev.otpd.v1.copy
import io.grpc.Deadline
import io.grpc.ManagedChannel
import io.grpc.StatusException
import java.io.IOException
import java.nio.file.Path
import java.util.UUID
import java.util.concurrent.TimeUnit.NANOSECONDS
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow

/** A certificate to show to the server (mutual TLS), as PEM files: its [chain], and its private [key] in PKCS #8. */
public class ClientCertificate(public val chain: Path, public val key: Path)

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
 *
 * @param address `HOST:PORT`
 * @param apiKey sent with every call
 * @param rootCertificates the authorities to trust instead of those of Java, as a PEM file
 * @param clientCertificate what to show to the server, for mutual TLS
 * @param plaintext without TLS: the API key, secrets and codes travel in the clear
 * @param deadline the deadline of calls that are given none of their own
 * @throws IllegalArgumentException a parameter, which the error names, cannot be used
 * @throws IllegalStateException there are certificates for plaintext
 * @throws IOException a certificate cannot be read
 */
public class OtpClient(
    address: String,
    apiKey: String,
    rootCertificates: Path? = null,
    clientCertificate: ClientCertificate? = null,
    plaintext: Boolean = false,
    private val deadline: Duration = 5.seconds,
) : AutoCloseable {
    private val channel: ManagedChannel = dev.otpd.OtpClient.builder(address, apiKey).run {
        rootCertificates?.let(::rootCertificates)
        clientCertificate?.let { clientCertificate(it.chain, it.key) }
        if (plaintext) plaintext()
        requireUsable(deadline)
        channel()
    }
    private val stub = OtpServiceCoroutineStub(channel)

    /** Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again. */
    public suspend fun generate(request: GenerateRequest, deadline: Duration = this.deadline): GenerateResponse =
        call(deadline) { generate(request) }

    /** Gives the code of a key at a moment, now by default, and its neighbours on request. */
    public suspend fun token(request: TokenRequest, deadline: Duration = this.deadline): TokenResponse =
        call(deadline) { token(request) }

    /**
     * Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
     *
     * Without a `request_id` of yours one is made, the same for all tries of this call, so that a lost answer does not turn into REPLAYED.
     */
    public suspend fun verify(request: VerifyRequest, deadline: Duration = this.deadline): VerifyResponse {
        val sent = if (request.requestId.isEmpty()) request.copy { requestId = UUID.randomUUID().toString() } else request
        return call(deadline) { verify(sent) }
    }

    /**
     * Gives the current code of a TOTP key at once, then each next one as its step begins; without a deadline by default, and not retried.
     *
     * Each collection of the flow is a call of its own, which ends with it. A deadline that cannot be used is refused at once.
     */
    public fun watchToken(request: WatchTokenRequest, deadline: Duration = Duration.INFINITE): Flow<WatchTokenResponse> {
        if (deadline != Duration.INFINITE) requireUsable(deadline)
        return flow { emitAll((if (deadline.isFinite()) stub.withDeadline(deadline.fromNow()) else stub).watchToken(request)) }
            .catch { error -> throw (error as? StatusException)?.toOtpException() ?: error }
    }

    /** Ends the connection and every call on it. */
    override fun close() {
        channel.shutdownNow()
    }

    private suspend fun <R> call(deadline: Duration, method: suspend OtpServiceCoroutineStub.() -> R): R {
        requireUsable(deadline)
        val end = deadline.fromNow()
        return retrying(end, channel::resetConnectBackoff) { stub.withDeadline(end).method() }
    }
}

private fun Duration.fromNow(): Deadline = Deadline.after(inWholeNanoseconds, NANOSECONDS)

private val MAX_DEADLINE = 24.hours

/** Refuses what is no time to wait, or more than any caller means: the clock of gRPC would go round. */
private fun requireUsable(deadline: Duration) {
    require(deadline.isPositive() && deadline <= MAX_DEADLINE) { "deadline must be above 0 and at most 24 hours" }
}
