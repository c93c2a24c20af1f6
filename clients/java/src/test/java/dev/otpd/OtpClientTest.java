package dev.otpd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import dev.otpd.v1.ErrorReason;
import dev.otpd.v1.GenerateRequest;
import dev.otpd.v1.GenerateResponse;
import dev.otpd.v1.OtpServiceGrpc;
import dev.otpd.v1.Token;
import dev.otpd.v1.TokenRequest;
import dev.otpd.v1.TokenResponse;
import dev.otpd.v1.VerifyRequest;
import dev.otpd.v1.VerifyResponse;
import dev.otpd.v1.WatchTokenRequest;
import dev.otpd.v1.WatchTokenResponse;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The client against a gRPC server in this process: the requests, the retries, and the failures. */
class OtpClientTest {
  private static final String API_KEY = "otpd_key_that_no_error_shows";
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
  private static final Metadata.Key<String> KEY = Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);
  /** Kept, so that it stays off: the tests are about failures that gRPC would log. */
  private static final Logger LOG = Logger.getLogger("io.grpc");

  private final List<VerifyRequest> verified = new CopyOnWriteArrayList<>();
  private final List<String> keys = new CopyOnWriteArrayList<>();
  private final List<Duration> remaining = new CopyOnWriteArrayList<>();
  private final CountDownLatch left = new CountDownLatch(1);
  private Server server;
  private String address;

  @BeforeEach
  void start() throws IOException {
    LOG.setLevel(Level.OFF);
    server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
        .addService(new Service())
        .intercept(new Notes())
        .build()
        .start();
    address = "127.0.0.1:" + server.getPort();
  }

  @AfterEach
  void stop() throws InterruptedException {
    server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
  }

  private OtpClient connect() {
    return OtpClient.builder(address, API_KEY).plaintext().connect();
  }

  @Test
  void takesErrorDetailsOut() {
    try (OtpClient client = connect()) {
      OtpException error =
          assertThrows(OtpException.class, () -> client.generate(GenerateRequest.getDefaultInstance()));
      assertEquals(Status.Code.INVALID_ARGUMENT, error.getCode());
      assertEquals("INVALID_ARGUMENT: do this; digits: must be 6 to 8; try again in 2 s", error.getMessage());
      assertEquals(ErrorReason.ERROR_REASON_INVALID_FIELDS, error.getReason());
      assertEquals("ERROR_REASON_INVALID_FIELDS", error.getReasonName());
      assertEquals(Map.of("k", "v"), error.getMetadata());
      assertEquals(List.of(new OtpException.FieldViolation("digits", "must be 6 to 8")), error.getFieldViolations());
      assertEquals(Optional.of(Duration.ofSeconds(2)), error.getRetryDelay());
      assertEquals("an id", error.getRequestId());
    }
  }

  @Test
  void keepsTheStatusWhenDetailsAreGarbled() {
    try (OtpClient client = connect()) {
      GenerateRequest garbled = GenerateRequest.newBuilder().setAccountName("garbled").build();
      OtpException error = assertThrows(OtpException.class, () -> client.generate(garbled));
      assertEquals(Status.Code.INTERNAL, error.getCode());
      assertEquals(ErrorReason.ERROR_REASON_UNSPECIFIED, error.getReason());
      assertEquals(Optional.empty(), error.getRetryDelay());
    }
  }

  @Test
  void retriesVerifyWithOneRequestId() {
    try (OtpClient client = connect()) {
      assertTrue(client.verify(VerifyRequest.newBuilder().setCode("123456").build()).getValid());
    }
    assertEquals(2, verified.size());
    assertEquals(verified.get(0), verified.get(1));
    assertEquals(4, UUID.fromString(verified.get(0).getRequestId()).version());
    assertEquals(List.of(API_KEY, API_KEY), keys);
  }

  @Test
  void keepsARequestIdOfTheCaller() {
    try (OtpClient client = connect()) {
      client.verify(VerifyRequest.newBuilder().setRequestId("mine").build());
    }
    assertEquals(List.of("mine", "mine"), verified.stream().map(VerifyRequest::getRequestId).toList());
  }

  @Test
  void triesFourTimesAtMost() {
    try (OtpClient client = connect()) {
      OtpException error = assertThrows(OtpException.class, () -> client.token(TokenRequest.getDefaultInstance()));
      assertEquals(Status.Code.UNAVAILABLE, error.getCode());
    }
    assertEquals(4, keys.size());
  }

  @Test
  void doesNotRetryWhenTheServerAsksForNone() {
    for (String pushback : List.of("-1", "soon", "99999999999")) {
      assertEquals(Status.Code.UNAVAILABLE, codeOf("UNAVAILABLE " + pushback));
    }
    assertEquals(3, keys.size());
  }

  @Test
  void waitsAsLongAsTheServerAsks() {
    long start = System.nanoTime();
    assertEquals(Status.Code.UNAVAILABLE, codeOf("UNAVAILABLE 250"));
    assertEquals(4, keys.size());
    assertTrue(System.nanoTime() - start >= 750_000_000L);
  }

  @Test
  void aPauseForACallOverTheLimitIsTheCallersToKeep() {
    assertEquals(Status.Code.RESOURCE_EXHAUSTED, codeOf("RESOURCE_EXHAUSTED 60000"));
    assertEquals(1, keys.size());
  }

  @Test
  void aPauseEndsWithTheDeadline() {
    long start = System.nanoTime();
    try (OtpClient client = connect()) {
      GenerateRequest request = GenerateRequest.newBuilder().setAccountName("UNAVAILABLE 60000").build();
      OtpException error = assertThrows(OtpException.class, () -> client.generate(request, Duration.ofMillis(200)));
      assertEquals(Status.Code.DEADLINE_EXCEEDED, error.getCode());
    }
    assertTrue(System.nanoTime() - start < 2_000_000_000L);
  }

  /** The failure of a call to which the server answers with a status and a push-back. */
  private Status.Code codeOf(String statusAndPushback) {
    GenerateRequest request = GenerateRequest.newBuilder().setAccountName(statusAndPushback).build();
    try (OtpClient client = connect()) {
      return assertThrows(OtpException.class, () -> client.generate(request)).getCode();
    }
  }

  @Test
  void sendsADeadlineWithEveryCall() {
    VerifyRequest request = VerifyRequest.getDefaultInstance();
    verified.add(request);
    try (OtpClient client = connect()) {
      client.verify(request);
      client.verify(request, Duration.ofSeconds(2));
    }
    try (OtpClient client = OtpClient.builder(address, API_KEY).plaintext().deadline(Duration.ofSeconds(3)).connect()) {
      client.verify(request);
    }
    int[] most = {5, 2, 3};
    assertEquals(most.length, remaining.size());
    for (int i = 0; i < most.length; i++) {
      long left = remaining.get(i).toMillis();
      assertTrue(left > 1000L * (most[i] - 1) && left <= 1000L * most[i], remaining.toString());
    }
  }

  @Test
  void endsTheCallWhenTheStreamIsClosed() throws InterruptedException {
    try (OtpClient client = connect()) {
      try (var codes = client.watchToken(WatchTokenRequest.getDefaultInstance())) {
        assertEquals(List.of(1L, 2L), codes.limit(2).map(response -> response.getToken().getStep()).toList());
        assertEquals(1, left.getCount());
      }
      assertTrue(left.await(5, TimeUnit.SECONDS));
    }
  }

  @Test
  void endsTheStreamAtItsDeadline() {
    try (OtpClient client = connect();
        var codes = client.watchToken(WatchTokenRequest.getDefaultInstance(), Duration.ofMillis(300))) {
      OtpException error = assertThrows(OtpException.class, codes::count);
      assertEquals(Status.Code.DEADLINE_EXCEEDED, error.getCode());
    }
  }

  @Test
  void sendsNothingToAServerWithoutTlsUnlessTold() {
    try (OtpClient client = OtpClient.builder(address, API_KEY).connect()) {
      OtpException error = assertThrows(OtpException.class, () -> client.verify(VerifyRequest.getDefaultInstance()));
      assertEquals(Status.Code.UNAVAILABLE, error.getCode());
    }
    assertEquals(List.of(), keys);
  }

  /** Notes each call: its key, and the time it has left. */
  private final class Notes implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      keys.add(headers.get(KEY));
      var deadline = Context.current().getDeadline();
      if (deadline != null) {
        remaining.add(Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS)));
      }
      return next.startCall(call, headers);
    }
  }

  /** Generate fails, Token is never there, Verify is there at the second try. */
  private final class Service extends OtpServiceGrpc.OtpServiceImplBase {
    @Override
    public void generate(GenerateRequest request, StreamObserver<GenerateResponse> observer) {
      if (request.getAccountName().equals("garbled")) {
        fail(observer, Status.INTERNAL, new byte[] {-1, -1, -1});
        return;
      }
      String[] pushedBack = request.getAccountName().split(" ");
      if (pushedBack.length == 2) {
        Metadata trailers = new Metadata();
        trailers.put(PUSHBACK, pushedBack[1]);
        observer.onError(Status.fromCode(Status.Code.valueOf(pushedBack[0])).asRuntimeException(trailers));
        return;
      }
      com.google.rpc.Status status = com.google.rpc.Status.newBuilder()
          .addDetails(Any.pack(ErrorInfo.newBuilder().setReason("ERROR_REASON_INVALID_FIELDS").putMetadata("k", "v").build()))
          .addDetails(Any.pack(RequestInfo.newBuilder().setRequestId("an id").build()))
          .addDetails(Any.pack(BadRequest.newBuilder()
              .addFieldViolations(BadRequest.FieldViolation.newBuilder().setField("digits").setDescription("must be 6 to 8"))
              .build()))
          .addDetails(Any.pack(RetryInfo.newBuilder()
              .setRetryDelay(com.google.protobuf.Duration.newBuilder().setSeconds(2))
              .build()))
          .build();
      fail(observer, Status.INVALID_ARGUMENT, status.toByteArray());
    }

    private void fail(StreamObserver<?> observer, Status status, byte[] details) {
      Metadata trailers = new Metadata();
      trailers.put(DETAILS, details);
      observer.onError(status.withDescription("do this").asRuntimeException(trailers));
    }

    @Override
    public void token(TokenRequest request, StreamObserver<TokenResponse> observer) {
      observer.onError(Status.UNAVAILABLE.withDescription("never there").asRuntimeException());
    }

    @Override
    public void verify(VerifyRequest request, StreamObserver<VerifyResponse> observer) {
      verified.add(request);
      if (verified.size() == 1) {
        observer.onError(Status.UNAVAILABLE.withDescription("not yet").asRuntimeException());
        return;
      }
      observer.onNext(VerifyResponse.newBuilder().setValid(true).build());
      observer.onCompleted();
    }

    @Override
    public void watchToken(WatchTokenRequest request, StreamObserver<WatchTokenResponse> observer) {
      ((ServerCallStreamObserver<WatchTokenResponse>) observer).setOnCancelHandler(left::countDown);
      for (long step = 1; step <= 3; step++) {
        observer.onNext(WatchTokenResponse.newBuilder().setToken(Token.newBuilder().setStep(step)).build());
      }
    }
  }
}
