package dev.otpd.kotlin

import dev.otpd.Backoff
import io.grpc.Deadline
import io.grpc.StatusException
import java.util.concurrent.TimeUnit.NANOSECONDS
import kotlin.jvm.optionals.getOrNull
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.toKotlinDuration
import kotlinx.coroutines.delay

/**
 * The result of the first attempt that has one, tried again as [Backoff] says. The deadline cuts the pauses; the attempts have to keep it
 * themselves. In the middle of each pause the connection is to be tried again.
 */
internal suspend fun <R> retrying(deadline: Deadline, reconnect: () -> Unit, attempt: suspend () -> R): R {
    val backoff = Backoff()
    while (true) {
        try {
            return attempt()
        } catch (error: StatusException) {
            val pause = backoff.pauseAfter(error.status, error.trailers).getOrNull() ?: throw error.toOtpException()
            val half = pause.toKotlinDuration() / 2
            delay(minOf(half, deadline.left()))
            reconnect()
            delay(minOf(half, deadline.left()))
        }
    }
}

private fun Deadline.left(): Duration = timeRemaining(NANOSECONDS).nanoseconds
