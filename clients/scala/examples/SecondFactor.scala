import com.google.protobuf.ByteString
import dev.otpd.scaladsl._
import dev.otpd.v1._
import scala.concurrent.ExecutionContext.Implicits.global
import scala.concurrent.duration._
import scala.concurrent.{Await, Future}
import scala.util.Using

/** A second factor from enrolment to a lost phone: a sealed key that is confirmed, a login, a replay, and a recovery code. */
object SecondFactor {

  /** Derived from the user at each call, and not stored beside the blob. */
  private val User = ByteString.copyFromUtf8("user-1/totp/1")

  def main(args: Array[String]): Unit =
    Using.resource(OtpClient(sys.env("OTPD_ADDRESS"), sys.env("OTPD_API_KEY"), plaintext = true)) { client =>
      Await.result(enrol(client).flatMap { case (stored, code) => logIn(client, stored, code) }, 1.minute)
      Await.result(recover(client), 1.minute)
    }

  /** The sealed key that the database keeps, and the code that the user typed. */
  private def enrol(client: OtpClient): Future[(String, String)] = {
    val request = GenerateRequest
      .newBuilder()
      .setIssuer("ACME")
      .setAccountName("alice@example.com")
      .setDelivery(SecretDelivery.SECRET_DELIVERY_SEALED)
      .setSealedContext(User)
    for {
      enrolment <- client.generate(request.build())
      _ = println(s"show as a QR code: ${enrolment.getUri}")
      // The app does this with the QR code, and the user reads it there.
      shown <- client.token(TokenRequest.newBuilder().setKey(Keys.uri(enrolment.getUri)).build())
      code = shown.getToken.getCode
      key = Keys.sealedKey(enrolment.getSealed.getBlob, User.toByteArray)
      confirmed <- client.verify(VerifyRequest.newBuilder().setKey(key).setCode(code).setConfirm(true).build())
    } yield {
      println(s"enrolled: ${confirmed.getStatus}")
      (confirmed.getResealed.getBlob, code)
    }
  }

  private def logIn(client: OtpClient, stored: String, code: String): Future[Unit] = {
    val key = Keys.sealedKey(stored, User.toByteArray)
    client
      .verify(VerifyRequest.newBuilder().setKey(key).setCode(code).build())
      .map(login => println(s"the same code again: ${login.getStatus}"))
  }

  private def recover(client: OtpClient): Future[Unit] =
    for {
      recovery <- client.generateRecoveryCodes(GenerateRecoveryCodesRequest.newBuilder().setSealedContext(User).build())
      set = RecoveryCodeSet.newBuilder().setBlob(recovery.getSet.getBlob).setContext(User)
      answer <- client.verifyRecoveryCode(VerifyRecoveryCodeRequest.newBuilder().setSet(set).setCode(recovery.getCodes(0)).build())
    } yield println(s"a recovery code: ${answer.getStatus} with ${answer.getRemainingCount} left")
}
