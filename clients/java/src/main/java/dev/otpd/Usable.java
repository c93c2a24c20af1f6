package dev.otpd;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.regex.Pattern;

/** Lets through what the client can use; for anything else an {@link IllegalArgumentException} names it, before anything connects. */
final class Usable {
  private static final Duration MAX_DEADLINE = Duration.ofHours(24);
  /** {@code HOST:PORT}, perhaps after {@code dns:///}; a socket's file has no port, and neither has what other resolvers of gRPC look up. */
  private static final Pattern ADDRESS =
      Pattern.compile("(dns:///)?(\\[[^\\s\\[\\]]+]|[^\\s:/\\[\\]]+):\\d{1,5}|(unix:|xds:///)\\S+");
  private static final Pattern API_KEY = Pattern.compile("[!-~]+");

  private Usable() {}

  static String address(String address) {
    if (address == null || !ADDRESS.matcher(address).matches()) {
      throw new IllegalArgumentException("address must be host:port: no URL, no white space, and with its port");
    }
    return address;
  }

  /** gRPC would send something else instead of a key that cannot be sent. */
  static String apiKey(String apiKey) {
    if (apiKey == null || !API_KEY.matcher(apiKey).matches()) {
      throw new IllegalArgumentException("apiKey must be an API key: check for an unset variable, and for a line break at its end");
    }
    return apiKey;
  }

  static Duration deadline(Duration deadline) {
    if (deadline == null || deadline.compareTo(Duration.ZERO) <= 0 || deadline.compareTo(MAX_DEADLINE) > 0) {
      throw new IllegalArgumentException("deadline must be above 0 and at most 24 hours");
    }
    return deadline;
  }

  static void certificates(String option, byte[] pem) {
    if (pem != null && !areCertificates(pem)) {
      throw new IllegalArgumentException(option + " must be a file of certificates in PEM");
    }
  }

  static void privateKey(String option, byte[] pem) {
    if (pem != null && !new String(pem, StandardCharsets.ISO_8859_1).contains("-----BEGIN PRIVATE KEY-----")) {
      throw new IllegalArgumentException(option + " must have a file with a private key in PKCS #8, as PEM");
    }
  }

  private static boolean areCertificates(byte[] pem) {
    try {
      return !CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem)).isEmpty();
    } catch (CertificateException error) {
      return false;
    }
  }
}
