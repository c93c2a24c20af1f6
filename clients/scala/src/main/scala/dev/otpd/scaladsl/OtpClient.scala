package dev.otpd.scaladsl

import dev.otpd.v1._
import dev.otpd.{OtpClient => JavaClient}
import io.grpc.ManagedChannelBuilder
import java.nio.file.Path
import scala.concurrent.Future
import scala.concurrent.duration._
import scala.jdk.CollectionConverters._
import scala.jdk.DurationConverters._

/** Calls otpd over one connection, which is made at the first call; may be shared by threads. The companion makes it:
  * {{{
  * val client = OtpClient("otp.example.com:443", apiKey)
  * }}}
  *
  * Calls that find the server unavailable are tried up to four times, with pauses that grow from 0.1 s or as the server asks. A future fails with
  * `OtpException`, and nothing is thrown past it: a deadline that is not above zero, or is longer than 24 hours, fails it with an
  * `IllegalArgumentException`. A deadline covers a call with all its tries.
  */
final class OtpClient private (client: JavaClient, deadline: FiniteDuration) extends AutoCloseable {
  private val async = client.async()

  /** The same client on the same connection, which tells of the headers of each answer but those of `watchToken`, by their names in
    * lower case: `x-ratelimit-remaining`, `x-request-id`.
    */
  def onHeaders(headers: Map[String, String] => Unit): OtpClient =
    new OtpClient(client.onHeaders(all => headers(all.asScala.toMap)), deadline)

  /** Makes a new key, ready to enrol in an authenticator app, or shows the QR code of an existing one again.
    *
    * It fails with UNIMPLEMENTED if a sealed key was asked for and the server is too old to make one: then store nothing.
    */
  def generate(request: GenerateRequest, deadline: FiniteDuration = this.deadline): Future[GenerateResponse] =
    answer(async.generate(request, deadline.toJava))

  /** Gives the code of a key at a moment, now by default, and its neighbours on request. */
  def token(request: TokenRequest, deadline: FiniteDuration = this.deadline): Future[TokenResponse] =
    answer(async.token(request, deadline.toJava))

  /** Says whether a code is right, now, and for the first time (RFC 6238 section 5.2).
    *
    * Without a `request_id` of yours one is made, the same for all tries of this call, so that a lost answer does not turn into REPLAYED.
    */
  def verify(request: VerifyRequest, deadline: FiniteDuration = this.deadline): Future[VerifyResponse] =
    answer(async.verify(request, deadline.toJava))

  /** Gives the codes of 1 to 100 keys: a result for each request, in their order, with a response or an error. */
  def batchToken(request: BatchTokenRequest, deadline: FiniteDuration = this.deadline): Future[BatchTokenResponse] =
    answer(async.batchToken(request, deadline.toJava))

  /** Checks 1 to 100 codes, each as [[verify]] does: a result for each request, in their order, with a response or an error. */
  def batchVerify(request: BatchVerifyRequest, deadline: FiniteDuration = this.deadline): Future[BatchVerifyResponse] =
    answer(async.batchVerify(request, deadline.toJava))

  /** Finds the counter of a HOTP device again that has run ahead, by two or three codes in a row; a `request_id` is made as in [[verify]]. */
  def resyncHotp(request: ResyncHotpRequest, deadline: FiniteDuration = this.deadline): Future[ResyncHotpResponse] =
    answer(async.resyncHotp(request, deadline.toJava))

  /** Makes recovery codes, to be shown to the user this once, and the set of them to store. */
  def generateRecoveryCodes(
      request: GenerateRecoveryCodesRequest,
      deadline: FiniteDuration = this.deadline,
  ): Future[GenerateRecoveryCodesResponse] = answer(async.generateRecoveryCodes(request, deadline.toJava))

  /** Says whether a recovery code is one of a set, and used for the first time; a `request_id` is made as in [[verify]]. */
  def verifyRecoveryCode(request: VerifyRecoveryCodeRequest, deadline: FiniteDuration = this.deadline): Future[VerifyRecoveryCodeResponse] =
    answer(async.verifyRecoveryCode(request, deadline.toJava))

