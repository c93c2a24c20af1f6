package dev.otpd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.otpd.v1.GenerateRequest;
import dev.otpd.v1.GenerateResponse;
import dev.otpd.v1.OtpServiceGrpc;
import dev.otpd.v1.SealedKey;
import dev.otpd.v1.SecretDelivery;
import dev.otpd.v1.TokenRequest;
import dev.otpd.v1.TokenResponse;
import dev.otpd.v1.WatchTokenRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.channels.ClosedChannelException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The parts of a connection: headers, options of gRPC, its end, and why there is none. */
class ConnectionTest {
  private static final Metadata.Key<String> REMAINING = Metadata.Key.of("x-ratelimit-remaining", Metadata.ASCII_STRING_MARSHALLER);

  /** Kept, so that it stays off: the tests are about failures that gRPC would log. */
  private static final Logger LOG = Logger.getLogger("io.grpc");

  private final CountDownLatch arrived = new CountDownLatch(1);
  private final CountDownLatch left = new CountDownLatch(1);
  private Server server;

  @BeforeEach
  void start() throws IOException {
    LOG.setLevel(Level.OFF);
    Metadata headers = new Metadata();
    headers.put(REMAINING, "41");
    server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
        .addService(ServerInterceptors.intercept(new Service(), MetadataUtils.newAttachMetadataServerInterceptor(headers)))
        .build()
        .start();
  }

  @AfterEach
  void stop() throws InterruptedException {
    server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
  }

  private OtpClientBuilder builder() {
    return OtpClient.builder("127.0.0.1:" + server.getPort(), "key").plaintext();
  }

  private static GenerateRequest generate(String name, SecretDelivery delivery) {
    return GenerateRequest.newBuilder().setAccountName(name).setDelivery(delivery).build();
  }

  @Test
  void tellsOfTheHeadersOfAnAnswer() {
    Map<String, String> headers = new HashMap<>();
    try (OtpClient client = builder().batching().connect()) {
      client.onHeaders(headers::putAll).generate(GenerateRequest.getDefaultInstance());
      assertEquals("41", headers.get("x-ratelimit-remaining"));
    }
  }

  @Test
  void anErrorOfTheCallersCodeEndsTheCall() {
    try (OtpClient client = builder().connect()) {
      OtpClient broken = client.onHeaders(headers -> {
        throw new IllegalStateException("broken");
      });
      assertEquals("broken", assertThrows(IllegalStateException.class, () -> broken.generate(GenerateRequest.getDefaultInstance())).getMessage());
    }
  }

