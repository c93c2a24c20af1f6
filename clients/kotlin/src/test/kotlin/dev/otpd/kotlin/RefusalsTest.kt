package dev.otpd.kotlin

import dev.otpd.kotlin.TestServer.Companion.API_KEY
import dev.otpd.v1.GenerateRequest
import dev.otpd.v1.TokenRequest
import dev.otpd.v1.VerifyRequest
import dev.otpd.v1.WatchTokenRequest
import java.nio.file.Path
import kotlin.test.assertContains
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.nanoseconds
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test

/** Before it connects or calls, the client refuses invalid options, and names them. */
internal class RefusalsTest {
    private inline fun <reified E : Exception> assertRefused(name: String, attempt: () -> Unit) {
        val message = assertFailsWith<E> { attempt() }.message.orEmpty()
        assertContains(message, name)
        assertFalse(message.contains(API_KEY))
    }

    @Test
    fun `an address that is none`() {
        for (address in listOf("", " ", "a:1\n", "https://a:1", "a")) {
            assertRefused<IllegalArgumentException>("address") { OtpClient(address, API_KEY) }
            assertRefused<IllegalArgumentException>("address") { AdminClient(address, API_KEY) }
        }
    }

    @Test
    fun `a key that cannot be sent`() {
        for (key in listOf("", "$API_KEY\n", "$API_KEY\u00e9", "$API_KEY ")) {
            assertRefused<IllegalArgumentException>("apiKey") { OtpClient(ADDRESS, key) }
        }
    }

    @Test
    fun `certificates that are none or for plaintext`() {
        val pem = Path.of("pom.xml")
        assertRefused<IllegalArgumentException>("rootCertificates") { OtpClient(ADDRESS, API_KEY, rootCertificates = pem) }
        val own = ClientCertificate(pem, pem)
        assertRefused<IllegalArgumentException>("clientCertificate") { OtpClient(ADDRESS, API_KEY, clientCertificate = own) }
        assertRefused<IllegalStateException>("plaintext") { OtpClient(ADDRESS, API_KEY, rootCertificates = pem, plaintext = true) }
    }

    @Test
    fun `a deadline that is no time`() {
        OtpClient(ADDRESS, API_KEY, plaintext = true).use { client ->
            for (deadline in listOf(Duration.ZERO, (-1).nanoseconds, 24.hours + 1.nanoseconds, (365 * 300).days, -Duration.INFINITE)) {
                assertNotTaken(deadline, client)
                assertRefused<IllegalArgumentException>("deadline") { client.watchToken(WatchTokenRequest.getDefaultInstance(), deadline) }
            }
            assertNotTaken(Duration.INFINITE, client)
            client.watchToken(WatchTokenRequest.getDefaultInstance(), Duration.INFINITE)
        }
        OtpClient(ADDRESS, API_KEY, plaintext = true, deadline = 24.hours).close()
    }

    private fun assertNotTaken(deadline: Duration, client: OtpClient) {
        assertRefused<IllegalArgumentException>("deadline") { OtpClient(ADDRESS, API_KEY, deadline = deadline) }
        for (call in listOf<suspend () -> Any>(
            { client.generate(GenerateRequest.getDefaultInstance(), deadline) },
            { client.token(TokenRequest.getDefaultInstance(), deadline) },
            { client.verify(VerifyRequest.getDefaultInstance(), deadline) },
        )) {
            assertRefused<IllegalArgumentException>("deadline") { runBlocking { call() } }
        }
    }

    private companion object {
        const val ADDRESS = "127.0.0.1:1"
    }
}