  /** Revokes a set of recovery codes for ever. */
  def revokeRecoveryCodes(request: RevokeRecoveryCodesRequest, deadline: FiniteDuration = this.deadline): Future[RevokeRecoveryCodesResponse] =
    answer(async.revokeRecoveryCodes(request, deadline.toJava))

  /** Seals 1 to 100 keys that the caller has as secrets or URIs, or binds sealed keys to another context: an outcome for each. */
  def seal(request: SealRequest, deadline: FiniteDuration = this.deadline): Future[SealResponse] =
    answer(async.seal(request, deadline.toJava))

  /** Seals 1 to 100 sealed keys and sets of recovery codes anew, under the current sealing key: an outcome for each. */
  def rewrap(request: RewrapRequest, deadline: FiniteDuration = this.deadline): Future[RewrapResponse] =
    answer(async.rewrap(request, deadline.toJava))

  /** Reads the keys in otpauth and otpauth-migration URIs, up to 100 keys in all: an outcome for each. */
  def importKeys(request: ImportKeysRequest, deadline: FiniteDuration = this.deadline): Future[ImportKeysResponse] =
    answer(async.importKeys(request, deadline.toJava))

  /** Gives the secrets of up to 100 keys, sealed ones too, as URIs: an outcome for each. */
  def exportKeys(request: ExportKeysRequest, deadline: FiniteDuration = this.deadline): Future[ExportKeysResponse] =
    answer(async.exportKeys(request, deadline.toJava))

  /** Gives how much of its plan the API key has used, for each window. It costs no credits. */
  def getUsage(deadline: FiniteDuration = this.deadline): Future[GetUsageResponse] = answer(async.getUsage(deadline.toJava))

  /** Gives the current code of a TOTP key at once, then each next one as its step begins; without a deadline, and not retried.
    * {{{
    * Using.resource(client.watchToken(request))(codes => codes.take(3).foreach(println))
    * }}}
    */
  def watchToken(request: WatchTokenRequest): WatchedTokens = new WatchedTokens(client.watchToken(request))

  /** The same until a deadline; one that cannot be used is refused at once. */
  def watchToken(request: WatchTokenRequest, deadline: FiniteDuration): WatchedTokens =
    new WatchedTokens(client.watchToken(request, deadline.toJava))

  /** Ends the connection and every call on it, at once; those fail with the code CANCELLED, and so do all later ones. */
  override def close(): Unit = client.close()
}

/** Makes clients. */
object OtpClient {

  /** Makes a client.
    *
    * @param address `HOST:PORT`
    * @param apiKey sent with every call
    * @param rootCertificates the authorities to trust instead of those of Java, as a PEM file
    * @param clientCertificate what to show to the server, for mutual TLS
    * @param plaintext without TLS: the API key, secrets and codes travel in the clear
    * @param deadline the deadline of calls without a deadline
    * @param batching sends calls of `verify` and `token` that come within a millisecond as one batch, invisibly: each has the answer, the error and
    *   the deadline that it would have alone
    * @param channelOptions sets options of gRPC, such as interceptors; what the client itself sets cannot be replaced by them
    * @throws java.lang.IllegalArgumentException a parameter, which the error names, cannot be used
    * @throws java.lang.IllegalStateException there are certificates for plaintext
    * @throws java.io.IOException a certificate cannot be read
    */
  def apply(
      address: String,
      apiKey: String,
      rootCertificates: Option[Path] = None,
      clientCertificate: Option[ClientCertificate] = None,
      plaintext: Boolean = false,
      deadline: FiniteDuration = 5.seconds,
      batching: Boolean = false,
      channelOptions: ManagedChannelBuilder[_] => Unit = _ => (),
  ): OtpClient = {
    val builder = builderOf(address, apiKey, rootCertificates, clientCertificate, plaintext, deadline, channelOptions)
    new OtpClient((if (batching) builder.batching() else builder).connect(), deadline)
  }
}
