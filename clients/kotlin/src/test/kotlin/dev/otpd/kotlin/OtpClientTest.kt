package dev.otpd.kotlin

import dev.otpd.OtpException
import dev.otpd.kotlin.TestServer.Companion.API_KEY
import dev.otpd.kotlin.TestServer.Companion.LONG
import dev.otpd.v1.ErrorReason
import dev.otpd.v1.GenerateRequest
import dev.otpd.v1.VerifyRequest
import dev.otpd.v1.WatchTokenRequest
import dev.otpd.v1.generateRequest
import io.grpc.Metadata
import io.grpc.Status
import io.grpc.StatusRuntimeException
import io.grpc.stub.MetadataUtils
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Test

/** The client against a gRPC server in this process: what goes out, and how failures come back. */
internal class OtpClientTest {
    private val server = TestServer()

    @AfterEach
    fun stop() = server.close()

    @Test
    fun `takes error details out`() {
        val error = server.failureOf("")
        assertEquals(Status.Code.INVALID_ARGUMENT, error.code)
        assertEquals("INVALID_ARGUMENT: do this; digits: must be 6 to 8; try again in 2 s", error.message)
        assertEquals(ErrorReason.ERROR_REASON_INVALID_FIELDS, error.reason)
        assertEquals(mapOf("k" to "v"), error.metadata)
        assertEquals(listOf(OtpException.FieldViolation("digits", "must be 6 to 8")), error.fieldViolations)
        assertEquals(2.seconds, error.retryDelayOrNull)
        assertEquals("an id", error.requestId)
        assertIs<StatusRuntimeException>(error.cause)
    }

    @Test
    fun `keeps the status when details are garbled`() {
        val error = server.failureOf("garbled")
        assertEquals(Status.Code.INTERNAL, error.code)
        assertEquals(ErrorReason.ERROR_REASON_UNSPECIFIED, error.reason)
        assertEquals(null, error.retryDelayOrNull)
    }

    @Test
    fun `ends the call of a coroutine that is cancelled`() = runBlocking {
        server.connect().use { client ->
            val call = launch { client.generate(generateRequest { accountName = "waiting" }) }
            server.arrived.await()
            call.cancelAndJoin()
            withTimeout(LONG) { server.left.await() }
        }
        assertEquals(1, server.keys.size)
    }

    @Test
    fun `closing ends calls, flows, and what comes later`() {
        val client = server.connect()
        val admin = AdminClient(server.address, API_KEY, plaintext = true).apply { close() }
        runBlocking {
            val call = async { runCatching { client.generate(generateRequest { accountName = "waiting" }) } }
            server.arrived.await()
            client.close()
            assertEquals(Status.Code.CANCELLED, assertIs<OtpException>(call.await().exceptionOrNull()).code)
        }
        for (later in listOf<suspend () -> Any>(
            { client.getUsage() },
            { client.watchToken(WatchTokenRequest.getDefaultInstance()).first() },
            { admin.listPlans() },
        )) {
            assertEquals("CANCELLED: the client is closed", assertFailsWith<OtpException> { runBlocking { later() } }.message)
        }
    }

    @Test
    fun `takes options of gRPC, and tells of headers`() = runBlocking {
        server.verified += VerifyRequest.getDefaultInstance()
        val headers = mutableListOf<Map<String, String>>()
        val own = Metadata().apply { put(Metadata.Key.of("x-own", Metadata.ASCII_STRING_MARSHALLER), "yes") }
        OtpClient(server.address, API_KEY, plaintext = true, batching = true, channelOptions = {
            it.intercept(MetadataUtils.newAttachHeadersInterceptor(own))
        }).use { client -> client.onHeaders { headers += it }.verify(VerifyRequest.getDefaultInstance()) }
        assertEquals(listOf<String?>("yes"), server.own.toList())
        assertEquals(listOf("application/grpc"), headers.map { it["content-type"] })
    }

    @Test
    fun `sends a deadline with every call that has one answer`() = runBlocking {
        val request = VerifyRequest.getDefaultInstance()
        server.verified += request
        OtpClient(server.address, API_KEY, plaintext = true).use { client ->
            server.assertDeadline(5.seconds) { client.verify(request) }
            server.assertDeadline(2.seconds) { client.verify(request, 2.seconds) }
        }
        OtpClient(server.address, API_KEY, plaintext = true, deadline = 3.seconds).use { client ->
            server.assertDeadline(3.seconds) { client.verify(request) }
            client.watchToken(WatchTokenRequest.getDefaultInstance()).first()
        }
        assertEquals(listOf(true, true, true, false), server.remaining.map { it != null })
    }

    @Test
    fun `sends nothing to a server without TLS unless told`() {
        OtpClient(server.address, API_KEY).use { client ->
            val error = assertFailsWith<OtpException> { runBlocking { client.generate(GenerateRequest.getDefaultInstance()) } }
            assertEquals(Status.Code.UNAVAILABLE, error.code)
        }
        assertEquals(emptyList(), server.keys.toList())
    }
}
