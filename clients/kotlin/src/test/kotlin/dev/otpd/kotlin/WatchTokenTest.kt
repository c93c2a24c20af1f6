package dev.otpd.kotlin

import dev.otpd.OtpException
import dev.otpd.kotlin.TestServer.Companion.LONG
import dev.otpd.v1.WatchTokenRequest
import io.grpc.Status
import io.grpc.StatusException
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertSame
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Test

/** The flow of WatchToken: when its call begins and ends. */
internal class WatchTokenTest {
    private val server = TestServer()

    @AfterEach
    fun stop() = server.close()

    @Test
    fun `ends the call when the collection of the flow ends`() = runBlocking {
        server.connect().use { client ->
            val codes = client.watchToken(WatchTokenRequest.getDefaultInstance()).map { it.token.step }
            assertEquals(0, server.keys.size)
            assertEquals(listOf(1L, 2L), codes.take(2).toList())
            withTimeout(LONG) { server.left.await() }
        }
    }

    @Test
    fun `ends the flow at its deadline`() {
        server.connect().use { client ->
            val codes = client.watchToken(WatchTokenRequest.getDefaultInstance(), 300.milliseconds)
            assertEquals(Status.Code.DEADLINE_EXCEEDED, assertFailsWith<OtpException> { runBlocking { codes.toList() } }.code)
        }
    }

    @Test
    fun `counts the deadline of a flow from each collection`() = runBlocking {
        server.connect().use { client ->
            val codes = client.watchToken(WatchTokenRequest.getDefaultInstance(), LONG)
            repeat(2) {
                delay(1.seconds)
                server.assertDeadline(LONG) { codes.first() }
            }
        }
    }

    @Test
    fun `leaves errors of the collector alone`() = runBlocking {
        server.connect().use { client ->
            val own = Status.DATA_LOSS.asException()
            val error = assertFailsWith<StatusException> { client.watchToken(WatchTokenRequest.getDefaultInstance()).collect { throw own } }
            assertSame(own, error)
        }
    }
}
