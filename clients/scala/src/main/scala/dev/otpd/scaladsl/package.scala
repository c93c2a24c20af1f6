package dev.otpd

import io.grpc.ManagedChannelBuilder
import java.nio.file.Path
import java.util.concurrent.{CompletableFuture, CompletionException}
import scala.concurrent.duration.FiniteDuration
import scala.concurrent.{Future, Promise}
import scala.jdk.CollectionConverters._
import scala.jdk.DurationConverters._
import scala.jdk.OptionConverters._
import scala.util.control.NonFatal

/** The client of otpd for Scala: [[OtpClient$ OtpClient]] calls the service, and [[AdminClient$ AdminClient]] administers it. The messages are those of
  * Java, in `dev.otpd.v1` and `dev.otpd.admin.v1`.
  */
package object scaladsl {

  /** The details of a failed call as values of Scala. */
  implicit final class OtpExceptionDetails(private val error: OtpException) extends AnyVal {

    /** What belongs to the reason: `ErrorReason` names the keys. */
    def metadata: Map[String, String] = error.getMetadata.asScala.toMap

    /** Every field that is wrong, if the reason is `ERROR_REASON_INVALID_FIELDS`. */
    def fieldViolations: Seq[OtpException.FieldViolation] = error.getFieldViolations.asScala.toSeq

    /** How long to wait before another try, if the server said so. */
    def retryDelay: Option[FiniteDuration] = error.getRetryDelay.toScala.map(_.toScala)
  }

  private[scaladsl] def builderOf(
      address: String,
      apiKey: String,
      rootCertificates: Option[Path],
      clientCertificate: Option[ClientCertificate],
      plaintext: Boolean,
      deadline: FiniteDuration,
      channelOptions: ManagedChannelBuilder[_] => Unit,
  ): OtpClientBuilder = {
    val builder = dev.otpd.OtpClient.builder(address, apiKey).deadline(deadline.toJava).channelOptions(channel => channelOptions(channel))
    rootCertificates.foreach(builder.rootCertificates)
    clientCertificate.foreach(own => builder.clientCertificate(own.chain, own.key))
    if (plaintext) builder.plaintext() else builder
  }

  /** The outcome of a call. What the client refuses fails it too, so that a caller looks in one place. */
  private[scaladsl] def answer[R](call: => CompletableFuture[R]): Future[R] = {
    val promise = Promise[R]()
    try {
      call.whenComplete { (response, error) =>
        error match {
          case null => promise.success(response)
          // A future that depends on another future wraps its error.
          case wrapped: CompletionException if wrapped.getCause != null => promise.failure(wrapped.getCause)
          case _ => promise.failure(error)
        }
        ()
      }
    } catch {
      case NonFatal(error) => promise.failure(error)
    }
    promise.future
  }
}
