package dev.otpd.scaladsl

import dev.otpd.v1.WatchTokenResponse
import java.util.stream.{Stream => JavaStream}

/** The codes of a key as they come: `hasNext` and `next` wait, and fail with `OtpException`. Closing it ends the call. */
final class WatchedTokens private[scaladsl] (codes: JavaStream[WatchTokenResponse]) extends Iterator[WatchTokenResponse] with AutoCloseable {
  private val responses = codes.iterator()

  /** Waits for the next code; false once the server has ended the call. */
  override def hasNext: Boolean = responses.hasNext

  /** Waits for the next code. */
  override def next(): WatchTokenResponse = responses.next()

  /** Ends the call. */
  override def close(): Unit = codes.close()
}
