package dev.otpd.kotlin

import com.google.protobuf.Any
import com.google.protobuf.Message
import com.google.protobuf.duration
import com.google.rpc.BadRequest
import com.google.rpc.ErrorInfo
import com.google.rpc.RequestInfo
import com.google.rpc.RetryInfo
import dev.otpd.OtpException
import dev.otpd.v1.GenerateRequest
import dev.otpd.v1.GenerateResponse
import dev.otpd.v1.OtpServiceGrpcKt.OtpServiceCoroutineImplBase
import dev.otpd.v1.TokenRequest
import dev.otpd.v1.TokenResponse
import dev.otpd.v1.VerifyRequest
import dev.otpd.v1.VerifyResponse
import dev.otpd.v1.WatchTokenRequest
import dev.otpd.v1.WatchTokenResponse
import dev.otpd.v1.generateRequest
import dev.otpd.v1.token
import dev.otpd.v1.verifyResponse
import dev.otpd.v1.watchTokenResponse
import io.grpc.Context
import io.grpc.Grpc
import io.grpc.InsecureServerCredentials
import io.grpc.Metadata
import io.grpc.ServerCall
import io.grpc.ServerCallHandler
import io.grpc.ServerInterceptor
import io.grpc.Status
import io.grpc.StatusException
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.TimeUnit.NANOSECONDS
import java.util.concurrent.TimeUnit.SECONDS
import java.util.logging.Level
import java.util.logging.Logger
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.runBlocking

/** A gRPC server in this process that records its calls. Generate fails as configured, Token always fails, Verify succeeds at the second try. */
internal class TestServer : AutoCloseable {
    val verified = CopyOnWriteArrayList<VerifyRequest>()
    val keys = CopyOnWriteArrayList<String?>()
    /** The header that an interceptor of the client sends. */
    val own = CopyOnWriteArrayList<String?>()
    /** The time that each call had left; null without a deadline. */
    val remaining = CopyOnWriteArrayList<Duration?>()
    /** Completed when a call that does not end has arrived, and when it has been cancelled. */
    val arrived = CompletableDeferred<Unit>()
    val left = CompletableDeferred<Unit>()

    private val server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
        .addService(Service())
        .intercept(Notes())
        .build()
        .start()
    val address = "127.0.0.1:${server.port}"

    /** A client with a deadline that no pause of a busy machine reaches. */
    fun connect() = OtpClient(address, API_KEY, plaintext = true, deadline = LONG)

    /** The failure of a Generate that is configured to fail. */
    fun failureOf(told: String, deadline: Duration = LONG): OtpException = connect().use { client ->
        runBlocking { assertFailsWith { client.generate(generateRequest { accountName = told }, deadline) } }
    }

    /** Asserts that a call has the whole deadline, except for the time that has passed. */
    suspend fun assertDeadline(deadline: Duration, call: suspend () -> Unit) {
        val passed = measureTime { call() }
        val last = checkNotNull(remaining.last())
        assertTrue(last in deadline - passed..deadline, "$last of $deadline")
    }

    override fun close() {
        server.shutdownNow().awaitTermination(5, SECONDS)
    }

    private inner class Notes : ServerInterceptor {
        override fun <Q, R> interceptCall(call: ServerCall<Q, R>, headers: Metadata, next: ServerCallHandler<Q, R>): ServerCall.Listener<Q> {
            keys += headers[KEY]
            own += headers[OWN]
            remaining += Context.current().deadline?.timeRemaining(NANOSECONDS)?.nanoseconds
            return next.startCall(call, headers)
        }
    }

    private inner class Service : OtpServiceCoroutineImplBase() {
        override suspend fun generate(request: GenerateRequest): GenerateResponse {
            val told = request.accountName.split(" ")
            throw when {
                told == listOf("waiting") -> untilCancelled { awaitCancellation() }
                told == listOf("garbled") -> failure(Status.INTERNAL, DETAILS, byteArrayOf(-1, -1, -1))
                told.size == 2 -> failure(Status.fromCode(Status.Code.valueOf(told[0])), PUSHBACK, told[1])
                else -> failure(Status.INVALID_ARGUMENT, DETAILS, details())
            }
        }

        override suspend fun token(request: TokenRequest): TokenResponse =
            throw Status.UNAVAILABLE.withDescription("never there").asException()

        override suspend fun verify(request: VerifyRequest): VerifyResponse {
            verified += request
            if (verified.size == 1) throw Status.UNAVAILABLE.withDescription("not yet").asException()
            return verifyResponse { valid = true }
        }

        override fun watchToken(request: WatchTokenRequest): Flow<WatchTokenResponse> = flow {
            untilCancelled {
                for (step in 1L..3L) emit(watchTokenResponse { token = token { this.step = step } })
                awaitCancellation()
            }
        }

        private inline fun untilCancelled(work: () -> Nothing): Nothing {
            arrived.complete(Unit)
            try {
                work()
            } finally {
                left.complete(Unit)
            }
        }

        private fun <V> failure(status: Status, key: Metadata.Key<V>, value: V): StatusException =
            status.withDescription("do this").asException(Metadata().apply { put(key, value) })

        private fun details(): ByteArray {
            val violation = BadRequest.FieldViolation.newBuilder().setField("digits").setDescription("must be 6 to 8")
            val details = listOf<Message>(
                ErrorInfo.newBuilder().setReason("ERROR_REASON_INVALID_FIELDS").putMetadata("k", "v").build(),
                RequestInfo.newBuilder().setRequestId("an id").build(),
                BadRequest.newBuilder().addFieldViolations(violation).build(),
                RetryInfo.newBuilder().setRetryDelay(duration { seconds = 2 }).build(),
            )
            return com.google.rpc.Status.newBuilder().addAllDetails(details.map { Any.pack(it) }).build().toByteArray()
        }
    }

    companion object {
        const val API_KEY = "otpd_key_that_no_error_shows"
        val LONG = 60.seconds
        private val DETAILS = Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER)
        private val KEY = Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER)
        private val OWN = Metadata.Key.of("x-own", Metadata.ASCII_STRING_MARSHALLER)
        private val PUSHBACK = Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER)

        /** Kept, so that it stays off: the tests are about failures that gRPC would log. */
        private val LOG = Logger.getLogger("io.grpc").apply { level = Level.OFF }
    }
}
