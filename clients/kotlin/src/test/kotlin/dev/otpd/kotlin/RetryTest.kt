package dev.otpd.kotlin

import dev.otpd.OtpException
import dev.otpd.kotlin.TestServer.Companion.API_KEY
import dev.otpd.kotlin.TestServer.Companion.LONG
import dev.otpd.v1.TokenRequest
import dev.otpd.v1.generateRequest
import dev.otpd.v1.verifyRequest
import io.grpc.Status
import java.util.UUID
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Test

/** Retries: of which calls, when, and under which request id. */
internal class RetryTest {
    private val server = TestServer()

    @AfterEach
    fun stop() = server.close()

    @Test
    fun `retries Verify with one request id`() {
        assertTrue(server.connect().use { client -> runBlocking { client.verify(verifyRequest { code = "123456" }) } }.valid)
        val (first, second) = server.verified
        assertEquals(first, second)
        assertEquals(4, UUID.fromString(first.requestId).version())
        assertEquals(listOf(API_KEY, API_KEY), server.keys.toList())
    }

    @Test
    fun `keeps a request id of the caller`() {
        server.connect().use { client -> runBlocking { client.verify(verifyRequest { requestId = "mine" }) } }
        assertEquals(listOf("mine", "mine"), server.verified.map { it.requestId })
    }

    @Test
    fun `tries four times at most`() {
        server.connect().use { client ->
            val error = assertFailsWith<OtpException> { runBlocking { client.token(TokenRequest.getDefaultInstance()) } }
            assertEquals(Status.Code.UNAVAILABLE, error.code)
        }
        assertEquals(4, server.keys.size)
    }

    @Test
    fun `does not retry when the server asks for none`() {
        for (pushback in listOf("-1", "soon", "99999999999")) {
            assertEquals(Status.Code.UNAVAILABLE, server.failureOf("UNAVAILABLE $pushback").code)
        }
        assertEquals(3, server.keys.size)
    }

    @Test
    fun `waits as long as the server asks`() {
        val time = measureTime { assertEquals(Status.Code.UNAVAILABLE, server.failureOf("UNAVAILABLE 250").code) }
        assertEquals(4, server.keys.size)
        assertTrue(time >= 750.milliseconds, "$time")
    }

    @Test
    fun `leaves the pause of a call over the limit to the caller`() {
        assertEquals(Status.Code.RESOURCE_EXHAUSTED, server.failureOf("RESOURCE_EXHAUSTED 60000").code)
        assertEquals(1, server.keys.size)
    }

    @Test
    fun `ends a pause with the deadline`() {
        val time = measureTime { assertEquals(Status.Code.DEADLINE_EXCEEDED, server.failureOf("UNAVAILABLE 900000", 1.seconds).code) }
        assertTrue(time < LONG, "$time")
    }

    @Test
    fun `ends a pause with its coroutine`() = runBlocking {
        server.connect().use { client ->
            val call = launch { client.generate(generateRequest { accountName = "UNAVAILABLE 900000" }, 1.hours) }
            while (server.keys.isEmpty()) delay(10.milliseconds)
            delay(500.milliseconds)
            assertTrue(call.isActive)
            withTimeout(LONG) { call.cancelAndJoin() }
        }
        assertEquals(1, server.keys.size)
    }
}
