package dev.otpd.scaladsl

import dev.otpd.OtpException
import dev.otpd.v1.ErrorReason

/** Matches a failed call by its reason: `case OtpFailure(ErrorReason.ERROR_REASON_RATE_LIMITED) => …`. */
object OtpFailure {

  /** The reason: `ERROR_REASON_UNSPECIFIED` if the server gave none, and `UNRECOGNIZED` for one that is newer than this client. */
  def unapply(error: OtpException): Some[ErrorReason] = Some(error.getReason)
}
