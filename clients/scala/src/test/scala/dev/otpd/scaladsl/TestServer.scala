package dev.otpd.scaladsl

import com.google.protobuf.{Any => ProtoAny, Duration => ProtoDuration}
import com.google.rpc.{BadRequest, ErrorInfo, RetryInfo, Status => RpcStatus}
import dev.otpd.v1._
import io.grpc._
import io.grpc.stub.{ServerCallStreamObserver, StreamObserver}
import java.util.concurrent.TimeUnit.SECONDS
import java.util.concurrent.atomic.AtomicReference
import java.util.logging.{Level, Logger}
import scala.concurrent.Promise

/** A gRPC server in this process: Generate fails with every detail, Token waits, Verify is accepted, and WatchToken goes on after three codes. */
final class TestServer extends AutoCloseable {

  /** The header of an interceptor, as the last call brought it. */
  val own = new AtomicReference[String]

  /** Completed when a call that does not end has arrived, and when it has been cancelled. */
  val arrived: Promise[Unit] = Promise[Unit]()
  val left: Promise[Unit] = Promise[Unit]()

  private val builder = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
  builder.addService(Service)
  builder.intercept(Notes)
  private val server = builder.build().start()
  val address = s"127.0.0.1:${server.getPort}"

  override def close(): Unit = {
    server.shutdownNow().awaitTermination(5, SECONDS)
    ()
  }

  private object Notes extends ServerInterceptor {
    override def interceptCall[Q, R](call: ServerCall[Q, R], headers: Metadata, next: ServerCallHandler[Q, R]): ServerCall.Listener[Q] = {
      own.set(headers.get(TestServer.Own))
      next.startCall(call, headers)
    }
  }

  private object Service extends OtpServiceGrpc.OtpServiceImplBase {
    override def generate(request: GenerateRequest, answers: StreamObserver[GenerateResponse]): Unit = {
      val trailers = new Metadata
      trailers.put(TestServer.Details, TestServer.details.toByteArray)
      answers.onError(Status.INVALID_ARGUMENT.withDescription("do this").asRuntimeException(trailers))
    }

    override def token(request: TokenRequest, answers: StreamObserver[TokenResponse]): Unit = untilCancelled(answers)

    override def verify(request: VerifyRequest, answers: StreamObserver[VerifyResponse]): Unit = {
      answers.onNext(VerifyResponse.newBuilder().setValid(true).build())
      answers.onCompleted()
    }

    override def watchToken(request: WatchTokenRequest, answers: StreamObserver[WatchTokenResponse]): Unit = {
      (1L to 3L).foreach(step => answers.onNext(WatchTokenResponse.newBuilder().setToken(Token.newBuilder().setStep(step)).build()))
      untilCancelled(answers)
    }

    private def untilCancelled[R](answers: StreamObserver[R]): Unit = {
      answers.asInstanceOf[ServerCallStreamObserver[R]].setOnCancelHandler { () =>
        left.trySuccess(())
        ()
      }
      arrived.trySuccess(())
      ()
    }
  }
}

object TestServer {
  val ApiKey = "otpd_key_that_no_error_shows"
  val Own: Metadata.Key[String] = Metadata.Key.of("x-own", Metadata.ASCII_STRING_MARSHALLER)
  private val Details = Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER)

  /** Kept, so that it stays off: the tests are about failures that gRPC would log. */
  private val log = Logger.getLogger("io.grpc")
  log.setLevel(Level.OFF)

  private def details: RpcStatus = RpcStatus
    .newBuilder()
    .addDetails(ProtoAny.pack(ErrorInfo.newBuilder().setReason("ERROR_REASON_INVALID_FIELDS").putMetadata("k", "v").build()))
    .addDetails(
      ProtoAny.pack(
        BadRequest
          .newBuilder()
          .addFieldViolations(BadRequest.FieldViolation.newBuilder().setField("digits").setDescription("must be 6 to 8"))
          .build()
      )
    )
    .addDetails(ProtoAny.pack(RetryInfo.newBuilder().setRetryDelay(ProtoDuration.newBuilder().setSeconds(2)).build()))
    .build()
}