  @Test
  void takesOptionsOfGrpc() {
    List<String> called = new CopyOnWriteArrayList<>();
    ClientInterceptor noting = new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        called.add(method.getFullMethodName());
        return next.newCall(method, options);
      }
    };
    try (OtpClient client = builder().channelOptions(channel -> channel.intercept(noting)).connect()) {
      client.generate(GenerateRequest.getDefaultInstance());
    }
    assertEquals(List.of("otp.v1.OtpService/Generate"), called);
  }

  @Test
  void anAnswerWithoutTheSealedKeyThatWasAskedForIsAnError() {
    try (OtpClient client = builder().connect()) {
      for (var delivery : List.of(SecretDelivery.SECRET_DELIVERY_SEALED, SecretDelivery.SECRET_DELIVERY_BOTH)) {
        assertEquals(Status.Code.UNIMPLEMENTED,
            assertThrows(OtpException.class, () -> client.generate(generate("old", delivery))).getCode());
        assertEquals("blob", client.generate(generate("new", delivery)).getSealed().getBlob());
      }
      client.generate(generate("old", SecretDelivery.SECRET_DELIVERY_UNSPECIFIED));
    }
  }

  @Test
  void closingEndsWhatIsUnderWayAndWhatComesLater() throws InterruptedException {
    OtpClient client = builder().connect();
    AdminClient admin = builder().connectAdmin();
    var call = client.async().token(TokenRequest.getDefaultInstance());
    assertTrue(arrived.await(20, TimeUnit.SECONDS));
    client.close();
    admin.close();
    assertEquals(Status.Code.CANCELLED,
        assertInstanceOf(OtpException.class, assertThrows(CompletionException.class, call::join).getCause()).getCode());
    for (OtpException error : List.of(
        assertThrows(OtpException.class, () -> client.generate(GenerateRequest.getDefaultInstance())),
        assertThrows(OtpException.class, () -> client.watchToken(WatchTokenRequest.getDefaultInstance()).count()),
        assertThrows(OtpException.class, admin::listPlans))) {
      assertEquals("CANCELLED: the client is closed", error.getMessage());
    }
  }

  @Test
  void cancellingTheFutureEndsTheCall() throws InterruptedException {
    try (OtpClient client = builder().connect()) {
      var call = client.async().token(TokenRequest.getDefaultInstance());
      assertTrue(arrived.await(20, TimeUnit.SECONDS));
      call.cancel(false);
      assertTrue(left.await(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void interruptingTheThreadEndsTheCall() throws InterruptedException {
    try (OtpClient client = builder().connect()) {
      Thread.currentThread().interrupt();
      OtpException error = assertThrows(OtpException.class, () -> client.token(TokenRequest.getDefaultInstance()));
      assertEquals(Status.Code.CANCELLED, error.getCode());
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void saysWhyThereIsNoConnection() throws IOException {
    int closedPort;
    try (ServerSocket socket = new ServerSocket(0)) {
      closedPort = socket.getLocalPort();
    }
    assertUnavailable(OtpClient.builder("127.0.0.1:" + closedPort, "key").plaintext(), "refused");
    assertUnavailable(OtpClient.builder("127.0.0.1:" + server.getPort(), "key"), "TLS");
    assertUnavailable(OtpClient.builder("name.invalid:1", "key").plaintext(), "name.invalid");
  }

  private static void assertUnavailable(OtpClientBuilder builder, String word) {
    try (OtpClient client = builder.connect()) {
      OtpException error = assertThrows(OtpException.class, client::getUsage);
      assertEquals(Status.Code.UNAVAILABLE, error.getCode());
      assertTrue(error.getMessage().contains(word), error.getMessage());
    }
  }

  /** Generate seals for the account "new"; Token never answers. */
  private final class Service extends OtpServiceGrpc.OtpServiceImplBase {
    @Override
    public void generate(GenerateRequest request, StreamObserver<GenerateResponse> observer) {
      GenerateResponse.Builder response = GenerateResponse.newBuilder().setSecret("JBSWY3DPEHPK3PXP");
      if (request.getAccountName().equals("new")) {
        response.setSealed(SealedKey.newBuilder().setBlob("blob"));
      }
      observer.onNext(response.build());
      observer.onCompleted();
    }

    @Override
    public void token(TokenRequest request, StreamObserver<TokenResponse> observer) {
      ((ServerCallStreamObserver<TokenResponse>) observer).setOnCancelHandler(left::countDown);
      arrived.countDown();
    }
  }

  @Test
  void aCallThatLosesItsConnectionIsUnavailable() {
    assertEquals(Status.Code.UNAVAILABLE, codeOf(Status.UNKNOWN.withDescription("channel closed").withCause(new ClosedChannelException())));
    assertEquals(Status.Code.UNKNOWN, codeOf(Status.UNKNOWN.withDescription("a fault of the server")));
    assertEquals(Status.Code.INTERNAL, codeOf(Status.INTERNAL.withCause(new ClosedChannelException())));
  }

  /** The code that a caller sees for a call that ends with a status. */
  private static Status.Code codeOf(Status end) {
    Channel ending = new Channel() {
      @Override
      public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        return new NoopClientCall<>() {
          @Override
          public void start(Listener<R> listener, Metadata headers) {
            listener.onClose(end, new Metadata());
          }
        };
      }

      @Override
      public String authority() {
        return "";
      }
    };
    var token = OtpServiceGrpc.newBlockingStub(ClientInterceptors.intercept(ending, new LostConnection()));
    return assertThrows(StatusRuntimeException.class, () -> token.token(TokenRequest.getDefaultInstance())).getStatus().getCode();
  }

  private static class NoopClientCall<Q, R> extends ClientCall<Q, R> {
    @Override
    public void start(Listener<R> listener, Metadata headers) {}

    @Override
    public void request(int messages) {}

    @Override
    public void cancel(String message, Throwable cause) {}

    @Override
    public void halfClose() {}

    @Override
    public void sendMessage(Q message) {}
  }
}
