package dev.otpd.kotlin

import dev.otpd.OtpException
import kotlin.jvm.optionals.getOrNull
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/** How long to wait before another try, if the server said so. */
public val OtpException.retryDelayOrNull: Duration?
    get() = retryDelay.getOrNull()?.toKotlinDuration()
