package dev.otpd.scaladsl

import dev.otpd.OtpException
import dev.otpd.scaladsl.TestServer.ApiKey
import dev.otpd.v1._
import io.grpc.stub.MetadataUtils
import io.grpc.{Metadata, Status}
import java.util.concurrent.CompletableFuture
import java.util.concurrent.atomic.AtomicReference
import org.junit.jupiter.api.Assertions._
import org.junit.jupiter.api.{AfterEach, Test}
import scala.concurrent.duration._
import scala.concurrent.{Await, Future}
import scala.util.Using

/** The client against a gRPC server in this process: what goes out, and how failures come back. */
class OtpClientTest {
  private val server = new TestServer

  @AfterEach def stop(): Unit = server.close()

  /** The outcome, for which no busy machine needs as long. */
  private def outcome[R](future: Future[R]): R = Await.result(future, 1.minute)

  private def failureOf(future: Future[_]): OtpException = assertThrows(classOf[OtpException], () => { outcome(future); () })

  /** With a deadline that no pause of a busy machine reaches. */
  private def connect(): OtpClient = OtpClient(server.address, ApiKey, plaintext = true, deadline = 1.minute)

  @Test def detailsOfAFailureAreValuesOfScala(): Unit = Using.resource(connect()) { client =>
    val error = failureOf(client.generate(GenerateRequest.getDefaultInstance))
    assertEquals(Status.Code.INVALID_ARGUMENT, error.getCode)
    assertEquals(Map("k" -> "v"), error.metadata)
    assertEquals(Seq(new OtpException.FieldViolation("digits", "must be 6 to 8")), error.fieldViolations)
    assertEquals(Some(2.seconds), error.retryDelay)
    val matched = (error: Throwable) match {
      case OtpFailure(ErrorReason.ERROR_REASON_RATE_LIMITED)   => "limited"
      case OtpFailure(ErrorReason.ERROR_REASON_INVALID_FIELDS) => "invalid"
      case _                                                   => "other"
    }
    assertEquals("invalid", matched)
  }

  @Test def aFailureBehindAnotherFutureIsTheFailureItself(): Unit = {
    val error = new OtpException(Status.NOT_FOUND, null, null)
    val behind = CompletableFuture.failedFuture[String](error).thenApply[String](text => text)
    assertSame(error, failureOf(answer(behind)))
  }

  @Test def closingEndsCallsAndWhatComesLater(): Unit = {
    val client = connect()
    val admin = AdminClient(server.address, ApiKey, plaintext = true)
    val call = client.token(TokenRequest.getDefaultInstance)
    outcome(server.arrived.future)
    Seq(client, admin).foreach(_.close())
    assertEquals(Status.Code.CANCELLED, failureOf(call).getCode)
    assertEquals("CANCELLED: the client is closed", failureOf(client.getUsage()).getMessage)
    assertEquals("CANCELLED: the client is closed", failureOf(admin.listPlans()).getMessage)
    val codes = client.watchToken(WatchTokenRequest.getDefaultInstance)
    assertEquals("CANCELLED: the client is closed", assertThrows(classOf[OtpException], () => { codes.next(); () }).getMessage)
  }

  @Test def watchingEndsTheCallWhenItIsClosed(): Unit = Using.resource(connect()) { client =>
    val steps = Using.resource(client.watchToken(WatchTokenRequest.getDefaultInstance))(_.map(_.getToken.getStep).take(2).toList)
    assertEquals(List(1L, 2L), steps)
    outcome(server.left.future)
  }

  @Test def watchingEndsAtItsDeadline(): Unit = Using.resource(connect()) { client =>
    Using.resource(client.watchToken(WatchTokenRequest.getDefaultInstance, 300.millis)) { codes =>
      val error = assertThrows(classOf[OtpException], () => codes.foreach(_ => ()))
      assertEquals(Status.Code.DEADLINE_EXCEEDED, error.getCode)
    }
  }

  @Test def aCallEndsAtItsDeadline(): Unit = Using.resource(connect()) { client =>
    assertEquals(Status.Code.DEADLINE_EXCEEDED, failureOf(client.token(TokenRequest.getDefaultInstance, 100.millis)).getCode)
  }

  @Test def optionsOfGrpcAreTakenAndHeadersTold(): Unit = {
    val own = new Metadata
    own.put(TestServer.Own, "yes")
    val connected = OtpClient(
      server.address,
      ApiKey,
      plaintext = true,
      batching = true,
      channelOptions = channel => { channel.intercept(MetadataUtils.newAttachHeadersInterceptor(own)); () },
    )
    Using.resource(connected) { client =>
      val headers = new AtomicReference(Map.empty[String, String])
      assertTrue(outcome(client.onHeaders(headers.set).verify(VerifyRequest.getDefaultInstance)).getValid)
      assertEquals(Some("application/grpc"), headers.get.get("content-type"))
      assertEquals("yes", server.own.get)
    }
  }
}
