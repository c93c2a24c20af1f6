package dev.otpd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The pauses of one call, without a call. */
class BackoffTest {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private static final String VERIFY = "otp.v1.OtpService/Verify";

  private static Metadata pushback(String milliseconds) {
    Metadata trailers = new Metadata();
    trailers.put(PUSHBACK, milliseconds);
    return trailers;
  }

  private static void assertAbout(long milliseconds, Optional<Duration> pause) {
    long got = pause.orElseThrow().toMillis();
    assertTrue(got >= milliseconds * 0.8 - 1 && got <= milliseconds * 1.2, got + " ms");
  }

  @Test
  void pausesGrowUntilTheFourthFailureIsFinal() {
    Backoff backoff = new Backoff(VERIFY);
    assertAbout(100, backoff.pauseAfter(Status.UNAVAILABLE, null));
    assertAbout(200, backoff.pauseAfter(Status.UNAVAILABLE, new Metadata()));
    assertAbout(400, backoff.pauseAfter(Status.UNAVAILABLE, null));
    assertEquals(Optional.empty(), backoff.pauseAfter(Status.UNAVAILABLE, null));
  }

  @Test
  void theServersWishComesFirst() {
    Backoff backoff = new Backoff(VERIFY);
    assertAbout(100, backoff.pauseAfter(Status.UNAVAILABLE, null));
    assertEquals(Optional.of(Duration.ofMillis(600)), backoff.pauseAfter(Status.UNAVAILABLE, pushback("600")));
    assertAbout(100, backoff.pauseAfter(Status.UNAVAILABLE, null));
    for (String refusal : new String[] {"-1", "soon", ""}) {
      assertEquals(Optional.empty(), new Backoff(VERIFY).pauseAfter(Status.UNAVAILABLE, pushback(refusal)), refusal);
    }
  }

  @Test
  void nothingButUnavailableIsTriedAgain() {
    for (Status.Code code : Status.Code.values()) {
      boolean again = new Backoff(VERIFY).pauseAfter(code.toStatus(), null).isPresent();
      assertEquals(code == Status.Code.UNAVAILABLE, again, code.name());
    }
  }

  @Test
  void aCallThatMustNotBeSentTwiceIsNot() {
    assertEquals(Optional.empty(), new Backoff("otp.admin.v1.AdminService/CreateApiKey").pauseAfter(Status.UNAVAILABLE, null));
    assertEquals(Optional.empty(), new Backoff("otp.admin.v1.AdminService/RotateApiKey").pauseAfter(Status.UNAVAILABLE, pushback("1")));
  }
}
