package dev.otpd;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.otpd.v1.GenerateRequest;
import dev.otpd.v1.TokenRequest;
import dev.otpd.v1.VerifyRequest;
import dev.otpd.v1.WatchTokenRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Before it connects or calls, the client refuses invalid options, and names them. */
class RefusalsTest {
  private static final String ADDRESS = "127.0.0.1:1";
  private static final String API_KEY = "otpd_key_that_no_error_shows";
  private static final List<Duration> NO_DEADLINES = Arrays.asList(
      null, Duration.ZERO, Duration.ofNanos(-1), Duration.ofHours(24).plusNanos(1), Duration.ofDays(365 * 300),
      Duration.ofSeconds(Long.MAX_VALUE), Duration.ofSeconds(Long.MIN_VALUE));

  @TempDir
  Path folder;
  private Path certificate;
  private Path key;
  private Path nonsense;

  @BeforeEach
  void makeFiles() throws IOException, InterruptedException {
    certificate = folder.resolve("certificate");
    key = folder.resolve("key");
    nonsense = Files.writeString(folder.resolve("nonsense"), "nonsense");
    new ProcessBuilder("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=own",
        "-keyout", key.toString(), "-out", certificate.toString()).redirectErrorStream(true).start().waitFor();
  }

  private static <E extends Exception> void assertRefused(Class<E> type, Executable executable, String... names) {
    String message = assertThrows(type, executable).getMessage();
    for (String name : names) {
      assertTrue(message.contains(name), message);
    }
    assertFalse(message.contains(API_KEY));
  }

  private static void assertRefused(Executable executable, String... names) {
    assertRefused(IllegalArgumentException.class, executable, names);
  }

  private static OtpClientBuilder builder() {
    return OtpClient.builder(ADDRESS, API_KEY);
  }

  @Test
  void anAddressThatIsNone() {
    for (String address : Arrays.asList(null, "", " ", "a:1\n", "https://a:1", "grpc://", "a", "dns:///a", "::1", "a:", ":1")) {
      assertRefused(() -> OtpClient.builder(address, API_KEY), "address");
    }
  }

  @Test
  void aKeyThatCannotBeSent() {
    for (String apiKey : Arrays.asList(null, "", API_KEY + "\n", API_KEY + "\u00e9", API_KEY + " ")) {
      assertRefused(() -> OtpClient.builder(ADDRESS, apiKey), "apiKey");
    }
  }

  @Test
  void aDeadlineThatIsNoTime() {
    try (OtpClient client = builder().plaintext().connect()) {
      for (Duration deadline : NO_DEADLINES) {
        assertRefused(() -> builder().deadline(deadline), "deadline", "24 hours");
        assertRefused(() -> client.generate(GenerateRequest.getDefaultInstance(), deadline), "deadline");
        assertRefused(() -> client.token(TokenRequest.getDefaultInstance(), deadline), "deadline");
        assertRefused(() -> client.verify(VerifyRequest.getDefaultInstance(), deadline), "deadline");
        assertRefused(() -> client.watchToken(WatchTokenRequest.getDefaultInstance(), deadline), "deadline");
      }
    }
  }

  @Test
  void certificatesForPlaintext() throws IOException {
    for (var builder : List.of(builder().rootCertificates(certificate), builder().clientCertificate(certificate, key))) {
      assertRefused(IllegalStateException.class, builder.plaintext()::connect, "plaintext", "rootCertificates", "clientCertificate");
    }
  }

  @Test
  void certificatesThatAreNone() throws IOException {
    for (Path pem : List.of(nonsense, key)) {
      assertRefused(builder().rootCertificates(pem)::connect, "rootCertificates");
      assertRefused(builder().clientCertificate(pem, key)::connect, "clientCertificate");
    }
    assertRefused(builder().clientCertificate(certificate, nonsense)::connect, "clientCertificate", "PKCS #8");
  }

  @Test
  void butNotWhatCanBeUsed() throws IOException {
    for (String address : List.of("a:1", "[::1]:1", "dns:///a:1")) {
      OtpClient.builder(address, API_KEY).deadline(Duration.ofHours(24)).connect().close();
    }
    builder().rootCertificates(certificate).clientCertificate(certificate, key).deadline(Duration.ofNanos(1)).connect().close();
  }
}
