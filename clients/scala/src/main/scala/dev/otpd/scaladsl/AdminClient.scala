package dev.otpd.scaladsl

import dev.otpd.AsyncAdminClient
import dev.otpd.admin.v1._
import io.grpc.ManagedChannelBuilder
import java.nio.file.Path
import scala.concurrent.Future
import scala.concurrent.duration._
import scala.jdk.DurationConverters._

/** Administers API keys and locks, with an API key of the scope `admin`. Deadlines, retries and failures are those of [[OtpClient]]; an API key is
  * made or rotated in one attempt.
  */
final class AdminClient private (async: AsyncAdminClient, deadline: FiniteDuration) extends AutoCloseable {

  /** Makes an API key; its secret is in this answer alone. */
  def createApiKey(request: CreateApiKeyRequest, deadline: FiniteDuration = this.deadline): Future[CreateApiKeyResponse] =
    answer(async.createApiKey(request, deadline.toJava))

  /** Gets an API key. */
  def getApiKey(request: GetApiKeyRequest, deadline: FiniteDuration = this.deadline): Future[GetApiKeyResponse] =
    answer(async.getApiKey(request, deadline.toJava))

  /** Lists API keys, oldest first: a page of them. */
  def listApiKeys(request: ListApiKeysRequest, deadline: FiniteDuration = this.deadline): Future[ListApiKeysResponse] =
    answer(async.listApiKeys(request, deadline.toJava))

  /** Gives an API key a new secret. If the answer is lost, rotate again. */
  def rotateApiKey(request: RotateApiKeyRequest, deadline: FiniteDuration = this.deadline): Future[RotateApiKeyResponse] =
    answer(async.rotateApiKey(request, deadline.toJava))

  /** Revokes an API key for ever. */
  def revokeApiKey(request: RevokeApiKeyRequest, deadline: FiniteDuration = this.deadline): Future[RevokeApiKeyResponse] =
    answer(async.revokeApiKey(request, deadline.toJava))

  /** Gets how much of its plan an API key has used. */
  def getApiKeyUsage(request: GetApiKeyUsageRequest, deadline: FiniteDuration = this.deadline): Future[GetApiKeyUsageResponse] =
    answer(async.getApiKeyUsage(request, deadline.toJava))

  /** Lists the plans of the configuration. */
  def listPlans(deadline: FiniteDuration = this.deadline): Future[ListPlansResponse] = answer(async.listPlans(deadline.toJava))

  /** Lists the sealing keys, without the keys themselves. */
  def listSealingKeys(deadline: FiniteDuration = this.deadline): Future[ListSealingKeysResponse] =
    answer(async.listSealingKeys(deadline.toJava))

  /** Gets how the process that answers is, and how it judged codes in the last hour. */
  def getServerStatus(deadline: FiniteDuration = this.deadline): Future[GetServerStatusResponse] =
    answer(async.getServerStatus(deadline.toJava))

  /** Gets the wrong codes that are counted against a secret or a set of recovery codes, and its lock. */
  def getAttempts(request: GetAttemptsRequest, deadline: FiniteDuration = this.deadline): Future[GetAttemptsResponse] =
    answer(async.getAttempts(request, deadline.toJava))

  /** Lets the codes of a secret or a set of recovery codes be judged again. */
  def unlockAttempts(request: UnlockAttemptsRequest, deadline: FiniteDuration = this.deadline): Future[UnlockAttemptsResponse] =
    answer(async.unlockAttempts(request, deadline.toJava))

  /** Ends the connection and every call on it, at once; those fail with the code CANCELLED, and so do all later ones. */
  override def close(): Unit = async.close()
}

/** Makes clients of the administration. */
object AdminClient {

  /** Makes a client of the administration; parameters and failures are those of [[OtpClient$ OtpClient]]. */
  def apply(
      address: String,
      apiKey: String,
      rootCertificates: Option[Path] = None,
      clientCertificate: Option[ClientCertificate] = None,
      plaintext: Boolean = false,
      deadline: FiniteDuration = 5.seconds,
      channelOptions: ManagedChannelBuilder[_] => Unit = _ => (),
  ): AdminClient = {
    val builder = builderOf(address, apiKey, rootCertificates, clientCertificate, plaintext, deadline, channelOptions)
    new AdminClient(builder.connectAdmin().async(), deadline)
  }
}
