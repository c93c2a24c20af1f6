package dev.otpd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.otpd.v1.BatchVerifyRequest;
import dev.otpd.v1.BatchVerifyResponse;
import dev.otpd.v1.BatchVerifyResult;
import dev.otpd.v1.ErrorReason;
import dev.otpd.v1.FieldViolation;
import dev.otpd.v1.ItemError;
import dev.otpd.v1.OtpServiceGrpc;
import dev.otpd.v1.VerifyRequest;
import dev.otpd.v1.VerifyResponse;
import dev.otpd.v1.VerifyStatus;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Concurrent calls are sent as one, which callers do not notice: the answer to a code depends on the code. */
class BatchingTest {
  private final List<List<VerifyRequest>> batches = new CopyOnWriteArrayList<>();
  private final List<VerifyRequest> singles = new CopyOnWriteArrayList<>();
  private final AtomicInteger refusals = new AtomicInteger();
  private final CountDownLatch arrived = new CountDownLatch(1);
  private final CountDownLatch left = new CountDownLatch(1);
  private volatile Status refusal;
  private Server server;
  private OtpClient client;

  @BeforeEach
  void start() throws IOException {
    server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create()).addService(new Service()).build().start();
    // No timer decides: a batch is sent when it is full.
    client = builder().batching(Duration.ofHours(1)).connect();
  }

  @AfterEach
  void stop() throws InterruptedException {
    client.close();
    server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
  }

  private OtpClientBuilder builder() {
    return OtpClient.builder("127.0.0.1:" + server.getPort(), "key").plaintext().deadline(Duration.ofSeconds(60));
  }

  private static VerifyRequest code(String code) {
    return VerifyRequest.newBuilder().setKey(Keys.secret("JBSWY3DPEHPK3PXP")).setCode(code).build();
  }

  private List<CompletableFuture<VerifyResponse>> verify(String... codes) {
    return Stream.of(codes).map(each -> client.async().verify(code(each))).toList();
  }

  /** As many calls as fill a batch. */
  private List<CompletableFuture<VerifyResponse>> verifyHundred(String code) {
    return verify(IntStream.range(0, 100).mapToObj(place -> code + " " + place).toArray(String[]::new));
  }

  private static OtpException failureOf(CompletableFuture<?> call) {
    return assertInstanceOf(OtpException.class, assertThrows(CompletionException.class, call::join).getCause());
  }

  @Test
  void aHundredCallsAreOneBatchWithARequestIdEach() {
    var calls = verifyHundred("right");
    for (int place = 0; place < 100; place++) {
      assertEquals(place, calls.get(place).join().getMatchedStep());
    }
    assertEquals(1, batches.size());
    assertEquals(List.of(), singles);
    assertEquals(100, batches.get(0).stream().map(VerifyRequest::getRequestId).filter(id -> !id.isEmpty()).distinct().count());
  }

  @Test
  void anItemThatFailsIsTheErrorOfItsCallAlone() {
    var calls = verifyHundred("right");
    var wrong = verifyHundred("wrong");
    OtpException error = failureOf(wrong.get(7));
    assertEquals(Status.Code.INVALID_ARGUMENT, error.getCode());
    assertEquals(ErrorReason.ERROR_REASON_INVALID_FIELDS, error.getReason());
    assertEquals(List.of(new OtpException.FieldViolation("code", "is wrong 7")), error.getFieldViolations());
    assertEquals(Optional.of(Duration.ofMillis(1500)), error.getRetryDelay());
    assertTrue(error.getMessage().endsWith("; try again in 1.5 s"), error.getMessage());
    assertTrue(calls.get(7).join().getValid());
  }

  @Test
  void anItemThatFoundNoServerAndABatchOverTheLimitGoOneByOne() {
    verifyHundred("away").forEach(call -> assertTrue(call.join().getValid()));
    assertEquals(100, singles.size());
    for (Status each : List.of(Status.UNIMPLEMENTED, Status.UNAVAILABLE)) {
      singles.clear();
      refusals.set(0);
      refusal = each;
      verifyHundred("right").forEach(call -> assertTrue(call.join().getValid()));
      // A batch that was not taken is tried again as a call is; one that is not known is not.
      assertEquals(each == Status.UNIMPLEMENTED ? 100 : 0, singles.size());
    }
  }

  @Test
  void anErrorOfTheBatchIsThatOfEachCall() {
    refusal = Status.PERMISSION_DENIED.withDescription("not you");
    var calls = verifyHundred("right");
    calls.forEach(call -> assertEquals(Status.Code.PERMISSION_DENIED, failureOf(call).getCode()));
    assertEquals(100, calls.stream().map(BatchingTest::failureOf).distinct().count());
  }

  @Test
  void oneCallAndWhatABatchDoesNotTakeGoAlone() {
    try (OtpClient usual = builder().batching().connect()) {
      assertTrue(usual.verify(code("right 1")).getValid());
    }
    assertTrue(client.verify(code("right 2").toBuilder().setConfirm(true).build()).getValid());
    assertTrue(client.verify(code("right 3").toBuilder().addAlternatives(Keys.secret("JBSWY3DPEHPK3PXP")).build()).getValid());
    assertEquals(3, singles.size());
    assertEquals(List.of(), batches);
  }

  @Test
  void aCallEndsWithItsOwnDeadlineAndTheBatchWithAllOfThem() throws InterruptedException {
    var first = client.async().verify(code("stuck 0"), Duration.ofMillis(200));
    var others = IntStream.range(1, 100).mapToObj(place -> client.async().verify(code("stuck " + place))).toList();
    assertEquals(Status.Code.DEADLINE_EXCEEDED, failureOf(first).getCode());
    assertTrue(arrived.await(20, TimeUnit.SECONDS));
    assertEquals(1, left.getCount());
    others.forEach(call -> call.cancel(false));
    assertTrue(left.await(20, TimeUnit.SECONDS));
  }

  @Test
  void closingEndsAllCallsAtOnce() {
    var calls = verifyHundred("stuck");
    client.close();
    calls.forEach(call -> assertEquals(Status.Code.CANCELLED, failureOf(call).getCode()));
    assertEquals(Status.Code.CANCELLED, assertThrows(OtpException.class, () -> client.verify(code("right 1"))).getCode());
  }

  private final class Service extends OtpServiceGrpc.OtpServiceImplBase {
    @Override
    public void verify(VerifyRequest request, StreamObserver<VerifyResponse> observer) {
      singles.add(request);
      observer.onNext(VerifyResponse.newBuilder().setValid(true).build());
      observer.onCompleted();
    }

    @Override
    public void batchVerify(BatchVerifyRequest request, StreamObserver<BatchVerifyResponse> observer) {
      batches.add(request.getRequestsList());
      if (refusal != null && (refusal.getCode() != Status.Code.UNAVAILABLE || refusals.getAndIncrement() == 0)) {
        observer.onError(refusal.asRuntimeException());
      } else if (request.getRequests(0).getCode().startsWith("stuck")) {
        ((ServerCallStreamObserver<BatchVerifyResponse>) observer).setOnCancelHandler(left::countDown);
        arrived.countDown();
      } else {
        observer.onNext(BatchVerifyResponse.newBuilder().addAllResults(request.getRequestsList().stream().map(this::result).toList()).build());
        observer.onCompleted();
      }
    }

    private BatchVerifyResult result(VerifyRequest request) {
      String[] code = request.getCode().split(" ");
      ItemError.Builder error = ItemError.newBuilder().setMessage("no");
      return switch (code[0]) {
        case "away" -> BatchVerifyResult.newBuilder().setError(error.setCode(Status.Code.UNAVAILABLE.value())).build();
        case "wrong" -> BatchVerifyResult.newBuilder().setError(error
            .setCode(Status.Code.INVALID_ARGUMENT.value())
            .setReason(ErrorReason.ERROR_REASON_INVALID_FIELDS)
            .addViolations(FieldViolation.newBuilder().setField("code").setDescription("is wrong " + code[1]))
            .setRetryAfter(com.google.protobuf.Duration.newBuilder().setSeconds(1).setNanos(500_000_000))).build();
        default -> BatchVerifyResult.newBuilder().setResponse(VerifyResponse.newBuilder()
            .setValid(true).setStatus(VerifyStatus.VERIFY_STATUS_ACCEPTED).setMatchedStep(Long.parseLong(code[1]))).build();
      };
    }
  }
}
