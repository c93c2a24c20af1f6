package dev.otpd;

import io.grpc.Status;
import java.math.BigDecimal;
import java.security.GeneralSecurityException;
import java.time.Duration;
import javax.net.ssl.SSLException;

/** The words of an error: gRPC keeps why a connection failed in the causes of a status. */
final class Failures {
  private Failures() {}

  /** The code, a description, and the reason why there is no connection. */
  static String describe(Status status) {
    StringBuilder text = new StringBuilder(status.getCode().name());
    if (status.getDescription() != null) {
      text.append(": ").append(status.getDescription());
    }
    Throwable cause = status.getCode() == Status.Code.UNAVAILABLE ? status.getCause() : null;
    String where = "";
    String last = null;
    for (int depth = 0; cause != null && depth < 10; depth++, cause = cause.getCause()) {
      if (cause instanceof GeneralSecurityException) {
        where = "TLS: certificate: ";
      } else if (cause instanceof SSLException && where.isEmpty()) {
        where = "TLS: ";
      }
      last = cause.getMessage() == null ? last : cause.getMessage();
    }
    if (last != null && text.indexOf(last) < 0) {
      text.append(": ").append(where).append(withoutBytes(last));
    }
    return text.toString();
  }

  /** "; try again in 1.5 s", or nothing. */
  static String describe(Duration retryDelay) {
    if (retryDelay == null || retryDelay.isZero() || retryDelay.isNegative()) {
      return "";
    }
    BigDecimal seconds = BigDecimal.valueOf(retryDelay.getSeconds()).add(BigDecimal.valueOf(retryDelay.getNano(), 9));
    return "; try again in " + seconds.stripTrailingZeros().toPlainString() + " s";
  }

  /** Netty shows all the bytes that a server without TLS has sent. */
  private static String withoutBytes(String message) {
    int bytes = message.indexOf("not an SSL/TLS record");
    return bytes < 0 ? message : "the server speaks no TLS";
  }
}
