package dev.otpd;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A call that failed, and why, taken out of the status and its details; the cause is the exception of the stub. */
public final class OtpException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /**
   * One field of the request that is wrong.
   *
   * @param field its path in snake_case, as in the contract: {@code key.secret}
   * @param description what is wrong and what to do
   */
  public record FieldViolation(String field, String description) {}

  private final Status.Code code;
  private String reason = "";
  private Map<String, String> metadata = Map.of();
  private List<FieldViolation> fieldViolations = List.of();
  private Duration retryDelay;
  private String requestId = "";

  /**
   * The failure of a call, as a stub of any kind reports it.
   *
   * @param status how the call ended
   * @param trailers what came with the status; {@code null} if nothing did
   * @param cause the exception of the stub
   */
  public OtpException(Status status, Metadata trailers, Throwable cause) {
    super(messageOf(status), cause);
    code = status.getCode();
    byte[] details = trailers == null ? null : trailers.get(DETAILS);
    if (details == null) {
      return;
    }
    try {
      for (Any detail : com.google.rpc.Status.parseFrom(details).getDetailsList()) {
        read(detail);
      }
    } catch (InvalidProtocolBufferException unreadable) {
      // Something between here and the server made them up; the status is what counts.
      addSuppressed(unreadable);
    }
  }

  private static String messageOf(Status status) {
    return status.getDescription() == null ? status.getCode().name() : status.getCode() + ": " + status.getDescription();
  }

  private void read(Any detail) throws InvalidProtocolBufferException {
    if (detail.is(ErrorInfo.class)) {
      ErrorInfo info = detail.unpack(ErrorInfo.class);
      reason = info.getReason();
      metadata = Map.copyOf(info.getMetadataMap());
    } else if (detail.is(BadRequest.class)) {
      fieldViolations = detail.unpack(BadRequest.class).getFieldViolationsList().stream()
          .map(violation -> new FieldViolation(violation.getField(), violation.getDescription()))
          .toList();
    } else if (detail.is(RetryInfo.class)) {
      var delay = detail.unpack(RetryInfo.class).getRetryDelay();
      retryDelay = Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
    } else if (detail.is(RequestInfo.class)) {
      requestId = detail.unpack(RequestInfo.class).getRequestId();
    }
  }

  /** The code, what to do about it, and every field that is wrong; never a secret, a code or a key. */
  @Override
  public String getMessage() {
    var message = super.getMessage();
    // The server's message names the first of them.
    return fieldViolations.stream()
        .map(violation -> violation.field() + ": " + violation.description())
        .filter(wrong -> !message.contains(wrong))
        .map("; "::concat)
        .collect(Collectors.joining("", message, ""));
  }

  /** The status of the call. */
  public Status.Code getCode() {
    return code;
  }

  /** The name of a {@link dev.otpd.v1.ErrorReason}; empty if it was not the server that answered. */
  public String getReason() {
    return reason;
  }

  /** What belongs to the reason: {@link dev.otpd.v1.ErrorReason} names the keys. */
  public Map<String, String> getMetadata() {
    return metadata;
  }

  /** Every field that is wrong, if the reason is {@code ERROR_REASON_INVALID_FIELDS}. */
  public List<FieldViolation> getFieldViolations() {
    return fieldViolations;
  }

  /** How long to wait before another try, if the server said so. */
  public Optional<Duration> getRetryDelay() {
    return Optional.ofNullable(retryDelay);
  }

  /** Finds the call in the server's log; empty if it was not the server that answered. */
  public String getRequestId() {
    return requestId;
  }
}
