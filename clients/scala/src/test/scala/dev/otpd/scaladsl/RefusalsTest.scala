package dev.otpd.scaladsl

import dev.otpd.scaladsl.TestServer.ApiKey
import dev.otpd.v1.{TokenRequest, VerifyRequest, WatchTokenRequest}
import java.nio.file.Path
import org.junit.jupiter.api.Assertions._
import org.junit.jupiter.api.Test
import scala.concurrent.Await
import scala.concurrent.duration._
import scala.reflect.ClassTag
import scala.util.Using

/** Before it connects or calls, the client refuses invalid options, and names them. */
class RefusalsTest {
  private val Address = "127.0.0.1:1"

  private def assertRefused[E <: Exception](name: String)(attempt: => Any)(implicit kind: ClassTag[E]): Unit = {
    val error = assertThrows(kind.runtimeClass.asInstanceOf[Class[E]], () => { attempt; () })
    assertTrue(error.getMessage.contains(name), error.getMessage)
    assertFalse(error.getMessage.contains(ApiKey))
  }

  @Test def anAddressThatIsNone(): Unit = for (address <- Seq("", "https://a:1", "a", null)) {
    assertRefused[IllegalArgumentException]("address")(OtpClient(address, ApiKey))
    assertRefused[IllegalArgumentException]("address")(AdminClient(address, ApiKey))
  }

  @Test def aKeyThatCannotBeSent(): Unit =
    for (key <- Seq("", s"$ApiKey\n", null)) assertRefused[IllegalArgumentException]("apiKey")(OtpClient(Address, key))

  @Test def certificatesThatAreNoneOrForPlaintext(): Unit = {
    val pem = Path.of("pom.xml")
    assertRefused[IllegalArgumentException]("rootCertificates")(OtpClient(Address, ApiKey, rootCertificates = Some(pem)))
    assertRefused[IllegalArgumentException]("clientCertificate") {
      OtpClient(Address, ApiKey, clientCertificate = Some(ClientCertificate(pem, pem)))
    }
    assertRefused[IllegalStateException]("plaintext")(OtpClient(Address, ApiKey, rootCertificates = Some(pem), plaintext = true))
  }

  @Test def aDeadlineThatIsNoTime(): Unit = Using.resource(OtpClient(Address, ApiKey, plaintext = true)) { client =>
    for (deadline <- Seq(Duration.Zero, -1.nanosecond, 24.hours + 1.nanosecond, Long.MaxValue.nanoseconds)) {
      assertRefused[IllegalArgumentException]("deadline")(OtpClient(Address, ApiKey, deadline = deadline))
      assertRefused[IllegalArgumentException]("deadline")(client.watchToken(WatchTokenRequest.getDefaultInstance, deadline))
      // Nothing is thrown past the future.
      for (refused <- Seq(client.token(TokenRequest.getDefaultInstance, deadline), client.verify(VerifyRequest.getDefaultInstance, deadline)))
        assertRefused[IllegalArgumentException]("deadline")(Await.result(refused, 1.minute))
    }
    assertRefused[NullPointerException]("request")(Await.result(client.token(null), 1.minute))
  }
}
