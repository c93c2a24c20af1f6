package dev.otpd.scaladsl

import dev.otpd.v1.Key
import dev.otpd.{Keys => JavaKeys}

/** Short ways to write a key; with `toBuilder` for other fields of it. */
object Keys {

  /** A TOTP key with the defaults of authenticator apps (SHA-1, 6 digits, 30 s) and a secret in base32. */
  def secret(secret: String): Key = JavaKeys.secret(secret)

  /** The key of an otpauth URI. */
  def uri(uri: String): Key = JavaKeys.uri(uri)

  /** A sealed key as it is stored, with its context: derive the context from the user at each call, and do not store it beside the blob. */
  def sealedKey(blob: String, context: Array[Byte]): Key = JavaKeys.`sealed`(blob, context)
}
