package dev.otpd.kotlin

import dev.otpd.OtpClient.builder as javaBuilder
import dev.otpd.OtpClientBuilder
import io.grpc.ManagedChannelBuilder
import java.nio.file.Path
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.toJavaDuration

/** A certificate to show to the server (mutual TLS), as PEM files: its [chain], and its private [key] in PKCS #8. */
public class ClientCertificate(public val chain: Path, public val key: Path)

internal fun builder(
    address: String,
    apiKey: String,
    rootCertificates: Path?,
    clientCertificate: ClientCertificate?,
    plaintext: Boolean,
    deadline: Duration,
    channelOptions: (ManagedChannelBuilder<*>) -> Unit,
): OtpClientBuilder = javaBuilder(address, apiKey).apply {
    rootCertificates?.let(::rootCertificates)
    clientCertificate?.let { clientCertificate(it.chain, it.key) }
    if (plaintext) plaintext()
    this.deadline(usable(deadline))
    this.channelOptions(channelOptions)
}

private val MAX_DEADLINE = 24.hours

/** Refuses what is no time to wait, or more than any caller means: the clock of gRPC would go round. */
internal fun usable(deadline: Duration): java.time.Duration {
    require(deadline.isPositive() && deadline <= MAX_DEADLINE) { "deadline must be above 0 and at most 24 hours" }
    return deadline.toJavaDuration()
}
